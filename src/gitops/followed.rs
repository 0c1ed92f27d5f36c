//! The roots that controllers follow, side by side: which others apply an object, too.
//!
//! Two roots that own one object undo each other's work for ever. Kustomizations that no controller names are not
//! among them: `dev` and `prod` of one base are no two owners of anything.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::controller::Root;
use super::tree::Tree;

/// What controllers apply in a repository.
pub struct Followed<'r> {
    roots: &'r [Root],
    /// The places of roots, by the object as its cluster knows it; noted when first asked for.
    by_object: OnceLock<HashMap<String, Vec<usize>>>,
}

impl<'r> Followed<'r> {
    /// These roots, in their order.
    pub(super) const fn new(roots: &'r [Root]) -> Self {
        Self { roots, by_object: OnceLock::new() }
    }

    /// The roots besides `root`, which is one of these, that apply an object of its to the same cluster. What is
    /// called the same is another version of it, of which the cluster has one.
    pub fn others(&self, root: &Root, object: &Tree) -> Vec<&'r Root> {
        let Some(applied) = applied(root, object) else { return Vec::new() };
        let places = self.by_object.get_or_init(|| index(self.roots)).get(&applied).into_iter().flatten();
        let roots = places.filter_map(|place| self.roots.get(*place));
        roots.filter(|other| (other.kind, &other.name) != (root.kind, &root.name)).collect()
    }
}

fn index(roots: &[Root]) -> HashMap<String, Vec<usize>> {
    let mut by_object: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, root) in roots.iter().enumerate() {
        for applied in root.build.objects.iter().filter_map(|object| applied(root, object)) {
            let places = by_object.entry(applied).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    by_object
}

/// An object as the cluster knows it that it is applied to; `None` when its name is not known before that.
fn applied(root: &Root, object: &Tree) -> Option<String> {
    let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text);
    let (version, kind) = (text(&["apiVersion"])?, text(&["kind"])?);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let namespace = text(&["metadata", "namespace"]).unwrap_or_default();
    let name = text(&["metadata", "name"])?;
    let is_open = [namespace, name].iter().any(|text| text.contains("${"));
    let destination = root.destination.as_deref().unwrap_or_default();
    // No part of a name holds a space.
    (!is_open).then(|| format!("{} {destination} {group} {kind} {namespace} {name}", root.cluster))
}
