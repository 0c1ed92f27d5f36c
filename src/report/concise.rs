//! One line for each finding, `path:line:col: severity[id] message`, and nothing else: for grep, for
//! editors, for problem matchers.

use std::io::{self, Write};

use crate::model::Report;
use crate::report::format::{Context, Format};
use crate::report::prose::clean;

/// The `concise` format.
pub struct Concise;

impl Format for Concise {
    fn name(&self) -> &'static str {
        "concise"
    }

    fn render(&self, report: &Report, _context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in &report.findings {
            let start = finding.location.region.start;
            writeln!(
                out,
                "{}:{}:{}: {}[{}] {}",
                clean(&finding.location.file),
                start.line,
                start.column,
                finding.rule.severity,
                clean(&finding.rule.id),
                clean(&finding.message)
            )?;
        }
        Ok(())
    }
}
