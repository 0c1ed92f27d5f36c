//! The rules about trueup's own inputs: what could not be read, and suppressions that have gone stale.
//!
//! They are no policies: no expression could judge a file that has no nodes.

use std::sync::Arc;

use super::fixed::{Text, fixed_rule};
use crate::model::{Category, Rule, Severity};

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
        fixed_rule(Category::Meta, self.text())
    }

    const fn text(self) -> Text {
        match self {
            Self::ParseError => Text {
                id: "meta/parse-error",
                severity: Severity::High,
                title: "Files can be read",
                rationale: "A file that cannot be read is a file nobody has checked: the API server, CloudFormation or \
                 kustomize will refuse it too, only later.",
                remediation: "Mend the syntax at the place shown, or exclude the file in trueup.yaml when it is not meant \
                 to be read.",
            },
            Self::DuplicateKey => Text {
                id: "meta/duplicate-key",
                severity: Severity::Medium,
                title: "A mapping has each key once",
                rationale: "Readers differ: some refuse the file, most keep the last value and drop the first without a word.",
                remediation: "Keep one of the two entries.",
            },
            Self::UnusedIgnore => Text {
                id: "meta/unused-ignore",
                severity: Severity::Low,
                title: "Suppressions suppress something",
                rationale: "A suppression that no longer matches hides the next real finding on its line.",
                remediation: "Remove the suppression.",
            },
            Self::ExpiredIgnore => Text {
                id: "meta/expired-ignore",
                severity: Severity::Medium,
                title: "Suppressions are not past their last day",
                rationale: "The author promised to look again by that day; the findings below it count again.",
                remediation: "Mend the finding, or give the suppression a new day and a reason.",
            },
            Self::UnknownRule => Text {
                id: "meta/unknown-rule",
                severity: Severity::Low,
                title: "Suppressions name rules that exist",
                rationale: "A misspelt suppression suppresses nothing.",
                remediation: "Correct the rule id; `trueup policies list` shows them all.",
            },
            Self::IgnoreWithoutReason => Text {
                id: "meta/ignore-without-reason",
                severity: Severity::Low,
                title: "Suppressions say why",
                rationale: "The next reader has to decide whether it still holds, and can only do so with the reason.",
                remediation: "Add `reason=\"…\"` to the suppression.",
            },
        }
    }
}
