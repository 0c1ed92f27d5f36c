//! Argo CD's Applications: what they take from this repository, by kustomization, folder or chart.
//!
//! Deliberately absent: plugins, Jsonnet, and what the controller adds when it applies (tracking labels).

mod sets;
mod template;

pub(super) use sets::ApplicationSet;

use super::controller::{At, Controller, Root, RootKind, give_namespace, kustomization_of, refusal};
use super::flux::{is_of, root_of};
use super::kustomize;
use super::tree::{Origin, Tree, Value};
use super::{Build, FileKind, Refusal, helm};
use crate::model::Span;
use crate::model::file_path::join;

const GROUP: &str = "argoproj.io/";
/// How a destination names the cluster that Argo CD itself runs in.
const OWN: [&str; 2] = ["https://kubernetes.default.svc", "in-cluster"];

/// `argoproj.io` Application.
pub(super) struct Application;

impl Controller for Application {
    fn claims(&self, object: &Tree) -> bool {
        is_of(object, GROUP, "Application") && object.get("spec").is_some()
    }

    fn path(&self, object: &Tree) -> Option<String> {
        let source = sources(object.get("spec")?).into_iter().find(|source| source.get("path").is_some())?;
        join("", source.get("path")?.text()?)
    }

    fn render(&self, object: &Tree, at: &At<'_>) -> Vec<Root> {
        let mut root = root_of(object, RootKind::Argo, at);
        let Some(spec) = object.get("spec") else { return vec![root] };
        let destination = |key| spec.descend(&["destination", key]).and_then(Tree::text);
        root.destination = destination("name")
            .or(destination("server"))
            .filter(|cluster| !OWN.contains(cluster))
            .map(str::to_owned);
        for source in sources(spec) {
            take(&mut root, object, source, at);
        }
        if let Some(namespace) = spec.descend(&["destination", "namespace"]) {
            root.build.objects.iter_mut().for_each(|object| give_namespace(object, namespace));
        }
        vec![root]
    }
}

fn sources(spec: &Tree) -> Vec<&Tree> {
    match spec.get("sources") {
        Some(sources) => sources.items().iter().collect(),
        None => spec.get("source").into_iter().collect(),
    }
}

fn take(root: &mut Root, application: &Tree, source: &Tree, at: &At<'_>) {
    let text = |key| source.get(key).and_then(Tree::text).unwrap_or_default();
    let place = ["path", "chart", "repoURL"].iter().find_map(|key| source.get(key)).unwrap_or(source).origin;
    let mut unknown = |reason: String| root.unknown.push(refusal(at.sources, place, reason));
    if !text("chart").is_empty() {
        return unknown(format!("the chart `{}` is not in this repository", text("chart")));
    }
    if !at.options.is_this(text("repoURL")) {
        return unknown(format!("the repository {} is not this one", text("repoURL")));
    }
    if source.get("path").is_none() {
        // A source with only a `ref` lends its files to another one.
        return;
    }
    if source.get("plugin").is_some() {
        return unknown("a plugin makes its objects".to_owned());
    }
    let folder =
        join("", text("path")).filter(|folder| at.sources.files().kind(folder) == Some(FileKind::Folder));
    let Some(folder) = folder else {
        let reason = format!("the path `{}` is no folder of this repository", text("path"));
        root.build.refusals.push(refusal(at.sources, place, reason));
        return;
    };
    let chart = join(&folder, "Chart.yaml").filter(|chart| at.sources.files().kind(chart).is_some());
    let build = if source.get("helm").is_some() || chart.is_some() {
        match helm::of_application(application, source, &folder, place, at) {
            Ok(build) => build,
            Err(reason) => return unknown(reason),
        }
    } else if source.get("kustomize").is_some() || kustomization_of(at.sources, &folder).is_some() {
        kustomized(source.get("kustomize"), &folder, place, at)
    } else {
        directory(source.get("directory"), &folder, place, at)
    };
    root.folder.get_or_insert(folder);
    root.build.objects.extend(build.objects);
    root.build.refusals.extend(build.refusals);
}

