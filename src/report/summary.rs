//! The one line that ends a report for people.

use crate::model::{Report, Severity};
use crate::report::prose::counted;

/// `12 findings (2 critical, 10 medium), 3 suppressed, 7 unknown in 214 files, 12 policies`; without
/// findings `no findings in 214 files (12 policies)`.
pub fn line(report: &Report) -> String {
    let summary = &report.summary;
    let beside = [
        (summary.suppressed, "suppressed"),
        (report.known.as_ref().map_or(0, Vec::len) as u64, "known before"),
        (summary.unknown, "unknown"),
        (summary.errors, if summary.errors == 1 { "error" } else { "errors" }),
    ];
    let beside = beside.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = std::iter::once(findings(report))
        .chain(beside.map(|(count, what)| format!("{count} {what}")))
        .collect();
    let counts = counts.join(", ");
    let files = counted(summary.files, "file", "files");
    let policies = counted(summary.policies, "policy", "policies");
    if report.findings.is_empty() {
        format!("{counts} in {files} ({policies})")
    } else {
        format!("{counts} in {files}, {policies}")
    }
}

fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return "no findings".to_owned();
    }
    let severities: Vec<String> = Severity::ALL
        .into_iter()
        .map(|(word, severity)| (report.count(severity), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let findings = counted(report.findings.len() as u64, "finding", "findings");
    format!("{findings} ({})", severities.join(", "))
}
