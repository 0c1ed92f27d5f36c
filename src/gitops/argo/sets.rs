//! Argo CD's ApplicationSets, as far as Git knows what they generate: lists, folders and files of this
//! repository, and products of these. Clusters, pull requests and plugins are unknown.

use super::GROUP;
use super::template::{Parameters, add, fill};
use crate::gitops::controller::{At, Controller, Root, RootKind, refusal};
use crate::gitops::flux::{is_of, root_of};
use crate::gitops::tree::{Origin, Tree};
use crate::gitops::{FileKind, Files};
use crate::model::file_path::{folder_of, join};

/// `argoproj.io` ApplicationSet; its objects are the Applications it makes.
pub(in crate::gitops) struct ApplicationSet;

/// How many Applications one set may make.
const MAX_SETS: usize = 5_000;
/// How deep generators nest; Argo CD allows two levels.
const MAX_DEPTH: u32 = 3;

impl Controller for ApplicationSet {
    fn claims(&self, object: &Tree) -> bool {
        is_of(object, GROUP, "ApplicationSet") && object.get("spec").is_some()
    }

    fn path(&self, _object: &Tree) -> Option<String> {
        None
    }

    fn render(&self, object: &Tree, at: &At<'_>) -> Vec<Root> {
        let mut root = root_of(object, RootKind::ArgoSet, at);
        let generators = object.descend(&["spec", "generators"]).map(Tree::items).unwrap_or_default();
        let Some(template) = object.descend(&["spec", "template"]) else { return vec![root] };
        if let Some(patch) = object.descend(&["spec", "templatePatch"]) {
            root.unknown.push(refusal(at.sources, patch.origin, "a templatePatch is not rendered"));
            return vec![root];
        }
        for generator in generators {
            let sets = match generate(generator, at, 0) {
                Ok(sets) => sets,
                Err((place, reason)) => {
                    root.unknown.push(refusal(at.sources, place, reason));
                    continue;
                }
            };
            for parameters in sets.into_iter().take(MAX_SETS) {
                match application(object, template, &parameters) {
                    Ok(application) => root.build.objects.push(application),
                    Err(reason) => root.unknown.push(refusal(at.sources, template.origin, reason)),
                }
            }
        }
        vec![root]
    }
}

fn application(set: &Tree, template: &Tree, parameters: &Parameters) -> Result<Tree, String> {
    let mut application = Tree::map(template.origin);
    application.set("apiVersion", Tree::plain("argoproj.io/v1alpha1", template.origin));
    application.set("kind", Tree::plain("Application", template.origin));
    for key in ["metadata", "spec"] {
        let mut part = template.get(key).cloned().unwrap_or_else(|| Tree::map(template.origin));
        fill(&mut part, parameters)?;
        application.set(key, part);
    }
    let namespace = set.descend(&["metadata", "namespace"]).cloned();
    if let (Some(namespace), Some(metadata)) = (namespace, application.get_mut("metadata")) {
        metadata.set("namespace", namespace);
    }
    Ok(application)
}

type Sets = Result<Vec<Parameters>, (Origin, String)>;

fn generate(generator: &Tree, at: &At<'_>, depth: u32) -> Sets {
    let (name, body) = generator
        .entries()
        .iter()
        .find(|(name, _)| !matches!(name.text(), Some("selector" | "template")))
        .ok_or_else(|| (generator.origin, "a generator that generates nothing".to_owned()))?;
    let mut sets = match name.text().unwrap_or_default() {
        "list" if body.get("elementsYaml").is_none() => elements(body),
        "git" => git(body, at)?,
        "matrix" if depth < MAX_DEPTH => product(body, at, depth)?,
        kind => return Err((name.origin, format!("what the generator `{kind}` gives is not in Git"))),
    };
    if let Some(selector) = generator.get("selector") {
        return Err((selector.origin, "a generator's selector is not evaluated".to_owned()));
    }
    // Values may be made of the parameters before them.
    for set in &mut sets {
        for (key, value) in body.get("values").map(Tree::entries).unwrap_or_default() {
            let mut value = value.clone();
            fill(&mut value, set).map_err(|reason| (value.origin, reason))?;
            add(set, &format!("values.{}", key.text().unwrap_or_default()), &value);
        }
    }
    Ok(sets)
}

