//! Annotations of a GitHub Actions run, by workflow commands.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word, so the
//! worst come first and the last notice says how many there are.

use std::io::{self, Write};

use crate::model::{Finding, Report, Severity};
use crate::report::format::{Context, Format};
use crate::report::prose::{is_active, visible};
use crate::report::summary;

/// Annotations of each kind that GitHub shows for a step.
const SHOWN: usize = 10;

/// The `github` format.
pub struct GitHub;

impl Format for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn wants_paths_from_root(&self) -> bool {
        true
    }

    fn render(&self, report: &Report, _context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        // The summary is a notice too.
        for (command, shown) in [("error", SHOWN), ("warning", SHOWN), ("notice", SHOWN - 1)] {
            let mut findings: Vec<&Finding> =
                report.findings.iter().filter(|f| command_of(f.rule.severity) == command).collect();
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.rule.severity));
            for finding in findings.into_iter().take(shown) {
                annotate(command, finding, out)?;
            }
        }
        writeln!(out, "::notice title=trueup::{}", escaped(&summary::line(report), ""))
    }
}

const fn command_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    }
}

fn annotate(command: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let property = |text: &str| escaped(text, ":,");
    let (start, end) = (finding.location.region.start, finding.location.region.end);
    writeln!(
        out,
        "::{command} file={},line={},endLine={},col={},endColumn={},title={}::{}",
        property(&finding.location.file),
        start.line,
        end.line,
        start.column,
        end.column,
        property(&finding.rule.id),
        escaped(&finding.message, "")
    )
}

/// `text` as a workflow command carries it; `also` names the characters to escape beside the usual ones.
fn escaped(text: &str, also: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '\r' | '\n' => out.push_str(&percent(c)),
            _ if also.contains(c) => out.push_str(&percent(c)),
            _ if is_active(c) => out.push(visible(c)),
            _ => out.push(c),
        }
    }
    out
}

fn percent(c: char) -> String {
    format!("%{:02X}", u32::from(c))
}
