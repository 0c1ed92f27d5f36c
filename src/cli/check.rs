//! What `lint` and `baseline` have in common: which files, by which policies, compared with what; and the
//! run itself.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::error::CliError;
use super::ui::Ui;
use super::{configured, library, rendering, words};
use crate::collect::{self, Against};
use crate::lint::policies::Chosen;
use crate::lint::{self, Baseline, Job, LeftOut, Texts};
use crate::model::{Report, Role};
use crate::policy::meta;
use crate::policy::native::NotEvaluated;

/// What to check, and by which policies.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Files and folders; the current folder when none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub library: library::Args,
    #[command(flatten)]
    pub rendering: rendering::Args,
    #[command(flatten)]
    pub configured: configured::Args,
    /// Where to look for secrets: `manifests` and files of addresses, or `all` text files
    #[arg(long, value_name = "FILES", env = "TRUEUP_SECRETS_IN", default_value = "manifests", value_parser = words::texts)]
    pub secrets_in: Texts,
    /// What the repository is for, when trueup.yaml does not say
    #[arg(long, value_name = "ROLE", env = "TRUEUP_ROLE", value_parser = words::role)]
    pub role: Option<Role>,
}

/// Which findings are known before the run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Those of a revision.
    pub against: Option<Against>,
    /// Those of this file, instead of the one that trueup.yaml names.
    pub baseline: Option<PathBuf>,
    /// None of a file.
    pub no_baseline: bool,
}

/// A run and what it ran on.
pub struct Checked {
    /// The projects.
    pub jobs: Vec<Job>,
    /// What was found.
    pub report: Report,
}

/// Collects, chooses, runs; says what else is to be said.
pub fn run(args: &Args, known: &Known, options: &lint::Options, ui: &Ui) -> Result<Checked, CliError> {
    let base = args.library.load_to_run()?;
    let collected = collect::collect(&collect::Options {
        paths: args.paths.clone(),
        config: args.configured.config.clone(),
        no_config: args.configured.no_config,
        jobs: args.configured.jobs,
        role: args.role,
        texts: args.secrets_in == Texts::All,
        against: known.against.clone(),
    })?;
    if known.baseline.is_some() && collected.projects.len() > 1 {
        return Err(CliError::usage("--baseline is for one repository, and here are several")
            .hint("name the paths of one, or give each a `baseline:` in its trueup.yaml"));
    }
    let mut jobs = Vec::new();
    for project in collected.projects {
        let baseline = if known.no_baseline { None } else { baseline_of(&project, known)? };
        jobs.push(Job { project, chosen: Chosen::default(), baseline });
    }
    // Before a commit a look through the whole tree would take longer than all the rest.
    let staged = known.against == Some(Against::Staged);
    let mut known_rules: BTreeSet<String> = meta::ALL.iter().map(|rule| rule.rule().id.clone()).collect();
    let (mut gaps, mut not_evaluated, mut passed_over) = (collected.gaps, BTreeSet::new(), 0);
    for job in &mut jobs {
        let (library, chosen) = args.library.for_project(&base, &job.project, !staged)?;
        known_rules.extend(library.ids().map(str::to_owned));
        not_evaluated.extend(library.not_evaluated);
        gaps.extend(library.gaps);
        passed_over += library.passed_over;
        job.chosen = chosen;
    }
    let options = lint::Options {
        jobs: args.configured.jobs,
        texts: args.secrets_in,
        known_rules,
        programs: args.rendering.programs(),
        ..options.clone()
    };
    let lint::Outcome { report, left_out } = lint::run(&jobs, gaps, &options)?;
    if passed_over > 0 {
        ui.note(&format!(
            "the {passed_over} policies of other tools in these files are not evaluated; to run some, name them \
             with --policies"
        ));
    }
    if staged && jobs.iter().any(|job| lint::world::is_in(&job.project)) {
        ui.note("policies of other tools are staged; they run without --staged, or named with --policies");
    }
    for NotEvaluated { file, policy, reason } in &not_evaluated {
        ui.note(&format!("{file}: {policy} is not evaluated: {reason}"));
    }
    note_left_out(left_out, ui);
    Ok(Checked { jobs, report })
}

/// Says what rendering left out, once.
fn note_left_out(LeftOut { refused, unknown }: LeftOut, ui: &Ui) {
    let mut parts = Vec::new();
    if refused > 0 {
        parts.push(format!(
            "{refused} not rendered in full, so that files of theirs are judged as they stand"
        ));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} unknown, being in charts, artifacts or other repositories"));
    }
    if !parts.is_empty() {
        ui.note(&format!("of what is applied, {}; `trueup render --explain` says which", parts.join("; ")));
    }
}

/// The findings that a project is known to have.
fn baseline_of(project: &collect::Project, known: &Known) -> Result<Option<Baseline>, CliError> {
    let (path, name) = match (&known.baseline, &project.config.baseline, &project.config_file) {
        (Some(file), ..) => (file.clone(), file.display().to_string()),
        (None, Some(file), Some(config)) => (config.directory().join(file), file.clone()),
        _ => return Ok(None),
    };
    Ok(Some(Baseline::read(&path, &name)?))
}
