//! Where the files of a repository are read from: the work tree, or whatever else holds them (a
//! revision, the index), behind one small trait.
//!
//! Paths go from the repository's root, with `/`, without `.` and `..`; `""` is the root. Deliberately
//! absent: what a file says.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::file_path::join;
use crate::syntax;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A file, or a link to one inside the repository.
    File,
    /// A folder, or a link to one inside the repository.
    Folder,
}

/// The files of a repository.
pub trait Files: Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, for a user.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// What stands at `path`; `None` when nothing does, or when it is outside the repository.
    fn kind(&self, path: &str) -> Option<FileKind>;

    /// The names in a folder and what they are, sorted; nothing when it is no folder.
    fn list(&self, folder: &str) -> Vec<(String, FileKind)>;

    /// Where a path lies on disk, for programs; `None` where these files are not those on disk.
    fn on_disk(&self, _path: &str) -> Option<PathBuf> {
        None
    }
}

/// The files as they lie on disk below a root. Links are followed while they stay inside.
#[derive(Clone, Debug)]
pub struct WorkTree {
    root: PathBuf,
}

impl WorkTree {
    /// The files below `root`, which is absolute, links resolved.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn inside(&self, path: &str) -> Option<PathBuf> {
        let found = self.root.join(Path::new(path)).canonicalize().ok()?;
        found.starts_with(&self.root).then_some(found)
    }
}

impl Files for WorkTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let found = self.inside(path).ok_or_else(|| "no such file in this repository".to_owned())?;
        let about = fs::metadata(&found).map_err(|problem| problem.to_string())?;
        if !about.is_file() {
            return Err("not a file".to_owned());
        }
        if about.len() > syntax::MAX_BYTES as u64 {
            return Err(format!("larger than {} MiB", syntax::MAX_BYTES >> 20));
        }
        fs::read(&found).map_err(|problem| problem.to_string())
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        kind(&fs::metadata(self.inside(path)?).ok()?)
    }

    fn list(&self, folder: &str) -> Vec<(String, FileKind)> {
        let Some(entries) = self.inside(folder).and_then(|found| fs::read_dir(found).ok()) else {
            return Vec::new();
        };
        let mut names: Vec<(String, FileKind)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let path = join(folder, &name)?;
                Some((name, self.kind(&path)?))
            })
            .collect();
        names.sort_unstable();
        names
    }

    fn on_disk(&self, path: &str) -> Option<PathBuf> {
        self.inside(path)
    }
}

fn kind(about: &fs::Metadata) -> Option<FileKind> {
    if about.is_dir() { Some(FileKind::Folder) } else { about.is_file().then_some(FileKind::File) }
}
