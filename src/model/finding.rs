//! A finding: a rule, a place, and what to say about it.

use std::sync::Arc;

use super::path::Path;
use super::rule::Rule;
use super::span::Region;

/// Where a finding points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file as the user named it: relative to where the run started where possible, with `/`.
    pub file: Arc<str>,
    /// The narrowest region that shows the cause; one line.
    pub region: Region,
    /// The line to show, secrets already hidden; `None` when the file is not text.
    pub snippet: Option<Snippet>,
}

/// The source line of a location, safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The line's text without its line break; secret values replaced.
    pub text: String,
    /// The marked bytes of `text`.
    pub mark: std::ops::Range<usize>,
}

/// A second place that helps to understand the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// Why it is shown.
    pub message: String,
}

/// Why a finding is not reported as open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What the author wrote.
    pub reason: Option<String>,
    /// Last day it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where the suppression stands: the source (`in-source`) or trueup.yaml (`configuration`).
    pub kind: &'static str,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is an instance of; its severity is the configured one.
    pub rule: Arc<Rule>,
    /// One or two sentences; the first stands alone and names what and where.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Other places.
    pub related: Vec<Related>,
    /// The resource's identity, when it is about one.
    pub resource: Option<String>,
    /// The resource's kind, when it is about one.
    pub resource_kind: Option<String>,
    /// The live state it is about, where an audit calls several by name.
    pub target: Option<Arc<str>>,
    /// The path of the node in its document.
    pub path: Path,
    /// The same for the same problem wherever its lines move: 32 hexadecimal digits.
    pub fingerprint: String,
    /// GitHub's `primaryLocationLineHash`; computed only when a report asks for it.
    pub line_hash: Option<String>,
    /// Set when it is suppressed.
    pub suppressed: Option<Suppression>,
    /// Whether it was there before: the baseline holds it, or the revision that is compared with has it.
    pub known: bool,
}

impl Finding {
    /// The order of reports: by file, place, rule, message.
    pub fn sort_key(&self) -> (&str, Region, &str, &str) {
        (&self.location.file, self.location.region, &self.rule.id, &self.message)
    }
}
