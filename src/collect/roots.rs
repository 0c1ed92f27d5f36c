//! Which directories are the roots of projects, and which root a file belongs to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Config;

use super::configuration::{self, Filter, Loaded};
use super::names::Names;
use super::states::States;
use super::{CollectError, Options};

/// A root.
#[derive(Debug)]
pub(super) struct Root {
    /// Its configuration.
    pub loaded: Option<Loaded>,
    /// What the configuration lets in.
    pub filter: Filter,
    /// The Git work tree it is, or is part of.
    pub work_tree: Option<PathBuf>,
    /// Whether something marks it as a root, rather than only an argument.
    pub marked: bool,
}

/// The roots known so far.
#[derive(Debug)]
pub(super) struct Roots<'n> {
    names: &'n Names,
    /// Where configurations are read from, when it is not the disk.
    states: &'n States,
    /// The configuration of all, when one was given.
    given: Option<Loaded>,
    /// Whether trueup.yaml files in the tree count.
    discover: bool,
    known: BTreeMap<PathBuf, Root>,
}

impl<'n> Roots<'n> {
    /// No roots yet.
    ///
    /// # Errors
    /// When the configuration that was named cannot be used.
    pub fn new(options: &Options, names: &'n Names, states: &'n States) -> Result<Self, CollectError> {
        let given = options.config.as_deref().filter(|_| !options.no_config);
        let given = given.map(|path| configuration::load(path, names)).transpose()?;
        let discover = given.is_none() && !options.no_config;
        Ok(Self { names, states, given, discover, known: BTreeMap::new() })
    }

    /// Every root with its path, outer ones before those inside them.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Root)> {
        self.known.iter().map(|(path, root)| (path.as_path(), root))
    }

    /// The roots, for many questions.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup { roots: self, last: None }
    }

    /// Forgets that a root is in Git, because Git cannot be read there.
    pub fn leave_work_tree(&mut self, work_tree: &Path) {
        for root in self.known.values_mut().filter(|root| root.work_tree.as_deref() == Some(work_tree)) {
            root.work_tree = None;
        }
    }

    /// Makes known the root that `directory`, which was named or holds a file that was, belongs to.
    pub fn find(&mut self, directory: &Path, fallback: &Path) -> Result<PathBuf, CollectError> {
        let mut nearest = None;
        for ancestor in directory.ancestors() {
            if self.known.contains_key(ancestor) {
                return Ok(ancestor.to_owned());
            }
            let loaded = self.load(ancestor)?;
            let declared = loaded.as_ref().is_some_and(Loaded::declares);
            if declared || ancestor.join(".git").exists() {
                self.insert(ancestor, loaded, true);
                return Ok(ancestor.to_owned());
            }
            if nearest.is_none() && loaded.is_some() {
                nearest = Some((ancestor, loaded));
            }
        }
        let marked = nearest.is_some();
        let (path, loaded) = nearest.unwrap_or((fallback, None));
        self.insert(path, loaded, marked);
        Ok(path.to_owned())
    }

    /// Makes known a directory with a `.git` of its own, found by the walk.
    pub fn add_repository(&mut self, directory: &Path) -> Result<(), CollectError> {
        if !self.known.contains_key(directory) && !self.excludes(directory) {
            let loaded = self.load(directory)?;
            self.insert(directory, loaded, true);
        }
        Ok(())
    }

    /// Makes known a directory with a trueup.yaml, if that declares a repository; says whether the
    /// file has any effect.
    pub fn add_declared(&mut self, directory: &Path) -> Result<bool, CollectError> {
        if !self.discover || self.known.contains_key(directory) || self.excludes(directory) {
            return Ok(true);
        }
        let Some(loaded) = self.load(directory)? else { return Ok(true) };
        let declared = loaded.declares();
        if declared {
            self.insert(directory, Some(loaded), true);
        }
        Ok(declared)
    }

    /// The root a file or directory belongs to.
    pub fn nearest(&self, path: &Path) -> Option<(&Path, &Root)> {
        path.ancestors().find_map(|ancestor| {
            self.known.get_key_value(ancestor).map(|(path, root)| (path.as_path(), root))
        })
    }

    fn excludes(&self, path: &Path) -> bool {
        self.nearest(path).is_some_and(|(_, root)| root.filter.excludes(path, true))
    }

    fn load(&self, directory: &Path) -> Result<Option<Loaded>, CollectError> {
        if !self.discover {
            return Ok(None);
        }
        if let Some(found) = self.states.configuration(directory) {
            return found.map(|(path, bytes)| configuration::parse(path, bytes, self.names)).transpose();
        }
        configuration::find(directory).map(|file| configuration::load(&file, self.names)).transpose()
    }

    fn insert(&mut self, path: &Path, loaded: Option<Loaded>, marked: bool) {
        let loaded = loaded.or_else(|| self.given.clone());
        let default = Config::default();
        let filter = Filter::new(path, loaded.as_ref().map_or(&default, |it| &it.config));
        let work_tree = path.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_owned);
        self.known.insert(path.to_owned(), Root { loaded, filter, work_tree, marked });
    }
}

/// Finds the roots of many files; files of one directory after the other cost next to nothing.
pub(super) struct Lookup<'r> {
    roots: &'r Roots<'r>,
    last: Option<(PathBuf, Option<(&'r Path, &'r Root)>)>,
}

impl<'r> Lookup<'r> {
    /// The root a file belongs to.
    pub fn nearest(&mut self, file: &Path) -> Option<(&'r Path, &'r Root)> {
        let directory = file.parent()?;
        match &self.last {
            Some((known, answer)) if known.as_os_str() == directory.as_os_str() => *answer,
            _ => {
                let answer = self.roots.nearest(directory);
                self.last = Some((directory.to_owned(), answer));
                answer
            }
        }
    }
}
