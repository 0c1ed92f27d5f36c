//! `patches` and their two older forms: which objects a patch is for, and what it does to them.

use super::fault::{Fault, Fields, Outcome};
use super::objects::resources as read_resources;
use super::resource::Resource;
use super::scalars::check;
use super::select::Selector;
use super::strategic;
use super::{folded, json_patch};
use crate::gitops::tree::Value;
use crate::gitops::{Origin, Tree};
use crate::model::Scalar;

/// What a patch may change besides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowed {
    /// The name.
    pub name: bool,
    /// The kind.
    pub kind: bool,
}

impl Allowed {
    /// Reads the `options` of a patch.
    pub(super) fn read(options: Option<&Tree>) -> Outcome<Self> {
        let Some(options) = options else { return Ok(Self::default()) };
        let fields = Fields::of(options, &["allowNameChange", "allowKindChange"])?;
        Ok(Self { name: fields.flag("allowNameChange")?, kind: fields.flag("allowKindChange")? })
    }
}

/// Applies an entry of `patches` whose text is `documents`; `entry` is to blame.
pub(super) fn apply(
    resources: &mut Vec<Resource>,
    entry: &Tree,
    documents: &[Tree],
    target: Option<&Tree>,
    allowed: Allowed,
) -> Outcome<()> {
    let target = target.map(Selector::read).transpose()?;
    if let Some(patch) = documents.first().filter(|first| json_patch::is_patch(first)) {
        let target = target.ok_or_else(|| Fault::at(entry, "a JSON patch needs a `target`"))?;
        return apply_json(resources, patch, &target, true);
    }
    let patches = read_resources(documents)?;
    let Some(target) = target else {
        return patches.into_iter().try_for_each(|patch| apply_named(resources, patch, entry, allowed));
    };
    let mut patches = patches.into_iter();
    let (Some(mut patch), None) = (patches.next(), patches.next()) else {
        return match documents {
            [] => Ok(()),
            _ => Err(Fault::at(entry, "several patches in one entry cannot have a `target`")),
        };
    };
    notes_as_text(&mut patch.tree);
    for resource in &mut *resources {
        if target.selects(resource) {
            let mut patch = patch.clone();
            if let Some(version) = resource.tree.get("apiVersion") {
                patch.tree.set("apiVersion", version.clone());
            }
            merge(resource, patch, allowed)?;
        }
    }
    drop_deleted(resources);
    Ok(())
}

/// Applies an entry of `patchesStrategicMerge`.
pub(super) fn apply_strategic(
    resources: &mut Vec<Resource>,
    entry: &Tree,
    documents: &[Tree],
) -> Outcome<()> {
    for mut patch in read_resources(documents)? {
        notes_as_text(&mut patch.tree);
        apply_named(resources, patch, entry, Allowed::default())?;
    }
    Ok(())
}

/// Applies an entry of `patchesJson6902`.
pub(super) fn apply_json6902(
    resources: &mut [Resource],
    entry: &Tree,
    documents: &[Tree],
    target: Option<&Tree>,
) -> Outcome<()> {
    let target = target.ok_or_else(|| Fault::at(entry, "this patch needs a `target`"))?;
    let selector = Selector::read(target)?;
    if selector.name.is_none() {
        return Err(Fault::at(target, "the target of this patch needs a `name`"));
    }
    match documents.first().filter(|first| json_patch::is_patch(first) && !first.items().is_empty()) {
        Some(patch) => apply_json(resources, patch, &selector, false),
        None => Err(Fault::at(entry, "a list of operations is expected here")),
    }
}

fn apply_json(resources: &mut [Resource], patch: &Tree, target: &Selector, remembers: bool) -> Outcome<()> {
    for resource in resources.iter_mut().filter(|resource| target.selects(resource)) {
        if remembers {
            resource.remember();
        }
        annotations_survive(&resource.tree)?;
        folded::rewrite(&mut resource.tree)?;
        let made = resource.is_annotated().then(|| ensure_annotations(&mut resource.tree));
        json_patch::apply(&mut resource.tree, patch)?;
        if !resource.tree.is_map() {
            return Err(Fault::at(patch, "this patch leaves no object"));
        }
        if made == Some(true) {
            drop_empty_annotations(&mut resource.tree);
        }
    }
    Ok(())
}

