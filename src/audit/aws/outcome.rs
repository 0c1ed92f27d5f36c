//! What judging one declared resource gives.

use std::sync::Arc;

use crate::aws::Scope;
use crate::model::{ChangeRow, Finding};

/// Something live that a finding is about, for asking who did it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Where it is.
    pub scope: Scope,
    /// Its type.
    pub kind: Arc<str>,
    /// The names it goes by, the surest first.
    pub names: Vec<Box<str>>,
}

/// A finding, the difference it is about, and what it is about.
pub(super) struct Found {
    pub finding: Finding,
    pub change: Option<ChangeRow>,
    pub subject: Option<Subject>,
}

/// What became of a declared resource.
pub(super) enum Status {
    Compared,
    /// Nothing to compare.
    Excused,
    /// It could not be compared; why.
    Unknown(String),
}

/// What was found of one declared resource.
pub(super) struct One {
    /// Its type.
    pub kind: String,
    /// The live item it was paired with.
    pub item: Option<usize>,
    pub status: Status,
    pub found: Vec<Found>,
    /// Declared values that only the deployment knows.
    pub unknown: usize,
    /// Properties that could not be compared, and why.
    pub not_compared: Vec<(String, &'static str)>,
}

impl One {
    /// A resource of which nothing is told yet.
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            item: None,
            status: Status::Compared,
            found: Vec::new(),
            unknown: 0,
            not_compared: Vec::new(),
        }
    }
}
