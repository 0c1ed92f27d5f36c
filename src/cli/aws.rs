//! The AWS half of an audit: which accounts and regions, or which snapshots of AWS Config.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::ui::Ui;
use crate::audit::aws::{Declaring, Judged, Plan};
use crate::collect::Project;
use crate::state::aws::{Answers, read_snapshots};

/// Which accounts and regions.
#[derive(Debug, clap::Args)]
#[group(id = "accounts")]
pub struct Args {
    /// Take nothing for a shadow that was made this short before the inventory of AWS
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    grace: u32,
}

/// Audits what templates declare against the snapshots of AWS Config, or against AWS itself; nothing when
/// neither is asked for.
pub fn audit(args: &Args, snapshots: &[PathBuf], projects: &[Project], ui: &Ui) -> Option<Judged> {
    let _ = ui;
    if snapshots.is_empty() {
        return None;
    }
    let sources: Vec<Declaring<'_>> = projects.iter().map(Declaring::of).collect();
    let _kinds: BTreeSet<Arc<str>> = BTreeSet::new();
    let live = read_snapshots(snapshots);
    let plan = Plan::new(&sources, &live, args.grace);
    Some(plan.judge(&Answers::new(), &HashMap::new()))
}
