//! The walk below a directory: every file `.gitignore` does not name, and which of them are inputs.
//!
//! Links are listed, never followed; what is no file is listed, never opened.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::model::Gap;
use crate::model::file_path::name_of;
use crate::syntax;

use super::names::{Names, text};

/// Hidden files and directories that hold inputs of ours; all others are passed over.
const HIDDEN_INPUTS: [&str; 24] = [
    ".azure-pipelines",
    ".azure-pipelines.yml",
    ".buildkite",
    ".circleci",
    ".config",
    ".drone.yml",
    ".forgejo",
    ".gitea",
    ".github",
    ".gitlab",
    ".gitlab-ci.yaml",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    ".semaphore",
    ".sops.yaml",
    ".sops.yml",
    ".tekton",
    ".travis.yml",
    ".trueup.yaml",
    ".trueup.yml",
    ".woodpecker",
    ".woodpecker.yaml",
    ".woodpecker.yml",
];

/// Directories of other people's files.
const FOREIGN_DIRECTORIES: [&str; 2] = ["node_modules", "vendor"];

/// Generated lists of dependencies: long, and nothing in them is anyone's decision.
const LOCK_FILES: [&str; 4] =
    ["npm-shrinkwrap.json", "package-lock.json", "packages.lock.json", "pnpm-lock.yaml"];

/// Files that say where something is fetched from, and too often as whom: looked through for secrets in every run.
const ADDRESS_FILES: [&str; 7] =
    [".git-credentials", ".gitmodules", ".netrc", ".npmrc", ".pypirc", ".yarnrc.yml", "pip.conf"];

/// A file below the directory.
#[derive(Debug)]
pub(super) struct Found {
    /// Where: absolute, no link on the way below the directory.
    pub path: PathBuf,
    /// Whether it is to be read; if not, only its name is of interest.
    pub input: bool,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The files, in no order.
    pub files: Vec<Found>,
    /// The symbolic links, in no order.
    pub links: Vec<PathBuf>,
    /// The directories with a `.git`, in no order.
    pub repositories: Vec<PathBuf>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

enum Event {
    File(Found),
    Link(PathBuf),
    Repository(PathBuf),
    Special(PathBuf),
    Failed(ignore::Error),
}

impl Walk {
    /// Walks `directory` and adds what is there.
    ///
    /// Inside a Git work tree the `.gitignore` files above the directory hold as well, up to the work
    /// tree's root; outside, only those below it, so that one in a home directory hides nothing.
    pub fn add(&mut self, directory: &Path, in_git: bool, jobs: usize, names: &Names) {
        let (sender, events) = mpsc::channel();
        WalkBuilder::new(directory)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .require_git(in_git)
            .parents(in_git)
            .threads(jobs)
            .build_parallel()
            .run(|| {
                let sender = sender.clone();
                Box::new(move |entry| {
                    let (event, state) = match entry {
                        Ok(entry) => judge(entry),
                        Err(problem) => (Some(Event::Failed(problem)), WalkState::Continue),
                    };
                    match event.map(|event| sender.send(event)) {
                        Some(Err(_)) => WalkState::Quit,
                        _ => state,
                    }
                })
            });
        drop(sender);
        for event in events {
            match event {
                Event::File(found) => self.files.push(found),
                Event::Link(path) => self.links.push(path),
                Event::Repository(path) => self.repositories.push(path),
                Event::Special(path) => self.gaps.push(not_a_file(&path, names)),
                Event::Failed(problem) => {
                    let path = path_of(&problem).unwrap_or(directory);
                    let reason = problem.io_error().map_or_else(|| problem.to_string(), ToString::to_string);
                    self.gaps.push(Gap { subject: names.show(path), reason });
                }
            }
        }
    }
}

/// What one entry is, and whether to descend.
fn judge(entry: DirEntry) -> (Option<Event>, WalkState) {
    let Some(kind) = entry.file_type() else { return (None, WalkState::Continue) };
    if entry.depth() == 0 {
        return (None, WalkState::Continue);
    }
    if entry.file_name() == ".git" {
        return (entry.path().parent().map(|root| Event::Repository(root.to_owned())), WalkState::Skip);
    }
    let name = text(Path::new(entry.file_name()));
    if kind.is_dir() {
        return (None, if is_passed_over(&name) { WalkState::Skip } else { WalkState::Continue });
    }
    let input = is_input_name(&name);
    let path = entry.into_path();
    let event = if kind.is_symlink() {
        (!is_passed_over(&name)).then_some(Event::Link(path))
    } else if kind.is_file() {
        Some(Event::File(Found { path, input }))
    } else {
        input.then_some(Event::Special(path))
    };
    (event, WalkState::Continue)
}

/// Whether a file found at this path below a walked directory is to be read.
pub(super) fn is_input(relative: &Path) -> bool {
    let Some(name) = relative.file_name() else { return false };
    let mut directories = relative.parent().into_iter().flat_map(Path::components);
    is_input_name(&text(Path::new(name)))
        && !directories.any(|directory| is_passed_over(&text(Path::new(directory.as_os_str()))))
}

/// Whether a path leads to other people's files, or to a list that a program wrote.
pub(super) fn is_foreign(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    parts.next().is_some_and(|name| LOCK_FILES.contains(&name))
        || parts.any(|folder| FOREIGN_DIRECTORIES.contains(&folder))
}

/// Whether a file that is no input holds addresses all the same.
pub(super) fn holds_addresses(path: &str) -> bool {
    let name = name_of(path);
    // pip has no one name for them: `requirements-dev.txt`, `test-requirements.txt`.
    let is_list = |stem: &str| stem.starts_with("requirements") || stem.ends_with("requirements");
    ADDRESS_FILES.contains(&name) || name.strip_suffix(".txt").is_some_and(is_list)
}

/// Whether a file of this name is to be read, wherever it is.
pub(super) fn is_input_name(name: &str) -> bool {
    syntax::for_file(name).is_some() && !is_passed_over(name) && !LOCK_FILES.contains(&name)
}

fn is_passed_over(name: &str) -> bool {
    (name.starts_with('.') && !HIDDEN_INPUTS.contains(&name)) || FOREIGN_DIRECTORIES.contains(&name)
}

/// A pipe, a socket or a device, which is never opened.
pub(super) fn not_a_file(path: &Path, names: &Names) -> Gap {
    Gap { subject: names.show(path), reason: "not a regular file; it was not opened".to_owned() }
}

fn path_of(problem: &ignore::Error) -> Option<&Path> {
    match problem {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}
