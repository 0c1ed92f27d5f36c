//! An object on its way through a build: its tree, and the names it went by.

use std::sync::Arc;

use super::openapi;
use crate::gitops::Tree;

/// The namespace of objects that have none.
pub(super) const CLUSTER: &str = "_non_namespaceable_";

/// What an object is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id<'t> {
    /// The API group; empty for the core.
    pub group: &'t str,
    /// The version in the group.
    pub version: &'t str,
    /// The kind.
    pub kind: &'t str,
    /// The name.
    pub name: &'t str,
    /// The namespace in effect: `default` where none is given, [`CLUSTER`] outside namespaces.
    pub namespace: &'t str,
}

impl Id<'_> {
    /// For a message.
    pub(super) fn shown(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }
}

/// A name of the past.
#[derive(Clone, Debug)]
struct Past {
    kind: Arc<str>,
    name: Arc<str>,
    namespace: Arc<str>,
}

/// What a generator does where an object of that name is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Behavior {
    /// Refuses.
    #[default]
    Create,
    /// Takes its place.
    Replace,
    /// Adds its data to it.
    Merge,
}

/// An object, its past and what is still to be done to it.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The object.
    pub tree: Tree,
    /// The prefixes its name was given, in order.
    pub prefixes: Vec<Arc<str>>,
    /// The suffixes its name was given, in order.
    pub suffixes: Vec<Arc<str>>,
    /// Whether its name will get a hash.
    pub needs_hash: bool,
    /// For a generated object.
    pub behavior: Option<Behavior>,
    /// The `vars` that read a field of it.
    pub vars: Vec<Arc<str>>,
    past: Vec<Past>,
}

impl Resource {
    /// An object as it is written.
    pub(super) fn new(tree: Tree) -> Self {
        Self {
            tree,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            behavior: None,
            vars: Vec::new(),
            past: Vec::new(),
        }
    }

    /// Its kind.
    pub(super) fn kind(&self) -> &str {
        text_at(&self.tree, "kind")
    }

    /// Its `apiVersion`.
    pub(super) fn api_version(&self) -> &str {
        text_at(&self.tree, "apiVersion")
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.tree.get("metadata").map_or("", |metadata| text_at(metadata, "name"))
    }

    /// Its namespace as written; empty for none.
    pub(super) fn namespace(&self) -> &str {
        self.tree.get("metadata").map_or("", |metadata| text_at(metadata, "namespace"))
    }

    /// Whether it certainly lives outside namespaces.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        openapi::is_cluster_scoped(self.api_version(), self.kind())
    }

    /// What it is called now.
    pub(super) fn id(&self) -> Id<'_> {
        let (group, version) = group_and_version(self.api_version());
        let namespace = match self.namespace() {
            _ if self.is_cluster_scoped() => CLUSTER,
            "" => "default",
            written => written,
        };
        Id { group, version, kind: self.kind(), name: self.name(), namespace }
    }

    /// What it was called before, the oldest first.
    pub(super) fn past_ids(&self) -> impl Iterator<Item = Id<'_>> {
        let (group, version) = group_and_version(self.api_version());
        self.past.iter().map(move |past| Id {
            group,
            version,
            kind: &past.kind,
            name: &past.name,
            namespace: &past.namespace,
        })
    }

    /// What it was called first.
    pub(super) fn original_id(&self) -> Id<'_> {
        self.past_ids().next().unwrap_or_else(|| self.id())
    }

    /// Whether it goes, or went, by that name.
    pub(super) fn answers_to(&self, id: &Id<'_>) -> bool {
        self.id() == *id || self.past_ids().any(|past| past == *id)
    }

    /// Keeps its present name before it changes.
    pub(super) fn remember(&mut self) {
        let id = self.id();
        // Equal neighbours say nothing new.
        if self.past_ids().last() == Some(id) {
            return;
        }
        let past = Past { kind: id.kind.into(), name: id.name.into(), namespace: id.namespace.into() };
        self.past.push(past);
    }

    /// Takes over the past of the object it replaces or adds to.
    pub(super) fn inherit(&mut self, other: &Self) {
        self.past.clone_from(&other.past);
        self.prefixes.clone_from(&other.prefixes);
        self.suffixes.clone_from(&other.suffixes);
        self.vars.clone_from(&other.vars);
        self.needs_hash &= other.needs_hash;
        self.behavior = other.behavior;
    }

    /// Whether the reference keeps notes about it in its annotations, which makes the mapping exist.
    pub(super) fn is_annotated(&self) -> bool {
        self.behavior.is_some()
            || !self.past.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
    }
}

/// `group/version`, or a version of the core group.
pub(super) fn group_and_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The text under `key`; empty where there is none.
pub(super) fn text_at<'t>(tree: &'t Tree, key: &str) -> &'t str {
    tree.get(key).filter(|value| !value.is_null()).and_then(Tree::text).unwrap_or_default()
}
