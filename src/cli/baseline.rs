//! `trueup baseline`: writes down the findings a repository starts with, and takes out what is mended.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::check::{self, Known};
use super::error::CliError;
use super::ui::Ui;
use super::{exit, lint as lint_command};
use crate::lint::baseline::DEFAULT_FILE;
use crate::lint::{self, Baseline, Job};
use crate::model::Report;

/// Keep the findings that are there, so that only new ones count.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write all findings of today into a new baseline
    Create(Create),
    /// Take out of the baseline what is mended
    Update(Update),
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    check: check::Args,
    /// Where to; `.trueup/baseline.json` unless trueup.yaml says otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Update {
    #[command(flatten)]
    create: Create,
    /// Add the findings that are new, too
    #[arg(long)]
    accept_new: bool,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    match &args.command {
        Command::Create(args) => create(args, ui),
        Command::Update(args) => update(args, ui),
    }
}

fn create(args: &Create, ui: &Ui) -> Result<u8, CliError> {
    let known = Known { no_baseline: true, ..Known::default() };
    let (job, report) = check(args, &known, ui)?;
    let path = path(args, &job);
    if path.exists() {
        return Err(CliError::usage(format!("there is a baseline at {} already", shown(&path)))
            .hint("`trueup baseline update` takes out what is mended; --accept-new adds what is new"));
    }
    let mut baseline = Baseline::default();
    baseline.add(&job.project, &report.findings);
    write(&path, &baseline)?;
    ui.note(&format!("{} holds {}", shown(&path), counted(baseline.len())));
    if !is_default(args, &job) {
        ui.note("`lint` uses it with --baseline, or with `baseline:` in trueup.yaml");
    }
    Ok(code(&report))
}

fn update(args: &Update, ui: &Ui) -> Result<u8, CliError> {
    let none = Known { no_baseline: true, ..Known::default() };
    // Where the baseline stands is known only when the project is.
    let file = match &args.create.output {
        Some(file) => file.clone(),
        None => path(&args.create, &check(&args.create, &none, ui)?.0),
    };
    let known = Known { baseline: Some(file.clone()), ..Known::default() };
    let (job, report) = check(&args.create, &known, ui)?;
    let old = job.baseline.clone().unwrap_or_default();
    let found = report.known.iter().flatten();
    let mut new = old.shrunk(found, |policy, file| job.looks_for(policy, file));
    let removed = old.len() - new.len();
    if args.accept_new {
        new.add(&job.project, &report.findings);
    }
    if new != old {
        write(&file, &new)?;
    }
    ui.note(&format!("{} holds {}, {removed} fewer", shown(&file), counted(new.len())));
    match (report.findings.len() as u64, args.accept_new) {
        (0, _) => {}
        (many, true) => ui.note(&format!("{} new", counted(many))),
        (many, false) => ui.note(&format!("{} new and not in it; --accept-new adds them", counted(many))),
    }
    Ok(code(&report))
}

/// One project and what was found in it.
fn check(args: &Create, known: &Known, ui: &Ui) -> Result<(Job, Report), CliError> {
    let options = lint::Options { today: lint_command::today(), ..lint::Options::default() };
    let check::Checked { mut jobs, report } = check::run(&args.check, known, &options, ui)?;
    match (jobs.pop(), jobs.is_empty()) {
        (Some(job), true) => Ok((job, report)),
        _ => Err(CliError::usage("a baseline is for one repository, and here are several or none")
            .hint("name the paths of one")),
    }
}

fn path(args: &Create, job: &Job) -> PathBuf {
    let project = &job.project;
    match (&args.output, &project.config.baseline, &project.config_file) {
        (Some(file), ..) => file.clone(),
        (None, Some(file), Some(config)) => config.directory().join(file),
        _ => project.root.join(DEFAULT_FILE),
    }
}

/// Whether `lint` finds the baseline without being told.
fn is_default(args: &Create, job: &Job) -> bool {
    args.output.is_none() && job.project.config.baseline.is_some()
}

fn write(path: &Path, baseline: &Baseline) -> Result<(), CliError> {
    let failed =
        |problem: std::io::Error| CliError::failed(format!("cannot write {}: {problem}", shown(path)));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, baseline.to_json()).map_err(failed)
}

/// A path as the user would name it from here.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

fn counted(findings: u64) -> String {
    format!("{findings} {}", if findings == 1 { "finding" } else { "findings" })
}

/// What could not be read is in no baseline.
fn code(report: &Report) -> u8 {
    let is_whole = report.summary.unreadable == 0 && report.gaps.is_empty();
    if is_whole { exit::CLEAN } else { exit::INCOMPLETE }
}
