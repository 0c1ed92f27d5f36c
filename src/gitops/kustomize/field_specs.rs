//! Which fields a transformer sets: the reference's own list (`fields.txt`), what `configurations` add, and
//! how a path is followed into an object.

use std::sync::{Arc, LazyLock};

use super::fault::{Fault, Fields, Outcome};
use super::resource::{Id, Resource};
use crate::gitops::tree::Value;
use crate::gitops::{Origin, Tree};

/// A group, version and kind; what is empty is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gvk {
    /// The API group.
    pub group: Arc<str>,
    /// The version.
    pub version: Arc<str>,
    /// The kind.
    pub kind: Arc<str>,
}

impl Gvk {
    /// Whether it is one of these.
    pub(super) fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        let fits = |wanted: &str, it: &str| wanted.is_empty() || wanted == it;
        fits(&self.group, group) && fits(&self.version, version) && fits(&self.kind, kind)
    }

    /// Whether an object of that name is one of these.
    pub(super) fn selects_id(&self, id: &Id<'_>) -> bool {
        self.selects(id.group, id.version, id.kind)
    }

    /// The fields `group`, `version` and `kind` of a mapping.
    pub(super) fn read(fields: Fields<'_>) -> Outcome<Self> {
        Ok(Self {
            group: fields.string("group")?.into(),
            version: fields.string("version")?.into(),
            kind: fields.string("kind")?.into(),
        })
    }
}

/// A field of objects of some kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldSpec {
    /// The kinds.
    pub gvk: Gvk,
    /// The path, with `/`.
    pub path: Arc<str>,
    /// Whether it is made where it is missing.
    pub create: bool,
}

impl FieldSpec {
    /// Reads `path`, `create` and the kinds.
    pub(super) fn read(tree: &Tree) -> Outcome<Self> {
        let fields = Fields::of(tree, &["path", "create", "group", "version", "kind"])?;
        let path = fields.string("path")?.into();
        Ok(Self { gvk: Gvk::read(fields)?, path, create: fields.flag("create")? })
    }
}

/// What may hold the name of an object of a kind.
#[derive(Clone, Debug)]
pub(super) struct NameReference {
    /// What is referred to.
    pub target: Gvk,
    /// Where from.
    pub from: Vec<FieldSpec>,
}

/// The fields of every transformer.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    /// By the transformer's name in `configurations`.
    lists: [Vec<FieldSpec>; LISTS.len()],
    /// Where names are referred to.
    pub name_reference: Vec<NameReference>,
}

const LISTS: [&str; 10] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

static DEFAULT: LazyLock<Arc<Config>> = LazyLock::new(|| Arc::new(read_default(include_str!("fields.txt"))));

impl Config {
    /// The reference's own.
    pub(super) fn default_fields() -> Arc<Self> {
        DEFAULT.clone()
    }

    /// The fields of the transformer that `configurations` call `name`.
    pub(super) fn fields(&self, name: &str) -> &[FieldSpec] {
        LISTS.iter().position(|list| *list == name).map_or(&[], |at| &self.lists[at])
    }

    /// The configuration in a file of `configurations`.
    pub(super) fn read(tree: &Tree) -> Outcome<Self> {
        let mut known = LISTS.to_vec();
        known.push("nameReference");
        let fields = Fields::of(tree, &known)?;
        let mut config = Self::default();
        for (name, list) in LISTS.iter().zip(&mut config.lists) {
            *list = fields.list(name)?.iter().map(FieldSpec::read).collect::<Outcome<_>>()?;
        }
        for reference in fields.list("nameReference")? {
            let fields = Fields::of(reference, &["group", "version", "kind", "fieldSpecs"])?;
            let from = fields.list("fieldSpecs")?.iter().map(FieldSpec::read).collect::<Outcome<_>>()?;
            config.name_reference.push(NameReference { target: Gvk::read(fields)?, from });
        }
        Ok(config)
    }

    /// Adds what `other` has besides.
    pub(super) fn merge(&mut self, other: &Self) -> Outcome<()> {
        for (list, more) in self.lists.iter_mut().zip(&other.lists) {
            merge_specs(list, more)?;
        }
        for reference in &other.name_reference {
            match self.name_reference.iter_mut().find(|known| known.target == reference.target) {
                Some(known) => merge_specs(&mut known.from, &reference.from)?,
                None => self.name_reference.push(reference.clone()),
            }
        }
        Ok(())
    }
}

