//! Where reports go: formats, files, the exit code, shared by `lint` and `audit`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use super::error::CliError;
use super::exit;
use super::ui::Ui;
use super::words;
use crate::model::{Report, Repository, Severity};
use crate::report::{self, Format};

/// How to report.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// How to report, and where to: text, concise, json, sarif, github; may be repeated as FORMAT=FILE
    #[arg(short, long, value_name = "FORMAT[=FILE]", env = "TRUEUP_FORMAT", value_parser = parse_output)]
    format: Vec<Output>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", env = "TRUEUP_FAIL_ON", value_parser = words::severity)]
    pub fail_on: Option<Severity>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
    /// Show suppressed findings in SARIF too
    #[arg(long)]
    report_suppressed: bool,
}

/// A format and the file it goes to; stdout when there is none.
#[derive(Clone)]
struct Output {
    format: &'static dyn Format,
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.format.name())
    }
}

/// The run a report comes from.
pub struct Run<'r> {
    /// The command: `lint` or `audit`.
    pub command: &'static str,
    /// SARIF's category.
    pub category: &'static str,
    /// When it began.
    pub started: Instant,
    /// The repository, when there is one.
    pub repository: Option<&'r Repository>,
    /// The least severity that fails it.
    pub fail_on: Severity,
}

impl Args {
    /// Checks the formats before any work is done.
    pub fn check(&self) -> Result<(), CliError> {
        if self.format.iter().filter(|output| output.file.is_none()).count() > 1 {
            return Err(CliError::usage("only one --format can go to stdout")
                .hint("give the others a file: --format sarif=out.sarif"));
        }
        Ok(())
    }

    /// Whether a format needs GitHub's line hashes.
    pub fn wants_line_hashes(&self) -> bool {
        self.format.iter().any(|output| output.format.name() == "sarif")
    }

    /// Writes the report everywhere, and gives the exit code.
    pub fn write(&self, report: &Report, run: &Run<'_>, ui: &Ui) -> Result<u8, CliError> {
        let code = exit_code(report, run.fail_on);
        let folder = folder_in_work_tree();
        let from_root = folder.as_ref().map(|folder| report.clone().below(folder));
        let text = report::by_name("text").map(|format| Output { format, file: None });
        let outputs = if self.format.is_empty() { text.into_iter().collect() } else { self.format.clone() };
        for output in &outputs {
            let report =
                from_root.as_ref().filter(|_| output.format.wants_paths_from_root()).unwrap_or(report);
            let mut style = ui.style();
            style.color &= output.file.is_none();
            let context = report::Context {
                style,
                command: run.command,
                category: run.category,
                elapsed: Some(run.started.elapsed()),
                exit_code: code,
                repository: run.repository,
                report_suppressed: self.report_suppressed,
            };
            write(output, report, &context, ui)?;
        }
        Ok(if self.exit_zero && code == exit::FINDINGS { exit::CLEAN } else { code })
    }
}

fn write(output: &Output, report: &Report, context: &report::Context<'_>, ui: &Ui) -> Result<(), CliError> {
    let Some(path) = &output.file else {
        let mut out = ui.stdout();
        output.format.render(report, context, &mut out)?;
        out.flush()?;
        return Ok(());
    };
    let failed =
        |problem: std::io::Error| CliError::failed(format!("cannot write {}: {problem}", path.display()));
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    output.format.render(report, context, &mut out).and_then(|()| out.flush()).map_err(failed)
}

/// The current folder from the root of its work tree, with `/`; `None` at the root and outside.
fn folder_in_work_tree() -> Option<String> {
    let folder = std::env::current_dir().ok()?;
    let root = folder.ancestors().find(|folder| folder.join(".git").exists())?;
    let inside = folder.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
    (!inside.is_empty()).then_some(inside)
}

/// Findings win over what could not be read: they are certain.
fn exit_code(report: &Report, fail_on: Severity) -> u8 {
    let unreadable = |id: &str| id == "meta/parse-error";
    let found = report
        .findings
        .iter()
        .any(|finding| finding.rule.severity >= fail_on && !unreadable(&finding.rule.id));
    if found {
        exit::FINDINGS
    } else if report.summary.unreadable > 0 || !report.gaps.is_empty() {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    }
}

fn parse_output(text: &str) -> Result<Output, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let known = || report::FORMATS.iter().map(|format| format.name());
    match report::by_name(name) {
        Some(format) => Ok(Output { format, file }),
        None => {
            let hint = crate::model::decode::did_you_mean(name, known());
            Err(format!("the formats are {}{hint}", known().collect::<Vec<_>>().join(", ")))
        }
    }
}
