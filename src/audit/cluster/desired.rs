//! What Git declares: every object with the place of every node of it.
//!
//! One seam for all ways to get there: a declared object is a document of its own and an [`Origin`], which
//! leads from its nodes to files. Plain manifests and the output of other renderers stand in files as they
//! are; what `gitops` renders names a place for each node.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::charts::release_of;
use crate::collect::{InputFile, Project};
use crate::model::{Document, Gap, Identity, NodeId, NodeRef, Resource, Scalar, Span};
use crate::platform;
use crate::secrets;
use crate::syntax;

/// A file that declares something.
#[derive(Clone, Debug)]
pub struct DesiredFile {
    /// As findings show it.
    pub display: Arc<str>,
    /// From the repository's root.
    pub in_repo: String,
    /// Its text.
    pub text: String,
}

/// How nodes of a document lead to files.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The document stands in this file, at the spans of its nodes.
    File(usize),
    /// Each node has a place of its own: by node, file and bytes.
    Nodes(Vec<(usize, Span)>),
}

/// A document and where it comes from.
#[derive(Clone, Debug)]
pub struct DesiredDocument {
    /// The document.
    pub document: Document<'static>,
    /// Where its nodes are written.
    pub origin: Origin,
}

impl DesiredDocument {
    /// The file and the bytes of a node.
    pub fn place(&self, node: NodeId) -> (usize, Span) {
        match &self.origin {
            Origin::File(file) => (*file, self.document.node(node).span()),
            Origin::Nodes(places) => places.get(node.0 as usize).copied().unwrap_or_default(),
        }
    }
}

/// A declared object.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Who it is; without a namespace where none is written.
    pub identity: Identity,
    /// The API version it is written in.
    pub api_version: String,
    /// Which document.
    pub document: usize,
    /// Its body there.
    pub body: NodeId,
    /// Where to point for the object as a whole.
    pub header: NodeId,
    /// Why its absence says nothing; `None` when it does.
    pub may_be_absent: Option<&'static str>,
    /// Whether a part of its rendering was refused, so that it may not be what is applied.
    pub uncertain: bool,
    /// The release of Helm whose record declares it, in words; `None` when Git does.
    pub release: Option<Arc<str>>,
}

/// Something that is applied as a whole, and whether all of it is known.
#[derive(Clone, Debug)]
pub struct AppliedRoot {
    /// Its folder, or the namespace and name of the object that a controller acts upon.
    pub name: String,
    /// Whether a controller marks what it applies.
    pub marks: bool,
    /// Whether its objects are all known.
    pub complete: bool,
    /// The folder that its cluster is configured from.
    pub cluster: String,
    /// The file that declares it, as findings show it and from the repository's root.
    pub file: (Arc<str>, String),
}

/// Everything that is declared.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The files.
    pub files: Vec<DesiredFile>,
    /// The documents.
    pub documents: Vec<DesiredDocument>,
    /// The objects.
    pub objects: Vec<Declared>,
    /// What is applied as a whole; empty for plain manifests.
    pub roots: Vec<AppliedRoot>,
    /// What was not read or rendered, and so is not known.
    pub gaps: Vec<Gap>,
    /// The same of releases of Helm, by the namespace and the name of what declares them: their records may tell.
    pub unrendered: BTreeMap<String, Vec<Gap>>,
    /// Objects whose name is not known: how many.
    pub unnamed: u64,
    /// By identity, the objects that declare it.
    index: HashMap<Identity, Vec<usize>>,
    /// The same without namespaces.
    anywhere: HashMap<Identity, Vec<usize>>,
    namespaces: BTreeSet<String>,
    /// Groups that custom resources are declared of.
    custom_groups: BTreeSet<String>,
    /// Helm releases that something in Git asks for: namespace and name, and the declaration.
    releases: BTreeMap<(String, String), usize>,
}

/// Groups of objects that configure tools and are never applied.
const NOT_APPLIED: &[&str] = &[
    "kustomize.config.k8s.io",
    "config.kubernetes.io",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "audit.k8s.io",
    "apiserver.config.k8s.io",
    "client.authentication.k8s.io",
    "cli.kyverno.io",
    "skaffold",
    "eksctl.io",
    "policy.trueup.dev",
    "trueup.dev",
    "chainsaw.kyverno.io",
];

