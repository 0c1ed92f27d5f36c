//! What the controllers of a cluster make of their objects: the words in which `render` asks and they answer.

use std::sync::Arc;

use super::external;
use super::kustomize::is_cluster_scoped;
use super::tree::{Maker, Origin, Tree};
use super::{Build, FileKind, Refusal, Sources};
use crate::model::Span;
use crate::model::file_path::join;
use crate::platform::KUSTOMIZATION_NAMES;
use crate::policy::normalize_git_address;

/// What renders: a row of the table in `render`.
pub(super) trait Controller: Sync {
    /// Whether the object is one that this controller acts upon.
    fn claims(&self, object: &Tree) -> bool;

    /// Whether following may begin at such an object: it is applied by hand, or by a bootstrap.
    fn is_entry(&self) -> bool {
        true
    }

    /// The folder it applies, when it names one of this repository; entries are tried from the top down.
    fn path(&self, object: &Tree) -> Option<String>;

    /// What it makes of the object.
    fn render(&self, object: &Tree, at: &At<'_>) -> Vec<Root>;
}

/// What may be run besides our own code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// `kustomize` or `kubectl`, for a kustomization that is refused here.
    pub kustomize: Option<external::Kustomize>,
    /// `helm template`, for charts in this repository.
    pub helm: bool,
}

/// How to render.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The name of this repository.
    pub name: String,
    /// The addresses of this repository, by which sources are recognised.
    pub remotes: Vec<String>,
    /// Only what starts at or below this folder.
    pub cluster_path: Option<String>,
    /// What may be run.
    pub programs: Programs,
}

impl Options {
    /// Whether an address is that of this repository. Where no address of it is known, one that ends in its
    /// name is.
    pub(super) fn is_this(&self, address: &str) -> bool {
        let address = normalize_git_address(address);
        if self.remotes.is_empty() {
            return address.rsplit('/').next() == Some(&self.name.to_lowercase());
        }
        self.remotes.iter().any(|remote| normalize_git_address(remote) == address)
    }
}

/// Where in the work a controller is asked.
pub(super) struct At<'a> {
    pub sources: &'a Sources<'a>,
    pub options: &'a Options,
    /// What has been rendered so far.
    pub roots: &'a [Root],
    /// The objects of controllers in files, rendered or not.
    pub found: &'a [Tree],
    /// The cluster the object is for.
    pub cluster: &'a str,
}

/// What a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RootKind {
    /// A kustomization that nothing else builds on.
    Kustomize,
    /// A Flux Kustomization.
    Flux,
    /// An Argo CD Application.
    Argo,
    /// An Argo CD ApplicationSet; its objects are Applications.
    ArgoSet,
    /// A Helm release, of Flux or Argo CD.
    Helm,
}

impl RootKind {
    /// The word that output uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kustomize => "kustomization",
            Self::Flux => "Flux Kustomization",
            Self::Argo => "Argo CD Application",
            Self::ArgoSet => "Argo CD ApplicationSet",
            Self::Helm => "Helm release",
        }
    }
}

/// Something that is applied as a whole.
#[derive(Clone, Debug)]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// Its folder, or the namespace and name of its object.
    pub name: String,
    /// The file that declares it, from the repository's root.
    pub file: Arc<str>,
    /// The bytes that declare it there.
    pub span: Span,
    /// The cluster: the folder where following began.
    pub cluster: String,
    /// Another cluster that it is sent to from there: a `kubeConfig` Secret, a destination.
    pub destination: Option<String>,
    /// The object that has it applied, as it is rendered itself; a kustomization that nobody names has none.
    pub object: Option<Tree>,
    /// The folder that was built, when it is one.
    pub folder: Option<String>,
    /// Its objects, and why they may not be all.
    pub build: Build,
    /// What is not in this repository: charts, other repositories, artifacts. Its objects are unknown.
    pub unknown: Vec<Refusal>,
}

impl Root {
    /// Whether its objects are exactly what is applied.
    pub fn is_complete(&self) -> bool {
        self.build.refusals.is_empty() && self.unknown.is_empty()
    }
}

/// The kustomization file of a folder.
pub(super) fn kustomization_of(sources: &Sources<'_>, folder: &str) -> Option<String> {
    let paths = KUSTOMIZATION_NAMES.iter().filter_map(|name| join(folder, name));
    paths.into_iter().find(|path| sources.files().kind(path) == Some(FileKind::File))
}

/// Puts an object without a namespace into that of its release or destination.
pub(super) fn give_namespace(object: &mut Tree, namespace: &Tree) {
    let text = |key| object.get(key).and_then(Tree::text).unwrap_or_default();
    let is_namespaced = !is_cluster_scoped(text("apiVersion"), text("kind"));
    let has_none =
        object.descend(&["metadata", "namespace"]).is_none_or(|own| own.text().is_none_or(str::is_empty));
    if !is_namespaced || !has_none || namespace.text().is_none_or(str::is_empty) {
        return;
    }
    if let Some(metadata) = object.get_mut("metadata") {
        let origin = Origin { maker: Some(Maker::Namespace), ..namespace.origin };
        metadata.set("namespace", Tree { origin, ..namespace.clone() });
    }
}

/// A refusal at `origin`.
pub(super) fn refusal(sources: &Sources<'_>, origin: Origin, reason: impl Into<String>) -> Refusal {
    let file = sources.file(origin.file).map(|file| file.path.clone()).unwrap_or_default();
    Refusal { file, span: origin.span, reason: reason.into() }
}
