//! The kustomization that Flux builds: the folder's own, or one that names every manifest below it, and on
//! top what the Kustomization's spec adds (fluxcd/pkg/kustomize, generator.go).

use ignore::gitignore::Gitignore;

use super::ignore::SourceIgnore;
use crate::gitops::controller::kustomization_of;
use crate::gitops::tree::{Origin, Tree, Value};
use crate::gitops::{FileKind, Sources};
use crate::model::file_path::join;
use crate::platform::is_kustomization;

/// How many files one generated kustomization may name.
const MAX_FILES: usize = 20_000;
/// How deep folders are followed.
const MAX_DEPTH: usize = 64;

/// The kustomization of `folder` with what `spec` adds; `at` is the place of the path that names it.
///
/// # Errors
/// Why there is none, for a user.
pub fn generate(
    sources: &Sources<'_>,
    folder: &str,
    spec: &Tree,
    ignore: &SourceIgnore,
    at: Origin,
) -> Result<Tree, String> {
    let own = kustomization_of(sources, folder);
    let mut kustomization = match own {
        Some(path) => {
            let file = sources.open(&path).map_err(|problem| format!("{path}: {problem}"))?;
            file.documents.first().cloned().unwrap_or_else(|| Tree::map(at))
        }
        None => {
            let mut nested = on_the_way(sources, folder);
            let mut found = Vec::new();
            scan(sources, folder, ignore, &mut nested, 0, &mut found)?;
            let prefix = if folder.is_empty() { 0 } else { folder.len() + 1 };
            let resources =
                found.iter().filter_map(|path| path.get(prefix..)).map(|path| Tree::string(path, at));
            let mut kustomization = Tree::map(at);
            kustomization.set("resources", Tree { value: Value::List(resources.collect()), origin: at });
            kustomization
        }
    };
    overlay(&mut kustomization, spec);
    Ok(kustomization)
}

/// The `.sourceignore` of every folder above `folder`.
fn on_the_way(sources: &Sources<'_>, folder: &str) -> Vec<Gitignore> {
    let mut patterns = Vec::new();
    let ends = folder.match_indices('/').map(|(at, _)| at);
    for end in [0].into_iter().chain(ends) {
        if let Some(above) = folder.get(..end) {
            patterns.extend(SourceIgnore::of_folder(sources.files(), above));
        }
    }
    patterns
}

fn scan(
    sources: &Sources<'_>,
    folder: &str,
    ignore: &SourceIgnore,
    nested: &mut Vec<Gitignore>,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), String> {
    if depth > MAX_DEPTH || found.len() > MAX_FILES {
        return Err(format!("`{folder}` holds too many files or folders"));
    }
    let known = nested.len();
    nested.extend(SourceIgnore::of_folder(sources.files(), folder));
    let entries = sources.files().list(folder);
    if depth > 0 && entries.iter().any(|(name, kind)| *kind == FileKind::File && is_kustomization(name)) {
        found.push(folder.to_owned());
        nested.truncate(known);
        return Ok(());
    }
    for (name, kind) in entries {
        let Some(path) = join(folder, &name) else { continue };
        let is_folder = kind == FileKind::Folder;
        if name == ".git" || ignore.excludes(&path, is_folder, nested) {
            continue;
        }
        if is_folder {
            scan(sources, &path, ignore, nested, depth + 1, found)?;
        } else if matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml"))) {
            found.push(path);
        }
    }
    nested.truncate(known);
    Ok(())
}

/// Adds what the spec of a Flux Kustomization says to a kustomization. Argo CD's `kustomize:` has the same keys.
pub fn overlay(kustomization: &mut Tree, spec: &Tree) {
    const REPLACED: [(&str, &str); 3] =
        [("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")];
    const APPENDED: [&str; 4] = ["patches", "patchesStrategicMerge", "patchesJson6902", "components"];
    for (from, to) in REPLACED {
        if let Some(value) = spec.get(from).filter(|value| value.text().is_some_and(|text| !text.is_empty()))
        {
            kustomization.set(to, value.clone());
        }
    }
    for key in APPENDED {
        let items = spec.get(key).map(Tree::items).unwrap_or_default();
        for item in items {
            push(kustomization, key, item.clone());
        }
    }
    for image in spec.get("images").map(Tree::items).unwrap_or_default() {
        let name = |image: &Tree| image.get("name").and_then(Tree::text).map(str::to_owned);
        if let Some(Value::List(known)) = kustomization.get_mut("images").map(|images| &mut images.value) {
            known.retain(|known| name(known) != name(image));
        }
        push(kustomization, "images", image.clone());
    }
}

fn push(tree: &mut Tree, key: &str, item: Tree) {
    match tree.get_mut(key).map(|list| &mut list.value) {
        Some(Value::List(items)) => items.push(item),
        _ => {
            let origin = item.origin;
            tree.set(key, Tree { value: Value::List(vec![item]), origin });
        }
    }
}