fn elements(body: &Tree) -> Vec<Parameters> {
    let of_element = |element: &Tree| {
        let mut parameters = Parameters::new();
        add(&mut parameters, "", element);
        parameters
    };
    body.get("elements").map(Tree::items).unwrap_or_default().iter().map(of_element).collect()
}

fn product(body: &Tree, at: &At<'_>, depth: u32) -> Sets {
    let generators = body.get("generators").map(Tree::items).unwrap_or_default();
    let mut sets = vec![Parameters::new()];
    for generator in generators {
        let mut next = Vec::new();
        for left in &sets {
            let mut generator = generator.clone();
            // The second generator may use what the first one gives.
            fill(&mut generator, left).map_err(|reason| (generator.origin, reason))?;
            for right in generate(&generator, at, depth + 1)? {
                let mut both = left.clone();
                both.extend(right);
                next.push(both);
                if next.len() > MAX_SETS {
                    return Err((body.origin, "the product is too large".to_owned()));
                }
            }
        }
        sets = next;
    }
    Ok(sets)
}

fn git(body: &Tree, at: &At<'_>) -> Sets {
    let address = body.get("repoURL").and_then(Tree::text).unwrap_or_default();
    if !at.options.is_this(address) {
        return Err((body.origin, format!("the repository {address} is not this one")));
    }
    let patterns = |key| body.get(key).map(Tree::items).unwrap_or_default();
    let files = at.sources.files();
    let (mut folders, mut paths) = (Vec::new(), Vec::new());
    list(files, "", 0, &mut folders, &mut paths);
    let mut sets = Vec::new();
    let directories = patterns("directories");
    for folder in folders.iter().filter(|folder| is_chosen(folder, directories, false)) {
        sets.push(of_path(folder, body.origin));
    }
    for path in paths.iter().filter(|path| is_chosen(path, patterns("files"), true)) {
        let file = at.sources.open(path).map_err(|reason| (body.origin, format!("{path}: {reason}")))?;
        for document in &file.documents {
            // A list in the file is a set for each item.
            let items =
                if document.items().is_empty() { std::slice::from_ref(document) } else { document.items() };
            for item in items {
                let mut parameters = of_path(folder_of(path), body.origin);
                let name = path.rsplit('/').next().unwrap_or(path);
                add(&mut parameters, "path.filename", &Tree::string(name, body.origin));
                add(&mut parameters, "", item);
                sets.push(parameters);
            }
        }
    }
    Ok(sets)
}

fn list(files: &dyn Files, folder: &str, depth: u32, folders: &mut Vec<String>, paths: &mut Vec<String>) {
    for (name, kind) in files.list(folder) {
        let Some(path) = join(folder, &name) else { continue };
        match kind {
            FileKind::File => paths.push(path),
            FileKind::Folder if name.starts_with('.') || depth > 32 => {}
            FileKind::Folder => {
                list(files, &path, depth + 1, folders, paths);
                folders.push(path);
            }
        }
    }
    folders.sort_unstable();
}

/// Whether a path is matched by a pattern and excluded by none. A `*` stays within a folder; only patterns
/// for files know `**`.
fn is_chosen(path: &str, patterns: &[Tree], is_file: bool) -> bool {
    let matches = |pattern: &Tree| {
        let pattern = pattern.get("path").and_then(Tree::text).unwrap_or_default();
        let as_deep = is_file || pattern.matches('/').count() == path.matches('/').count();
        as_deep && fast_glob::glob_match(pattern, path)
    };
    let excludes = |pattern: &Tree| pattern.get("exclude").and_then(Tree::text) == Some("true");
    patterns.iter().any(|pattern| !excludes(pattern) && matches(pattern))
        && !patterns.iter().any(|pattern| excludes(pattern) && matches(pattern))
}

fn of_path(folder: &str, origin: Origin) -> Parameters {
    let mut parameters = Parameters::new();
    let base = folder.rsplit('/').next().unwrap_or(folder);
    let normalized: String = base
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' })
        .collect();
    for (name, text) in [
        ("path", folder),
        ("path.path", folder),
        ("path.basename", base),
        ("path.basenameNormalized", normalized.as_str()),
    ] {
        add(&mut parameters, name, &Tree::string(text, origin));
    }
    for (index, part) in folder.split('/').enumerate() {
        add(&mut parameters, &format!("path[{index}]"), &Tree::string(part, origin));
        add(&mut parameters, &format!("path.segments[{index}]"), &Tree::string(part, origin));
    }
    parameters
}
