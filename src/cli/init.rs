//! `trueup init`: a trueup.yaml for this repository, with what could be told of it.

use std::fs;
use std::path::PathBuf;

use super::error::CliError;
use super::exit;
use super::ui::Ui;
use crate::{collect, config};

/// Write a trueup.yaml for this repository.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The repository's folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let file = args.folder.join("trueup.yaml");
    if !args.force {
        let there = config::FILE_NAMES.iter().map(|name| args.folder.join(name)).find(|path| path.exists());
        if let Some(there) = there {
            return Err(CliError::usage(format!("{} is already there", there.display()))
                .hint("--force replaces trueup.yaml"));
        }
    }
    let collected = collect::collect(&collect::Options {
        paths: vec![args.folder.clone()],
        no_config: true,
        ..collect::Options::default()
    })?;
    let repository = collected.projects.first().map(|project| &project.repository);
    let role = repository.map_or(crate::model::Role::Unknown, |repository| repository.role);
    fs::write(&file, config::template(role))
        .map_err(|problem| CliError::failed(format!("cannot write {}: {problem}", file.display())))?;
    let confidence = repository.map_or(0.0, |repository| repository.role_confidence);
    ui.note(&format!(
        "wrote {}; the repository looks like role `{}` (confidence {confidence:.2}), correct it there",
        file.display(),
        role.as_str()
    ));
    Ok(exit::CLEAN)
}
