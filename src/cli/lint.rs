//! `trueup lint`: files in, findings out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use super::error::CliError;
use super::ui::Ui;
use super::{exit, library};
use crate::collect;
use crate::lint::policies::Chosen;
use crate::lint::{self, Job};
use crate::model::{Report, Role, Severity};
use crate::policy::meta;
use crate::policy::native::NotEvaluated;
use crate::report::{self, Format};

/// Check files against the policies.
///
/// Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a mistake in the command line, the
/// configuration or a policy, 3 something could not be read.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Files and folders; the current folder when none is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to report, and where to: text, concise, json, sarif, github; may be repeated as FORMAT=FILE
    #[arg(short, long, value_name = "FORMAT[=FILE]", env = "TRUEUP_FORMAT", value_parser = parse_output)]
    format: Vec<Output>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", env = "TRUEUP_FAIL_ON", value_parser = parse_severity)]
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
    #[command(flatten)]
    library: library::Args,
    /// Use this trueup.yaml for everything
    #[arg(short, long, value_name = "FILE", env = "TRUEUP_CONFIG", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no trueup.yaml
    #[arg(long)]
    no_config: bool,
    /// What the repository is for, when trueup.yaml does not say
    #[arg(long, value_name = "ROLE", env = "TRUEUP_ROLE", value_parser = parse_role)]
    role: Option<Role>,
    /// Threads; as many as there are processors when not given
    #[arg(
        short,
        long,
        value_name = "N",
        env = "TRUEUP_JOBS",
        default_value_t = 0,
        hide_default_value = true
    )]
    jobs: usize,
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
    let base = args.library.load()?;
    let collected = collect::collect(&collect::Options {
        paths: args.paths.clone(),
        config: args.config.clone(),
        no_config: args.no_config,
        jobs: args.jobs,
        role: args.role,
    })?;
    let fail_on = args
        .fail_on
        .or_else(|| collected.projects.iter().filter_map(|project| project.config.fail_on).min())
        .unwrap_or(Severity::Medium);

    let mut jobs: Vec<Job> =
        collected.projects.into_iter().map(|project| Job { project, chosen: Chosen::default() }).collect();
    let (mut report, mut not_evaluated) = (Report::default(), BTreeSet::new());
    // Only a look at every file tells whether the tree holds native policies. Few do; those are linted twice.
    for tree in [false, true] {
        let mut known_rules: BTreeSet<String> = meta::ALL.iter().map(|rule| rule.rule().id.clone()).collect();
        let mut gaps = collected.gaps.clone();
        not_evaluated.clear();
        for job in &mut jobs {
            let (library, chosen) = args.library.for_project(&base, &job.project, tree)?;
            known_rules.extend(library.rules().map(|rule| rule.id.clone()));
            not_evaluated.extend(library.not_evaluated);
            gaps.extend(library.gaps);
            job.chosen = chosen;
        }
        let options = lint::Options {
            jobs: args.jobs,
            verdicts: args.verdicts,
            line_hashes: outputs.iter().any(|output| output.format.name() == "sarif"),
            today: jiff::Zoned::now().date().to_string(),
            known_rules,
        };
        let outcome = lint::run(&jobs, gaps, &options)?;
        report = outcome.report;
        match outcome.native_policies {
            0 => break,
            1..=lint::MOST_IN_TREE => {}
            many => {
                ui.note(&format!(
                    "the {many} policies of other tools in these files are not evaluated; to run some, name them \
                     with --policies"
                ));
                break;
            }
        }
    }
    for NotEvaluated { file, policy, reason } in &not_evaluated {
        ui.note(&format!("{file}: {policy} is not evaluated: {reason}"));
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

pub(super) fn parse_severity(text: &str) -> Result<Severity, String> {
    one_of(text, &Severity::ALL)
}

fn parse_role(text: &str) -> Result<Role, String> {
    one_of(text, &Role::DECLARABLE)
}

fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, meaning)) => Ok(*meaning),
        None => Err(format!("it is one of {}", known.join(", "))),
    }
}
