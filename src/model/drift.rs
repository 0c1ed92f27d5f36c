//! The words of an audit: how live state differs from the declared, who wrote it, what was looked at.

use std::fmt;
use std::sync::Arc;

use super::gap::Gap;

/// How a part of a live object differs from what is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Declared, and live with another value.
    Changed,
    /// Declared, and not live.
    Absent,
    /// The GitOps owner applied it once, nobody declares it any more, and it is still live.
    StaleOwned,
    /// Somebody other than the GitOps owner or a controller added it.
    ForeignAdded,
}

impl ChangeKind {
    /// The word reports use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Absent => "absent",
            Self::StaleOwned => "stale-owned",
            Self::ForeignAdded => "foreign-added",
        }
    }
}

/// Who last wrote a field, as the API server recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The field manager.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// `scale` and the like; empty for the object itself.
    pub subresource: String,
    /// When the manager's set of fields last changed: no later than this. Empty when not recorded.
    pub time: String,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.manager)?;
        if !self.time.is_empty() {
            write!(f, " at {}", self.time)?;
        }
        Ok(())
    }
}

/// One difference, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// The fingerprint of the finding it belongs to.
    pub fingerprint: String,
    /// The live object.
    pub resource: String,
    /// The path in it, list items by their keys: `spec.containers[name=web].image`.
    pub path: String,
    /// What kind of difference.
    pub kind: ChangeKind,
    /// The declared value, secrets hidden; `None` when nothing is declared.
    pub desired: Option<String>,
    /// The live value, secrets hidden; `None` when there is none.
    pub live: Option<String>,
    /// Who wrote the live value; `None` when it is not recorded.
    pub writer: Option<Writer>,
}

/// What was looked at of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// In which live state, where the audit calls several by name.
    pub target: Option<Arc<str>>,
    /// `Deployment.apps`.
    pub kind: String,
    /// Declared objects.
    pub declared: u64,
    /// Live objects.
    pub live: u64,
    /// Declared objects that were compared with live ones.
    pub compared: u64,
    /// Declared objects that could not be compared.
    pub unknown: u64,
}

/// Whether the previous report had a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// It did not.
    New,
    /// It had.
    Persisting,
}

/// What an audit adds to a report.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Every difference, in the order of findings.
    pub changes: Vec<ChangeRow>,
    /// By target and kind, sorted.
    pub coverage: Vec<Coverage>,
    /// Live objects by what they were taken for, such as `child` or `system default`.
    pub classes: Vec<(&'static str, u64)>,
    /// Against the previous report: by fingerprint of an open finding, whether it is new.
    pub trend: Option<Vec<(String, Trend)>>,
    /// Of the previous report, the findings that are gone: fingerprint, rule, resource.
    pub resolved: Vec<(String, String, String)>,
    /// Where live state came from, such as `dump.json` or a context.
    pub targets: Vec<Arc<str>>,
    /// What an audit of these targets never looks for, which is no gap: where, and what.
    pub not_looked_for: Vec<Gap>,
}
