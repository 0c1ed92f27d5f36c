//! `configMapGenerator` and `secretGenerator`, what they do to objects that are there, and the hashes behind
//! their names.

mod hash;
mod sources;

use super::fault::{Fault, Fields, Outcome, text};
use super::resource::{Behavior, Resource};
use crate::gitops::tree::Value;
use crate::gitops::{Maker, Origin, Tree};

pub(super) use hash::add_hashes;

/// Reads a file that a kustomization names.
pub(super) type Read<'r> = &'r dyn Fn(&Tree, &str) -> Outcome<Vec<u8>>;

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By `configMapGenerator`.
    ConfigMap,
    /// By `secretGenerator`.
    Secret,
}

/// The object that an entry of a generator makes, with the `generatorOptions` of its kustomization.
pub(super) fn generate(
    entry: &Tree,
    kind: Kind,
    options: Option<&Tree>,
    read: Read<'_>,
) -> Outcome<Resource> {
    let mut known = vec!["name", "namespace", "behavior", "files", "literals", "envs", "env", "options"];
    if kind == Kind::Secret {
        known.push("type");
    }
    let fields = Fields::of(entry, &known)?;
    let name = fields.text("name")?.ok_or_else(|| Fault::at(entry, "what is generated needs a `name`"))?;
    let behavior = match fields.string("behavior")? {
        "merge" => Behavior::Merge,
        "replace" => Behavior::Replace,
        _ => Behavior::Create,
    };
    let options = [fields.get("options"), options].map(|options| options.map(Options::read).transpose());
    let [own, common] = options;
    let (own, common) = (own?.unwrap_or_default(), common?.unwrap_or_default());
    let origin = Origin { maker: Some(Maker::Generator), ..entry.origin };
    let mut metadata = Tree::map(origin);
    metadata.set("name", Tree::string(text(name)?, name.origin));
    if let Some(namespace) = fields.text("namespace")? {
        metadata.set("namespace", Tree::string(text(namespace)?, namespace.origin));
    }
    for (key, own, common) in
        [("labels", own.labels, common.labels), ("annotations", own.annotations, common.annotations)]
    {
        let mut notes = Tree::map(origin);
        for (name, value) in common.iter().chain(own) {
            notes.set(text(name)?, Tree::string(text(value)?, made(value)));
        }
        if !notes.entries().is_empty() {
            metadata.set(key, notes);
        }
    }
    let mut tree = Tree::map(origin);
    tree.set("apiVersion", Tree::string("v1", origin));
    tree.set("kind", Tree::string(if kind == Kind::Secret { "Secret" } else { "ConfigMap" }, origin));
    tree.set("metadata", metadata);
    if kind == Kind::Secret {
        let of = fields.text("type")?;
        let of =
            of.map_or(Ok(Tree::string("Opaque", origin)), |of| Ok(Tree::string(text(of)?, of.origin)))?;
        tree.set("type", of);
        tree.set("data", Tree::map(origin));
    }
    for pair in sources::read(fields, read)? {
        let origin = made(pair.from);
        let (field, value) = match (kind, String::from_utf8(pair.value)) {
            (Kind::Secret, value) => {
                ("data", sources::base64(value.as_ref().map_or_else(|raw| raw.as_bytes(), String::as_bytes)))
            }
            (Kind::ConfigMap, Ok(value)) => ("data", value),
            (Kind::ConfigMap, Err(raw)) => ("binaryData", sources::base64(raw.as_bytes())),
        };
        if value.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            return Err(Fault::at(pair.from, "it has line breaks that the reference may read as others"));
        }
        if tree.get(field).is_none() {
            tree.set(field, Tree::map(origin));
        }
        if let Some(data) = tree.get_mut(field) {
            data.set(&pair.key, Tree::string(value, origin));
        }
    }
    if own.immutable || common.immutable {
        tree.set("immutable", Tree::plain("true", origin));
    }
    let mut resource = Resource::new(tree);
    resource.behavior = Some(behavior);
    resource.needs_hash = !(own.no_hash || common.no_hash);
    Ok(resource)
}

fn made(value: &Tree) -> Origin {
    Origin { maker: Some(Maker::Generator), ..value.origin }
}

#[derive(Default)]
struct Options<'t> {
    labels: &'t [(Tree, Tree)],
    annotations: &'t [(Tree, Tree)],
    no_hash: bool,
    immutable: bool,
}

impl<'t> Options<'t> {
    fn read(tree: &'t Tree) -> Outcome<Self> {
        let fields = Fields::of(tree, &["labels", "annotations", "disableNameSuffixHash", "immutable"])?;
        Ok(Self {
            labels: fields.pairs("labels")?,
            annotations: fields.pairs("annotations")?,
            no_hash: fields.flag("disableNameSuffixHash")?,
            immutable: fields.flag("immutable")?,
        })
    }
}

