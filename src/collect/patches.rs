//! Which files are patches: parts of objects that a kustomization merges into whole ones.
//!
//! What a patch lacks is not missing, so policies have to tell the two apart.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{InputFile, Project};
use crate::model::{Document, NodeRef};
use crate::syntax;

/// The files, from the repository's root, that the kustomizations of `project` name as patches.
pub(super) fn find(project: &Project) -> BTreeSet<String> {
    let kustomizations = project.files.par_iter().filter(|file| is_kustomization(&file.in_repo));
    kustomizations.flat_map_iter(|file| of_kustomization(project, file)).collect()
}

fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

fn of_kustomization(project: &Project, file: &InputFile) -> Vec<String> {
    // What cannot be read here is reported when the file is linted.
    let Ok(bytes) = project.read(file) else { return Vec::new() };
    if memchr::memmem::find(&bytes, b"patches").is_none() {
        return Vec::new();
    }
    let Ok(text) = syntax::decode(bytes) else { return Vec::new() };
    let Some(syntax) = syntax::for_file("kustomization.yaml") else { return Vec::new() };
    let parsed = syntax.parse(&text);
    let folder = file.in_repo.rsplit_once('/').map_or("", |(folder, _)| folder);
    let roots = parsed.documents.iter().filter_map(Document::root);
    roots.flat_map(patches).filter_map(|path| join(folder, path)).collect()
}

fn patches(root: NodeRef<'_>) -> impl Iterator<Item = &str> {
    let items = |key| root.get(key).into_iter().flat_map(NodeRef::items);
    let named = items("patches").chain(items("patchesJson6902")).filter_map(|patch| patch.get("path"));
    // An item of `patchesStrategicMerge` is a path or the patch itself, which has several lines.
    let merged = items("patchesStrategicMerge");
    named.chain(merged).filter_map(NodeRef::text).filter(|path| !path.contains('\n'))
}

/// `folder/path` without `.` and `..`; `None` when it leaves the repository.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_kustomization() {
        assert_eq!(
            join("apps/cart/overlays/dev", "../patch.yaml").as_deref(),
            Some("apps/cart/overlays/patch.yaml")
        );
        assert_eq!(join("", "./patch.yaml").as_deref(), Some("patch.yaml"));
        assert_eq!(join("apps", "../../patch.yaml"), None);
    }
}
