//! The objects around the one being judged: namespaces, parameters, bindings, definitions.
//!
//! Policies are read out of the world too, so that a loader finds bindings, constraints and exceptions
//! wherever they are. Deliberately absent: reading files, and what any of the objects mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::plurals::{self, Names};
use super::provider::Provider;
use crate::model::{Document, NodeId, NodeRef, Scalar, Schema};

/// How deep lists of lists are followed.
const MAX_LIST_DEPTH: usize = 8;

/// A document and the name of its file in reports.
#[derive(Clone)]
pub struct Input {
    /// The file.
    pub file: Arc<str>,
    /// The document.
    pub document: Document<'static>,
}

/// Every object at hand, by what it is and what it is called.
#[derive(Default)]
pub struct World {
    inputs: Vec<Input>,
    objects: Vec<Entry>,
    by_kind: HashMap<String, Vec<usize>>,
    /// By what the API calls their kinds, whatever the group; only few policies ask.
    by_resource: OnceLock<HashMap<Cow<'static, str>, Vec<usize>>>,
    /// By kind, each with its group.
    definitions: HashMap<String, Vec<(String, Names)>>,
    /// Where an object without a namespace goes; `None` when nobody said.
    pub default_namespace: Option<String>,
    /// Who answers what files cannot, a test for instance; asked before the files.
    pub provider: Option<Box<dyn Provider>>,
    /// Reads YAML for the policies that ask for it; it is no business of this room.
    pub read_yaml: Option<fn(&str) -> Option<Document<'static>>>,
    /// Who asks: a mapping with `username` and `groups`; unknown when nobody said.
    pub user: Option<Document<'static>>,
}

/// Where an object stands.
struct Entry {
    input: usize,
    node: NodeId,
}

/// One object of the world.
#[derive(Clone, Copy)]
pub struct Object<'w> {
    /// The file it is in, as reports call it.
    pub file: &'w Arc<str>,
    /// Its mapping.
    pub node: NodeRef<'w>,
    /// `apiVersion`.
    pub api_version: &'w str,
    /// `kind`.
    pub kind: &'w str,
}

impl<'w> Object<'w> {
    /// The object in a mapping.
    pub(super) fn new(file: &'w Arc<str>, node: NodeRef<'w>) -> Self {
        Self { file, node, api_version: text(node, &["apiVersion"]), kind: text(node, &["kind"]) }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &'w str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// `metadata.name`, or nothing.
    pub fn name(&self) -> &'w str {
        text(self.node, &["metadata", "name"])
    }

    /// `metadata.namespace`, or nothing.
    pub fn namespace(&self) -> &'w str {
        text(self.node, &["metadata", "namespace"])
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&'w str> {
        self.node.descend(&["metadata", "annotations", key])?.text()
    }

    /// `spec`, where it is a mapping.
    pub fn spec(&self) -> Option<NodeRef<'w>> {
        self.node.get("spec").filter(|spec| spec.is_mapping())
    }
}

impl World {
    /// The world made of these documents; lists give their items.
    pub fn new(inputs: Vec<Input>) -> Self {
        let mut world = Self::default();
        for mut input in inputs {
            if input.document.schema != Schema::Json {
                input.document.schema = Schema::Kubernetes;
            }
            let index = world.inputs.len();
            for node in objects_in(&input.document) {
                let kind = text(node, &["kind"]).to_owned();
                world.by_kind.entry(kind).or_default().push(world.objects.len());
                world.objects.push(Entry { input: index, node: node.id });
            }
            world.inputs.push(input);
        }
        let definitions: Vec<_> =
            world.of_kind("CustomResourceDefinition").filter_map(|object| defined(&object)).collect();
        for (kind, group, names) in definitions {
            world.definitions.entry(kind).or_default().push((group, names));
        }
        world
    }

