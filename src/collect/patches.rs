//! Which files are patches: parts of objects that a kustomization merges into whole ones.
//!
//! What a patch lacks is not missing, so policies have to tell the two apart.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{InputFile, Project};
use crate::model::file_path::{folder_of, join};
use crate::model::{Document, NodeRef};
use crate::platform::is_kustomization;
use crate::syntax;

/// The files, from the repository's root, that the kustomizations of `project` name as patches.
pub(super) fn find(project: &Project) -> BTreeSet<String> {
    let kustomizations = project.files.par_iter().filter(|file| is_kustomization(&file.in_repo));
    kustomizations.flat_map_iter(|file| of_kustomization(project, file)).collect()
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
    let folder = folder_of(&file.in_repo);
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