impl Desired {
    pub(super) fn add_file(&mut self, project: &Project, input: &InputFile) {
        if project.is_chart_template(&input.in_repo) {
            return;
        }
        let text =
            project.read(input).and_then(|bytes| syntax::decode(bytes).map_err(|problem| problem.message));
        match text {
            Ok(text) => self.add_text(input.display.clone(), &input.in_repo, text),
            Err(reason) => self.gaps.push(Gap { subject: input.display.to_string(), reason }),
        }
    }

    /// Reads a manifest.
    pub fn add_text(&mut self, display: Arc<str>, in_repo: &str, text: String) {
        let Some(syntax) = syntax::for_file(in_repo) else { return };
        let parsed = syntax.parse(&text);
        if parsed.has_parse_error() {
            let reason = "a part of the file cannot be read, and what it declares is not known".to_owned();
            self.gaps.push(Gap { subject: display.to_string(), reason });
        }
        let documents: Vec<Document<'static>> =
            parsed.documents.into_iter().map(Document::into_owned).collect();
        let file = self.files.len();
        self.files.push(DesiredFile { display, in_repo: in_repo.to_owned(), text });
        for document in documents {
            self.add_document(in_repo, document, Origin::File(file));
        }
    }

    /// Takes in a document and the objects in it.
    pub fn add_document(&mut self, in_repo: &str, document: Document<'static>, origin: Origin) {
        self.add_document_in("", in_repo, document, origin);
    }

    /// The same; objects that name no namespace are in `namespace`.
    pub(super) fn add_document_in(
        &mut self,
        namespace: &str,
        in_repo: &str,
        mut document: Document<'static>,
        origin: Origin,
    ) {
        let Some(platform) = platform::recognise(in_repo, &document) else { return };
        if platform.format().0 != "kubernetes" {
            return;
        }
        platform.prepare(&mut document);
        let place = self.documents.len();
        let mut found = Vec::new();
        let mut resources = Vec::new();
        platform.resources(&document, &mut resources);
        for resource in &resources {
            match declared(resource, place) {
                Named::Object(mut object) => {
                    if object.identity.namespace.is_empty() {
                        object.identity.namespace = namespace.into();
                    }
                    found.push(object);
                }
                Named::Unknown => self.unnamed += 1,
                Named::Nothing => {}
            }
        }
        for object in found {
            let body = document.node(object.body);
            self.note(&object, body);
            self.objects.push(object);
        }
        self.documents.push(DesiredDocument { document, origin });
    }

    fn note(&mut self, object: &Declared, body: NodeRef<'_>) {
        let place = self.objects.len();
        let identity = &object.identity;
        self.index.entry(identity.clone()).or_default().push(place);
        self.anywhere.entry(identity.anywhere()).or_default().push(place);
        let namespace = if &*identity.kind == "Namespace" { &identity.name } else { &identity.namespace };
        if !namespace.is_empty() {
            self.namespaces.insert(namespace.to_string());
        }
        if !crate::drift::is_builtin(&identity.group) {
            self.custom_groups.insert(identity.group.to_string());
        }
        if let Some(release) = release_of(identity, body) {
            self.releases.insert(release, place);
        }
    }

