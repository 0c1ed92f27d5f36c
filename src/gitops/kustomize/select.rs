//! Which objects a patch or a replacement is for: expressions over names and kinds, and label selectors.

use regex::Regex;

use super::fault::{Fault, Fields, Outcome, text};
use super::resource::{Id, Resource};
use crate::gitops::Tree;

/// The fields of a selector.
const FIELDS: [&str; 7] =
    ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];

/// A selector of objects.
#[derive(Debug)]
pub(super) struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    /// Matches names.
    pub name: Option<Regex>,
    namespace: Option<Regex>,
    labels: Requirements,
    annotations: Requirements,
}

impl Selector {
    /// Reads a selector.
    pub(super) fn read(tree: &Tree) -> Outcome<Self> {
        let fields = Fields::of(tree, &FIELDS)?;
        let regex = |key| fields.text(key)?.map(expression).transpose();
        Ok(Self {
            group: regex("group")?,
            version: regex("version")?,
            kind: regex("kind")?,
            name: regex("name")?,
            namespace: regex("namespace")?,
            labels: Requirements::read(fields.text("labelSelector")?)?,
            annotations: Requirements::read(fields.text("annotationSelector")?)?,
        })
    }

    /// Whether a patch with this target is for the object, by its present or its original name.
    pub(super) fn selects(&self, resource: &Resource) -> bool {
        let (now, first) = (resource.id(), resource.original_id());
        let named = |wanted: Option<&Regex>, a: &str, b: &str| fits(wanted, a) || fits(wanted, b);
        named(self.namespace.as_ref(), first.namespace, now.namespace)
            && named(self.name.as_ref(), first.name, now.name)
            && self.selects_kind(&now)
            && self.selects_notes(resource)
    }

    /// Whether the name and kind fit, the namespace being `namespace`.
    pub(super) fn selects_id(&self, id: &Id<'_>, namespace: &str) -> bool {
        self.selects_kind(id) && fits(self.name.as_ref(), id.name) && fits(self.namespace.as_ref(), namespace)
    }

    /// Whether it asks for a name, a kind or a namespace.
    pub(super) fn names_anything(&self) -> bool {
        let all = [&self.group, &self.version, &self.kind, &self.name, &self.namespace];
        all.iter().any(|part| part.is_some())
    }

    /// Whether it asks for labels or annotations.
    pub(super) fn asks_notes(&self) -> bool {
        !self.labels.0.is_empty() || !self.annotations.0.is_empty()
    }

    /// Whether labels and annotations fit.
    pub(super) fn selects_notes(&self, resource: &Resource) -> bool {
        let metadata = |key| resource.tree.descend(&["metadata", key]);
        self.labels.fit(metadata("labels")) && self.annotations.fit(metadata("annotations"))
    }

    fn selects_kind(&self, id: &Id<'_>) -> bool {
        fits(self.group.as_ref(), id.group)
            && fits(self.version.as_ref(), id.version)
            && fits(self.kind.as_ref(), id.kind)
    }
}

fn fits(wanted: Option<&Regex>, text: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.is_match(text))
}

fn expression(tree: &Tree) -> Outcome<Regex> {
    let wanted = text(tree)?;
    Regex::new(&format!("^(?:{wanted})$")).map_err(|_| Fault::at(tree, "this is no regular expression"))
}

/// A label selector: what each of its terms asks for.
#[derive(Debug, Default)]
struct Requirements(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    /// `None` for mere existence.
    values: Option<Vec<String>>,
    negated: bool,
}

impl Requirements {
    fn read(tree: Option<&Tree>) -> Outcome<Self> {
        let Some(tree) = tree else { return Ok(Self::default()) };
        let terms = terms(text(tree)?);
        let read: Option<Vec<Requirement>> = terms.into_iter().map(requirement).collect();
        read.map(Self).ok_or_else(|| Fault::at(tree, "this label selector is not understood"))
    }

    fn fit(&self, labels: Option<&Tree>) -> bool {
        self.0.iter().all(|wanted| {
            let value = labels.and_then(|labels| labels.get(&wanted.key)).and_then(Tree::text);
            let found = match (&wanted.values, value) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(values), Some(value)) => values.iter().any(|wanted| wanted == value),
            };
            found != wanted.negated
        })
    }
}

/// The terms of a label selector; commas in parentheses do not part them.
fn terms(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let terms = text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    terms.map(str::trim).filter(|term| !term.is_empty()).collect()
}

fn requirement(term: &str) -> Option<Requirement> {
    let plain = |text: &str| {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        text.chars().all(fine).then(|| text.to_owned())
    };
    if let Some((key, rest)) = term.split_once(' ').map(|(key, rest)| (key, rest.trim_start())) {
        let (negated, rest) = match rest.strip_prefix("notin") {
            Some(rest) => (true, Some(rest)),
            None => (false, rest.strip_prefix("in")),
        };
        if let Some(list) = rest.map(str::trim).and_then(|list| list.strip_prefix('(')?.strip_suffix(')')) {
            let values: Option<Vec<String>> = list.split(',').map(|value| plain(value.trim())).collect();
            return Some(Requirement { key: plain(key)?, values: Some(values?), negated });
        }
    }
    let (key, value, negated) = if let Some((key, value)) = term.split_once("!=") {
        (key, Some(value), true)
    } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        (key, Some(value), false)
    } else if let Some(key) = term.strip_prefix('!') {
        (key, None, true)
    } else {
        (term, None, false)
    };
    let values = value.map(|value| plain(value.trim()).map(|value| vec![value]));
    let values = match values {
        Some(values) => Some(values?),
        None => None,
    };
    Some(Requirement { key: plain(key.trim()).filter(|key| !key.is_empty())?, values, negated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::tree;

    fn selects(selector: &str) -> bool {
        let cart =
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, labels: {app: cart, tier: web}}}";
        Selector::read(&tree(selector)).expect("a selector").selects(&Resource::new(tree(cart)))
    }

    #[test]
    fn expressions_are_anchored() {
        assert!(selects("{kind: Deployment, name: ca.*}"));
        assert!(!selects("{kind: Deploy}"));
        assert!(selects("{group: apps, version: v1, namespace: default}"));
        assert!(Selector::read(&tree("{name: '('}")).is_err());
    }

    #[test]
    fn label_selectors_ask_for_labels() {
        for fine in ["app=cart", "app==cart,tier!=db", "tier in (web, api)", "app", "!missing", "x notin (y)"]
        {
            assert!(selects(&format!("{{labelSelector: '{fine}'}}")), "{fine}");
        }
        assert!(!selects("{labelSelector: app=other}"));
        assert!(!selects("{annotationSelector: app=cart}"));
        assert!(Selector::read(&tree("{labelSelector: 'a > 1'}")).is_err());
    }
}
