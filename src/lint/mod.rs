//! The first use case: files in, a finished report out. It reads like the README's first paragraph.

mod admitted;
mod file;
mod fingerprint;
mod place;
pub mod policies;
mod repository;
pub mod selftest;
pub mod suites;
pub mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use crate::collect::Project;
use crate::model::{Finding, Gap, Report, Rule, Summary, VerdictRow};
use crate::policy::meta;

pub use file::Checked;
use policies::Chosen;
pub use world::MOST_IN_TREE;

/// How to lint, besides what and by which policies.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; 0 means as many as there are processors.
    pub jobs: usize,
    /// Keep one row per policy and resource.
    pub verdicts: bool,
    /// Compute GitHub's line hashes.
    pub line_hashes: bool,
    /// The day suppressions are judged by, `YYYY-MM-DD`.
    pub today: String,
    /// The ids of all rules there are, running or not.
    pub known_rules: BTreeSet<String>,
}

/// A project and the policies that run on it.
pub struct Job {
    /// The files.
    pub project: Project,
    /// The policies.
    pub chosen: Chosen,
}

/// What a run gives.
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// How many native policies a tree holds that was not read for them: up to [`MOST_IN_TREE`], it is to be
    /// linted again, with them.
    pub native_policies: usize,
}

/// Checks every file of every project. The report is the same whatever `options.jobs` is.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(jobs: &[Job], gaps: Vec<Gap>, options: &Options) -> Result<Outcome, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build()?;
    let mut total = Checked::default();
    for job in jobs {
        let checked: Vec<Checked> = pool.install(|| {
            job.project
                .files
                .par_iter()
                .map(|input| file::check(input, &job.project, &job.chosen, options))
                .collect()
        });
        let repository = repository::check(&job.project, &job.chosen.policies, options);
        let mut of_project = Checked::default();
        for checked in checked.into_iter().chain([repository]) {
            add(&mut of_project, checked);
        }
        repository::suppress(&mut of_project.findings, job, options);
        add(&mut total, of_project);
    }
    let native_policies = total.native_policies;
    Ok(Outcome { report: report(jobs, total, gaps, options), native_policies })
}

fn add(total: &mut Checked, part: Checked) {
    total.findings.extend(part.findings);
    total.verdicts.extend(part.verdicts);
    total.summary.add(&part.summary);
    total.native_policies += part.native_policies;
}

fn report(jobs: &[Job], total: Checked, mut gaps: Vec<Gap>, options: &Options) -> Report {
    let Checked { findings, mut summary, mut verdicts, .. } = total;
    let (mut suppressed, mut open): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.suppressed.is_some());
    open.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    suppressed.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    verdicts.sort_by(|a: &VerdictRow, b| {
        (&a.file, a.document, a.line, &a.policy, &a.rule, &a.name)
            .cmp(&(&b.file, b.document, b.line, &b.policy, &b.rule, &b.name))
    });
    gaps.sort();
    gaps.dedup();
    let rules = rules(jobs);
    summary.policies =
        rules.iter().filter(|rule| rule.category != crate::model::Category::Meta).count() as u64;
    summary.suppressed = suppressed.len() as u64;
    Report {
        rules,
        findings: open,
        suppressed,
        gaps,
        summary,
        verdicts: options.verdicts.then_some(verdicts),
    }
}

/// Every rule that ran anywhere, sorted by id; where projects differ, the severest configuration.
fn rules(jobs: &[Job]) -> Vec<Arc<Rule>> {
    let of_policies = jobs.iter().flat_map(|job| &job.chosen.policies).map(|policy| policy.rule.clone());
    let of_native = jobs.iter().flat_map(|job| &job.chosen.native.policies).map(|policy| policy.rule.clone());
    let mut rules: Vec<Arc<Rule>> =
        of_policies.chain(of_native).chain(meta::ALL.iter().map(|rule| rule.rule())).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id).then(b.severity.cmp(&a.severity)));
    rules.dedup_by(|a, b| a.id == b.id);
    rules
}

/// The counts alone, for `trueup debug parse`: walks, reads and parses, judges nothing.
pub fn parse_only(projects: &[Project], jobs: usize) -> Result<Summary, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let files = projects.iter().flat_map(|project| project.files.iter().map(move |file| (project, file)));
    let files: Vec<_> = files.collect();
    Ok(pool.install(|| {
        files.par_iter().map(|(project, input)| file::parse_only(input, project)).reduce(
            Summary::default,
            |mut a, b| {
                a.add(&b);
                a
            },
        )
    }))
}
