//! References to names that have changed: fixed once, at the root, when every name is final.

use std::collections::HashSet;
use std::sync::Arc;

use super::fault::{Fault, Outcome};
use super::field_specs::{Config, FieldSpec, Gvk, Make, visit};
use super::resource::{CLUSTER, Resource, text_at};
use crate::gitops::Tree;
use crate::gitops::tree::Value;

/// Gives every reference the present name of what it refers to.
pub(super) fn fix(resources: &mut [Resource], config: &Config) -> Outcome<()> {
    let known: Vec<Known> = resources.iter().map(Known::of).collect();
    if known.iter().all(|known| known.past.is_empty()) {
        return Ok(());
    }
    for (resource, own) in resources.iter_mut().zip(&known) {
        let mut candidates = None;
        for reference in &config.name_reference {
            for spec in reference.from.iter().filter(|spec| own.is_from(spec)) {
                let candidates = candidates.get_or_insert_with(|| candidates_of(resource, own, &known));
                let referrer =
                    Referrer { own, target: &reference.target, role: role_of(resource, spec), candidates };
                let spec = FieldSpec { gvk: Gvk::default(), ..spec.clone() };
                visit(resource, &spec, Make::Nothing, &mut |field| referrer.update(field))?;
            }
        }
    }
    Ok(())
}

/// What references need to know of an object.
struct Known {
    /// Group, version, kind, name and namespace of former days.
    past: Vec<[Arc<str>; 5]>,
    original: [Arc<str>; 5],
    is_account: bool,
    namespace: Arc<str>,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    name: Option<Tree>,
    written_namespace: Option<Tree>,
}

impl Known {
    fn of(resource: &Resource) -> Self {
        let own = |id: super::resource::Id<'_>| {
            [id.group, id.version, id.kind, id.name, id.namespace].map(Arc::from)
        };
        let metadata =
            |key| resource.tree.descend(&["metadata", key]).filter(|value| !value.is_null()).cloned();
        Self {
            past: resource.past_ids().map(own).collect(),
            original: own(resource.original_id()),
            is_account: resource.kind() == "ServiceAccount",
            namespace: resource.id().namespace.into(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            name: metadata("name"),
            written_namespace: metadata("namespace").filter(|value| value.text() != Some("")),
        }
    }

    fn is_from(&self, spec: &FieldSpec) -> bool {
        let [group, version, kind, ..] = &self.original;
        spec.gvk.selects(group, version, kind)
    }

    fn was(&self, wanted: &Gvk) -> bool {
        self.past.iter().any(|[group, version, kind, ..]| wanted.selects(group, version, kind))
    }

    fn is_cluster_scoped(&self) -> bool {
        &*self.namespace == CLUSTER
    }

    fn name(&self) -> &str {
        self.name.as_ref().and_then(Tree::text).unwrap_or_default()
    }
}

/// What an object can refer to: what is in its namespace or in none, and the accounts a binding names.
fn candidates_of<'k>(resource: &Resource, own: &Known, known: &'k [Known]) -> Vec<&'k Known> {
    if own.is_cluster_scoped() {
        return known.iter().collect();
    }
    let mut named = HashSet::new();
    if resource.kind() == "RoleBinding" {
        let subjects = resource.tree.get("subjects").map_or(&[][..], Tree::items);
        let accounts = subjects.iter().filter(|subject| text_at(subject, "kind") == "ServiceAccount");
        named.extend(accounts.filter_map(|account| account.get("namespace").and_then(Tree::text)));
    }
    let reachable = |other: &&Known| {
        let written = other.written_namespace.as_ref().and_then(Tree::text).unwrap_or_default();
        other.is_cluster_scoped() || other.namespace == own.namespace || named.contains(written)
    };
    known.iter().filter(reachable).collect()
}

/// The kind of role that a binding refers to, for the field that names it.
fn role_of(resource: &Resource, spec: &FieldSpec) -> Option<Gvk> {
    if !spec.path.ends_with("roleRef/name") {
        return None;
    }
    let role = resource.tree.get("roleRef")?;
    let text = |key| Some(role.get(key)?.text().unwrap_or_default().into());
    Some(Gvk { group: text("apiGroup")?, version: "".into(), kind: text("kind")? })
}

struct Referrer<'k> {
    own: &'k Known,
    target: &'k Gvk,
    role: Option<Gvk>,
    candidates: &'k [&'k Known],
}