/// The reference writes the object down as JSON, in which annotations that are not text may change.
fn annotations_survive(tree: &Tree) -> Outcome<()> {
    let notes = tree.descend(&["metadata", "annotations"]).map_or(&[][..], Tree::entries);
    notes.iter().try_for_each(|(_, value)| {
        check(value)?;
        let same = match value.scalar() {
            Some(Scalar::Int(number)) => value.text() == Some(&number.to_string()),
            Some(Scalar::Float(_)) => false,
            _ => true,
        };
        if same { Ok(()) } else { Err(Fault::at(value, "an annotation has to be text; put it in quotes")) }
    })
}

/// The reference keeps notes in the annotations, so that patches find the mapping; says whether it was made.
fn ensure_annotations(tree: &mut Tree) -> bool {
    let origin = Origin { maker: None, ..tree.origin };
    let Some(metadata) = tree.get_mut("metadata") else { return false };
    let missing = metadata.get("annotations").is_none_or(Tree::is_null);
    if missing {
        metadata.set("annotations", Tree::map(origin));
    }
    missing
}

fn drop_empty_annotations(tree: &mut Tree) {
    let Some(metadata) = tree.get_mut("metadata") else { return };
    if metadata.get("annotations").is_some_and(|notes| notes.is_map() && notes.entries().is_empty()) {
        metadata.remove("annotations");
    }
}

fn apply_named(
    resources: &mut Vec<Resource>,
    patch: Resource,
    entry: &Tree,
    allowed: Allowed,
) -> Outcome<()> {
    let id = patch.id();
    let mut found = resources.iter_mut().filter(|resource| resource.answers_to(&id));
    match (found.next(), found.next()) {
        (Some(target), None) => {
            merge(target, patch, allowed)?;
            drop_deleted(resources);
            Ok(())
        }
        (None, _) => {
            let reason = format!("there is no {} to patch", id.shown());
            Err(Fault::at(entry, reason).consequence())
        }
        (Some(_), Some(_)) => Err(Fault::at(
            entry,
            format!("several objects are {}, so what to patch is not clear", id.shown()),
        )),
    }
}

fn merge(resource: &mut Resource, patch: Resource, allowed: Allowed) -> Outcome<()> {
    if allowed.name || allowed.kind {
        resource.remember();
    }
    let empty = Tree::map(resource.tree.origin);
    let tree = std::mem::replace(&mut resource.tree, empty);
    let part = |path: &[&str]| tree.descend(path).cloned();
    let (kind, version) = (part(&["kind"]), part(&["apiVersion"]));
    let (name, namespace) = (part(&["metadata", "name"]), part(&["metadata", "namespace"]));
    let Some(merged) = strategic::merge(tree, patch.tree)? else { return Ok(()) };
    resource.tree = merged;
    // Names are not patched, and stay where they are written.
    if let Some(version) =
        version.filter(|version| Some(version.text()) == resource.tree.get("apiVersion").map(Tree::text))
    {
        resource.tree.set("apiVersion", version);
    }
    if let Some(kind) = kind.filter(|_| !allowed.kind) {
        resource.tree.set("kind", kind);
    }
    let Some(metadata) = resource.tree.get_mut("metadata") else { return Ok(()) };
    if let Some(name) = name.filter(|_| !allowed.name) {
        metadata.set("name", name);
    }
    match namespace {
        Some(namespace) if namespace.text() != Some("") => metadata.set("namespace", namespace),
        _ => drop(metadata.remove("namespace")),
    }
    Ok(())
}

/// A patch that deletes leaves nothing behind.
fn drop_deleted(resources: &mut Vec<Resource>) {
    resources.retain(|resource| !resource.tree.entries().is_empty());
}

/// Labels and annotations of a patch become text, whatever they look like.
fn notes_as_text(tree: &mut Tree) {
    let Some(metadata) = tree.get_mut("metadata") else { return };
    for key in ["labels", "annotations"] {
        let Some(Value::Map(entries)) = metadata.get_mut(key).map(|notes| &mut notes.value) else { continue };
        for (name, value) in entries {
            // A directive stays one.
            if name.text() != Some("$patch")
                && let Some(text) = value.text()
            {
                *value = Tree::string(text, value.origin);
            }
        }
    }
}
