//! The rules of an audit. No expression could judge what is not in one document, so they are no policies.

use std::sync::Arc;

use crate::model::{Category, Confidence, Rule, Severity};
use crate::policy::page_of;

/// What an audit can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftRule {
    /// Somebody added a field.
    Added,
    /// A declared field has another value, or is gone.
    Changed,
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
}

/// Every rule of an audit, sorted by id.
pub const ALL: [DriftRule; 8] = [
    DriftRule::Added,
    DriftRule::Changed,
    DriftRule::Contested,
    DriftRule::Missing,
    DriftRule::Orphan,
    DriftRule::Release,
    DriftRule::Shadow,
    DriftRule::Stale,
];

impl DriftRule {
    /// The rule as reports show it.
    pub fn rule(self) -> Arc<Rule> {
        let (id, severity, title, rationale, remediation) = self.text();
        let mut rule = Rule {
            id: id.to_owned(),
            title: title.to_owned(),
            category: Category::Drift,
            severity,
            confidence: Confidence::High,
            rationale: rationale.to_owned(),
            remediation: remediation.to_owned(),
            help: String::new(),
            references: Vec::new(),
            equivalents: Vec::new(),
            redact: false,
        };
        rule.help = page_of(&rule);
        Arc::new(rule)
    }

    /// Its id.
    pub const fn id(self) -> &'static str {
        self.text().0
    }

    const fn text(self) -> (&'static str, Severity, &'static str, &'static str, &'static str) {
        match self {
            Self::Added => (
                "drift/added",
                Severity::Medium,
                "Live objects have only fields that Git declares",
                "Somebody added a field by hand. GitOps tools look only at the fields they apply, so it stays \
                 until somebody takes it away, and is lost when the object is made anew.",
                "Declare the field in Git, or remove it from the live object.",
            ),
            Self::Changed => (
                "drift/changed",
                Severity::High,
                "Live objects are as Git declares them",
                "What runs is not what was reviewed. The next synchronisation may undo the change without a \
                 word, or never: then Git no longer says what runs.",
                "Bring the change into Git, or let the GitOps tool apply what Git says.",
            ),
            Self::Contested => (
                "drift/contested",
                Severity::Low,
                "One writer decides a field",
                "A controller of the cluster writes a value that Git declares otherwise. Each undoes the work \
                 of the other.",
                "Leave the field out of Git, or tell the controller to leave it alone.",
            ),
            Self::Missing => (
                "drift/missing",
                Severity::High,
                "Declared objects are live",
                "Git declares an object that the cluster does not have: it was deleted, or never applied.",
                "Let the GitOps tool apply it, or remove it from Git.",
            ),
            Self::Orphan => (
                "drift/orphan",
                Severity::High,
                "Objects of a GitOps tool are declared in Git",
                "The object carries the mark of a GitOps tool, but Git no longer declares it: it was removed \
                 from Git and not pruned, so it runs on without an owner.",
                "Delete it, or turn on pruning for what applied it.",
            ),
            Self::Release => (
                "drift/release",
                Severity::Medium,
                "Helm releases come from Git",
                "Somebody installed a chart by hand. Nothing in Git says which version runs, with which values.",
                "Declare the release (a HelmRelease, an Application), or uninstall it.",
            ),
            Self::Shadow => (
                "drift/shadow",
                Severity::Medium,
                "What runs is declared in Git",
                "Nobody reviewed the object, nobody patches it, and nothing brings it back when the cluster is \
                 made anew.",
                "Declare it in Git, or delete it.",
            ),
            Self::Stale => (
                "drift/stale",
                Severity::Medium,
                "Fields removed from Git are removed from live objects",
                "The GitOps tool applied the field once. Git no longer declares it, and it is still there: the \
                 removal was never applied, or another manager keeps the field alive.",
                "Remove the field from the live object, or declare it again.",
            ),
        }
    }
}
