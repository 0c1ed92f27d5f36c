//! `trueup lint`: files in, findings out.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use super::check::{self, Known};
use super::error::CliError;
use super::ui::Ui;
use super::{exit, words};
use crate::collect::Against;
use crate::lint;
use crate::model::{Report, Severity};
use crate::report::{self, Format};

/// Check files against the policies.
///
/// Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a mistake in the command line, the
/// configuration or a policy, 3 something could not be read.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    #[command(flatten)]
    check: check::Args,
    /// How to report, and where to: text, concise, json, sarif, github; may be repeated as FORMAT=FILE
    #[arg(short, long, value_name = "FORMAT[=FILE]", env = "TRUEUP_FORMAT", value_parser = parse_output)]
    format: Vec<Output>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", env = "TRUEUP_FAIL_ON", value_parser = words::severity)]
    fail_on: Option<Severity>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
    /// With --format json: add a row for every policy and resource
    #[arg(long)]
    verdicts: bool,
    /// Show suppressed findings in SARIF too
    #[arg(long)]
    report_suppressed: bool,
    /// Report only what is new since a revision
    #[arg(long, value_name = "REV", env = "TRUEUP_BASE", conflicts_with = "staged")]
    base: Option<String>,
    /// Report only what the next commit brings: the index compared with the last one
    #[arg(long)]
    staged: bool,
    /// Report only what is not in this baseline
    #[arg(long, value_name = "FILE", env = "TRUEUP_BASELINE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Use no baseline
    #[arg(long)]
    no_baseline: bool,
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

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let started = std::time::Instant::now();
    let outputs = outputs(args)?;
    let revision = args.base.clone().map(Against::Revision);
    let known = Known {
        against: revision.or(args.staged.then_some(Against::Staged)),
        baseline: args.baseline.clone(),
        no_baseline: args.no_baseline,
    };
    let options = lint::Options {
        verdicts: args.verdicts,
        line_hashes: outputs.iter().any(|output| output.format.name() == "sarif"),
        today: today(),
        ..lint::Options::default()
    };
    let check::Checked { jobs, report } = check::run(&args.check, &known, &options, ui)?;
    let fail_on = args
        .fail_on
        .or_else(|| jobs.iter().filter_map(|job| job.project.config.fail_on).min())
        .unwrap_or(Severity::Medium);
    for job in &jobs {
        let Some(baseline) = &job.baseline else { continue };
        let gone = baseline.len()
            - baseline
                .shrunk(report.known.iter().flatten(), |policy, file| job.looks_for(policy, file))
                .len();
        if gone > 0 {
            let (entries, are) = if gone == 1 { ("finding", "is") } else { ("findings", "are") };
            ui.note(&format!(
                "{gone} {entries} of the baseline {are} no more; `trueup baseline update` removes what is mended"
            ));
        }
    }

    let code = exit_code(&report, fail_on);
    let repository = jobs.first().filter(|_| jobs.len() == 1).map(|job| &job.project.repository);
    let folder = folder_in_work_tree();
    let from_root = folder.as_ref().map(|folder| report.clone().below(folder));
    for output in &outputs {
        let report = from_root.as_ref().filter(|_| output.format.wants_paths_from_root()).unwrap_or(&report);
        let to_terminal = output.file.is_none();
        let mut style = ui.style();
        style.color &= to_terminal;
        let context = report::Context {
            style,
            command: "lint",
            category: "trueup/lint/",
            elapsed: Some(started.elapsed()),
            exit_code: code,
            repository,
            report_suppressed: args.report_suppressed,
        };
        write(output, report, &context, ui)?;
    }
    Ok(if args.exit_zero && code == exit::FINDINGS { exit::CLEAN } else { code })
}

fn outputs(args: &Args) -> Result<Vec<Output>, CliError> {
    if args.format.is_empty() {
        return Ok(report::by_name("text").map(|format| Output { format, file: None }).into_iter().collect());
    }
    if args.format.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(CliError::usage("only one --format can go to stdout")
            .hint("give the others a file: --format sarif=out.sarif"));
    }
    Ok(args.format.clone())
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

/// The day suppressions are judged by.
pub(super) fn today() -> String {
    jiff::Zoned::now().date().to_string()
}
