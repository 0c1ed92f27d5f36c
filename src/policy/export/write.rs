//! The two objects as YAML.

use std::fmt::{self, Write as _};

use super::{Admission, Check, Named};
use crate::model::Severity;

/// The policy and its binding.
pub(super) fn yaml(admission: &Admission<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, admission);
    out
}

fn write(out: &mut String, admission: &Admission<'_>) -> fmt::Result {
    let Admission { policy, name, rules, conditions, variables, checks } = admission;
    let rule = &policy.rule;
    writeln!(out, "# Exported by trueup from {}; change it there.", rule.id)?;
    writeln!(out, "apiVersion: admissionregistration.k8s.io/v1")?;
    writeln!(out, "kind: ValidatingAdmissionPolicy")?;
    writeln!(out, "metadata:\n  name: {name}\n  annotations:")?;
    writeln!(out, "    policies.trueup.dev/id: {}", rule.id)?;
    writeln!(out, "    policies.trueup.dev/severity: {}", rule.severity)?;
    writeln!(out, "    kubernetes.io/description: {}", quoted(&rule.title))?;
    writeln!(out, "spec:\n  failurePolicy: Fail\n  matchConstraints:\n    resourceRules:")?;
    for rule in rules {
        writeln!(out, "    - apiGroups: {}", list(&rule.groups))?;
        writeln!(out, "      apiVersions: {}", list(&rule.versions))?;
        writeln!(out, "      operations: [\"CREATE\", \"UPDATE\"]")?;
        writeln!(out, "      resources: {}", list(&rule.resources))?;
    }
    named(out, "matchConditions", conditions)?;
    named(out, "variables", variables)?;
    writeln!(out, "  validations:")?;
    for Check { expression, message, message_expression } in checks {
        writeln!(out, "  - expression: |-\n      {expression}")?;
        writeln!(out, "    message: {}", quoted(message))?;
        if let Some(expression) = message_expression {
            writeln!(out, "    messageExpression: |-\n      {expression}")?;
        }
    }
    writeln!(out, "---\napiVersion: admissionregistration.k8s.io/v1")?;
    writeln!(out, "kind: ValidatingAdmissionPolicyBinding")?;
    writeln!(out, "metadata:\n  name: {name}")?;
    writeln!(out, "spec:\n  policyName: {name}\n  validationActions: {}", actions(rule.severity))
}

fn named(out: &mut String, key: &str, list: &[Named]) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {key}:")?;
    for Named { name, expression } in list {
        writeln!(out, "  - name: {}\n    expression: |-\n      {expression}", quoted(name))?;
    }
    Ok(())
}

/// What the API server does to an object that fails: the worse, the stricter.
fn actions(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "[Deny]",
        Severity::Medium => "[Warn, Audit]",
        Severity::Low => "[Audit]",
    }
}

/// A text on one line, in double quotes as JSON has them, which YAML reads too.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    serde_json::Value::String(line).to_string()
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}
