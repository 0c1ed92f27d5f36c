//! Finds and loads trueup.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

use crate::config::{Config, FILE_NAMES, globs};
use crate::model::{LineIndex, NodeRef, Region, Span};
use crate::syntax;

use super::names::{Names, resolve};
use super::{CollectError, ConfigFile};

/// A configuration and its file.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub config: Config,
    pub file: ConfigFile,
}

impl Loaded {
    /// Whether it makes its directory a repository.
    pub fn declares(&self) -> bool {
        self.config.repo.is_some()
    }
}

/// Which files of a project its configuration lets in.
#[derive(Debug)]
pub(super) struct Filter {
    include: Gitignore,
    exclude: Gitignore,
}

impl Filter {
    /// The filter of `config` for the project at `root`.
    pub fn new(root: &Path, config: &Config) -> Self {
        // Patterns were checked when the configuration was read; one that fails now matches nothing.
        let compile = |patterns: &[String]| {
            globs(root, patterns.iter().map(String::as_str)).unwrap_or_else(|_| Gitignore::empty())
        };
        Self { include: compile(&config.include), exclude: compile(&config.exclude) }
    }

    /// Whether the file or directory is passed over altogether, its name included.
    pub fn excludes(&self, path: &Path, is_directory: bool) -> bool {
        !self.exclude.is_empty() && self.exclude.matched_path_or_any_parents(path, is_directory).is_ignore()
    }

    /// Whether the file is to be read.
    pub fn reads(&self, path: &Path) -> bool {
        let included =
            self.include.is_empty() || self.include.matched_path_or_any_parents(path, false).is_ignore();
        included && !self.excludes(path, false)
    }
}

/// The configuration that governs `directory`, when it has one.
pub(super) fn find(directory: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| directory.join(name)).find(|path| path.is_file())
}

/// The directory a configuration governs; `None` when the path is none of [`FILE_NAMES`].
pub(super) fn governed(path: &Path) -> Option<&Path> {
    let directory = path.parent()?;
    let file = path.file_name()?;
    if !FILE_NAMES.iter().any(|name| file == *name) {
        return None;
    }
    let inside = directory.file_name().is_some_and(|name| name == ".config" || name == ".github");
    if inside { directory.parent() } else { Some(directory) }
}

/// Reads a configuration.
///
/// # Errors
/// When it cannot be read or has a mistake, with the place.
pub(super) fn load(path: &Path, names: &Names) -> Result<Loaded, CollectError> {
    let path = resolve(path)?;
    let bytes = read(&path).map_err(|problem| problem.to_string());
    parse(path, bytes, names)
}

/// Understands the configuration at `path`, of which these are the bytes.
///
/// # Errors
/// When it could not be read or has a mistake, with the place.
pub(super) fn parse(
    path: PathBuf,
    bytes: Result<Vec<u8>, String>,
    names: &Names,
) -> Result<Loaded, CollectError> {
    let display = names.show(&path).into();
    let fail = |position, message| CollectError::Config { file: names.show(&path).into(), position, message };
    let start = Region::START.start;

    let text = syntax::decode(bytes.map_err(|reason| fail(start, reason))?)
        .map_err(|problem| fail(start, problem.message))?;
    let lines = LineIndex::new(&text);
    let at = |span: Span, message| fail(lines.position(&text, span.start), message);

    let Some(syntax) = syntax::for_file(&names.show(&path)) else {
        return Err(fail(start, "a configuration is a YAML or JSON file".to_owned()));
    };
    let parsed = syntax.parse(&text);
    if let Some(problem) = parsed.problems.into_iter().next() {
        return Err(at(problem.span, problem.message));
    }
    if parsed.templated {
        return Err(fail(start, "the configuration is a template, not YAML".to_owned()));
    }
    let config = match parsed.documents.as_slice() {
        [] => Config::default(),
        [document] => Config::from_document(document).map_err(|mistake| at(mistake.span, mistake.message))?,
        [_, second, ..] => {
            let span = second.root().map(NodeRef::span).unwrap_or_default();
            return Err(at(span, "a configuration is a single document".to_owned()));
        }
    };
    Ok(Loaded { config, file: ConfigFile { path, display, text } })
}

/// The bytes of a regular file that is not too large to be one of ours.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if !about.is_file() || about.len() > syntax::MAX_BYTES as u64 {
        return Err(std::io::Error::other("not a file, or too large to be a configuration"));
    }
    fs::read(path)
}
