//! A project as `gitops` renders it, for every command that asks: its files, and how it is recognised.

use crate::collect::{Contents, InputFile, Project};
use crate::gitops::{FileKind, Files, Options, Programs, WorkTree};
use crate::model::file_path::join;

/// Where the files of a project are read from: the disk, or the state that Git keeps.
pub fn files_of(project: &Project) -> Box<dyn Files + '_> {
    match project.contents {
        Contents::Disk => Box::new(WorkTree::new(&project.root)),
        Contents::Given(_) | Contents::Git { .. } => Box::new(Kept(project)),
    }
}

/// How a project is rendered: all of it, or what starts at or below the folder of one cluster.
pub fn options_of(project: &Project, cluster_path: Option<&str>, programs: Programs) -> Options {
    Options {
        name: project.repository.name.clone(),
        remotes: project.repository.remotes.iter().map(|remote| remote.url.clone()).collect(),
        cluster_path: cluster_path.map(from_root),
        programs,
    }
}

/// A folder that a user names, from the root of the repository.
pub fn from_root(folder: &str) -> String {
    join("", folder.trim_start_matches('/')).unwrap_or_else(|| folder.to_owned())
}

/// The files of a state that Git keeps.
struct Kept<'p>(&'p Project);

impl Files for Kept<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.read(&InputFile::named(path))
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let files = &self.0.repository.files;
        if files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok() {
            return Some(FileKind::File);
        }
        let folder = format!("{path}/");
        let at = files.partition_point(|file| file.path.as_str() < folder.as_str());
        let is_folder = path.is_empty() || files.get(at).is_some_and(|file| file.path.starts_with(&folder));
        is_folder.then_some(FileKind::Folder)
    }

    fn list(&self, folder: &str) -> Vec<(String, FileKind)> {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let files = &self.0.repository.files;
        let at = files.partition_point(|file| file.path.as_str() < folder.as_str());
        let inside = files[at..].iter().map_while(|file| file.path.strip_prefix(&folder));
        let mut names: Vec<(String, FileKind)> = inside
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => (name.to_owned(), FileKind::Folder),
                None => (rest.to_owned(), FileKind::File),
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
