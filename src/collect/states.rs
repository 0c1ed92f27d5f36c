//! The states of work trees that a run compares: what is there now, what was there before, and which
//! files differ between the two.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::BStr;
use gix::index::entry::Stat;
use rayon::prelude::*;

use super::configuration::governed;
use super::names::{Names, text};
use super::snapshot::{Snapshot, id_of};
use super::{Against, CollectError, Contents, InputFile, Options, Project, git};
use crate::config::FILE_NAMES;
use crate::model::Remote;
use crate::syntax;

/// A work tree now and before.
pub(super) struct State {
    remotes: Vec<Remote>,
    index: gix::index::File,
    /// The index, when it is what is looked at.
    staged: Option<Arc<Snapshot>>,
    before: Arc<Snapshot>,
}

/// The work trees that are compared, by their root.
#[derive(Default)]
pub(super) struct States(BTreeMap<PathBuf, State>);

impl std::fmt::Debug for States {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl States {
    /// Opens the work trees of what was named; none when nothing is to be compared.
    ///
    /// # Errors
    /// When a path is in no work tree, or Git cannot read what is asked for.
    pub fn open(options: &Options, names: &Names) -> Result<Self, CollectError> {
        let mut states = Self::default();
        let Some(against) = &options.against else { return Ok(states) };
        for argument in &names.arguments {
            let past = |reason: &str| CollectError::Past {
                path: names.show(&argument.path),
                reason: reason.to_owned(),
            };
            let root = argument.path.ancestors().find(|ancestor| ancestor.join(".git").exists());
            let root = root.ok_or_else(|| past("it is in no Git repository"))?;
            if !states.0.contains_key(root) {
                let state = State::open(root, against).map_err(|reason| past(&reason))?;
                states.0.insert(root.to_owned(), state);
            }
        }
        Ok(states)
    }

    /// Whether the index is looked at, and not the disk.
    pub fn are_staged(&self) -> bool {
        self.0.values().any(|state| state.staged.is_some())
    }

    /// The remotes of each work tree.
    pub fn remotes(&self) -> BTreeMap<PathBuf, Vec<Remote>> {
        self.0.iter().map(|(root, state)| (root.clone(), state.remotes.clone())).collect()
    }

    /// The configuration that governs `directory`, from the index; `None` when the disk is to be asked.
    #[expect(clippy::type_complexity, reason = "a path and its bytes, if there is one, if it is ours to say")]
    pub fn configuration(&self, directory: &Path) -> Option<Option<(PathBuf, Result<Vec<u8>, String>)>> {
        let (root, state) = self.of(directory)?;
        let snapshot = state.staged.as_ref()?;
        let prefix = prefix(root, directory);
        let found = FILE_NAMES.iter().find(|name| snapshot.entry(&format!("{prefix}{name}")).is_some());
        Some(found.map(|name| (directory.join(name), snapshot.read(&format!("{prefix}{name}")))))
    }

    /// The directories that a configuration in the index governs.
    pub fn governed(&self) -> BTreeSet<PathBuf> {
        self.staged()
            .flat_map(|(root, staged)| staged.entries().iter().map(move |entry| (root, &entry.path)))
            .filter(|(_, path)| FILE_NAMES.iter().any(|name| path.ends_with(name)))
            .filter_map(|(root, path)| governed(&root.join(&**path)).map(Path::to_owned))
            .collect()
    }

    /// What the index holds, by work tree, when that is looked at.
    pub fn staged(&self) -> impl Iterator<Item = (&Path, &Snapshot)> {
        self.0.iter().filter_map(|(root, state)| Some((root.as_path(), &**state.staged.as_ref()?)))
    }

    /// What was there before, by work tree.
    pub fn before(&self) -> impl Iterator<Item = (&Path, &Snapshot)> {
        self.0.iter().map(|(root, state)| (root.as_path(), &*state.before))
    }

    /// Where the bytes of the project at `root` come from, now and before.
    pub fn contents(&self, root: &Path) -> (Contents, Option<Contents>) {
        let Some((work_tree, state)) = self.of(root) else { return (Contents::Disk, None) };
        let git = |snapshot: &Arc<Snapshot>| Contents::Git {
            snapshot: snapshot.clone(),
            prefix: prefix(work_tree, root),
        };
        (state.staged.as_ref().map_or(Contents::Disk, git), Some(git(&state.before)))
    }

