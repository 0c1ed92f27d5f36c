//! Which tags the stacks of a project have: those that samconfig.toml, cloud assemblies, Git sync, files of
//! parameters and trueup.yaml give them.

use std::collections::{BTreeMap, BTreeSet};

use crate::collect::{InputFile, Project};
use crate::model::file_path::name_of;
use crate::policy::{StackTags, TagsByTemplate};
use crate::stacks::{self, Files as _, Found};

/// A project as `stacks` reads it.
pub struct Tree<'p>(pub &'p Project);

impl stacks::Files for Tree<'_> {
    /// The files that were asked for, and SAM's configuration, which is no file to judge.
    fn paths(&self) -> Vec<String> {
        let Project { files, asked, repository, .. } = self.0;
        let is_asked = |path: &str| {
            let holds = |folder: &String| folder.is_empty() || path.starts_with(&format!("{folder}/"));
            asked.is_empty() || asked.iter().any(holds)
        };
        let of_sam = repository.files.iter().map(|file| &file.path);
        let of_sam = of_sam.filter(|path| is_of_sam(path) && is_asked(path));
        files.iter().map(|file| &file.in_repo).chain(of_sam).cloned().collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let file = InputFile { path: self.0.root.join(path), ..InputFile::named(path) };
        self.0.read(&file).ok()
    }
}

/// SAM's configuration, which has no syntax that files are judged in.
fn is_of_sam(path: &str) -> bool {
    name_of(path) == "samconfig.toml"
}

/// Finds the stacks of a project.
pub fn find(project: &Project) -> Found {
    let configuration = project.config_file.as_ref().map(|file| project.in_repo(&file.display));
    stacks::find(&Tree(project), &project.config.audit.aws.stacks, configuration.unwrap_or_default())
}

/// The tags of the stacks of a project, whichever of its files are judged.
pub(super) fn of(project: &Project) -> StackTags {
    // Few runs ask, and a project may have very many files.
    let project = project.without_files();
    StackTags::new(move || all(project))
}

/// The templates whose stacks have other tags than they had, because a file that differs says so.
pub(super) fn differing(now: &Project, before: &Project, changed: &BTreeSet<String>) -> BTreeSet<String> {
    let read = |path: &str| [now, before].map(|project| Tree(project).read(path));
    let tells =
        |path: &String| read(path).iter().flatten().any(|bytes| stacks::tells_of_deployments(path, bytes));
    // No file to judge, so it is not among those that differ.
    let tracked = now.repository.files.iter().chain(&*before.repository.files).map(|file| &file.path);
    let differs = |path: &String| {
        let [is, was] = read(path);
        is != was
    };
    let mut of_sam = tracked.filter(|path| is_of_sam(path));
    if !changed.iter().any(tells) && !of_sam.any(differs) {
        return BTreeSet::new();
    }
    let (now, before) = (all(now.without_files()), all(before.without_files()));
    let templates: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
    templates.into_iter().filter(|template| now.get(*template) != before.get(*template)).cloned().collect()
}

/// By template, whatever of the project is to be judged.
fn all(project: Project) -> TagsByTemplate {
    let tracked = project.repository.files.iter().map(|file| InputFile::named(&file.path));
    let files = tracked.filter(|file| !is_of_sam(&file.in_repo)).collect();
    by_template(&find(&Project { files, ..project }))
}

/// The tags that all stacks of a template have; a nested stack has those of the stack it is in.
fn by_template(found: &Found) -> TagsByTemplate {
    let mut by_template: TagsByTemplate = BTreeMap::new();
    for stack in &found.stacks {
        let tags: BTreeMap<String, Option<String>> =
            stack.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        for template in with_nested(found, stack.template) {
            match by_template.get_mut(&template) {
                None => {
                    by_template.insert(template, tags.clone());
                }
                Some(common) => {
                    common.retain(|key, _| tags.contains_key(key));
                    for (key, value) in common {
                        if tags.get(key) != Some(value) {
                            *value = None;
                        }
                    }
                }
            }
        }
    }
    by_template
}

/// The paths of a template and of those that it nests, however deep.
fn with_nested(found: &Found, template: usize) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut open: Vec<usize> = vec![template];
    while let Some(template) = open.pop().and_then(|index| found.templates.get(index)) {
        if paths.insert(template.path.clone()) {
            let nested = template.nested();
            let index = |path: &String| found.templates.iter().position(|other| other.path == *path);
            open.extend(nested.iter().filter_map(index));
        }
    }
    paths
}
