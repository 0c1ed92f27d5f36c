//! Flux's Kustomizations: the folder they name, built as the controller builds it.
//!
//! Followed only where the source is this repository, or an artifact copied from it as it stands; of
//! everything else the objects are unknown, not missing. Deliberately absent: what the controllers add
//! when they apply (labels of ownership).

mod expand;
mod generate;
mod ignore;
pub mod markers;
mod substitute;

use ignore::SourceIgnore;

use super::controller::{At, Controller, Root, RootKind, refusal};
use super::tree::{Maker, Origin, Tree};
use super::{Build, FileKind, kustomize};
use crate::model::file_path::join;

pub(super) use generate::overlay;

/// `kustomize.toolkit.fluxcd.io` Kustomization.
pub(super) struct Kustomization;

impl Controller for Kustomization {
    fn claims(&self, object: &Tree) -> bool {
        is_of(object, "kustomize.toolkit.fluxcd.io/", "Kustomization") && object.get("spec").is_some()
    }

    fn path(&self, object: &Tree) -> Option<String> {
        join("", object.descend(&["spec", "path"]).and_then(Tree::text).unwrap_or_default())
    }

    fn render(&self, object: &Tree, at: &At<'_>) -> Vec<Root> {
        let place = object.descend(&["spec", "path"]).or(object.get("metadata")).unwrap_or(object).origin;
        let mut root = root_of(object, RootKind::Flux, at);
        let Some(spec) = object.get("spec") else { return vec![root] };
        root.destination =
            spec.descend(&["kubeConfig", "secretRef", "name"]).and_then(Tree::text).map(str::to_owned);
        match source(spec, &namespace_of(object), at) {
            Source::Here { folder, ignored } => match self.path(object).and_then(|path| join(&folder, &path))
            {
                Some(folder) => build(&mut root, object, &folder, ignored.as_deref(), place, at),
                None => {
                    root.build.refusals.push(refusal(at.sources, place, "the path leaves the repository"));
                }
            },
            Source::Elsewhere(what) => root.unknown.push(refusal(at.sources, place, what)),
        }
        vec![root]
    }
}

/// A root without objects yet.
pub(super) fn root_of(object: &Tree, kind: RootKind, at: &At<'_>) -> Root {
    let name = object.descend(&["metadata", "name"]);
    let place = name.map_or(object.origin, |name| name.origin);
    let declared = refusal(at.sources, place, "");
    let namespace = namespace_of(object);
    let name = name.and_then(Tree::text).unwrap_or_default();
    Root {
        kind,
        name: if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") },
        file: declared.file,
        span: declared.span,
        cluster: at.cluster.to_owned(),
        destination: None,
        object: Some(object.clone()),
        folder: None,
        build: Build::default(),
        unknown: Vec::new(),
    }
}

pub(super) fn is_of(object: &Tree, group: &str, kind: &str) -> bool {
    object.get("kind").and_then(Tree::text) == Some(kind)
        && object.get("apiVersion").and_then(Tree::text).is_some_and(|version| version.starts_with(group))
}

pub(super) fn namespace_of(object: &Tree) -> String {
    object.descend(&["metadata", "namespace"]).and_then(Tree::text).unwrap_or_default().to_owned()
}

fn build(root: &mut Root, object: &Tree, folder: &str, ignored: Option<&str>, place: Origin, at: &At<'_>) {
    let Some(spec) = object.get("spec") else { return };
    if at.sources.files().kind(folder) != Some(FileKind::Folder) {
        let reason = format!("the path `{folder}` is no folder of this repository");
        root.build.refusals.push(refusal(at.sources, place, reason));
        return;
    }
    root.folder = Some(folder.to_owned());
    let ignore = SourceIgnore::new(ignored);
    match generate::generate(at.sources, folder, spec, &ignore, place) {
        Ok(kustomization) => root.build = kustomize::build_as(at.sources, folder, &kustomization),
        Err(reason) => root.build.refusals.push(refusal(at.sources, place, reason)),
    }
    if let Some(post_build) = spec.get("postBuild") {
        substitute_all(root, post_build, &namespace_of(object), at);
    }
    if let Some(metadata) = spec.get("commonMetadata") {
        root.build.objects.iter_mut().for_each(|object| add_metadata(object, metadata));
    }
}

fn substitute_all(root: &mut Root, post_build: &Tree, namespace: &str, at: &At<'_>) {
    let find = |kind: &str, name: &str| find(at, kind, namespace, name);
    let variables = substitute::variables(post_build, &find);
    let mut problems = Vec::new();
    let mut refused = Vec::new();
    root.build.objects.retain_mut(|object| {
        problems.clear();
        substitute::substitute(object, &variables, &mut problems);
        let fatal = problems.iter().find(|problem| problem.is_fatal);
        refused.extend(fatal.map(|problem| refusal(at.sources, problem.origin, problem.message.clone())));
        root.unknown.extend(
            problems
                .iter()
                .filter(|problem| !problem.is_fatal)
                .map(|problem| refusal(at.sources, problem.origin, problem.message.clone())),
        );
        fatal.is_none()
    });
    root.build.refusals.append(&mut refused);
}

