//! What can be asked of a project once it is collected.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::names::text;
use super::{Contents, InputFile, Project};
use crate::config::Config;
use crate::model::Repository;
use crate::model::code_owners::{CodeOwners, LOCATIONS};
use crate::syntax;

impl Project {
    /// A project without files on disk, for the examples that policies carry.
    pub fn of_example(repository: Repository, texts: BTreeMap<String, String>) -> Self {
        let mut project = Self {
            root: "example".into(),
            display_root: ".".to_owned(),
            config: Config::default(),
            config_file: None,
            repository,
            files: texts.keys().map(|path| InputFile::named(path)).collect(),
            texts: Vec::new(),
            patches: BTreeSet::new(),
            asked: Vec::new(),
            whole: true,
            has_git: false,
            contents: Contents::Given(Arc::new(texts)),
            narrowed: None,
            before: None,
        };
        project.repository.code_owners = project.code_owners();
        project
    }

    /// The same project with no files to read and no past, which is cheap to make.
    #[must_use]
    pub fn without_files(&self) -> Self {
        Self {
            root: self.root.clone(),
            display_root: self.display_root.clone(),
            config: self.config.clone(),
            config_file: self.config_file.clone(),
            repository: self.repository.clone(),
            files: Vec::new(),
            texts: Vec::new(),
            patches: BTreeSet::new(),
            asked: Vec::new(),
            whole: self.whole,
            has_git: self.has_git,
            contents: self.contents.clone(),
            narrowed: None,
            before: None,
        }
    }

    /// The owners of its paths, by the first CODEOWNERS there is.
    pub fn code_owners(&self) -> Option<CodeOwners> {
        let files = &self.repository.files;
        let is_there = |path: &&&str| files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok();
        let path = LOCATIONS.iter().find(is_there)?;
        let file = InputFile { path: self.root.join(path), ..InputFile::named(path) };
        let text = syntax::decode(self.read(&file).ok()?).ok()?;
        Some(CodeOwners::parse(&text))
    }

    /// Whether a file is a template of a Helm chart, which is text and not YAML.
    pub fn is_chart_template(&self, in_repo: &str) -> bool {
        syntax::is_chart_template(in_repo, &|path| match &self.contents {
            Contents::Disk => self.root.join(path).exists(),
            Contents::Given(texts) => texts.contains_key(path),
            Contents::Git { snapshot, prefix } => snapshot.exists(&format!("{prefix}{path}")),
        })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, for a user.
    pub fn read(&self, file: &InputFile) -> Result<Vec<u8>, String> {
        match &self.contents {
            Contents::Disk => {}
            Contents::Given(texts) => {
                let text = texts.get(&file.in_repo).ok_or("there is no such file")?;
                return Ok(text.clone().into_bytes());
            }
            Contents::Git { snapshot, prefix } => {
                return snapshot.read(&format!("{prefix}{}", file.in_repo));
            }
        }
        let about = fs::metadata(&file.path).map_err(|problem| problem.to_string())?;
        if about.len() > syntax::MAX_BYTES as u64 {
            return Err(too_large());
        }
        fs::read(&file.path).map_err(|problem| problem.to_string())
    }

    /// Those of `paths` that are folders of this project, from its root.
    pub fn folders<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) -> Vec<String> {
        let folder = |path: &PathBuf| {
            let path = path.canonicalize().ok().filter(|path| path.is_dir())?;
            Some(text(path.strip_prefix(&self.root).ok()?))
        };
        paths.into_iter().filter_map(folder).collect()
    }

    /// How to show a path that is given from the project's root.
    pub fn display(&self, in_repo: &str) -> Arc<str> {
        match (self.display_root.as_str(), in_repo) {
            (".", "") => ".".into(),
            (".", path) => path.into(),
            (root, "") => root.into(),
            (root, path) => format!("{root}/{path}").into(),
        }
    }

    /// The path from the project's root of a path as shown.
    pub fn in_repo<'f>(&self, display: &'f str) -> &'f str {
        match self.display_root.as_str() {
            "." => display,
            root => display.strip_prefix(root).map_or(display, |rest| rest.trim_start_matches('/')),
        }
    }

    /// The file that stands for the repository as a whole, from its root: its configuration, its README,
    /// or the first file there is.
    pub fn main_file(&self) -> String {
        if let Some(config) = &self.config_file {
            return self.in_repo(&config.display).to_owned();
        }
        let files = &self.repository.files;
        let readme = files.iter().find(|file| file.path.eq_ignore_ascii_case("readme.md"));
        readme.or(files.first()).map(|file| file.path.clone()).unwrap_or_default()
    }
}

impl InputFile {
    /// A text without a file on disk, under the name findings use.
    pub fn named(name: &str) -> Self {
        Self { path: name.into(), display: name.into(), in_repo: name.to_owned() }
    }
}

/// Why a file above the limit is not read.
pub(super) fn too_large() -> String {
    let limit = syntax::MAX_BYTES >> 20;
    format!("the file is larger than {limit} MiB; exclude it in trueup.yaml, or split it")
}
