//! The rules of an audit. No expression could judge what is not in one document, so they are no policies.

use std::sync::Arc;

use crate::model::{Category, Rule, Severity};
use crate::policy::{Text, fixed_rule};

/// What an audit can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftRule {
    /// Somebody added a field.
    Added,
    /// A declared field has another value, or is gone.
    Changed,
    /// A default of AWS, such as a default security group, is no longer as AWS made it.
    ChangedDefault,
    /// A controller of the cluster writes what Git declares.
    Contested,
    /// A declared object is not there.
    Missing,
    /// An object says it comes from Git, and does not.
    Orphan,
    /// A release of Helm that nothing in Git asks for.
    Release,
    /// An object that nobody declared.
    Shadow,
    /// A field that Git once declared is still there.
    Stale,
    /// Git declares more than its stack was deployed with.
    Undeployed,
}

/// Every rule of an audit, sorted by id.
pub const ALL: [DriftRule; 10] = [
    DriftRule::Added,
    DriftRule::Changed,
    DriftRule::ChangedDefault,
    DriftRule::Contested,
    DriftRule::Missing,
    DriftRule::Orphan,
    DriftRule::Release,
    DriftRule::Shadow,
    DriftRule::Stale,
    DriftRule::Undeployed,
];

impl DriftRule {
    /// The rule as reports show it.
    pub fn rule(self) -> Arc<Rule> {
        fixed_rule(Category::Drift, self.text())
    }

    /// Its id.
    pub const fn id(self) -> &'static str {
        self.text().id
    }

    const fn text(self) -> Text {
        match self {
            Self::Added => Text {
                id: "drift/added",
                severity: Severity::Medium,
                title: "Live objects have only fields that Git declares",
                rationale: "Somebody added a field by hand. GitOps tools look only at the fields they apply, so it stays \
                 until somebody takes it away, and is lost when the object is made anew.",
                remediation: "Declare the field in Git, or remove it from the live object.",
            },
            Self::Changed => Text {
                id: "drift/changed",
                severity: Severity::High,
                title: "Live objects are as Git declares them",
                rationale: "What runs is not what was reviewed. The next synchronisation may undo the change without a \
                 word, or never: then Git no longer says what runs.",
                remediation: "Bring the change into Git, or have what Git says applied again.",
            },
            Self::ChangedDefault => Text {
                id: "drift/changed-default",
                severity: Severity::Medium,
                title: "Defaults of AWS are as AWS made them",
                rationale: "Every account comes with networks and groups that nobody declares, and that new resources \
                 use when nothing else is said. Somebody changed one, so whatever lands in it is open in ways that \
                 no review saw.",
                remediation: "Take the change back, and declare a resource of your own for what needs it.",
            },
            Self::Contested => Text {
                id: "drift/contested",
                severity: Severity::Low,
                title: "One writer decides a field",
                rationale: "A controller of the cluster writes a value that Git declares otherwise. Each undoes the work \
                 of the other.",
                remediation: "Leave the field out of Git, or tell the controller to leave it alone.",
            },
            Self::Missing => Text {
                id: "drift/missing",
                severity: Severity::High,
                title: "Declared objects are live",
                rationale: "Git declares something that is not there: it was deleted, or never applied.",
                remediation: "Have it applied, or remove it from Git.",
            },
            Self::Orphan => Text {
                id: "drift/orphan",
                severity: Severity::High,
                title: "Objects of a GitOps tool are declared in Git",
                rationale: "The object carries the mark of a GitOps tool, but Git no longer declares it: it was removed \
                 from Git and not pruned, so it runs on without an owner.",
                remediation: "Delete it, or turn on pruning for what applied it.",
            },
            Self::Release => Text {
                id: "drift/release",
                severity: Severity::Medium,
                title: "Helm releases come from Git",
                rationale: "Somebody installed a chart by hand. Nothing in Git says which version runs, with which values.",
                remediation: "Declare the release (a HelmRelease, an Application), or uninstall it.",
            },
            Self::Shadow => Text {
                id: "drift/shadow",
                severity: Severity::Medium,
                title: "What runs is declared in Git",
                rationale: "Nobody reviewed it, nobody patches it, and nothing brings it back when the cluster or the \
                 account is made anew.",
                remediation: "Declare it in Git, or delete it.",
            },
            Self::Stale => Text {
                id: "drift/stale",
                severity: Severity::Medium,
                title: "Fields removed from Git are removed from live objects",
                rationale: "The GitOps tool applied the field once. Git no longer declares it, and it is still there: the \
                 removal was never applied, or another manager keeps the field alive.",
                remediation: "Remove the field from the live object, or declare it again.",
            },
            Self::Undeployed => Text {
                id: "drift/undeployed",
                severity: Severity::Low,
                title: "What Git declares is deployed",
                rationale: "The template changed after the stack was last deployed. That is no drift: what is live is as \
                 it was deployed, and Git is ahead of it.",
                remediation: "Deploy the stack, or take the change back.",
            },
        }
    }
}