impl Referrer<'_> {
    fn update(&self, field: &mut Tree) -> Outcome<()> {
        match &mut field.value {
            Value::List(items) => items.iter_mut().try_for_each(|item| self.update_one(item)),
            _ => self.update_one(field),
        }
    }

    fn update_one(&self, field: &mut Tree) -> Outcome<()> {
        match &field.value {
            _ if field.is_null() => Ok(()),
            Value::Scalar(name, ..) => {
                let found = self.find(field, name, self.candidates, false)?;
                if let Some(name) =
                    found.and_then(|found| found.name.as_ref()).filter(|name| name.text() != field.text())
                {
                    *field = name.clone();
                }
                Ok(())
            }
            Value::Map(_) => self.update_mapping(field),
            Value::List(_) => Err(Fault::at(field, "a name is expected here")),
        }
    }

    /// A reference with a name and perhaps a namespace.
    fn update_mapping(&self, field: &mut Tree) -> Outcome<()> {
        let Some(name) = field.get("name") else {
            return Err(Fault::at(field, "a `name` is expected here"));
        };
        let candidates = match field.get("namespace").map(|namespace| namespace.text().unwrap_or_default()) {
            None => self.candidates.to_vec(),
            Some(namespace) => self.of_namespace(namespace),
        };
        let old = name.text().unwrap_or_default();
        let Some(found) = self.find(field, old, &candidates, true)? else { return Ok(()) };
        if let Some(name) = found.name.as_ref().filter(|name| name.text() != Some(old)) {
            field.set("name", name.clone());
        }
        if let Some(namespace) = &found.written_namespace
            && field.get("namespace").and_then(Tree::text) != namespace.text()
        {
            field.set("namespace", namespace.clone());
        }
        Ok(())
    }

    /// Those that were in a namespace, or else those that are.
    fn of_namespace(&self, namespace: &str) -> Vec<&Known> {
        let among = |of: fn(&Known) -> &str| -> Vec<&Known> {
            let fits = |known: &&&Known| of(known) == namespace && namespace != CLUSTER;
            self.candidates.iter().filter(fits).copied().collect()
        };
        let were = among(|known| &known.original[4]);
        if were.is_empty() { among(|known| &known.namespace) } else { were }
    }

    fn find<'c>(
        &self,
        field: &Tree,
        name: &str,
        candidates: &[&'c Known],
        by_namespace: bool,
    ) -> Outcome<Option<&'c Known>> {
        let mut left: Vec<&Known> = candidates
            .iter()
            .copied()
            .filter(|known| known.past.iter().any(|[.., past, _]| &**past == name))
            .filter(|known| known.was(self.target))
            .filter(|known| self.role.as_ref().is_none_or(|role| known.was(role)))
            .filter(|known| self.reaches(known))
            .collect();
        if left.len() > 1 {
            left.retain(|known| self.affixes_fit(known, true));
        }
        if left.len() > 1 {
            left.retain(|known| self.affixes_fit(known, false));
        }
        let namespace =
            |known: &Known| known.written_namespace.as_ref().and_then(Tree::text).map(str::to_owned);
        let Some((first, rest)) = left.split_first() else { return Ok(None) };
        let same = |other: &&&Known| {
            other.name() == first.name() && (!by_namespace || namespace(other) == namespace(first))
        };
        if rest.iter().filter(same).count() == rest.len() {
            return Ok(Some(first));
        }
        Err(Fault::at(field, format!("`{name}` may refer to several objects whose names have changed")))
    }

    fn reaches(&self, known: &Known) -> bool {
        self.own.is_cluster_scoped()
            || known.is_cluster_scoped()
            || known.is_account
            || known.namespace == self.own.namespace
    }

    /// Whether the prefixes and suffixes of both end alike.
    fn affixes_fit(&self, known: &Known, none_fits: bool) -> bool {
        let fit = |a: &[Arc<str>], b: &[Arc<str>]| {
            let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
            if short.is_empty() { none_fits || long.is_empty() } else { long.ends_with(short) }
        };
        fit(&self.own.prefixes, &known.prefixes) && fit(&self.own.suffixes, &known.suffixes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};
    use crate::gitops::kustomize::transform;

    #[test]
    fn references_follow_names_and_namespaces() {
        let texts = [
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: cart}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}",
            "{apiVersion: v1, kind: Pod, metadata: {name: cart}, spec: {serviceAccountName: cart, volumes: [\
             {configMap: {name: settings}}, {configMap: {name: other}}]}}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, \
             subjects: [{kind: ServiceAccount, name: cart}]}",
        ];
        let mut all: Vec<Resource> = texts.map(|text| Resource::new(tree(text))).into();
        let config = Config::default_fields();
        transform::namespace(&mut all, &tree("shop"), &config).expect("it fits");
        transform::names(&mut all, Some(&tree("dev-")), None, &config).expect("they fit");
        fix(&mut all, &config).expect("they are clear");
        let pod = show(&all[2].tree);
        assert!(pod.contains("serviceAccountName:dev-cart"), "{pod}");
        assert!(pod.contains("[{configMap:{name:dev-settings}},{configMap:{name:other}}]"), "{pod}");
        let binding = show(&all[3].tree);
        assert!(binding.contains("{kind:ServiceAccount,name:dev-cart,namespace:shop}"), "{binding}");
    }
}
