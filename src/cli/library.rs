//! The options that say which policies there are and which run, shared by several commands.

use std::path::PathBuf;

use super::error::CliError;
use super::words;
use crate::collect::{ConfigFile, Project};
use crate::lint::policies::{Chosen, Library, Selection};
use crate::model::Confidence;

/// Which policies.
#[derive(Clone, Debug, Default, clap::Args)]
// Its name as a group would be that of the command that takes it in.
#[group(skip)]
pub struct Args {
    /// Add the policies of a file or folder
    #[arg(long, value_name = "PATH", env = "TRUEUP_POLICIES", value_delimiter = ':')]
    pub policies: Vec<PathBuf>,
    /// Leave the built-in policies out
    #[arg(long)]
    pub no_builtin: bool,
    /// Run only these: ids, globs such as `secrets/*`, categories
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not run these
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Run only policies that are at least as sure: high, medium, low
    #[arg(long, value_name = "CONFIDENCE", env = "TRUEUP_MIN_CONFIDENCE", value_parser = words::confidence)]
    pub min_confidence: Option<Confidence>,
}

impl Args {
    /// The policies at hand before any project is looked at.
    pub fn load(&self) -> Result<Library, CliError> {
        self.add_to(if self.no_builtin { Library::default() } else { Library::builtin()? })
    }

    /// The same for a run, in which most that are off by default are not asked for.
    pub fn load_to_run(&self) -> Result<Library, CliError> {
        self.add_to(if self.no_builtin { Library::default() } else { Library::on_by_default()? })
    }

    fn add_to(&self, mut library: Library) -> Result<Library, CliError> {
        for path in &self.policies {
            library.add_path(path)?;
        }
        library.load_native(None)?;
        Ok(library)
    }

    /// The policies that run on a project, those its trueup.yaml names included; with `tree`, native ones
    /// in its files too. They are looked for in any case when there are native policies, which may need
    /// what is there, and when a name is not known without them.
    pub fn for_project(
        &self,
        base: &Library,
        project: &Project,
        tree: bool,
    ) -> Result<(Library, Chosen), CliError> {
        let config = &project.config;
        let mut library = if config.builtin == Some(false) && !self.no_builtin {
            Self { policies: self.policies.clone(), no_builtin: true, ..Self::default() }.load()?
        } else {
            base.clone()
        };
        let selection = Selection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            min_confidence: self.min_confidence,
        };
        if selection.names_any(config) {
            library.wake()?;
        }
        let folder = project.config_file.as_ref().map_or(project.root.as_path(), ConfigFile::directory);
        for path in &config.policy_paths {
            library.add_path(&folder.join(path))?;
        }
        library.load_native(None)?;
        if !tree
            && library.native().policies.is_empty()
            && let Ok(chosen) = library.chosen(project, &selection)
        {
            return Ok((library, chosen));
        }
        library.load_native(Some(project))?;
        let chosen = library.chosen(project, &selection)?;
        Ok((library, chosen))
    }
}
