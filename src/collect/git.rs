//! What Git tracks and where it comes from: the index and the remotes.
//!
//! Deliberately absent: objects and revisions (`snapshot`), and every setting outside the repository's own
//! configuration. Nothing is executed, and a repository that cannot be read is the caller's gap.

use std::path::{Path, PathBuf};

use crate::model::Remote;

/// A Git work tree.
#[derive(Debug, Default)]
pub(super) struct WorkTree {
    /// The tracked files, absolute; those deleted since included, submodules left out.
    pub files: Vec<PathBuf>,
    /// The remotes, sorted by name, without user information.
    pub remotes: Vec<Remote>,
}

/// Reads the work tree whose `.git` (a directory, or the file of a linked work tree) stands in `root`.
///
/// # Errors
/// Why it cannot be read, for a user.
pub(super) fn read(root: &Path) -> Result<WorkTree, String> {
    let repository = open(root)?;
    let index = repository.index_or_empty().map_err(|problem| problem.to_string())?;
    let mut files: Vec<PathBuf> = index
        .entries()
        .iter()
        .filter(|entry| !entry.mode.is_submodule() && !entry.mode.is_sparse())
        .filter_map(|entry| gix::path::from_bstr(entry.path(&index)).ok())
        .map(|path| root.join(path))
        .collect();
    // A file in conflict has up to three entries, one after the other.
    files.dedup();
    Ok(WorkTree { files, remotes: remotes(&repository) })
}

/// Opens the repository whose `.git` stands in `root`.
///
/// # Errors
/// Why it cannot be opened, for a user.
pub(super) fn open(root: &Path) -> Result<gix::Repository, String> {
    gix::open_opts(root, gix::open::Options::isolated()).map_err(|problem| problem.to_string())
}

/// The index; an empty one when there is none. With `given`, the one that Git names to its hooks, which
/// for `git commit FILE` is not the usual one.
///
/// # Errors
/// Why it cannot be read, for a user.
pub(super) fn index(repository: &gix::Repository, given: bool) -> Result<gix::index::File, String> {
    let given = std::env::var_os("GIT_INDEX_FILE").filter(|_| given).map(PathBuf::from);
    let hash = repository.object_hash();
    let path = given.unwrap_or_else(|| repository.index_path());
    if !path.exists() {
        return Ok(gix::index::File::from_state(gix::index::State::new(hash), path));
    }
    gix::index::File::at(path, hash, false, gix::index::decode::Options::default())
        .map_err(|problem| problem.to_string())
}

/// The remotes, sorted by name, without user information.
pub(super) fn remotes(repository: &gix::Repository) -> Vec<Remote> {
    let settings = repository.config_snapshot();
    let mut remotes: Vec<Remote> = Vec::new();
    for section in settings.plumbing().sections_by_name("remote").into_iter().flatten() {
        let (Some(name), Some(url)) = (section.header().subsection_name(), section.value("url")) else {
            continue;
        };
        remotes.push(Remote { name: name.to_string(), url: without_user(&url.to_string()) });
    }
    remotes.sort_by(|a, b| a.name.cmp(&b.name));
    remotes
}

/// An address without user name, password and query, any of which may hold a token.
fn without_user(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        // `user@host:path`, as ssh and scp write it; a path of this machine has its `/` first.
        None => match url.split_once(':') {
            Some((authority, path)) if !authority.contains('/') => {
                format!("{}:{path}", authority.rsplit('@').next().unwrap_or_default())
            }
            _ => url.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_may_be_secret() {
        assert_eq!(without_user("https://x:tok@en@github.com/a/b.git"), "https://github.com/a/b.git");
        assert_eq!(without_user("https://host/a@b?private_token=t"), "https://host/a@b");
        assert_eq!(without_user("ssh://git@host:22/a"), "ssh://host:22/a");
        assert_eq!(without_user("git@github.com:a/b.git"), "github.com:a/b.git");
        assert_eq!(without_user("/srv/git/a@b:c.git"), "/srv/git/a@b:c.git");
        assert_eq!(without_user("https://token@host"), "https://host");
    }
}
