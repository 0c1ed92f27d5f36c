//! Which files of a state that Git keeps belong to which project, and which of them are read.

use std::collections::BTreeMap;
use std::path::Path;

use super::InputFile;
use super::names::{Names, text};
use super::roots::Lookup;
use super::snapshot::Snapshot;
use super::walk::is_input;
use crate::syntax;

/// The files to read and the names of all files, by root.
#[derive(Default)]
pub(super) struct Files<'r> {
    pub inputs: BTreeMap<&'r Path, Vec<InputFile>>,
    pub listings: BTreeMap<&'r Path, Vec<String>>,
}

impl<'r> Files<'r> {
    /// The files of states of work trees: what was named, as the configurations filter it.
    pub fn of<'s>(
        states: impl Iterator<Item = (&'s Path, &'s Snapshot)>,
        mut lookup: Lookup<'r>,
        names: &Names,
    ) -> Self {
        let mut files = Self::default();
        for (work_tree, snapshot) in states {
            files.add(work_tree, snapshot, &mut lookup, names);
        }
        files
    }

    fn add(&mut self, work_tree: &Path, snapshot: &Snapshot, lookup: &mut Lookup<'r>, names: &Names) {
        for entry in snapshot.entries() {
            let path = work_tree.join(&*entry.path);
            let Some((root, settings)) = lookup.nearest(&path) else { continue };
            if settings.filter.excludes(&path, false) {
                continue;
            }
            let in_repo = text(path.strip_prefix(root).unwrap_or(&path));
            let below = names.directory_of(&path).and_then(|directory| path.strip_prefix(directory).ok());
            let is_named =
                || names.files().any(|file| file == path) && syntax::for_file(&entry.path).is_some();
            let is_input = below.is_some_and(|below| is_input(below) && settings.filter.reads(&path));
            if !entry.is_link && (is_input || (below.is_none() && is_named())) {
                let display = names.show(&path).into();
                let file = InputFile { path: path.clone(), display, in_repo: in_repo.clone() };
                self.inputs.entry(root).or_default().push(file);
            }
            self.listings.entry(root).or_default().push(in_repo);
        }
    }
}
