//! Rules that are no policies, since no expression could judge what they are about: our own inputs, drift.

use std::sync::Arc;

use super::describe;
use crate::model::{Category, Confidence, Rule, Severity};

/// What such a rule says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Its id.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line, as a statement of what is right.
    pub title: &'static str,
    /// Why it matters.
    pub rationale: &'static str,
    /// What to do.
    pub remediation: &'static str,
}

/// The rule as reports show it.
pub fn fixed_rule(category: Category, text: Text) -> Arc<Rule> {
    let mut rule = Rule {
        id: text.id.to_owned(),
        title: text.title.to_owned(),
        category,
        severity: text.severity,
        confidence: Confidence::High,
        rationale: text.rationale.to_owned(),
        remediation: text.remediation.to_owned(),
        help: String::new(),
        references: Vec::new(),
        equivalents: Vec::new(),
        redact: false,
    };
    rule.help = describe::page(&rule, &[], &[], &|_| None);
    Arc::new(rule)
}
