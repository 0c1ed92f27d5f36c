//! `trueup repo`: what a repository was taken for, and why.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use super::error::CliError;
use super::exit;
use super::ui::Ui;
use crate::collect;
use crate::model::{FileClass, Repository, RoleSource};

/// Print what a repository was taken for: its role, how sure that is, and which files speak for it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The repository's folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The classes of files that speak for a role.
const TELLING: [FileClass; 7] = [
    FileClass::Source,
    FileClass::Build,
    FileClass::Manifest,
    FileClass::Chart,
    FileClass::GitOps,
    FileClass::Infra,
    FileClass::Pipeline,
];

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let collected = collect::collect(&collect::Options {
        paths: vec![args.folder.clone()],
        ..collect::Options::default()
    })?;
    let mut out = ui.stdout();
    if args.json {
        let rows: Vec<_> = collected.projects.iter().map(|project| row(&project.repository)).collect();
        serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        for (index, project) in collected.projects.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            describe(&project.repository, &mut out)?;
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn source(repository: &Repository) -> &'static str {
    match repository.role_source {
        RoleSource::Declared => "declared",
        RoleSource::Inferred => "inferred",
    }
}

fn describe(repository: &Repository, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let confidence = repository.role_confidence;
    writeln!(out, "{}", repository.name)?;
    let how = match repository.role_source {
        RoleSource::Declared => "declared in trueup.yaml".to_owned(),
        RoleSource::Inferred => format!("inferred, confidence {confidence:.2}"),
    };
    writeln!(out, "  role     {} ({how})", repository.role.as_str())?;
    for remote in &repository.remotes {
        writeln!(out, "  remote   {} {}", remote.name, remote.url)?;
    }
    for (class, files) in by_class(repository) {
        let (count, example) = (files.len(), files.first().copied().unwrap_or_default());
        writeln!(
            out,
            "  {class:8} {count} {}, such as {example}",
            if count == 1 { "file" } else { "files" }
        )?;
    }
    Ok(())
}

fn row(repository: &Repository) -> serde_json::Value {
    let classes: BTreeMap<&str, usize> =
        by_class(repository).into_iter().map(|(class, files)| (class, files.len())).collect();
    let remotes: Vec<_> = repository
        .remotes
        .iter()
        .map(|remote| serde_json::json!({"name": remote.name, "url": remote.url}))
        .collect();
    serde_json::json!({
        "name": repository.name,
        "role": repository.role.as_str(),
        "roleSource": source(repository),
        "roleConfidence": repository.role_confidence,
        "classes": classes,
        "remotes": remotes,
    })
}

/// The files that speak for a role, by class, in the order of [`TELLING`].
fn by_class(repository: &Repository) -> Vec<(&'static str, Vec<&str>)> {
    let of = |class| {
        let files = repository.files.iter().filter(move |file| file.class == class);
        files.map(|file| file.path.as_str()).collect::<Vec<_>>()
    };
    let classes = TELLING.into_iter().map(|class| (class.as_str(), of(class)));
    classes.filter(|(_, files)| !files.is_empty()).collect()
}
