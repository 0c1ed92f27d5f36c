//! What of a repository Flux's source controller leaves out of the artifact: `.sourceignore` files, the
//! `spec.ignore` of a GitRepository, and the defaults, which `spec.ignore` replaces.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::gitops::Files;
use crate::model::file_path::join;

/// fluxcd/pkg/sourceignore: version control, extensions, pipelines, extras.
const DEFAULTS: &[&str] = &[
    ".git/",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

/// The patterns of one source.
pub struct SourceIgnore {
    general: Gitignore,
}

impl SourceIgnore {
    /// The patterns that hold where `spec.ignore` says `own`.
    pub fn new(own: Option<&str>) -> Self {
        let lines: Vec<&str> = own.map_or_else(|| DEFAULTS.to_vec(), |own| own.lines().collect());
        Self { general: matcher("", lines.into_iter()) }
    }

    /// The patterns of the `.sourceignore` in `folder`, to be asked for everything below it.
    pub fn of_folder(files: &dyn Files, folder: &str) -> Option<Gitignore> {
        let bytes = files.read(&join(folder, ".sourceignore")?).ok()?;
        Some(matcher(folder, String::from_utf8_lossy(&bytes).lines()))
    }

    /// Whether `path` is left out; `nested` are the patterns of the folders on the way to it.
    pub fn excludes(&self, path: &str, is_folder: bool, nested: &[Gitignore]) -> bool {
        // The nearest file that says anything about the path decides.
        let of_files = nested.iter().rev().map(|patterns| patterns.matched(path, is_folder));
        let decided =
            of_files.chain([self.general.matched(path, is_folder)]).find(|answer| !answer.is_none());
        decided.is_some_and(|answer| answer.is_ignore())
    }
}

fn matcher<'l>(folder: &str, lines: impl Iterator<Item = &'l str>) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in lines {
        // A pattern that is none matches nothing, to git as well.
        builder.add_line(None, line).ok();
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