    /// The body of an object.
    pub fn body(&self, object: &Declared) -> Option<NodeRef<'_>> {
        self.documents.get(object.document).map(|it| it.document.node(object.body))
    }

    /// The objects that declare this live one: of the same namespace, else those that name none.
    pub fn declarations(&self, live: &Identity) -> &[usize] {
        if let Some(found) = self.index.get(live) {
            return found;
        }
        if live.namespace.is_empty() {
            // The namespace of a cluster-scoped object is a slip that the API server passes over.
            return self.anywhere.get(live).map_or(&[], Vec::as_slice);
        }
        self.index.get(&live.anywhere()).map_or(&[], Vec::as_slice)
    }

    /// Whether a GitOps tool's mark with this owner (its name, after its namespace where the mark has one) can
    /// be held against what Git declares: all that the owner applies is known.
    pub fn knows_owner(&self, owner: &str) -> bool {
        let is_it = |root: &&AppliedRoot| {
            root.marks && (root.name == owner || root.name.rsplit('/').next() == Some(owner))
        };
        match self.roots.iter().find(is_it) {
            Some(root) => root.complete,
            // An owner that Git does not declare, unless it is declared where nothing could be read.
            None => {
                self.roots.iter().filter(|root| root.marks).all(|root| root.complete)
                    && (!self.roots.is_empty() || self.gaps.is_empty())
            }
        }
    }

    /// Whether everything is known that is applied without a mark.
    pub fn knows_unmarked(&self) -> bool {
        let mut unmarked = self.roots.iter().filter(|root| !root.marks);
        unmarked.all(|root| root.complete) && (!self.roots.is_empty() || self.gaps.is_empty())
    }

    /// The folders that clusters are configured from, where that is told.
    pub fn clusters(&self) -> BTreeSet<&str> {
        self.roots.iter().filter(|root| root.marks).map(|root| root.cluster.as_str()).collect()
    }

    /// Whether any object is declared in the namespace, or the namespace itself is.
    pub fn knows_namespace(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Whether custom resources of the group are declared.
    pub fn uses_group(&self, group: &str) -> bool {
        self.custom_groups.contains(group)
    }

    /// The API version that each kind is written in, by group and kind.
    pub fn versions(&self) -> BTreeMap<(String, String), String> {
        let each = self.objects.iter().map(|object| {
            let identity = &object.identity;
            ((identity.group.to_string(), identity.kind.to_string()), object.api_version.clone())
        });
        each.collect()
    }

    /// The declaration that asks for a release of Helm.
    pub fn release(&self, namespace: &str, name: &str) -> Option<&Declared> {
        let key = (namespace.to_owned(), name.to_owned());
        self.releases.get(&key).and_then(|place| self.objects.get(*place))
    }
}

enum Named {
    Object(Declared),
    Unknown,
    Nothing,
}

fn declared(resource: &Resource<'_>, document: usize) -> Named {
    let group = resource.api_version.split_once('/').map_or("", |(group, _)| group);
    let is_kubeconfig = resource.api_version == "v1" && resource.kind == "Config";
    if NOT_APPLIED.contains(&group)
        || is_kubeconfig
        || annotation(resource.body, "config.kubernetes.io/local-config") == Some("true")
    {
        return Named::Nothing;
    }
    let unknown = |node: Option<NodeRef<'_>>| node.is_some_and(is_unknown);
    let metadata = resource.body.get("metadata");
    let Some(name) = resource.name else {
        let generated = metadata.and_then(|metadata| metadata.get("generateName")).is_some();
        return if generated { Named::Nothing } else { Named::Unknown };
    };
    if is_unknown(name.node) || unknown(resource.namespace.map(|field| field.node)) {
        return Named::Unknown;
    }
    Named::Object(Declared {
        identity: Identity::new(resource.api_version, resource.kind, resource.namespace(), name.text),
        api_version: resource.api_version.to_owned(),
        document,
        body: resource.body.id,
        header: resource.header.id,
        may_be_absent: may_be_absent(resource),
        uncertain: false,
        release: None,
    })
}

/// Whether a declared value is filled in on its way to the cluster.
pub fn is_unknown(node: NodeRef<'_>) -> bool {
    let Some(text) = node.text() else { return false };
    platform::PLATFORMS
        .iter()
        .find(|platform| platform.format().0 == "kubernetes")
        .is_some_and(|platform| platform.indirect(node).is_some())
        || secrets::kind(text) == crate::model::ValueKind::Encrypted
}

pub(super) fn annotation<'d>(body: NodeRef<'d>, name: &str) -> Option<&'d str> {
    body.descend(&["metadata", "annotations", name]).and_then(NodeRef::text)
}

/// Why an object may be absent though Git declares it.
fn may_be_absent(resource: &Resource<'_>) -> Option<&'static str> {
    let body = resource.body;
    let has = |name| annotation(body, name).is_some();
    if has("helm.sh/hook") || has("argocd.argoproj.io/hook") {
        return Some("a hook comes and goes");
    }
    let is = |name, value: &str| annotation(body, name) == Some(value);
    if is("kustomize.toolkit.fluxcd.io/reconcile", "disabled")
        || is("kustomize.toolkit.fluxcd.io/ssa", "Ignore")
    {
        return Some("Flux is told to leave it alone");
    }
    let ttl = body.descend(&["spec", "ttlSecondsAfterFinished"]).and_then(NodeRef::scalar);
    if resource.kind == "Job" && ttl.is_some_and(|ttl| ttl != Scalar::Null) {
        return Some("a finished Job is deleted after its time to live");
    }
    None
}
