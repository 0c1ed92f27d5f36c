//! The second use case: what Git declares and what is live in, a finished report out.
//!
//! Clusters and accounts are judged each in a room of its own, whose sums meet in one report. Never "missing" from a
//! gap: what could not be read, rendered or told is counted and named. Deliberately absent: reading live state
//! (`state`) and how two objects differ (`drift`).

pub mod aws;
mod cluster;
mod finish;
pub mod rules;
mod total;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::collect::Project;
use crate::lint::policies::Chosen;
use crate::model::{Report, Rule};

use self::rules::DriftRule;
use self::total::Total;

pub use self::cluster::{Declared, Desired, Origin, Target, is_wanted};

/// How to audit, besides what.
#[derive(Clone, Default)]
pub struct Options {
    /// Threads; 0 means as many as there are processors.
    pub jobs: usize,
    /// The day suppressions are judged by, `YYYY-MM-DD`.
    pub today: String,
    /// Whether objects in the namespaces of platforms count.
    pub platform_namespaces: bool,
    /// Whether findings name the evidence they stand on.
    pub evidence: bool,
    /// The findings of an earlier report: fingerprint, rule, resource.
    pub previous: Option<Vec<(String, String, String)>>,
    /// The policies that live objects are judged by, when they are.
    pub policies: Option<Arc<Chosen>>,
}

/// Compares what is declared with what is live, target by target, and adds what was found in AWS. The same
/// report whatever `options.jobs` is.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    projects: &[Project],
    targets: &[Target],
    aws: Option<aws::Judged>,
    options: &Options,
) -> Result<Report, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build()?;
    let configured = |rule: &DriftRule| (rule.id(), finish::configured(*rule, projects));
    let rules: BTreeMap<&'static str, Arc<Rule>> = rules::ALL.iter().map(configured).collect();
    let mut total = Total::default();
    for target in targets {
        pool.install(|| cluster::judge(projects, target, &rules, options, &mut total));
        total.targets.push(target.name.clone());
    }
    if let Some(judged) = aws {
        judged.add_to(&mut total, &rules);
    }
    Ok(finish::finish(projects, rules, total, options))
}
