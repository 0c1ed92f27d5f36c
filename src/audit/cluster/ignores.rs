//! What the declarations themselves say does not count: Argo CD's `ignoreDifferences`, the ignore rules of
//! Flux's `HelmRelease` and `Kustomization`, and what declared autoscalers decide.

use std::collections::BTreeSet;

use super::desired::Desired;
use crate::model::{Identity, NodeRef};
use crate::state::scale_target;

/// Every rule.
#[derive(Clone, Debug, Default)]
pub struct Ignores {
    rules: Vec<Rule>,
    /// What declared autoscalers scale.
    pub scaled: BTreeSet<Identity>,
    /// Rules that are not understood, by where they stand.
    pub unsupported: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Rule {
    /// Patterns with `*`; empty for any.
    group: Option<String>,
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    /// JSON pointers, `*` for any item.
    pointers: Vec<String>,
    managers: Vec<String>,
}

/// The rules that apply to one object.
pub(super) struct Ignored<'i>(Vec<&'i Rule>);

impl Ignores {
    /// Reads the rules out of what is declared.
    pub(super) fn of(&self, identity: &Identity) -> Ignored<'_> {
        Ignored(self.rules.iter().filter(|rule| rule.is_about(identity)).collect())
    }

    /// Reads the rules out of what is declared.
    pub fn read(desired: &Desired) -> Self {
        let mut ignores = Self::default();
        for object in &desired.objects {
            let Some(body) = desired.body(object) else { continue };
            let identity = &object.identity;
            if let Some(target) = scale_target(body, identity) {
                ignores.scaled.insert(target);
            }
            let at =
                |path: &[&str]| body.descend(path).into_iter().flat_map(NodeRef::items).collect::<Vec<_>>();
            match (&*identity.group, &*identity.kind) {
                ("argoproj.io", "Application") => {
                    for rule in at(&["spec", "ignoreDifferences"]) {
                        ignores.argo(rule, identity);
                    }
                }
                ("argoproj.io", "ApplicationSet") => {
                    for rule in at(&["spec", "template", "spec", "ignoreDifferences"]) {
                        ignores.argo(rule, identity);
                    }
                }
                ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                    for rule in at(&["spec", "driftDetection", "ignore"]) {
                        ignores.flux(rule);
                    }
                }
                ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                    for rule in at(&["spec", "ignore"]) {
                        ignores.flux(rule);
                    }
                }
                _ => {}
            }
        }
        ignores
    }

    fn argo(&mut self, rule: NodeRef<'_>, of: &Identity) {
        let text =
            |key| rule.get(key).and_then(NodeRef::text).filter(|text| !text.is_empty()).map(str::to_owned);
        let texts = |key| {
            let items = rule.get(key).into_iter().flat_map(NodeRef::items);
            items.filter_map(NodeRef::text).map(str::to_owned).collect::<Vec<_>>()
        };
        let mut pointers = texts("jsonPointers");
        for expression in texts("jqPathExpressions") {
            match pointer_of_jq(&expression) {
                Some(pointer) => pointers.push(pointer),
                None => self.unsupported.push((
                    of.to_string(),
                    format!("its jqPathExpression `{expression}` is not a plain path and was not honoured"),
                )),
            }
        }
        self.rules.push(Rule {
            // Argo writes the core group as an empty text, and any group as a star.
            group: Some(text("group").unwrap_or_default()),
            kind: text("kind"),
            namespace: text("namespace"),
            name: text("name"),
            pointers,
            managers: texts("managedFieldsManagers"),
        });
    }

    fn flux(&mut self, rule: NodeRef<'_>) {
        let target = |key| {
            let text = rule.descend(&["target", key]).and_then(NodeRef::text);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let paths = rule.get("paths").into_iter().flat_map(NodeRef::items);
        self.rules.push(Rule {
            group: target("group"),
            kind: target("kind"),
            namespace: target("namespace"),
            name: target("name"),
            pointers: paths.filter_map(NodeRef::text).map(str::to_owned).collect(),
            managers: Vec::new(),
        });
    }
}

impl Rule {
    fn is_about(&self, identity: &Identity) -> bool {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern == text || fast_glob::glob_match(pattern, text))
        };
        fits(&self.group, &identity.group)
            && fits(&self.kind, &identity.kind)
            && fits(&self.namespace, &identity.namespace)
            && fits(&self.name, &identity.name)
    }
}

impl Ignored<'_> {
    /// Whether the part at a JSON pointer does not count.
    pub fn covers(&self, pointer: &str) -> bool {
        self.0.iter().flat_map(|rule| &rule.pointers).any(|pattern| is_within(pointer, pattern))
    }

    /// Whether what this manager writes does not count.
    pub fn covers_manager(&self, manager: Option<&str>) -> bool {
        let Some(manager) = manager else { return false };
        self.0.iter().flat_map(|rule| &rule.managers).any(|known| known == manager)
    }
}

/// Whether `pointer` is at or below `pattern`, in which `*` stands for any one step.
fn is_within(pointer: &str, pattern: &str) -> bool {
    let mut steps = pointer.split('/');
    pattern
        .trim_end_matches('/')
        .split('/')
        .all(|wanted| steps.next().is_some_and(|step| wanted == "*" || wanted == step))
}

/// A path of jq, such as `.spec.template.spec.containers[].image`, as a pointer; `None` for what only jq
/// can tell.
fn pointer_of_jq(expression: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = expression.trim().strip_prefix('.')?;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            out.push_str("/*");
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix("[\"").or_else(|| rest.strip_prefix('"')) {
            let end = quoted.find('"')?;
            out.push('/');
            out.push_str(&quoted[..end].replace('~', "~0").replace('/', "~1"));
            rest = &quoted[end + 1..];
            rest = rest.strip_prefix(']').unwrap_or(rest);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return None;
            }
            out.push('/');
            out.push_str(name);
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_of_jq_are_understood() {
        let pointer = |text| pointer_of_jq(text);
        assert_eq!(pointer(".spec.replicas").as_deref(), Some("/spec/replicas"));
        assert_eq!(pointer(".spec.containers[].image").as_deref(), Some("/spec/containers/*/image"));
        assert_eq!(
            pointer(".metadata.annotations[\"a.b/c\"]").as_deref(),
            Some("/metadata/annotations/a.b~1c")
        );
        assert_eq!(pointer(".spec.containers[] | select(.name == \"x\")"), None);
    }

    #[test]
    fn patterns_cover_what_is_below() {
        assert!(is_within("/spec/replicas", "/spec/replicas"));
        assert!(is_within("/spec/template/spec", "/spec/template"));
        assert!(is_within("/spec/containers/3/image", "/spec/containers/*/image"));
        assert!(!is_within("/spec", "/spec/replicas"));
        assert!(!is_within("/spec/replicasets", "/spec/replicas"));
    }
}
