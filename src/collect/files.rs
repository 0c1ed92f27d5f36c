//! Which files of a state that Git keeps belong to which project, and which of them are read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::InputFile;
use super::configuration::Filter;
use super::names::{Names, text};
use super::roots::Lookup;
use super::snapshot::Snapshot;
use super::walk::{is_input, is_input_name};
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
        let mut known: Option<(&str, Option<Folder<'r>>)> = None;
        for entry in snapshot.entries() {
            let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
            // Files of one folder come one after the other, but for those of folders between them.
            if known.as_ref().is_none_or(|(path, _)| *path != folder) {
                known = Some((folder, Folder::new(&work_tree.join(folder), lookup, names)));
            }
            let Some((_, Some(folder))) = &known else { continue };
            let path = folder.path.join(name);
            if folder.filter.excludes(&path, false) {
                continue;
            }
            let in_repo = format!("{}{name}", folder.in_repo);
            let is_input = if folder.is_named {
                folder.is_read && is_input_name(name) && folder.filter.reads(&path)
            } else {
                syntax::for_file(name).is_some() && names.files().any(|file| file == path)
            };
            if is_input && !entry.is_link {
                let display = format!("{}{name}", folder.display).into();
                let file = InputFile { path, display, in_repo: in_repo.clone() };
                self.inputs.entry(folder.root).or_default().push(file);
            }
            self.listings.entry(folder.root).or_default().push(in_repo);
        }
    }
}

/// What the files of a folder have in common.
struct Folder<'r> {
    path: PathBuf,
    root: &'r Path,
    filter: &'r Filter,
    /// The way to it from the root, and as a user would name it: empty, or with `/` at the end.
    in_repo: String,
    display: String,
    /// Whether it is in a folder that was named, and whether inputs are looked for there.
    is_named: bool,
    is_read: bool,
}

impl<'r> Folder<'r> {
    fn new(path: &Path, lookup: &mut Lookup<'r>, names: &Names) -> Option<Self> {
        let (root, settings) = lookup.nearest(&path.join("file"))?;
        let with_slash =
            |path: String| if path.is_empty() || path == "." { String::new() } else { path + "/" };
        let below = names.directory_of(path).and_then(|directory| path.strip_prefix(directory).ok());
        Some(Self {
            path: path.to_owned(),
            root,
            filter: &settings.filter,
            in_repo: with_slash(text(path.strip_prefix(root).unwrap_or(path))),
            display: with_slash(names.show(path)),
            is_named: below.is_some(),
            is_read: below.is_some_and(|below| is_input(&below.join("file.yaml"))),
        })
    }
}
