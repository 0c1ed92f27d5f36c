//! From the paths a user names to projects: a repository, its configuration, and the files to read.
//!
//! A *project* is a directory tree with one configuration. Its root is the nearest directory at or
//! above a file that has a `.git` or a trueup.yaml with a `repo:` key; where there is none, the nearest
//! one with any trueup.yaml; where there is none either, the directory that was named. Only a root's
//! trueup.yaml applies; one found elsewhere is a gap, never silently dropped.
//!
//! Deliberately absent: reading the files (that is for whoever lints them, in parallel), and
//! standard input.

mod classify;
mod configuration;
mod files;
mod gather;
mod git;
mod names;
mod patches;
mod project;
mod role;
mod roots;
mod snapshot;
mod states;
mod walk;

pub use classify::classify;
pub use snapshot::Snapshot;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::model::{Gap, LineIndex, Position, Repository, Role, Span};

/// What to collect.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and directories; empty means the current directory.
    pub paths: Vec<PathBuf>,
    /// The configuration of every project, instead of the ones in the tree.
    pub config: Option<PathBuf>,
    /// Whether to pass over every trueup.yaml.
    pub no_config: bool,
    /// Threads of the walk; 0 means as many as there are processors.
    pub jobs: usize,
    /// The role of every repository, instead of the declared ones.
    pub role: Option<Role>,
    /// Whether to list all files of no known syntax, not only those that hold addresses.
    pub texts: bool,
    /// What to compare with.
    pub against: Option<Against>,
}

/// What a run is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The work tree with a revision.
    Revision(String),
    /// The index, and not the work tree, with the last commit.
    Staged,
}

/// A repository and the files of it that were asked for.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its root: absolute, links resolved.
    pub root: PathBuf,
    /// The root as a user would name it from the current directory; `.` for that directory itself.
    pub display_root: String,
    /// Its configuration; the defaults when it has none.
    pub config: Config,
    /// Where the configuration stands.
    pub config_file: Option<ConfigFile>,
    /// What is known of it as a whole.
    pub repository: Repository,
    /// The files to read, sorted by [`InputFile::display`].
    pub files: Vec<InputFile>,
    /// The other files to be looked through as texts, sorted by [`InputFile::display`].
    pub texts: Vec<InputFile>,
    /// The files that kustomizations among them name as patches, from the root: parts of objects.
    pub patches: BTreeSet<String>,
    /// The folders that were asked for by name, from the root.
    pub asked: Vec<String>,
    /// Whether all of it was asked for, not only some of its files.
    pub whole: bool,
    /// Whether `repository.files` are those that Git tracks.
    pub has_git: bool,
    /// Where the bytes of its files come from.
    pub contents: Contents,
    /// When it is compared with its past: the files, from the root, that differ or that a change of others
    /// may concern.
    pub narrowed: Option<Arc<BTreeSet<String>>>,
    /// What it is compared with: itself as it was, under the configuration it has now.
    pub before: Option<Box<Project>>,
}

/// Where the bytes of a project's files come from.
#[derive(Clone, Debug)]
pub enum Contents {
    /// The disk.
    Disk,
    /// These texts, by path from the root: an example's.
    Given(Arc<BTreeMap<String, String>>),
    /// A state that Git keeps.
    Git {
        /// Which.
        snapshot: Arc<Snapshot>,
        /// The project's root in it: empty, or with `/` at the end.
        prefix: String,
    },
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// What to open: absolute, links resolved.
    pub path: PathBuf,
    /// What to show: relative to the current directory where possible, else as the user named it; with
    /// `/`, never starting with `./`. Bytes that are not UTF-8 are written `\xNN`.
    pub display: Arc<str>,
    /// The path from the project's root, with `/`.
    pub in_repo: String,
}

/// The file of a configuration.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// What was opened.
    pub path: PathBuf,
    /// What to show.
    pub display: Arc<str>,
    /// Its text, decoded.
    pub text: String,
}

impl ConfigFile {
    /// The directory that paths in the configuration are relative to.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The line and column where `span` starts.
    pub fn position(&self, span: Span) -> Position {
        LineIndex::new(&self.text).position(&self.text, span.start)
    }
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Collected {
    /// The projects, sorted by root.
    pub projects: Vec<Project>,
    /// What could not be looked at, sorted.
    pub gaps: Vec<Gap>,
}

/// Why nothing could be collected: a mistake the user can mend.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A path that was named does not exist, or may not be looked at.
    #[error("cannot look at `{path}`: {reason}")]
    Path {
        /// The path as it was named.
        path: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A path that is to be compared with its past has none that can be read.
    #[error("cannot compare `{path}`: {reason}")]
    Past {
        /// The path.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A configuration file cannot be used.
    #[error("{file}:{}:{}: {message}", position.line, position.column)]
    Config {
        /// The file.
        file: Arc<str>,
        /// Where in it.
        position: Position,
        /// What is wrong, and what would be right.
        message: String,
    },
}

/// Finds the projects and the files of `options.paths`.
///
/// What is inside the tree and cannot be looked at is a gap; only what the user named and must mend is
/// an error.
///
/// # Errors
/// When a path does not exist, or a configuration that applies has a mistake.
pub fn collect(options: &Options) -> Result<Collected, CollectError> {
    gather::gather(options)
}
