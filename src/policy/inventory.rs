//! What else there is: the answer to `resources.…`, from facts noted about every object of a tree or a render.
//!
//! Facts are small and owned, so that documents need not stay in memory. Absence is an answer only when the
//! inventory is complete; otherwise what is not in it is *unknown*. Deliberately absent: finding the objects,
//! and deciding what makes a set of them complete, which is up to whoever fills this.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::selector::Kind;
use super::stack_tags::StackTags;
use super::tag_policy::TagPolicy;
use crate::model::file_path::{folder_of, join};
use crate::model::{NodeRef, Resource};

/// The objects of a tree or of a render.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    objects: BTreeMap<Box<str>, Vec<Object>>,
    pods: HashMap<(Box<str>, Box<str>), Vec<usize>>,
    labels: Vec<PodLabels>,
    complete: bool,
    named: BTreeSet<String>,
    all_files: bool,
    beneath: Option<Arc<Self>>,
    /// The tag policy that holds in this tree.
    pub tag_policy: Option<Arc<TagPolicy>>,
    /// The tags that its stacks have.
    pub stack_tags: Option<StackTags>,
}

/// An object that exists once everything is applied.
#[derive(Clone, Debug)]
struct Object {
    api_version: Box<str>,
    kind: Box<str>,
    namespace: Box<str>,
}

/// The labels of the pods that a workload starts.
#[derive(Clone, Debug)]
struct PodLabels {
    namespace: Box<str>,
    labels: Vec<(Box<str>, Box<str>)>,
    /// Whether a label or its value is only known later.
    open: bool,
}

/// Objects that controllers make of others: of which kind, where their name is written (the first place that
/// has one; the object's own name when none has), and what they are.
const MADE: &[(&str, &[&[&str]], &str, &str)] = &[
    ("SealedSecret", &[&["spec", "template", "metadata", "name"]], "v1", "Secret"),
    ("ExternalSecret", &[&["spec", "target", "name"]], "v1", "Secret"),
    ("ClusterExternalSecret", &[&["spec", "externalSecretName"]], "v1", "Secret"),
    ("VaultStaticSecret", &[&["spec", "destination", "name"]], "v1", "Secret"),
    ("VaultDynamicSecret", &[&["spec", "destination", "name"]], "v1", "Secret"),
    ("OnePasswordItem", &[], "v1", "Secret"),
    ("Certificate", &[&["spec", "secretName"]], "v1", "Secret"),
    ("Bundle", &[], "v1", "ConfigMap"),
];

/// How many values of a kustomization are looked at: aliases can make a small file large.
const MOST_NODES: usize = 20_000;
/// A longer text names no file.
const MOST_BYTES: usize = 1024;

impl Inventory {
    /// Notes an object, and what controllers or Kustomize make of it.
    pub fn add(&mut self, resource: &Resource<'_>) {
        match resource.format().0 {
            "kubernetes" => self.add_object(resource),
            "kustomize" => self.add_generated(resource),
            _ => {}
        }
    }

    /// Notes the files that a kustomization names, in whatever field.
    pub fn add_named(&mut self, file: &str, kustomization: NodeRef<'_>) {
        let folder = folder_of(file);
        let mut open = vec![kustomization];
        for _ in 0..MOST_NODES {
            let Some(next) = open.pop() else { break };
            open.extend(next.items().chain(next.entries().map(|(_, value)| value)));
            // A generator's file may have another name in what it makes.
            let path = next.text().map(|text| text.split_once('=').map_or(text, |(_, path)| path));
            let is_path = |path: &&str| path.contains('.') && path.len() < MOST_BYTES && !path.contains('\n');
            self.named.extend(path.filter(is_path).and_then(|path| join(folder, path)));
        }
    }

    /// Says that every file of the tree was looked at, whatever it stands for.
    pub fn saw_all_files(&mut self) {
        self.all_files = true;
    }

    /// Says that nothing else exists: every object of the tree was added.
    pub fn complete(&mut self) {
        self.complete = true;
    }

    /// An inventory on top of another: a render, whose objects have their final names, above its tree.
    #[must_use]
    pub fn above(beneath: Arc<Self>) -> Self {
        let (tag_policy, stack_tags) = (beneath.tag_policy.clone(), beneath.stack_tags.clone());
        Self { tag_policy, stack_tags, beneath: Some(beneath), ..Self::default() }
    }

    /// Adds what another inventory knows.
    pub fn absorb(&mut self, other: Self) {
        self.named.extend(other.named);
        for (name, objects) in other.objects {
            self.objects.entry(name).or_default().extend(objects);
        }
        for pods in other.labels {
            self.add_pods(pods);
        }
    }

    fn add_object(&mut self, resource: &Resource<'_>) {
        let namespace = resource.namespace();
        self.insert(resource.name(), resource.api_version, resource.kind, namespace);
        for (_, places, api_version, kind) in MADE.iter().filter(|(of, ..)| *of == resource.kind) {
            let named = places.iter().find_map(|path| resource.body.descend(path)?.as_str());
            self.insert(named.unwrap_or(resource.name()), api_version, kind, namespace);
        }
        if resource.platform.pod_spec(resource).is_some() {
            let metadata = pod_metadata(resource);
            let mut pods = PodLabels { namespace: namespace.into(), labels: Vec::new(), open: false };
            for (key, value) in
                metadata.and_then(|metadata| metadata.get("labels")).into_iter().flat_map(NodeRef::entries)
            {
                pods.open |= [key, value].iter().any(|node| resource.platform.indirect(*node).is_some());
                if let (Some(key), Some(value)) = (key.text(), value.text()) {
                    pods.labels.push((key.into(), value.into()));
                }
            }
            self.add_pods(pods);
        }
    }

