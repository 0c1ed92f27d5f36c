//! The files and folders that a kustomization names, within the limits of the reference.

use std::sync::Arc;

use super::fault::{Fault, Outcome, text};
use crate::gitops::{FileKind, SourceFile, Sources, Tree};
use crate::model::file_path::join;
use crate::platform::KUSTOMIZATION_NAMES;

/// Where a kustomization stands.
pub(super) struct Place<'p> {
    /// Its folder.
    pub folder: &'p str,
    /// The file that it is written in.
    pub file: Arc<str>,
    /// The folders that led here, the entry first, this one last.
    pub chain: Vec<String>,
}

/// Reads what kustomizations name.
pub(super) struct Loader<'s> {
    /// The files of the repository.
    pub sources: &'s Sources<'s>,
    /// Whether files outside a kustomization's folder are refused.
    pub confined: bool,
}

impl Loader<'_> {
    /// The one kustomization in a folder.
    pub(super) fn find(&self, folder: &str) -> Result<Arc<SourceFile>, String> {
        let mut found = KUSTOMIZATION_NAMES.iter().filter_map(|name| {
            let path = join(folder, name)?;
            (self.sources.kind(&path) == Some(FileKind::File)).then_some(path)
        });
        let Some(path) = found.next() else {
            return Err("there is no kustomization.yaml in this folder".to_owned());
        };
        if found.next().is_some() {
            return Err("there are several kustomization files in this folder".to_owned());
        }
        let file = self.sources.open(&path)?;
        if file.documents.is_empty() {
            return Err(format!("`{path}` is empty or cannot be read"));
        }
        Ok(file)
    }

    /// What stands at the path that `item` names.
    pub(super) fn kind(&self, place: &Place<'_>, item: &Tree) -> Outcome<FileKind> {
        let path = text(item)?;
        let kind = join(place.folder, path).and_then(|at| self.sources.kind(&at));
        kind.ok_or_else(|| Fault::at(item, missing(path)))
    }

    /// The folder that `item` names, and the kustomization in it.
    pub(super) fn base(&self, place: &Place<'_>, item: &Tree) -> Outcome<(String, Arc<SourceFile>)> {
        let path = text(item)?;
        let folder = join(place.folder, path)
            .filter(|folder| self.sources.kind(folder) == Some(FileKind::Folder))
            .ok_or_else(|| Fault::at(item, missing(path)))?;
        let holds = |seen: &String| {
            folder.is_empty()
                || seen.strip_prefix(&*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if place.chain.iter().any(holds) {
            return Err(Fault::at(item, "this folder holds the kustomization that takes it in"));
        }
        let file = self.find(&folder).map_err(|reason| Fault::at(item, reason))?;
        Ok((folder, file))
    }

    /// A file that `item` names.
    pub(super) fn open(&self, place: &Place<'_>, item: &Tree) -> Outcome<Arc<SourceFile>> {
        let at = self.path(place, item, text(item)?)?;
        self.sources.open(&at).map_err(|reason| Fault::at(item, reason))
    }

    /// The bytes of a file; `item` is to blame.
    pub(super) fn read(&self, place: &Place<'_>, item: &Tree, path: &str) -> Outcome<Vec<u8>> {
        let at = self.path(place, item, path)?;
        self.sources.files().read(&at).map_err(|reason| Fault::at(item, reason))
    }

    fn path(&self, place: &Place<'_>, item: &Tree, path: &str) -> Outcome<String> {
        let at = join(place.folder, path).ok_or_else(|| Fault::at(item, missing(path)))?;
        let inside = place.folder.is_empty()
            || at.strip_prefix(place.folder).is_some_and(|rest| rest.starts_with('/'));
        if self.confined && !inside {
            return Err(Fault::at(
                item,
                "this file is outside the kustomization's folder, where it may not read",
            ));
        }
        match self.sources.kind(&at) {
            Some(FileKind::File) => Ok(at),
            Some(FileKind::Folder) => Err(Fault::at(item, format!("`{path}` is a folder, not a file"))),
            None => Err(Fault::at(item, missing(path))),
        }
    }
}

/// Why nothing is at a path.
fn missing(path: &str) -> String {
    let hosts = ["github.com/", "gitlab.com/", "bitbucket.org/", "git::", "git@"];
    let remote =
        path.contains("://") || path.contains("?ref=") || hosts.iter().any(|host| path.starts_with(host));
    match path {
        _ if remote => "this is fetched from elsewhere, and nothing is fetched".to_owned(),
        "" => "a path is expected here".to_owned(),
        path => format!("there is no `{path}` in this repository"),
    }
}
