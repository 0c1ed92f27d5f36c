//! The rules about trueup's own inputs: what could not be read, and suppressions that have gone stale.
//!
//! These are the only rules that are not policies: no expression could judge a file that has no nodes.

use std::sync::Arc;

use crate::model::{Category, Confidence, Rule, Severity};

/// A rule about our inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// The file, or the rest of it, could not be read.
    ParseError,
    /// A mapping has a key twice.
    DuplicateKey,
    /// A suppression that suppresses nothing.
    UnusedIgnore,
    /// A suppression whose last day has passed.
    ExpiredIgnore,
    /// A suppression that names no rule there is, or is not understood.
    UnknownRule,
    /// A suppression that does not say why.
    IgnoreWithoutReason,
}

/// Every meta rule, sorted by id.
pub const ALL: [Meta; 6] = [
    Meta::DuplicateKey,
    Meta::ExpiredIgnore,
    Meta::IgnoreWithoutReason,
    Meta::ParseError,
    Meta::UnknownRule,
    Meta::UnusedIgnore,
];

impl Meta {
    /// The rule as reports show it.
    pub fn rule(self) -> Arc<Rule> {
        let (id, severity, title, rationale, remediation) = self.text();
        let mut rule = Rule {
            id: id.to_owned(),
            title: title.to_owned(),
            category: Category::Meta,
            severity,
            confidence: Confidence::High,
            rationale: rationale.to_owned(),
            remediation: remediation.to_owned(),
            help: String::new(),
            references: Vec::new(),
            equivalents: Vec::new(),
            redact: false,
        };
        rule.help = super::describe::page(&rule, &[], &[]);
        Arc::new(rule)
    }

    const fn text(self) -> (&'static str, Severity, &'static str, &'static str, &'static str) {
        match self {
            Self::ParseError => (
                "meta/parse-error",
                Severity::High,
                "Files can be read",
                "A file that cannot be read is a file nobody has checked: the API server, CloudFormation or \
                 kustomize will refuse it too, only later.",
                "Mend the syntax at the place shown, or exclude the file in trueup.yaml when it is not meant \
                 to be read.",
            ),
            Self::DuplicateKey => (
                "meta/duplicate-key",
                Severity::Medium,
                "A mapping has each key once",
                "Readers differ: some refuse the file, most keep the last value and drop the first without a word.",
                "Keep one of the two entries.",
            ),
            Self::UnusedIgnore => (
                "meta/unused-ignore",
                Severity::Low,
                "Suppressions suppress something",
                "A suppression that no longer matches hides the next real finding on its line.",
                "Remove the suppression.",
            ),
            Self::ExpiredIgnore => (
                "meta/expired-ignore",
                Severity::Medium,
                "Suppressions are not past their last day",
                "The author promised to look again by that day; the findings below it count again.",
                "Mend the finding, or give the suppression a new day and a reason.",
            ),
            Self::UnknownRule => (
                "meta/unknown-rule",
                Severity::Low,
                "Suppressions name rules that exist",
                "A misspelt suppression suppresses nothing.",
                "Correct the rule id; `trueup policies list` shows them all.",
            ),
            Self::IgnoreWithoutReason => (
                "meta/ignore-without-reason",
                Severity::Low,
                "Suppressions say why",
                "The next reader has to decide whether it still holds, and can only do so with the reason.",
                "Add `reason=\"…\"` to the suppression.",
            ),
        }
    }
}