    /// The files of `project` and of its past, from the root, that differ, or that what differs concerns.
    pub fn changed(&self, project: &Project, before: &Project) -> BTreeSet<String> {
        let Some((work_tree, state)) = self.of(&project.root) else { return BTreeSet::new() };
        let prefix = prefix(work_tree, &project.root);
        // From the project's root, as its files are.
        let staged: Option<HashSet<&str>> = state.staged.as_ref().map(|staged| {
            let differing = staged.differing(&state.before);
            differing.into_iter().filter_map(|path| path.strip_prefix(&prefix)).collect()
        });
        let differs = |file: &&InputFile| match &staged {
            Some(differing) => differing.contains(&*file.in_repo),
            None => !state.is_on_disk(&format!("{prefix}{}", file.in_repo), &file.path),
        };
        let name = |file: &InputFile| file.in_repo.clone();
        let both = project.files.par_iter().chain(&project.texts);
        let mut changed: BTreeSet<String> = both.filter(differs).map(name).collect();
        let is_gone = |file: &&InputFile| {
            // What does not differ is there; looking for tens of thousands of files takes its time.
            let may_be = staged.as_ref().is_none_or(|differing| differing.contains(&*file.in_repo));
            may_be && project.files.binary_search_by(|other| other.display.cmp(&file.display)).is_err()
        };
        changed.extend(before.files.iter().chain(&before.texts).filter(is_gone).map(name));
        // A chart's description decides whether what lies beside it is a template.
        let charts = |project: &Project| -> BTreeSet<String> {
            let files = project.repository.files.iter();
            let charts = files.filter_map(|file| file.path.strip_suffix("Chart.yaml"));
            charts.map(|folder| format!("{folder}templates/")).collect()
        };
        let (charts_now, charts_before) = (charts(project), charts(before));
        for folder in charts_now.symmetric_difference(&charts_before) {
            let both = project.files.iter().chain(&before.files);
            changed.extend(both.filter(|file| file.in_repo.starts_with(folder.as_str())).map(name));
        }
        changed.extend(project.patches.symmetric_difference(&before.patches).cloned());
        changed
    }

    fn of(&self, path: &Path) -> Option<(&Path, &State)> {
        let root = path.ancestors().find(|ancestor| ancestor.join(".git").exists())?;
        self.0.get_key_value(root).map(|(root, state)| (root.as_path(), state))
    }
}

impl State {
    fn open(root: &Path, against: &Against) -> Result<Self, String> {
        let repository = git::open(root)?;
        let index = git::index(&repository, *against == Against::Staged)?;
        let (revision, staged) = match against {
            Against::Revision(revision) => (revision.as_str(), None),
            Against::Staged => ("HEAD", Some(Arc::new(Snapshot::of_index(&repository, &index)))),
        };
        let before = Snapshot::of_revision(&repository, revision, &index)
            .map_err(|problem| format!("`{revision}` cannot be read: {problem}"))?;
        Ok(Self { remotes: git::remotes(&repository), index, staged, before: Arc::new(before) })
    }

    /// Whether a file on disk is what it was.
    fn is_on_disk(&self, path: &str, on_disk: &Path) -> bool {
        self.before.entry(path).is_some_and(|before| self.on_disk(path, on_disk) == Some(before.id))
    }

    /// The id of a file on disk: the index's, while its stamp is that of the file, else computed.
    fn on_disk(&self, path: &str, on_disk: &Path) -> Option<gix::ObjectId> {
        let about = gix::index::fs::Metadata::from_path_no_follow(on_disk).ok()?;
        if let Some(entry) = self.index.entry_by_path(BStr::new(path)) {
            let options = gix::index::entry::stat::Options::default();
            let stat = Stat::from_fs(&about).ok()?;
            if stat.matches(&entry.stat, options) && !entry.stat.is_racy(self.index.timestamp(), options) {
                return Some(entry.id);
            }
        }
        if about.len() > syntax::MAX_BYTES as u64 {
            return None;
        }
        id_of(&std::fs::read(on_disk).ok()?)
    }
}

/// The way from a work tree's root to a directory in it: empty, or with `/` at the end.
fn prefix(work_tree: &Path, directory: &Path) -> String {
    match text(directory.strip_prefix(work_tree).unwrap_or(Path::new(""))) {
        path if path.is_empty() => path,
        path => path + "/",
    }
}
