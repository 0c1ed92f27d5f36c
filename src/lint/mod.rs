//! The first use case: files in, a finished report out. It reads like the README's first paragraph.

mod admitted;
pub mod baseline;
mod file;
pub mod fingerprint;
mod known;
pub mod live;
mod lowered;
mod overrides;
pub mod place;
pub mod policies;
mod rendered;
pub mod rendering;
mod repository;
pub mod selftest;
pub mod stack_tags;
pub mod suites;
mod surroundings;
mod tag_policies;
mod texts;
mod undecided;
mod verdict;
pub mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use crate::collect::{InputFile, Project};
use crate::gitops::Programs;
use crate::model::file_path::name_of;
use crate::model::{Finding, Gap, Report, Rule, Summary, VerdictRow};
use crate::platform;
use crate::policy::{Inventory, Policy, meta};

pub use baseline::Baseline;
pub use file::{Checked, LeftOut};
use policies::Chosen;
use rendered::Rendered;
pub use texts::Texts;

/// How to lint, besides what and by which policies.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; 0 means as many as there are processors.
    pub jobs: usize,
    /// Keep one row per policy and resource.
    pub verdicts: bool,
    /// Which files are looked through for secrets as texts.
    pub texts: Texts,
    /// Compute GitHub's line hashes.
    pub line_hashes: bool,
    /// The day suppressions are judged by, `YYYY-MM-DD`.
    pub today: String,
    /// The ids of all rules there are, running or not.
    pub known_rules: BTreeSet<String>,
    /// What may be run to render; `None` to take files as they stand.
    pub programs: Option<Programs>,
    /// The other objects, for policies that ask; set for each project by the run.
    pub around: Arc<Inventory>,
}

/// A project, the policies that run on it, and what is known of it.
pub struct Job {
    /// The files.
    pub project: Project,
    /// The policies.
    pub chosen: Chosen,
    /// The findings it is known to have.
    pub baseline: Option<Baseline>,
}

/// What a run gives.
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// What rendering left out.
    pub left_out: LeftOut,
}

/// Checks every file of every project. The report is the same whatever `options.jobs` is.
///
/// A project that is compared with its past is judged as it was, too, by the same policies, and what it
/// had then is known. Of its files only those that differ are looked at, unless a policy may say another
/// thing of the others because the repository as a whole is another.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(jobs: &[Job], gaps: Vec<Gap>, options: &Options) -> Result<Outcome, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build()?;
    let mut total = Checked::default();
    for job in jobs {
        let (project, chosen) = (&job.project, &job.chosen);
        let whole = repository::check(project, chosen, options);
        let as_whole = whole.findings.clone();
        let only = pool.install(|| job.only());
        let only = only.as_ref();
        let mut now = pool.install(|| judge(project, only, chosen, options, whole));
        if let Some(before) = &project.before {
            let quiet = Options { verdicts: false, line_hashes: false, ..options.clone() };
            // The names of tens of thousands of files are not judged twice.
            let whole = if before.repository == project.repository {
                Checked { findings: as_whole, ..Checked::default() }
            } else {
                repository::check(before, chosen, &quiet)
            };
            let past = pool.install(|| judge(before, only, chosen, &quiet, whole));
            known::mark(&mut now.findings, &past.findings, project);
        }
        if let Some(baseline) = &job.baseline {
            known::mark_baseline(&mut now.findings, baseline);
        }
        add(&mut total, now);
    }
    let left_out = total.left_out;
    Ok(Outcome { report: report(jobs, total, gaps, options), left_out })
}

impl Job {
    /// Whether this run would have found a finding of that policy in that file, from the root.
    pub fn looks_for(&self, policy: &str, file: &str) -> bool {
        let project = &self.project;
        let is_judged = |file: &str| project.files.iter().any(|judged| judged.in_repo == file);
        let ran = meta::ALL.iter().any(|rule| rule.rule().id == policy)
            || self.chosen.rules().any(|rule| rule.id == policy);
        ran && project.narrowed.is_none() && (project.whole || is_judged(file))
    }

