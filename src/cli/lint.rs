//! `trueup lint`: files in, findings out.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use super::check::{self, Known};
use super::error::CliError;
use super::output;
use super::ui::Ui;
use crate::collect::Against;
use crate::lint;
use crate::model::Severity;

/// Check files against the policies.
///
/// Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a mistake in the command line, the
/// configuration or a policy, 3 something could not be read.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    check: check::Args,
    #[command(flatten)]
    output: output::Args,
    /// With --format json: add a row for every policy and resource
    #[arg(long)]
    verdicts: bool,
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

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let started = std::time::Instant::now();
    args.output.check()?;
    let revision = args.base.clone().map(Against::Revision);
    let known = Known {
        against: revision.or(args.staged.then_some(Against::Staged)),
        baseline: args.baseline.clone(),
        no_baseline: args.no_baseline,
    };
    let options = lint::Options {
        verdicts: args.verdicts,
        line_hashes: args.output.wants_line_hashes(),
        today: today(),
        ..lint::Options::default()
    };
    let check::Checked { jobs, report } = check::run(&args.check, &known, &options, ui)?;
    // The process ends after this. Giving back the names of tens of thousands of files takes a while first.
    let jobs = ManuallyDrop::new(jobs);
    let fail_on = args
        .output
        .fail_on
        .or_else(|| jobs.iter().filter_map(|job| job.project.config.fail_on).min())
        .unwrap_or(Severity::Medium);
    for job in &*jobs {
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

    let repository = jobs.first().filter(|_| jobs.len() == 1).map(|job| &job.project.repository);
    let run = output::Run { command: "lint", category: "trueup/lint/", started, repository, fail_on };
    args.output.write(&report, &run, ui)
}

/// The day suppressions are judged by.
pub(super) fn today() -> String {
    jiff::Zoned::now().date().to_string()
}