    /// Every object, in the order given.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        (0..self.objects.len()).filter_map(|index| self.object(index))
    }

    /// The objects of a kind, whatever their group.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = Object<'_>> {
        let found = self.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&index| self.object(index))
    }

    /// The objects of an API version and kind.
    pub fn of(&self, api_version: &str, kind: &str) -> impl Iterator<Item = Object<'_>> {
        self.of_kind(kind).filter(move |object| object.api_version == api_version)
    }

    /// The objects of what the API calls `resource`, as in `deployments`, whatever their group.
    pub fn of_resource<'w>(&'w self, resource: &str) -> impl Iterator<Item = Object<'w>> + use<'w> {
        let by_resource = self.by_resource.get_or_init(|| {
            let mut by_resource: HashMap<_, Vec<usize>> = HashMap::new();
            for (index, object) in self.objects().enumerate() {
                by_resource.entry(self.names(object.group(), object.kind).plural).or_default().push(index);
            }
            by_resource
        });
        let found = by_resource.get(resource).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&index| self.object(index))
    }

    /// The object with that name. One whose file names no namespace may be in any, and so may one that is
    /// looked for without saying in which.
    pub fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<Object<'_>> {
        self.of(api_version, kind).find(|object| {
            object.name() == name
                && (namespace.is_empty() || object.namespace().is_empty() || object.namespace() == namespace)
        })
    }

    /// The Namespace object called `name`.
    pub fn namespace(&self, name: &str) -> Option<NodeRef<'_>> {
        self.of("v1", "Namespace").find(|object| object.name() == name).map(|object| object.node)
    }

    /// Everybody who may be asked what only a cluster knows, in order.
    pub fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.provider
            .as_deref()
            .into_iter()
            .map(|given| given as &dyn Provider)
            .chain([self as &dyn Provider])
    }

    /// The first document of a YAML text.
    pub fn yaml(&self, text: &str) -> Option<Document<'static>> {
        let mut document = (self.read_yaml?)(text)?;
        document.schema = Schema::Kubernetes;
        Some(document)
    }

    /// What the API calls objects of a kind, and whether they are in namespaces.
    pub fn names(&self, group: &str, kind: &str) -> Names {
        let defined = self.definitions.get(kind).map(Vec::as_slice).unwrap_or_default();
        let defined = defined.iter().find(|(of, _)| of == group);
        defined.map_or_else(|| plurals::of(group, kind), |(_, names)| names.clone())
    }

    fn object(&self, index: usize) -> Option<Object<'_>> {
        let entry = self.objects.get(index)?;
        let input = self.inputs.get(entry.input)?;
        Some(Object::new(&input.file, input.document.node(entry.node)))
    }
}

/// What a `CustomResourceDefinition` defines: the kind, its group and its names.
fn defined(definition: &Object<'_>) -> Option<(String, String, Names)> {
    let spec = definition.spec()?;
    let text = |path: &[&str]| spec.descend(path).and_then(NodeRef::text).map(str::to_owned);
    let names = Names {
        plural: Cow::Owned(text(&["names", "plural"])?),
        namespaced: text(&["scope"]).map(|scope| scope == "Namespaced"),
    };
    Some((text(&["names", "kind"])?, text(&["group"])?, names))
}

/// The objects of a document; a list gives its items.
pub(super) fn objects_in<'d>(document: &'d Document<'d>) -> Vec<NodeRef<'d>> {
    let mut found = Vec::new();
    if let Some(root) = document.root() {
        // Shared (aliased) items could multiply; there are no more objects than nodes.
        collect(root, 0, document.node_count(), &mut found);
    }
    found
}

fn collect<'d>(node: NodeRef<'d>, depth: usize, limit: usize, found: &mut Vec<NodeRef<'d>>) {
    let kind = text(node, &["kind"]);
    if kind.is_empty() || found.len() >= limit {
        return;
    }
    match node.get("items").filter(|items| kind.ends_with("List") && items.is_sequence()) {
        Some(items) if depth < MAX_LIST_DEPTH => {
            for item in items.items() {
                collect(item, depth + 1, limit, found);
            }
        }
        _ => found.push(node),
    }
}

/// The text at a path that resolves to text, or nothing.
fn text<'d>(node: NodeRef<'d>, path: &[&str]) -> &'d str {
    match node.descend(path).and_then(NodeRef::scalar) {
        Some(Scalar::Str(text)) => text,
        _ => "",
    }
}
