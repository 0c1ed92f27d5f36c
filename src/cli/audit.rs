//! `trueup audit`: what Git declares against what is live.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::error::CliError;
use super::ui::Ui;
use super::{aws, configured, library, live, output, rendering};
use crate::audit::{self, Desired};
use crate::collect::{self, Against, Project};
use crate::lint::policies::Chosen;
use crate::model::{Gap, Severity};
use crate::policy::native::NotEvaluated;

/// Compare what Git declares with what is live.
///
/// Reports what differs and who wrote it, what is missing, and what nobody declared. Exit codes: 0 nothing at
/// or above --fail-on, 1 findings, 2 a mistake in the command line or the configuration, 3 nothing was found,
/// but not everything could be audited.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders of what Git declares; the current folder when none is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    sources: live::Args,
    #[command(flatten)]
    accounts: aws::Args,
    /// Take what another renderer printed for what is declared: a file, a folder, `-` for standard input
    #[arg(long, value_name = "PATH", conflicts_with = "cluster_path")]
    rendered: Option<PathBuf>,
    /// What Git declares in this revision, without a checkout
    #[arg(long = "ref", value_name = "REV", conflicts_with = "rendered")]
    revision: Option<String>,
    /// Only what one cluster applies, by the folder it is configured from
    #[arg(long, value_name = "FOLDER")]
    cluster_path: Option<String>,
    /// Judge live objects by the policies that hold for the files, too
    #[arg(long)]
    live_policies: bool,
    /// Report what stands in the namespaces of the platform, too
    #[arg(long)]
    platform_namespaces: bool,
    /// Mark what is new, persisting and resolved since this report (`--format json`)
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    rendering: rendering::Args,
    #[command(flatten)]
    output: output::Args,
    #[command(flatten)]
    configured: configured::Args,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let started = Instant::now();
    args.output.check()?;
    let previous = args.previous.as_ref().map(|path| previous(path)).transpose()?;
    let collected = collect::collect(&collect::Options {
        paths: args.paths.clone(),
        config: args.configured.config.clone(),
        no_config: args.configured.no_config,
        jobs: args.configured.jobs,
        against: args.revision.clone().map(Against::Revision),
        ..collect::Options::default()
    })?;
    let mut projects = collected.projects;
    if args.revision.is_some() {
        projects = projects.into_iter().filter_map(|project| project.before).map(|before| *before).collect();
    }
    let projects = &projects;
    let mut known: BTreeMap<Option<String>, Arc<Desired>> = BTreeMap::new();
    let mut declare = |path: Option<&str>| {
        let path = path.or(args.cluster_path.as_deref());
        if let Some(known) = known.get(&path.map(str::to_owned)) {
            return Ok(known.clone());
        }
        let mut desired = declared(args, projects, path)?;
        desired.gaps.extend(collected.gaps.iter().cloned());
        note_emptiness(&mut desired, path);
        note_clusters(&desired, path, ui);
        let desired = Arc::new(desired);
        known.insert(path.map(str::to_owned), desired.clone());
        Ok(desired)
    };
    if args.accounts.print_iam {
        writeln!(ui.stdout(), "{}", aws::policy(&args.accounts, projects)?)?;
        return Ok(0);
    }
    let chosen = if args.live_policies { policies(projects, ui)? } else { None };
    let (snapshots, dumps) = args.sources.files();
    let asked = projects.first().zip(chosen.as_deref());
    let asked = asked.map(|(project, chosen)| aws::Policies { project, chosen });
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.configured.jobs).build()?;
    let is_elsewhere = args.sources.is_named();
    let accounts =
        threads.install(|| aws::audit(&args.accounts, &snapshots, is_elsewhere, projects, asked, ui))?;
    // What the command line names is all that is audited; what trueup.yaml names, when it names nothing.
    let has_clusters = projects.iter().any(|project| !project.config.audit.clusters.is_empty());
    let only_aws = if args.sources.is_named() {
        dumps.is_empty() && !snapshots.is_empty()
    } else {
        accounts.is_some() && (args.accounts.is_named() || !has_clusters)
    };
    let targets = if only_aws {
        Vec::new()
    } else {
        live::targets(&args.sources, &dumps, projects, args.live_policies, &mut declare, ui)?
    };
    let options = audit::Options {
        jobs: args.configured.jobs,
        today: super::lint::today(),
        platform_namespaces: args.platform_namespaces,
        evidence: ui.style().verbose > 0,
        previous,
        policies: chosen,
    };
    let report = audit::run(projects, &targets, accounts, &options)?;
    let fail_on = args
        .output
        .fail_on
        .or_else(|| projects.iter().filter_map(|project| project.config.fail_on).min())
        .unwrap_or(Severity::Medium);
    let repository = projects.first().filter(|_| projects.len() == 1).map(|project| &project.repository);
    let run = output::Run { command: "audit", category: "trueup/audit/", started, repository, fail_on };
    args.output.write(&report, &run, ui)
}

