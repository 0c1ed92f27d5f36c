//! What the targets of an audit give together: findings, gaps, counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{ChangeRow, Coverage, Finding, Gap, Summary};

/// A finding and the difference it is about.
pub(super) type Found = (Finding, Option<ChangeRow>);

/// The sums of a run.
#[derive(Default)]
pub(super) struct Total {
    pub found: Vec<Found>,
    pub gaps: Vec<Gap>,
    /// What no run looks for: where, and what.
    pub not_looked_for: Vec<Gap>,
    /// By target, where they have names, and kind.
    pub coverage: BTreeMap<(Option<Arc<str>>, String), Coverage>,
    /// Live objects by what they were taken for.
    pub classes: BTreeMap<&'static str, u64>,
    pub unknown_values: u64,
    /// Where live state came from.
    pub targets: Vec<Arc<str>>,
    /// The files that declare something, by what findings call them.
    pub files: BTreeSet<Arc<str>>,
    pub documents: u64,
    pub resources: u64,
    /// What the policies said of live objects, in numbers.
    pub verdicts: Summary,
}
