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

/// The rule that findings of the policy in `object` are instances of. `severity` holds unless an
/// annotation says otherwise.
pub(super) fn rule(object: &Object<'_>, id: String, severity: Severity) -> Arc<Rule> {
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
    rule.help = describe::page(&rule, &[], &[]);
    let _ = write!(
        rule.help,
        "\n## Where it comes from\n\nThe {} `{}` in `{}`.\n",
        object.kind,
        object.name(),
        object.file
    );
    Arc::new(rule)
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