/// Adds the fields that `list` does not have.
pub(super) fn merge_specs(list: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Outcome<()> {
    for spec in more {
        let covers = |known: &&FieldSpec| {
            known.path == spec.path && spec.gvk.selects(&known.gvk.group, &known.gvk.version, &known.gvk.kind)
        };
        match list.iter().find(covers) {
            Some(known) if known.create != spec.create => {
                let reason =
                    format!("the field `{}` is configured twice, with and without `create`", spec.path);
                return Err(Fault::new(reason));
            }
            Some(_) => {}
            None => list.push(spec.clone()),
        }
    }
    Ok(())
}

fn read_default(text: &str) -> Config {
    let mut config = Config::default();
    let mut list = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some(rest) = line.strip_prefix("  ") else {
            list = LISTS.iter().position(|name| *name == line);
            if let (None, Some(target)) = (list, line.strip_prefix("nameReference ")) {
                config.name_reference.push(NameReference { target: gvk(target), from: Vec::new() });
            }
            continue;
        };
        let mut words = rest.split(' ').peekable();
        let path: Arc<str> = words.next().unwrap_or_default().into();
        let create = words.next_if_eq(&"+").is_some();
        let specs = words.map(|word| FieldSpec { gvk: gvk(word), path: path.clone(), create });
        match (list, config.name_reference.last_mut()) {
            (Some(at), _) => config.lists[at].extend(specs),
            (None, Some(reference)) => reference.from.extend(specs),
            (None, None) => {}
        }
    }
    config
}

/// `KIND` or `GROUP/VERSION/KIND`, with `*` for any.
fn gvk(word: &str) -> Gvk {
    let part = |word: &str| if word == "*" { "".into() } else { word.into() };
    let mut parts = word.rsplitn(3, '/').map(part);
    let kind = parts.next().unwrap_or_default();
    let version = parts.next().unwrap_or_default();
    Gvk { group: parts.next().unwrap_or_default(), version, kind }
}

/// What is made where a field is missing and may be made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Make {
    /// Nothing; only what is there is visited.
    Nothing,
    /// Text, from that place.
    Scalar(Origin),
    /// A mapping, from that place.
    Map(Origin),
}

/// Calls `set` with every value that `spec` names in the object.
pub(super) fn visit(
    resource: &mut Resource,
    spec: &FieldSpec,
    make: Make,
    set: &mut dyn FnMut(&mut Tree) -> Outcome<()>,
) -> Outcome<()> {
    let id = resource.id();
    if !spec.gvk.selects_id(&id) {
        return Ok(());
    }
    let make = if spec.create { make } else { Make::Nothing };
    let shown = id.shown();
    follow(&mut resource.tree, &split(&spec.path, '/'), make, set).map_err(|fault| match fault.at {
        Some(_) => fault,
        None => Fault::new(format!("{} (at `{}` of {shown})", fault.reason, spec.path)),
    })
}

/// The parts of a path; a delimiter behind `\` belongs to a part.
pub(super) fn split(path: &str, delimiter: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut joins = false;
    // A path may start with the delimiter.
    let path = path.strip_prefix(delimiter).unwrap_or(path);
    for part in path.split(delimiter) {
        let (text, escaped) = part.strip_suffix('\\').map_or((part, false), |text| (text, true));
        match parts.last_mut() {
            Some(last) if joins => {
                last.push(delimiter);
                last.push_str(text);
            }
            _ => parts.push(text.to_owned()),
        }
        joins = escaped;
    }
    if let Some(last) = parts.last_mut().filter(|_| joins) {
        last.push('\\');
    }
    parts
}

fn follow(
    tree: &mut Tree,
    path: &[String],
    make: Make,
    set: &mut dyn FnMut(&mut Tree) -> Outcome<()>,
) -> Outcome<()> {
    let Some((first, rest)) = path.split_first() else { return set(tree) };
    if tree.is_null() {
        return Ok(());
    }
    match &mut tree.value {
        Value::List(items) => items.iter_mut().try_for_each(|item| follow(item, path, make, set)),
        Value::Map(_) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            let is_list = name != first;
            let new = match make {
                _ if is_list => None,
                Make::Nothing => None,
                Make::Scalar(origin) if rest.is_empty() => Some(Tree::string("", origin)),
                Make::Scalar(origin) | Make::Map(origin) => Some(Tree::map(origin)),
            };
            let missing = tree.get(name).is_none_or(Tree::is_null);
            if let (true, Some(new)) = (missing, new) {
                tree.set(name, new);
            }
            tree.get_mut(name).map_or(Ok(()), |value| follow(value, rest, make, set))
        }
        Value::Scalar(..) => Err(Fault::at(tree, "a mapping or a list is expected here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_fields_are_read() {
        let config = Config::default_fields();
        assert_eq!(config.fields("replicas").len(), 4);
        assert_eq!(&*config.fields("commonLabels")[1].gvk.kind, "ReplicationController");
        let secret =
            config.name_reference.iter().find(|known| &*known.target.kind == "Secret").expect("known");
        assert!(secret.from.iter().any(|spec| &*spec.path == "spec/tls/secretName"));
        assert!(config.lists.iter().zip(LISTS).all(|(list, name)| name == "labels" || !list.is_empty()));
    }

    #[test]
    fn a_backslash_keeps_a_part_together() {
        assert_eq!(split(r"metadata/annotations/a.io\/b", '/'), ["metadata", "annotations", "a.io/b"]);
        assert_eq!(split("/a/b", '/'), ["a", "b"]);
    }
}