/// Puts a generated object among the others, as its behavior says.
pub(super) fn absorb(resources: &mut Vec<Resource>, mut new: Resource, entry: &Tree) -> Outcome<()> {
    let id = new.id();
    let mut found = resources.iter_mut().filter(|resource| resource.answers_to(&id));
    let behavior = new.behavior.unwrap_or_default();
    match (found.next(), found.next(), behavior) {
        (None, _, Behavior::Create) => resources.push(new),
        (None, ..) => {
            return Err(Fault::at(entry, format!("there is no {} to change", id.shown())).consequence());
        }
        (Some(_), None, Behavior::Create) => {
            return Err(Fault::at(entry, format!("{} is there already; say how in `behavior`", id.shown())));
        }
        (Some(old), None, behavior) => {
            take_over(&mut new, old, behavior == Behavior::Merge);
            *old = new;
        }
        (Some(_), Some(_), _) => return Err(Fault::at(entry, format!("several objects are {}", id.shown()))),
    }
    Ok(())
}

/// The names and notes of the old object, and its data when they are merged.
fn take_over(new: &mut Resource, old: &Resource, merges: bool) {
    new.inherit(old);
    let from = old.tree.get("metadata");
    if let Some(metadata) = new.tree.get_mut("metadata") {
        for key in ["labels", "annotations"] {
            unite(metadata, from.and_then(|from| from.get(key)), key);
        }
        metadata.set(
            "name",
            from.and_then(|from| from.get("name")).cloned().unwrap_or_else(|| Tree::map(old.tree.origin)),
        );
        match from.and_then(|from| from.get("namespace")) {
            Some(namespace) => metadata.set("namespace", namespace.clone()),
            None => drop(metadata.remove("namespace")),
        }
    }
    for key in ["data", "binaryData"] {
        if merges {
            unite(&mut new.tree, old.tree.get(key), key);
        }
    }
}

/// The entries of `old` that the mapping under `key` does not have, all as text.
fn unite(tree: &mut Tree, old: Option<&Tree>, key: &str) {
    let Some(old) = old.filter(|old| !old.entries().is_empty()) else { return };
    let new = tree.remove(key).unwrap_or_else(|| Tree::map(old.origin));
    let mut both = Tree::map(old.origin);
    if let (Value::Map(both), Value::Map(new)) = (&mut both.value, new.value) {
        let as_text = |value: &Tree| Tree::string(value.text().unwrap_or_default(), value.origin);
        let is_new = |name: Option<&str>| new.iter().any(|(known, _)| known.text() == name);
        let kept = old.entries().iter().filter(|(name, _)| !is_new(name.text()));
        both.extend(kept.map(|(name, value)| (name.clone(), as_text(value))));
        both.extend(new);
    }
    tree.set(key, both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn made_by(entry: &str, kind: Kind) -> Outcome<Resource> {
        let read: Read<'_> = &|_, path| Ok(format!("content of {path}\n").into_bytes());
        generate(&tree(entry), kind, Some(&tree("{labels: {team: shop}}")), read)
    }

    #[test]
    fn names_are_hashed_as_the_reference_hashes() {
        let mut all = vec![
            made_by("{name: a, literals: [x=1, \"y='q'\"], files: [f.txt, k=f.txt]}", Kind::ConfigMap)
                .expect("made"),
            made_by("{name: b, literals: [password=s3cret]}", Kind::Secret).expect("made"),
            made_by("{name: c}", Kind::ConfigMap).expect("made"),
        ];
        add_hashes(&mut all).expect("hashed");
        let names: Vec<&str> = all.iter().map(Resource::name).collect();
        assert_eq!(names, ["a-t8t9hbmf65", "b-bf5fk5d75b", "c-6ct58987ht"]);
        let data = show(all[0].tree.get("data").expect("data"));
        assert_eq!(data, "{x:1,y:q,f.txt:content of f.txt\n,k:content of f.txt\n}");
        assert_eq!(show(all[1].tree.get("data").expect("data")), "{password:czNjcmV0}");
    }

    #[test]
    fn merging_keeps_what_is_there() {
        let mut all = vec![made_by("{name: a, literals: [x=1, y=2]}", Kind::ConfigMap).expect("made")];
        let more = made_by("{name: a, behavior: merge, literals: [y=3]}", Kind::ConfigMap).expect("made");
        absorb(&mut all, more, &tree("{}")).expect("merged");
        assert_eq!(show(all[0].tree.get("data").expect("data")), "{x:1,y:3}");
        let again = made_by("{name: a, literals: [y=3]}", Kind::ConfigMap).expect("made");
        assert!(absorb(&mut all, again, &tree("{}")).is_err());
        let other = made_by("{name: b, behavior: replace}", Kind::ConfigMap).expect("made");
        assert!(absorb(&mut all, other, &tree("{}")).is_err());
    }

    #[test]
    fn a_source_that_is_none_is_refused() {
        for entry in
            ["{name: a, literals: [x]}", "{name: a, files: [a=b=c]}", "{name: a, literals: [x=1, x=2]}", "{}"]
        {
            assert!(made_by(entry, Kind::ConfigMap).is_err(), "{entry}");
        }
    }
}