    /// What `secretGenerator` and `configMapGenerator` make; references are rewritten to the hashed name.
    fn add_generated(&mut self, kustomization: &Resource<'_>) {
        for (list, kind) in [("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")] {
            for entry in kustomization.body.get(list).into_iter().flat_map(NodeRef::items) {
                if let Some(name) = entry.get("name").and_then(NodeRef::as_str) {
                    self.insert(name, "v1", kind, "");
                }
            }
        }
    }

    fn insert(&mut self, name: &str, api_version: &str, kind: &str, namespace: &str) {
        if name.is_empty() {
            return;
        }
        let object =
            Object { api_version: api_version.into(), kind: kind.into(), namespace: namespace.into() };
        self.objects.entry(name.into()).or_default().push(object);
    }

    fn add_pods(&mut self, pods: PodLabels) {
        let index = self.labels.len();
        for (key, value) in &pods.labels {
            self.pods.entry((key.clone(), value.clone())).or_default().push(index);
        }
        self.labels.push(pods);
    }

    /// Whether an object exists; `None` when that cannot be told. `kind` is a pattern as in `match`; an empty
    /// namespace, here or there, is one that is filled in later and may be any.
    pub(super) fn exists(&self, kind: &str, namespace: &str, name: &str) -> Option<bool> {
        self.exists_as(&Kind::read(kind), namespace, name)
    }

    fn exists_as(&self, kind: &Kind, namespace: &str, name: &str) -> Option<bool> {
        let found = self.objects.get(name).into_iter().flatten().any(|object| {
            kind.is(&object.api_version, &object.kind) && may_be_same(&object.namespace, namespace)
        });
        if found {
            return Some(true);
        }
        match &self.beneath {
            Some(beneath) => beneath.exists_as(kind, namespace, name),
            None => self.complete.then_some(false),
        }
    }

    /// Whether a kustomization names a file, by its path from the root; `None` when that cannot be told.
    pub(super) fn names(&self, path: &str) -> Option<bool> {
        match &self.beneath {
            _ if self.named.contains(path) => Some(true),
            Some(beneath) => beneath.names(path),
            None => self.all_files.then_some(false),
        }
    }

    /// Whether some workload starts pods that carry all of these labels; `None` when that cannot be told.
    pub(super) fn runs(&self, labels: &[(&str, &str)], namespace: &str) -> Option<bool> {
        let carries = |pods: &PodLabels| {
            may_be_same(&pods.namespace, namespace)
                && labels
                    .iter()
                    .all(|(key, value)| pods.labels.iter().any(|(of, is)| &**of == *key && &**is == *value))
        };
        let found = match labels.first() {
            None => self.labels.iter().any(carries),
            Some((key, value)) => {
                let with_first = self.pods.get(&((*key).into(), (*value).into()));
                with_first.into_iter().flatten().filter_map(|index| self.labels.get(*index)).any(carries)
            }
        };
        if found {
            return Some(true);
        }
        let may_turn_out =
            self.labels.iter().any(|pods| pods.open && may_be_same(&pods.namespace, namespace));
        match &self.beneath {
            _ if may_turn_out => None,
            Some(beneath) => beneath.runs(labels, namespace),
            None => self.complete.then_some(false),
        }
    }
}

/// The metadata of the pods of a workload, which stands beside their specification.
fn pod_metadata<'d>(resource: &Resource<'d>) -> Option<NodeRef<'d>> {
    const TEMPLATES: [&[&str]; 3] =
        [&["spec", "jobTemplate", "spec", "template"], &["spec", "template"], &["template"]];
    if resource.kind == "Pod" {
        return resource.body.get("metadata");
    }
    TEMPLATES.iter().find_map(|path| resource.body.descend(path))?.get("metadata")
}

fn may_be_same(a: &str, b: &str) -> bool {
    a.is_empty() || b.is_empty() || a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(objects: &[(&str, &str, &str, &str)]) -> Inventory {
        let mut inventory = Inventory::default();
        for (name, api_version, kind, namespace) in objects {
            inventory.insert(name, api_version, kind, namespace);
        }
        inventory
    }

    #[test]
    fn absence_is_known_only_when_everything_is() {
        let mut inventory = of(&[("db", "v1", "Secret", "shop")]);
        assert_eq!(inventory.exists("v1/Secret", "shop", "db"), Some(true));
        assert_eq!(inventory.exists("v1/Secret", "", "db"), Some(true));
        assert_eq!(inventory.exists("v1/Secret", "cart", "db"), None);
        assert_eq!(inventory.exists("v1/ConfigMap", "shop", "db"), None);
        inventory.complete();
        assert_eq!(inventory.exists("v1/Secret", "cart", "db"), Some(false));
        assert_eq!(inventory.exists("v1/ConfigMap", "shop", "db"), Some(false));
    }

    #[test]
    fn labels_that_are_only_known_later_may_match() {
        let mut inventory = Inventory::default();
        inventory.complete();
        assert_eq!(inventory.runs(&[("app", "cart")], "shop"), Some(false));
        let labels = vec![("app".into(), "${APP}".into())];
        inventory.add_pods(PodLabels { namespace: "shop".into(), labels, open: true });
        assert_eq!(inventory.runs(&[("app", "cart")], "shop"), None);
        assert_eq!(inventory.runs(&[("app", "cart")], "other"), Some(false));
    }
}