    /// The files that are to be looked at, now and in the past: those that differ, and those of which a policy may say
    /// another thing because others differ. `None` for all.
    fn only(&self) -> Option<BTreeSet<String>> {
        let changed = self.project.narrowed.as_deref()?;
        let Some(before) = &self.project.before else { return Some(changed.clone()) };
        let (was, is) = (&before.repository, &self.project.repository);
        let is_same = was == is;
        let policies = &self.chosen.policies;
        if policies.iter().any(Policy::looks_around) {
            return None;
        }
        let mut only = changed.clone();
        for policy in policies.iter().filter(|policy| !is_same && policy.may_differ(was, is)) {
            let names = names_of_files(policy)?;
            let files = self.project.files.iter().chain(&before.files).map(|file| &file.in_repo);
            only.extend(files.filter(|file| names.contains(&name_of(file))).cloned());
        }
        if policies.iter().any(|policy| policy.uses("tags.ofStack")) {
            only.extend(stack_tags::differing(&self.project, before, changed));
        }
        Some(only)
    }
}

/// The names of the only files that a policy may judge something of; `None` when the name does not tell.
fn names_of_files(policy: &Policy) -> Option<Vec<&'static str>> {
    let names = policy.formats().map(|format| platform::by_name(format)?.file_names());
    Some(names.collect::<Option<Vec<_>>>()?.concat())
}

/// Judges files of a project, all or `only` some; `whole` is what the project was judged to be as a whole.
fn judge(
    project: &Project,
    only: Option<&BTreeSet<String>>,
    chosen: &Chosen,
    options: &Options,
    whole: Checked,
) -> Checked {
    let options = &Options { around: surroundings::of(project, chosen), ..options.clone() };
    let mut rendered = options
        .programs
        .map_or_else(Rendered::default, |programs| rendered::check(project, only, chosen, programs, options));
    let is_judged = |input: &&InputFile| only.is_none_or(|only| only.contains(&input.in_repo));
    let files = project.files.iter().filter(is_judged);
    let inputs: Vec<(&InputFile, Option<Vec<Finding>>)> =
        files.map(|input| (input, rendered.by_file.remove(&input.in_repo))).collect();
    let checked: Vec<Checked> = inputs
        .into_par_iter()
        .map(|(input, of_file)| file::check(input, of_file, project, chosen, options))
        .collect();
    // What is listed as a text is there to be looked through.
    let of_texts = &Options { texts: Texts::All, ..options.clone() };
    let in_texts = project.texts.par_iter().filter(is_judged);
    let in_texts: Vec<Checked> =
        in_texts.map(|input| texts::check(input, project, chosen, of_texts)).collect();
    let settled = rendered::settle(project, rendered.by_file, options);
    let mut all = Checked::default();
    for checked in checked.into_iter().chain(in_texts).chain([rendered.rest, settled, whole]) {
        add(&mut all, checked);
    }
    lowered::lower(&mut all.findings, project, chosen);
    repository::suppress(&mut all.findings, project, options);
    all
}

fn add(total: &mut Checked, part: Checked) {
    total.findings.extend(part.findings);
    total.verdicts.extend(part.verdicts);
    total.summary.add(&part.summary);
    total.undecided.add(part.undecided);
    total.left_out.refused += part.left_out.refused;
    total.left_out.unknown += part.left_out.unknown;
}

fn report(jobs: &[Job], total: Checked, mut gaps: Vec<Gap>, options: &Options) -> Report {
    let Checked { findings, mut summary, mut verdicts, undecided, .. } = total;
    let (mut suppressed, others): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.suppressed.is_some());
    let (mut known, mut open): (Vec<Finding>, Vec<Finding>) =
        others.into_iter().partition(|finding| finding.known);
    for findings in [&mut open, &mut suppressed, &mut known] {
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    }
    let compared = jobs.iter().any(|job| job.baseline.is_some() || job.project.before.is_some());
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
        known: compared.then_some(known),
        gaps,
        summary,
        undecided: undecided.into_rows(),
        verdicts: options.verdicts.then_some(verdicts),
        audit: None,
    }
}

/// Every rule that ran anywhere, sorted by id; where projects differ, the severest configuration.
fn rules(jobs: &[Job]) -> Vec<Arc<Rule>> {
    let of_policies = jobs.iter().flat_map(|job| &job.chosen.policies).map(|policy| policy.rule.clone());
    let of_native = jobs.iter().flat_map(|job| &job.chosen.native.policies).map(|policy| policy.rule.clone());
    let overridden = jobs.iter().flat_map(|job| job.chosen.overrides.rules());
    let mut rules: Vec<Arc<Rule>> = of_policies
        .chain(of_native)
        .chain(overridden)
        .chain(meta::ALL.iter().map(|rule| rule.rule()))
        .collect();
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
