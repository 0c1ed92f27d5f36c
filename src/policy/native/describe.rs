//! The rule and the page of a native policy: what its annotations say, and the expressions themselves.

use std::fmt::Write as _;
use std::sync::Arc;

use super::world::Object;
use crate::model::{Category, Confidence, NodeRef, Rule, Severity};
use crate::policy::describe;

/// Annotations in the order they are believed.
const SEVERITY: [&str; 2] = ["policies.trueup.dev/severity", "policies.kyverno.io/severity"];
const TITLE: [&str; 2] = ["policies.kyverno.io/title", "metadata.gatekeeper.sh/title"];
const DESCRIPTION: [&str; 3] =
    ["policies.kyverno.io/description", "description", "kubernetes.io/description"];

/// Where the expressions of a policy are written; a page shows them as they are.
#[derive(Clone, Copy, Default)]
pub(super) struct Written<'w> {
    /// A list of `{name, expression}` that must hold for it to apply.
    pub(super) conditions: Option<NodeRef<'w>>,
    /// A list of `{name, expression}`.
    pub(super) variables: Option<NodeRef<'w>>,
    /// A list of `{expression, message}`.
    pub(super) validations: Option<NodeRef<'w>>,
}

impl<'w> Written<'w> {
    /// Those of a mapping that keeps them as a `ValidatingAdmissionPolicy` does.
    pub(super) fn of(spec: NodeRef<'w>) -> Self {
        Self {
            conditions: spec.get("matchConditions"),
            variables: spec.get("variables"),
            validations: spec.get("validations"),
        }
    }
}

/// The rule that findings of the policy in `object` are instances of. `severity` holds unless an
/// annotation says otherwise.
pub(super) fn rule(object: &Object<'_>, id: String, severity: Severity, written: Written<'_>) -> Arc<Rule> {
    let annotation = |names: &[&str]| names.iter().find_map(|name| object.annotation(name));
    let severity = annotation(&SEVERITY)
        .and_then(|word| Severity::ALL.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)))
        .map_or(severity, |(_, severity)| *severity);
    let title = annotation(&TITLE).unwrap_or(object.name());
    let mut rule = Rule {
        id,
        title: title.split_whitespace().collect::<Vec<_>>().join(" "),
        category: Category::Admission,
        severity,
        confidence: Confidence::High,
        rationale: annotation(&DESCRIPTION).unwrap_or_default().trim().to_owned(),
        remediation: String::new(),
        help: String::new(),
        references: Vec::new(),
        equivalents: Vec::new(),
        redact: false,
    };
    rule.help = describe::page(&rule, &[], &[], &|_| None);
    let _ = write!(
        rule.help,
        "\n## Where it comes from\n\nThe {} `{}` in `{}`.\n",
        object.kind,
        object.name(),
        object.file
    );
    for (title, list) in [
        ("Applies if", written.conditions),
        ("Variables", written.variables),
        ("What must hold", written.validations),
    ] {
        section(&mut rule.help, title, list);
    }
    Arc::new(rule)
}

/// The expressions of a list, each with its name or its message.
fn section(page: &mut String, title: &str, list: Option<NodeRef<'_>>) {
    let items: Vec<_> = list.into_iter().flat_map(NodeRef::items).collect();
    if items.is_empty() {
        return;
    }
    let _ = write!(page, "\n## {title}\n");
    for item in items {
        let text = |key| item.get(key).and_then(NodeRef::text);
        let Some(expression) = text("expression") else { continue };
        match (text("name"), text("message")) {
            (Some(name), _) => {
                let _ = write!(page, "\n`{name}`:\n");
            }
            (None, Some(message)) => {
                let _ = write!(page, "\n{}:\n", message.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            (None, None) => {}
        }
        let _ = write!(page, "\n```cel\n{}\n```\n", expression.trim());
    }
}

/// The same rule with another severity; the rest of its page stays as it is.
pub(super) fn with_severity(rule: &Rule, severity: Severity) -> Rule {
    let (old, new) = (format!("Severity **{}**", rule.severity), format!("Severity **{severity}**"));
    Rule { severity, help: rule.help.replacen(&old, &new, 1), ..rule.clone() }
}

/// A severity for the actions of a binding, the strictest first.
pub(super) fn severity_of<'w>(actions: impl Iterator<Item = NodeRef<'w>>) -> Option<Severity> {
    actions
        .filter_map(|action| match action.text()? {
            "Deny" => Some(Severity::High),
            "Warn" => Some(Severity::Medium),
            "Audit" => Some(Severity::Low),
            _ => None,
        })
        .max()
}