/// Sets the labels and annotations of `commonMetadata`, on the object alone.
pub(super) fn add_metadata(object: &mut Tree, common: &Tree) {
    let Some(metadata) = object.get_mut("metadata") else { return };
    for field in ["labels", "annotations"] {
        let Some(common) = common.get(field).filter(|common| !common.entries().is_empty()) else { continue };
        if metadata.get(field).is_none_or(Tree::is_null) {
            metadata.set(field, Tree::map(common.origin));
        }
        let Some(own) = metadata.get_mut(field) else { continue };
        for (key, value) in common.entries() {
            let mut value = value.clone();
            value.origin.maker = Some(Maker::Metadata);
            own.set(key.text().unwrap_or_default(), value);
        }
    }
}

/// Where a Kustomization's files come from.
enum Source {
    /// A folder of this repository, and what its source ignores.
    Here { folder: String, ignored: Option<String> },
    /// Anywhere else, in words.
    Elsewhere(String),
}

fn source(spec: &Tree, namespace: &str, at: &At<'_>) -> Source {
    let text = |key| spec.descend(&["sourceRef", key]).and_then(Tree::text).unwrap_or_default();
    let (kind, name) = (text("kind"), text("name"));
    let namespace = if text("namespace").is_empty() { namespace } else { text("namespace") };
    match kind {
        "GitRepository" if is_here_as(name, namespace, at) => {
            let ignored =
                find(at, kind, namespace, name).and_then(|object| object.descend(&["spec", "ignore"]));
            let ignored = ignored.and_then(Tree::text).map(str::to_owned);
            Source::Here { folder: String::new(), ignored }
        }
        "GitRepository" => Source::Elsewhere(format!("the GitRepository `{name}` is not this repository")),
        "ExternalArtifact" => match artifact(name, namespace, at) {
            Some(folder) => Source::Here { folder, ignored: None },
            None => Source::Elsewhere(format!(
                "the ExternalArtifact `{name}` is no plain copy of a folder of this repository"
            )),
        },
        "" => Source::Elsewhere("it names no source".to_owned()),
        kind => Source::Elsewhere(format!("what the {kind} `{name}` holds is not in Git")),
    }
}

/// Whether the GitRepository that `reference`, a part of `object`, names is this repository.
pub(super) fn is_here(reference: &Tree, object: &Tree, at: &At<'_>) -> bool {
    let text = |key| reference.get(key).and_then(Tree::text);
    let own = namespace_of(object);
    is_here_as(text("name").unwrap_or_default(), text("namespace").unwrap_or(&own), at)
}

fn is_here_as(name: &str, namespace: &str, at: &At<'_>) -> bool {
    // The repository that a cluster is bootstrapped from is the one that holds the bootstrap.
    if name == "flux-system" {
        return true;
    }
    let declared = find(at, "GitRepository", namespace, name);
    match declared.and_then(|object| object.descend(&["spec", "url"])).and_then(Tree::text) {
        Some(url) => at.options.is_this(url),
        // Declared elsewhere: a path that is no folder here will be refused.
        None => at.options.remotes.is_empty(),
    }
}

/// The object of a kind and name, rendered in this cluster or in any file.
pub(super) fn find<'a>(at: &At<'a>, kind: &str, namespace: &str, name: &str) -> Option<&'a Tree> {
    let is_it = |object: &&Tree| {
        let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text).unwrap_or_default();
        text(&["kind"]) == kind
            && text(&["metadata", "name"]) == name
            && matches!(text(&["metadata", "namespace"]), own if own == namespace || own.is_empty())
    };
    let rendered =
        at.roots.iter().filter(|root| root.cluster == at.cluster).flat_map(|root| &root.build.objects);
    rendered.chain(at.found).find(is_it)
}

/// The folder of this repository that an ArtifactGenerator copies an artifact from, when every copy
/// keeps its place below that folder.
fn artifact(name: &str, namespace: &str, at: &At<'_>) -> Option<String> {
    let rendered =
        at.roots.iter().filter(|root| root.cluster == at.cluster).flat_map(|root| &root.build.objects);
    let generators = rendered.chain(at.found).filter(|object| {
        is_of(object, "source.extensions.fluxcd.io/", "ArtifactGenerator")
            && matches!(namespace_of(object).as_str(), own if own == namespace || own.is_empty())
    });
    for generator in generators {
        let spec = generator.get("spec")?;
        let is_it = |artifact: &&Tree| artifact.get("name").and_then(Tree::text) == Some(name);
        let artifacts = spec.get("artifacts").map(Tree::items).unwrap_or_default();
        let Some(artifact) = artifacts.iter().find(is_it) else { continue };
        let git = |alias: &str| {
            let sources = spec.get("sources").map(Tree::items).unwrap_or_default();
            sources.iter().any(|source| {
                source.get("alias").and_then(Tree::text) == Some(alias)
                    && source.get("kind").and_then(Tree::text) == Some("GitRepository")
            })
        };
        let mut folder: Option<String> = None;
        for copy in artifact.get("copy").map(Tree::items).unwrap_or_default() {
            let (alias, from) = copy.get("from")?.text()?.strip_prefix('@')?.split_once('/')?;
            let to = copy.get("to")?.text()?.strip_prefix("@artifact")?.trim_matches('/');
            let from = from.strip_suffix("/**")?;
            let base = from.strip_suffix(to)?.trim_end_matches('/');
            if !git(alias) || folder.as_deref().is_some_and(|known| known != base) {
                return None;
            }
            folder = Some(base.to_owned());
        }
        return folder;
    }
    None
}
