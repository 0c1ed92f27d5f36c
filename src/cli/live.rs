//! Where the live state of an audit comes from: dumps, contexts, the clusters that trueup.yaml names.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::CliError;
use super::ui::Ui;
use crate::audit::{self, Desired, Target};
use crate::collect::Project;
use crate::state::{self, Header};

/// Which live state.
#[derive(Debug, clap::Args)]
#[group(id = "sources")]
pub struct Args {
    /// Read live state from what kubectl printed or AWS Config delivered: files, folders, velero archives,
    /// `-` for standard input
    #[arg(long, value_name = "PATH", num_args = 1..)]
    live: Vec<PathBuf>,
    /// The dumps hold every object there is, so a kind that is not among them is empty
    #[arg(long, requires = "live")]
    live_complete: bool,
    /// Read live state from a cluster: one that trueup.yaml names, of this context, or the current one; may be
    /// repeated
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "live"
    )]
    cluster: Vec<String>,
    /// The kubeconfig to use
    #[arg(long, value_name = "FILE", conflicts_with = "live")]
    kubeconfig: Option<PathBuf>,
    /// Do not ask clusters for Secrets
    #[arg(long, conflicts_with = "live")]
    no_secrets: bool,
}

/// A cluster that is to be read.
#[derive(Debug, Default)]
#[cfg_attr(not(feature = "kubernetes"), expect(dead_code, reason = "only clusters need it"))]
struct Cluster {
    /// What trueup.yaml calls it.
    name: Option<String>,
    context: Option<String>,
    kubeconfig: Option<PathBuf>,
    /// The folder it is configured from.
    path: Option<String>,
    no_secrets: bool,
}

/// What Git declares for the cluster that is configured from a folder.
pub type Declare<'d> = dyn FnMut(Option<&str>) -> Result<Arc<Desired>, CliError> + 'd;

impl Args {
    /// The files of `--live` that AWS Config wrote, and the others.
    pub fn files(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        self.live.iter().cloned().partition(|path| state::aws::is_snapshot(path))
    }

    /// Whether the command line names any live state of its own.
    pub fn is_named(&self) -> bool {
        !self.cluster.is_empty() || !self.live.is_empty()
    }
}

/// Reads all live state of clusters that is asked for, each with what is declared of it; with `policies`, so
/// much of it that they can judge it.
pub fn targets(
    args: &Args,
    dumps: &[PathBuf],
    projects: &[Project],
    policies: bool,
    declare: &mut Declare<'_>,
    ui: &Ui,
) -> Result<Vec<Target>, CliError> {
    if !dumps.is_empty() {
        let desired = declare(None)?;
        let wanted = |header: &Header| audit::is_wanted(&desired, header, policies);
        let mut live = state::read_dumps(dumps, &wanted);
        live.extent.whole = args.live_complete;
        let name = match dumps {
            [one] if one.as_os_str() == "-" => "the dump".to_owned(),
            [one] => one.display().to_string(),
            several => format!("{} dumps", several.len()),
        };
        return Ok(vec![Target::new(name.into(), false, desired, live)]);
    }
    let clusters = clusters(args, projects);
    if clusters.is_empty() {
        return Err(CliError::usage("nothing says where the live state is").hint(
            "give a dump or a snapshot (--live), a cluster (--cluster) or an account (--aws), or name them under \
             `audit:` in trueup.yaml",
        ));
    }
    read(&clusters, policies, declare, ui)
}

/// The clusters that the command line or else trueup.yaml names.
fn clusters(args: &Args, projects: &[Project]) -> Vec<Cluster> {
    let configured = || {
        projects.iter().flat_map(|project| project.config.audit.clusters.iter().map(move |it| (project, it)))
    };
    let of_config = |(project, cluster): (&Project, &crate::config::ClusterConfig)| {
        let folder = project.config_file.as_ref().map(|file| file.directory().to_owned()).unwrap_or_default();
        Cluster {
            name: Some(cluster.name.clone()),
            context: cluster.context.clone(),
            kubeconfig: args.kubeconfig.clone().or(cluster.kubeconfig.as_ref().map(|file| folder.join(file))),
            path: cluster.path.clone(),
            no_secrets: args.no_secrets || cluster.no_secrets,
        }
    };
    if args.cluster.is_empty() {
        return configured().map(of_config).collect();
    }
    let of_context = |context: &String| Cluster {
        context: Some(context.clone()).filter(|context| !context.is_empty()),
        kubeconfig: args.kubeconfig.clone(),
        no_secrets: args.no_secrets,
        ..Cluster::default()
    };
    let named = |name: &String| configured().find(|(_, cluster)| cluster.name == *name).map(of_config);
    args.cluster.iter().map(|name| named(name).unwrap_or_else(|| of_context(name))).collect()
}

/// Reads the clusters. One of several that does not answer is a gap.
#[cfg(feature = "kubernetes")]
fn read(
    clusters: &[Cluster],
    policies: bool,
    declare: &mut Declare<'_>,
    ui: &Ui,
) -> Result<Vec<Target>, CliError> {
    use crate::model::Gap;
    use crate::state::Inventory;
    use crate::state::cluster::{Access, ClusterError, read};
    let mut targets: Vec<Target> = Vec::new();
    for cluster in clusters {
        let desired = declare(cluster.path.as_deref())?;
        let access = Access {
            context: cluster.context.clone(),
            kubeconfig: cluster.kubeconfig.clone(),
            no_secrets: cluster.no_secrets,
            versions: desired.versions(),
        };
        let wanted = |header: &Header| audit::is_wanted(&desired, header, policies);
        let called = cluster.name.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
        let progress = |done, total| ui.progress(&format!("{called}{done} of {total} kinds listed"));
        let read = read(&access, &wanted, &progress);
        ui.progress("");
        let (name, live) = match read {
            Ok((context, live)) => (cluster.name.clone().unwrap_or(context), live),
            Err(ClusterError::Silent { name, reason }) if clusters.len() > 1 => {
                let name = cluster.name.clone().unwrap_or(name);
                let mut live = Inventory::default();
                live.gaps.push(Gap {
                    subject: name.clone(),
                    reason: format!("not audited: it does not answer: {reason}"),
                });
                (name, live)
            }
            Err(problem @ ClusterError::Silent { .. }) => return Err(CliError::failed(problem.to_string())),
            Err(problem @ ClusterError::Config(_)) => return Err(CliError::usage(problem.to_string())),
        };
        let is_named = cluster.name.is_some() || clusters.len() > 1;
        targets.push(Target::new(name.into(), is_named, desired, live));
    }
    Ok(targets)
}

#[cfg(not(feature = "kubernetes"))]
fn read(_: &[Cluster], _: bool, _: &mut Declare<'_>, _: &Ui) -> Result<Vec<Target>, CliError> {
    Err(CliError::usage("this trueup was built without clusters").hint("dump the live state, and use --live"))
}
