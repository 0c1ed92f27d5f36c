//! The files of a work tree as Git has them: in a revision, or in the index. Nothing is checked out.
//!
//! Paths go from the work tree's root, with `/`. Deliberately absent: filters such as the conversion of
//! line ends, which change no finding, and what a link leads to.

use std::collections::HashSet;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::index::entry::Stage;
use gix::index::extension::Tree as Cached;
use gix::objs::tree::EntryKind;

use super::names::text;
use crate::syntax;

/// Deepest folder that is entered; Git's own trees are made by programs, and may be hostile.
const DEEPEST: usize = 128;

/// A file and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: Arc<str>,
    pub id: ObjectId,
    /// Whether it is a symbolic link, which is never followed.
    pub is_link: bool,
}

/// The files of a state of the work tree.
pub struct Snapshot {
    repository: gix::ThreadSafeRepository,
    /// Sorted by path.
    entries: Vec<Entry>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({} files)", self.entries.len())
    }
}

impl Snapshot {
    /// What the index holds: the next commit.
    pub(super) fn of_index(repository: &gix::Repository, index: &gix::index::State) -> Self {
        let mut entries: Vec<Entry> = index
            .entries()
            .iter()
            // Of a file in conflict ours is taken.
            .filter(|entry| matches!(entry.stage(), Stage::Unconflicted | Stage::Ours))
            .filter_map(|entry| of_index(entry, index))
            .collect();
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self { repository: repository.clone().into_sync(), entries }
    }

    /// What a revision holds. Folders that `index` says are the same are taken from there, which spares
    /// reading them.
    ///
    /// # Errors
    /// Why it cannot be read, for a user.
    pub(super) fn of_revision(
        repository: &gix::Repository,
        revision: &str,
        index: &gix::index::State,
    ) -> Result<Self, String> {
        let mut filler = Filler { repository, index, entries: Vec::new() };
        // Before the first commit there is a HEAD that names nothing.
        if revision != "HEAD" || !repository.head().is_ok_and(|head| head.is_unborn()) {
            let object = repository
                .rev_parse_single(BStr::new(revision))
                .map_err(|problem| problem.to_string())?
                .object()
                .map_err(|problem| problem.to_string())?;
            let tree = object.peel_to_tree().map_err(|problem| problem.to_string())?;
            filler.folder(tree.id, "", index.tree(), 0)?;
        }
        let mut entries = filler.entries;
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { repository: repository.clone().into_sync(), entries })
    }

    /// The files, sorted by path.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The paths that `other` does not have alike.
    pub(super) fn differing<'s>(&'s self, other: &'s Self) -> HashSet<&'s str> {
        let mut differing = HashSet::new();
        let mut theirs = other.entries.iter().peekable();
        for entry in &self.entries {
            while let Some(gone) = theirs.next_if(|their| their.path < entry.path) {
                differing.insert(&*gone.path);
            }
            match theirs.next_if(|their| their.path == entry.path) {
                Some(their) if their.id == entry.id => {}
                _ => {
                    differing.insert(&*entry.path);
                }
            }
        }
        differing.extend(theirs.map(|gone| &*gone.path));
        differing
    }

    /// The file at `path`.
    pub(super) fn entry(&self, path: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// Whether a file or a folder stands at `path`.
    pub fn exists(&self, path: &str) -> bool {
        let at = self.entries.partition_point(|entry| *entry.path < *path);
        let below = |entry: &Entry| entry.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        let is_here = self.entries.get(at).is_some_and(|entry| *entry.path == *path);
        // `a-b` comes between `a` and `a/b`.
        let folder = format!("{path}/");
        let first = self.entries.partition_point(|entry| *entry.path < *folder);
        is_here || self.entries.get(first).is_some_and(below)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, for a user.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let entry = self.entry(path).filter(|entry| !entry.is_link).ok_or("no such file in this revision")?;
        let repository = self.repository.to_thread_local();
        let header = repository.find_header(entry.id).map_err(|problem| problem.to_string())?;
        if header.size() > syntax::MAX_BYTES as u64 {
            return Err(super::project::too_large());
        }
        let mut blob = repository.find_blob(entry.id).map_err(|problem| problem.to_string())?;
        Ok(blob.take_data())
    }
}

/// The id of the blob with these bytes.
pub(super) fn id_of(bytes: &[u8]) -> Option<ObjectId> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, bytes).ok()
}

struct Filler<'r> {
    repository: &'r gix::Repository,
    index: &'r gix::index::State,
    entries: Vec<Entry>,
}

impl Filler<'_> {
    fn folder(
        &mut self,
        id: ObjectId,
        prefix: &str,
        cached: Option<&Cached>,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("`{prefix}` is nested too deeply"));
        }
        if cached.is_some_and(|cached| cached.num_entries.is_some() && cached.id == id) {
            self.same_as_index(prefix);
            return Ok(());
        }
        let tree = self.repository.find_tree(id).map_err(|problem| problem.to_string())?;
        for entry in tree.iter() {
            let entry = entry.map_err(|problem| problem.to_string())?;
            let Some(name) = path(entry.filename()) else { continue };
            let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            let kind = entry.mode().kind();
            match kind {
                EntryKind::Tree => {
                    let children = cached.map(|cached| cached.children.as_slice()).unwrap_or_default();
                    let child =
                        children.iter().find(|child| child.name.as_slice() == entry.filename().as_bytes());
                    self.folder(entry.object_id(), &path, child, depth + 1)?;
                }
                EntryKind::Commit => {}
                EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {
                    let is_link = kind == EntryKind::Link;
                    self.entries.push(Entry { path: path.into(), id: entry.object_id(), is_link });
                }
            }
        }
        Ok(())
    }

    fn same_as_index(&mut self, prefix: &str) {
        let all = self.index.entries();
        let below = if prefix.is_empty() {
            all
        } else {
            self.index.prefixed_entries(BStr::new(&format!("{prefix}/"))).unwrap_or_default()
        };
        self.entries.extend(below.iter().filter_map(|entry| of_index(entry, self.index)));
    }
}

/// The file of an entry; submodules and folders are none.
fn of_index(entry: &gix::index::Entry, index: &gix::index::State) -> Option<Entry> {
    if entry.mode.is_submodule() || entry.mode.is_sparse() {
        return None;
    }
    let is_link = entry.mode == gix::index::entry::Mode::SYMLINK;
    Some(Entry { path: path(entry.path(index))?, id: entry.id, is_link })
}

fn path(bytes: &BStr) -> Option<Arc<str>> {
    match bytes.to_str() {
        Ok(path) => Some(path.into()),
        Err(_) => gix::path::from_bstr(bytes).ok().map(|path| text(&path).into()),
    }
}
