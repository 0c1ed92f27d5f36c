//! A finished report: everything a renderer may show, sorted and counted.

use std::sync::Arc;

use super::finding::Finding;
use super::gap::Gap;
use super::rule::{Rule, Severity, Verdict};

/// What one policy said of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// The policy's id.
    pub policy: String,
    /// The rule within it, for policies that have several.
    pub rule: Option<String>,
    /// The file.
    pub file: Arc<str>,
    /// The document in the file, from 0.
    pub document: u32,
    /// The line the verdict points at, from 1.
    pub line: u32,
    /// The resource's kind.
    pub kind: String,
    /// The resource's namespace.
    pub namespace: String,
    /// The resource's name.
    pub name: String,
    /// What was said.
    pub verdict: Verdict,
    /// Why, for anything but a pass or a skip.
    pub message: String,
}

/// The counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: u64,
    /// Documents in them.
    pub documents: u64,
    /// Resources in those.
    pub resources: u64,
    /// Templates that are not YAML and were passed over.
    pub templates_skipped: u64,
    /// Files that could not be read or parsed.
    pub unreadable: u64,
    /// Policies that ran.
    pub policies: u64,
    /// Verdicts by kind: pass, fail, skip, unknown, error.
    pub passed: u64,
    /// Verdicts `fail`.
    pub failed: u64,
    /// Verdicts `skip`.
    pub skipped: u64,
    /// Verdicts `unknown`.
    pub unknown: u64,
    /// Verdicts `error`.
    pub errors: u64,
    /// Findings that are suppressed.
    pub suppressed: u64,
}

impl Summary {
    /// Counts one verdict.
    pub fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.passed,
            Verdict::Fail => &mut self.failed,
            Verdict::Skip => &mut self.skipped,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Error => &mut self.errors,
        } += 1;
    }

    /// Adds the counts of `other`, all but `policies`.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.documents += other.documents;
        self.resources += other.resources;
        self.templates_skipped += other.templates_skipped;
        self.unreadable += other.unreadable;
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.unknown += other.unknown;
        self.errors += other.errors;
        self.suppressed += other.suppressed;
    }
}

/// What a policy could not decide, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The policy's id.
    pub rule: String,
    /// `unknown` or `error`.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Of how many resources.
    pub count: u64,
    /// The file of the first of them.
    pub file: Arc<str>,
    /// The line in it, from 1: of the value that is not known where it is one, else of the resource.
    pub line: u32,
}

/// A finished report. Renderers never filter, sort or decide an exit code.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every enabled rule, sorted by id, whether or not it found anything.
    pub rules: Vec<Arc<Rule>>,
    /// Open findings, sorted.
    pub findings: Vec<Finding>,
    /// Suppressed findings, sorted.
    pub suppressed: Vec<Finding>,
    /// Findings that were there before, sorted; `None` when nothing was compared with.
    pub known: Option<Vec<Finding>>,
    /// What could not be checked, sorted.
    pub gaps: Vec<Gap>,
    /// The counts.
    pub summary: Summary,
    /// What policies could not decide, by rule and reason, sorted.
    pub undecided: Vec<Undecided>,
    /// One row per policy rule and resource, when asked for.
    pub verdicts: Option<Vec<VerdictRow>>,
    /// What an audit adds; `None` in other runs.
    pub audit: Option<super::drift::Audit>,
}

impl Report {
    /// How many open findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.rule.severity == severity).count()
    }

    /// The same report with every relative path put below `folder`, `..` resolved.
    #[must_use]
    pub fn below(mut self, folder: &str) -> Self {
        let known = self.known.iter_mut().flatten();
        for finding in self.findings.iter_mut().chain(&mut self.suppressed).chain(known) {
            finding.location.file = below(folder, &finding.location.file);
            for related in &mut finding.related {
                related.location.file = below(folder, &related.location.file);
            }
        }
        for undecided in &mut self.undecided {
            undecided.file = below(folder, &undecided.file);
        }
        self
    }

    /// The worst severity among open findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.rule.severity).max()
    }
}

fn below(folder: &str, file: &str) -> Arc<str> {
    if file.starts_with('/') {
        return file.into();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_below_the_folder_the_run_started_in() {
        assert_eq!(&*below("deploy/prod", "cart.yaml"), "deploy/prod/cart.yaml");
        assert_eq!(&*below("deploy/prod", "../base/cart.yaml"), "deploy/base/cart.yaml");
        assert_eq!(&*below("", "cart.yaml"), "cart.yaml");
        assert_eq!(&*below("deploy", "/tmp/cart.yaml"), "/tmp/cart.yaml");
    }
}
