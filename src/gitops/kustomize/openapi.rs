//! What the reference knows of built-in kinds: which live outside namespaces, and which lists a strategic
//! merge patch merges (`openapi.txt`). Deliberately absent: everything else a schema says.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The type of a value, as far as merging goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type(&'static [Field]);

/// A field whose value is, or holds, lists that are merged.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: &'static str,
    shape: Shape,
    of: &'static str,
}

/// How the lists of a field are patched.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Object,
    Replaced,
    Merged(&'static [&'static str]),
}

/// How a list is patched.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListType {
    /// The keys that pair its items, none for a set of scalars; `None` where the patch's list replaces it.
    pub keys: Option<&'static [&'static str]>,
    /// The type of its items.
    pub items: Option<Type>,
}

struct Known {
    cluster: HashSet<(&'static str, &'static str)>,
    kinds: HashMap<(&'static str, &'static str), &'static str>,
    types: HashMap<&'static str, &'static [Field]>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| read(include_str!("openapi.txt")));

/// Whether objects of that kind certainly live outside namespaces.
pub(super) fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    KNOWN.cluster.contains(&(api_version, kind))
}

/// The type of a kind; `None` for a kind that is not built in.
pub(super) fn type_of(api_version: &str, kind: &str) -> Option<Type> {
    named(KNOWN.kinds.get(&(api_version, kind))?)
}

fn named(name: &str) -> Option<Type> {
    KNOWN.types.get(name).map(|fields| Type(fields))
}

impl Type {
    fn field(self, name: &str) -> Option<&'static Field> {
        self.0.iter().find(|field| field.name == name)
    }

    /// The type of the object in a field.
    pub(super) fn object(self, name: &str) -> Option<Type> {
        let field = self.field(name)?;
        matches!(field.shape, Shape::Object).then(|| named(field.of)).flatten()
    }

    /// How the list in a field is patched.
    pub(super) fn list(self, name: &str) -> Option<ListType> {
        let field = self.field(name)?;
        let keys = match field.shape {
            Shape::Object => return None,
            Shape::Replaced => None,
            Shape::Merged(keys) => Some(keys),
        };
        Some(ListType { keys, items: named(field.of) })
    }
}

fn read(text: &'static str) -> Known {
    let mut known = Known { cluster: HashSet::new(), kinds: HashMap::new(), types: HashMap::new() };
    // A type may take several lines.
    let mut fields: HashMap<&str, Vec<Field>> = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(what), Some(of)) = (words.next(), words.next()) else { continue };
        match what {
            "cluster" => known.cluster.extend(words.map(|kind| (of, kind))),
            "kinds" => known.kinds.extend(words.map(|word| {
                let (kind, name) = word.split_once('=').unwrap_or((word, word));
                ((of, kind), name)
            })),
            _ => fields.entry(of).or_default().extend(words.map(field)),
        }
    }
    known.types = fields.into_iter().map(|(name, fields)| (name, &*Vec::leak(fields))).collect();
    known
}

/// `name`, `name:Type`, `name[]:Type`, `name[key,...]:Type` or `name[=]`.
fn field(word: &'static str) -> Field {
    let (name, of) = word.split_once(':').unwrap_or((word, ""));
    let Some((name, keys)) = name.split_once('[') else { return Field { name, shape: Shape::Object, of } };
    let shape = match keys.trim_end_matches(']') {
        "" => Shape::Replaced,
        "=" => Shape::Merged(&[]),
        keys => Shape::Merged(Vec::leak(keys.split(',').collect())),
    };
    Field { name, shape, of }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let is_type = |name: &&str| KNOWN.types.contains_key(name);
        assert!(KNOWN.kinds.values().all(is_type));
        let fields = KNOWN.types.values().flat_map(|fields| fields.iter());
        assert!(fields.map(|field| field.of).filter(|of| !of.is_empty()).all(|of| is_type(&of)));
    }

    #[test]
    fn lists_are_merged_by_the_keys_of_their_type() {
        let pod = type_of("apps/v1", "Deployment")
            .and_then(|kind| kind.object("spec")?.object("template")?.object("spec"))
            .expect("a Deployment has a pod");
        let containers = pod.list("containers").expect("a list");
        assert_eq!(containers.keys, Some(["name"].as_slice()));
        let ports = containers.items.and_then(|item| item.list("ports")).expect("a list");
        assert_eq!(ports.keys, Some(["containerPort", "protocol"].as_slice()));
        assert!(pod.list("tolerations").is_none(), "a list that is replaced");
        assert!(type_of("example.com/v1", "Cart").is_none());
        assert!(is_cluster_scoped("v1", "Namespace") && !is_cluster_scoped("v1", "Pod"));
    }
}