/// The policies that the first repository is held to.
fn policies(projects: &[Project], ui: &Ui) -> Result<Option<Arc<Chosen>>, CliError> {
    let Some(project) = projects.first() else { return Ok(None) };
    let args = library::Args::default();
    let (library, chosen) = args.for_project(&args.load()?, project, true)?;
    for NotEvaluated { file, policy, reason } in &library.not_evaluated {
        ui.note(&format!("{file}: {policy} is not evaluated: {reason}"));
    }
    Ok(Some(Arc::new(chosen)))
}

/// With nothing declared, everything live would be a shadow.
fn note_emptiness(desired: &mut Desired, path: Option<&str>) {
    if desired.objects.is_empty() {
        let place = path.map_or_else(|| "here".to_owned(), |path| format!("in {path}"));
        let reason = format!("nothing is declared {place}, so everything live is a shadow");
        desired.gaps.push(Gap { subject: "declared objects".to_owned(), reason });
    }
}

fn note_clusters(desired: &Desired, path: Option<&str>, ui: &Ui) {
    let clusters: Vec<&str> = desired.clusters().into_iter().collect();
    if clusters.len() > 1 && path.is_none() {
        ui.note(&format!(
            "the repository configures {} clusters ({}); --cluster-path audits one of them",
            clusters.len(),
            clusters.join(", ")
        ));
    }
}

fn declared(args: &Args, projects: &[Project], path: Option<&str>) -> Result<Desired, CliError> {
    if let Some(path) = &args.rendered {
        let mut desired = Desired::default();
        read_rendered(path, &mut desired, 0)?;
        return Ok(desired);
    }
    let programs = args.rendering.programs();
    Ok(Desired::of_repositories(projects, &args.paths, path, programs))
}

/// Folders within each other that are followed.
const MAX_DEPTH: usize = 32;

fn read_rendered(path: &std::path::Path, desired: &mut Desired, depth: usize) -> Result<(), CliError> {
    let failed =
        |problem: std::io::Error| CliError::usage(format!("cannot read {}: {problem}", path.display()));
    let name = path.to_string_lossy().replace('\\', "/");
    if path.is_dir() {
        let mut children: Vec<PathBuf> = std::fs::read_dir(path)
            .and_then(|it| it.map(|entry| Ok(entry?.path())).collect())
            .map_err(failed)?;
        children.sort();
        for child in children.iter().filter(|_| depth < MAX_DEPTH) {
            if child.is_dir() || child.to_str().and_then(crate::syntax::for_file).is_some() {
                read_rendered(child, desired, depth + 1)?;
            }
        }
        return Ok(());
    }
    let (bytes, name) = if name == "-" {
        (std::io::read_to_string(std::io::stdin()).map_err(failed)?.into_bytes(), "stdin.yaml".to_owned())
    } else {
        (std::fs::read(path).map_err(failed)?, name)
    };
    match crate::syntax::decode(bytes) {
        Ok(text) => desired.add_text(name.as_str().into(), &name, text),
        Err(problem) => return Err(CliError::usage(format!("cannot read {name}: {}", problem.message))),
    }
    Ok(())
}

/// The findings of an earlier report: fingerprint, rule, resource.
fn previous(path: &std::path::Path) -> Result<Vec<(String, String, String)>, CliError> {
    let wrong = |problem: &dyn std::fmt::Display| {
        CliError::usage(format!("cannot read the report {}: {problem}", path.display()))
            .hint("it must be the output of an earlier run with --format json")
    };
    let text = std::fs::read_to_string(path).map_err(|problem| wrong(&problem))?;
    let report: serde_json::Value = serde_json::from_str(&text).map_err(|problem| wrong(&problem))?;
    let Some(findings) = report.get("findings").and_then(serde_json::Value::as_array) else {
        return Err(wrong(&"it has no findings"));
    };
    let text = |finding: &serde_json::Value, key: &str| {
        finding.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let row = |finding| (text(finding, "fingerprint"), text(finding, "rule"), text(finding, "resource"));
    Ok(findings.iter().map(row).collect())
}