/// The kustomization of a folder after the `kustomize edit` commands that Argo CD runs in it.
fn kustomized(options: Option<&Tree>, folder: &str, place: Origin, at: &At<'_>) -> Build {
    let Some(options) = options.filter(|options| !options.entries().is_empty()) else {
        return kustomize::build(at.sources, folder);
    };
    let file = kustomization_of(at.sources, folder).ok_or_else(|| "no kustomization".to_owned());
    let file = match file.and_then(|path| at.sources.open(&path)) {
        Ok(file) => file,
        Err(reason) => {
            return Build { objects: Vec::new(), refusals: vec![refusal(at.sources, place, reason)] };
        }
    };
    let mut kustomization = file.documents.first().cloned().unwrap_or_else(|| Tree::map(place));
    let mut spec = options.clone();
    let images = spec.remove("images");
    super::flux::overlay(&mut kustomization, &spec);
    for image in images.iter().flat_map(Tree::items) {
        let mut one = Tree::map(image.origin);
        one.set("images", Tree { value: Value::List(vec![parse_image(image)]), origin: image.origin });
        super::flux::overlay(&mut kustomization, &one);
    }
    for key in ["namespace", "replicas", "commonLabels", "commonAnnotations"] {
        let Some(value) = spec.get(key) else { continue };
        match kustomization.get_mut(key) {
            Some(known) if !value.entries().is_empty() => {
                for (name, value) in value.entries() {
                    known.set(name.text().unwrap_or_default(), value.clone());
                }
            }
            _ => kustomization.set(key, value.clone()),
        }
    }
    kustomize::build_as(at.sources, folder, &kustomization)
}

/// `name=new:tag`, `name:tag` or `name@digest`, as an entry of `images`.
fn parse_image(image: &Tree) -> Tree {
    let text = image.text().unwrap_or_default();
    let part = |text: &str| Tree::string(text, image.origin);
    let mut out = Tree::map(image.origin);
    let (name, new) = text.split_once('=').map_or((None, text), |(name, new)| (Some(name), new));
    let (address, key, version) = match new.split_once('@') {
        Some((address, digest)) => (address, "digest", digest),
        None => match new.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((address, tag)) => (address, "newTag", tag),
            None => (new, "", ""),
        },
    };
    out.set("name", part(name.unwrap_or(address)));
    if name.is_some() {
        out.set("newName", part(address));
    }
    if !key.is_empty() {
        out.set(key, part(version));
    }
    out
}

/// The manifests of a folder, as a source of type directory takes them.
fn directory(options: Option<&Tree>, folder: &str, place: Origin, at: &At<'_>) -> Build {
    let option = |key| options.and_then(|options| options.get(key)).and_then(Tree::text).unwrap_or_default();
    let recurse = option("recurse") == "true";
    let mut build = Build::default();
    let mut next = vec![folder.to_owned()];
    let mut paths = Vec::new();
    while let Some(folder) = next.pop() {
        for (name, kind) in at.sources.files().list(&folder) {
            let Some(path) = join(&folder, &name) else { continue };
            match kind {
                FileKind::Folder if recurse && name != ".git" => next.push(path),
                FileKind::File => paths.push(path),
                FileKind::Folder => {}
            }
        }
    }
    paths.sort_unstable();
    for path in paths {
        let inside = path.strip_prefix(folder).unwrap_or(&path).trim_start_matches('/');
        let matches = |pattern: &str| fast_glob::glob_match(pattern, inside);
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        let is_jsonnet = path.ends_with(".jsonnet");
        let is_in = (option("include").is_empty() || matches(option("include")))
            && (option("exclude").is_empty() || !matches(option("exclude")));
        if is_in && is_jsonnet {
            build.refusals.push(refusal(at.sources, place, format!("{path}: Jsonnet is not rendered")));
        } else if is_in && is_manifest {
            manifests(&path, place, at, &mut build);
        }
    }
    build
}

fn manifests(path: &str, place: Origin, at: &At<'_>, build: &mut Build) {
    let file = match at.sources.open(path) {
        Ok(file) if file.templated || file.has_errors() => {
            let reason = format!("{} is no plain YAML", file.path);
            return build.refusals.push(Refusal { file: file.path.clone(), span: Span::default(), reason });
        }
        Ok(file) => file,
        Err(reason) => return build.refusals.push(refusal(at.sources, place, format!("{path}: {reason}"))),
    };
    for document in file.documents.iter().filter(|document| !document.is_null()) {
        let is_object = document.get("kind").is_some() && document.get("apiVersion").is_some();
        match document.get("items").filter(|items| is_object && !items.items().is_empty()) {
            Some(items)
                if document.get("kind").and_then(Tree::text).is_some_and(|kind| kind.ends_with("List")) =>
            {
                build.objects.extend(items.items().iter().cloned());
            }
            _ if is_object => build.objects.push(document.clone()),
            _ => build.refusals.push(refusal(at.sources, document.origin, "not a Kubernetes object")),
        }
    }
}

/// The folder of a value file: from the source's path, or `$ref/` from the root of the source so called.
pub(super) fn value_file(folder: &str, path: &str) -> Option<String> {
    match path.strip_prefix('$') {
        Some(rest) => join("", rest.split_once('/')?.1),
        None => join(folder, path),
    }
}
