//! The transformers that set fields: namespace, names, labels, annotations, replicas, images.

use std::collections::HashSet;
use std::sync::Arc;

use regex::Regex;

use super::fault::{Fault, Fields, Outcome, text};
use super::field_specs::{Config, FieldSpec, Gvk, Make, merge_specs, visit};
use super::resource::Resource;
use crate::gitops::tree::Value;
use crate::gitops::{Maker, Origin, Tree};
use crate::model::Style;

/// Puts everything that can live in a namespace into this one, and follows it where it is referred to.
pub(super) fn namespace(resources: &mut [Resource], namespace: &Tree, config: &Config) -> Outcome<()> {
    let value = made(namespace, Maker::Namespace)?;
    let make = Make::Scalar(value.origin);
    for resource in &mut *resources {
        resource.remember();
        if !resource.is_cluster_scoped() {
            if resource.tree.get("metadata").is_none_or(Tree::is_null) {
                resource.tree.set("metadata", Tree::map(value.origin));
            }
            if let Some(metadata) = resource.tree.get_mut("metadata") {
                metadata.set("namespace", value.clone());
            }
        }
        let binds = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
        if binds && let Some(subjects) = resource.tree.get_mut("subjects") {
            default_subjects(subjects, &value);
        }
        for spec in config.fields("namespace") {
            let is_name = &*spec.path == "metadata/name" && resource.api_version() != "v1";
            let is_subject =
                binds && &*spec.path == "subjects/namespace" && spec.gvk.kind.ends_with("RoleBinding");
            if &*spec.path != "metadata/namespace" && !is_name && !is_subject {
                visit(resource, spec, make, &mut |field| set_text(field, &value))?;
            }
        }
    }
    let mut ids = HashSet::new();
    match resources.iter().map(Resource::id).find(|id| !ids.insert(*id)) {
        Some(id) => {
            Err(Fault::at(namespace, format!("two objects would become {} of this namespace", id.shown())))
        }
        None => Ok(()),
    }
}

/// Of the subjects of a binding, only the default account moves along.
fn default_subjects(subjects: &mut Tree, namespace: &Tree) {
    let Value::List(subjects) = &mut subjects.value else { return };
    for subject in subjects {
        if subject.get("name").and_then(Tree::text) == Some("default") {
            subject.set("namespace", namespace.clone());
        }
    }
}

/// Adds `prefix` and `suffix` to names.
pub(super) fn names(
    resources: &mut [Resource],
    prefix: Option<&Tree>,
    suffix: Option<&Tree>,
    config: &Config,
) -> Outcome<()> {
    for (affix, list) in [(prefix, "namePrefix"), (suffix, "nameSuffix")] {
        let Some(affix) = affix else { continue };
        let shared: Arc<str> = text(affix)?.into();
        for resource in &mut *resources {
            rename(resource, &shared, list == "namePrefix", config.fields(list))
                .map_err(|fault| fault.or_at(affix))?;
        }
    }
    Ok(())
}

fn rename(resource: &mut Resource, affix: &Arc<str>, is_prefix: bool, specs: &[FieldSpec]) -> Outcome<()> {
    let original = resource.original_id();
    let keeps = matches!(original.kind, "CustomResourceDefinition" | "Namespace")
        || original.kind == "APIService" && original.group == "apiregistration.k8s.io";
    if keeps {
        return Ok(());
    }
    let selected: Vec<&FieldSpec> = specs.iter().filter(|spec| spec.gvk.selects_id(&original)).collect();
    for spec in selected {
        if &*spec.path == "metadata/name" {
            if is_prefix { &mut resource.prefixes } else { &mut resource.suffixes }.push(affix.clone());
            resource.remember();
        }
        visit(resource, spec, Make::Nothing, &mut |field| {
            let Some(name) = field.text() else {
                return Err(Fault::new("a name has to be text"));
            };
            let name = if is_prefix { format!("{affix}{name}") } else { format!("{name}{affix}") };
            retext(field, name);
            // The name stays where it is written.
            field.origin.maker.get_or_insert(Maker::Name);
            Ok(())
        })?;
    }
    Ok(())
}

/// `labels` and then `commonLabels`.
pub(super) fn labels(resources: &mut [Resource], labels: &Tree, config: &Config) -> Outcome<()> {
    let fields = Fields::of(labels, &["pairs", "includeSelectors", "includeTemplates", "fields"])?;
    let mut specs: Vec<FieldSpec> =
        fields.list("fields")?.iter().map(FieldSpec::read).collect::<Outcome<_>>()?;
    merge_specs(&mut specs, config.fields("labels"))?;
    if fields.flag("includeSelectors")? {
        merge_specs(&mut specs, config.fields("commonLabels"))?;
    } else {
        if fields.flag("includeTemplates")? {
            merge_specs(&mut specs, config.fields("templateLabels"))?;
        }
        let own = FieldSpec { gvk: Gvk::default(), path: "metadata/labels".into(), create: true };
        merge_specs(&mut specs, &[own])?;
    }
    notes(resources, fields.pairs("pairs")?, &specs)
}

/// Sets labels or annotations in mappings.
pub(super) fn notes(resources: &mut [Resource], pairs: &[(Tree, Tree)], specs: &[FieldSpec]) -> Outcome<()> {
    for (key, value) in pairs {
        let value = made(value, Maker::Metadata)?;
        for resource in &mut *resources {
            for spec in specs {
                let set = &mut |field: &mut Tree| put(field, key, &value);
                visit(resource, spec, Make::Map(key.origin), set).map_err(|fault| fault.or_at(key))?;
            }
        }
    }
    Ok(())
}

/// Sets an entry of a mapping; a key that is there already stays where it is written.
fn put(field: &mut Tree, key: &Tree, value: &Tree) -> Outcome<()> {
    let name = key.text().unwrap_or_default();
    match &mut field.value {
        Value::Map(entries) => {
            match entries.iter_mut().find(|(known, _)| known.text() == Some(name)) {
                Some((_, known)) => *known = value.clone(),
                None => entries.push((Tree::string(name, key.origin), value.clone())),
            }
            Ok(())
        }
        _ => Err(Fault::at(field, "a mapping is expected here")),
    }
}

/// Sets the number of replicas of the workloads of a name.
pub(super) fn replicas(resources: &mut [Resource], replica: &Tree, config: &Config) -> Outcome<()> {
    let fields = Fields::of(replica, &["name", "count"])?;
    let name = fields.string("name")?;
    let count = fields.int("count")?.ok_or_else(|| Fault::at(replica, "`count` is missing"))?;
    let origin = fields.get("count").map_or(replica.origin, |count| count.origin);
    let count = Tree::plain(count.to_string(), Origin { maker: Some(Maker::Replicas), ..origin });
    let mut found = false;
    for spec in config.fields("replicas") {
        for resource in &mut *resources {
            let is_it = resource
                .past_ids()
                .chain([resource.id()])
                .any(|id| id.name == name && spec.gvk.selects_id(&id));
            if !is_it {
                continue;
            }
            found = true;
            visit(resource, spec, Make::Scalar(count.origin), &mut |field| {
                *field = count.clone();
                Ok(())
            })?;
        }
    }
    if found {
        Ok(())
    } else {
        Err(Fault::at(replica, format!("there is no workload `{name}` to scale")).consequence())
    }
}

/// Changes the name, tag or digest of an image wherever it is used.
pub(super) fn images(resources: &mut [Resource], image: &Tree, config: &Config) -> Outcome<()> {
    let change = ImageChange::read(image)?;
    for resource in &mut *resources {
        if resource.kind() == "CustomResourceDefinition" {
            continue;
        }
        change.everywhere(&mut resource.tree)?;
        for spec in config.fields("images") {
            visit(resource, spec, Make::Nothing, &mut |field| change.apply(field))
                .map_err(|fault| fault.or_at(image))?;
        }
    }
    Ok(())
}

struct ImageChange<'t> {
    /// The name is an expression to the reference.
    name: Regex,
    new_name: Option<&'t Tree>,
    new_tag: Option<&'t Tree>,
    digest: Option<&'t Tree>,
    tag_suffix: Option<&'t Tree>,
}

impl<'t> ImageChange<'t> {
    fn read(image: &'t Tree) -> Outcome<Self> {
        let fields = Fields::of(image, &["name", "newName", "newTag", "digest", "tagSuffix"])?;
        let name = fields.string("name")?;
        let name = Regex::new(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$"));
        Ok(Self {
            name: name.map_err(|_| Fault::at(image, "the name of this image is no regular expression"))?,
            new_name: fields.text("newName")?,
            new_tag: fields.text("newTag")?,
            digest: fields.text("digest")?,
            tag_suffix: fields.text("tagSuffix")?,
        })
    }

    /// The containers of any object, wherever they are.
    fn everywhere(&self, tree: &mut Tree) -> Outcome<()> {
        match &mut tree.value {
            Value::Scalar(..) => Ok(()),
            Value::List(items) => items.iter_mut().try_for_each(|item| self.everywhere(item)),
            Value::Map(entries) => entries.iter_mut().try_for_each(|(key, value)| {
                self.everywhere(value)?;
                if !matches!(key.text(), Some("containers" | "initContainers")) {
                    return Ok(());
                }
                let Value::List(containers) = &mut value.value else { return Ok(()) };
                containers.iter_mut().try_for_each(|container| {
                    if !container.is_map() && !container.is_null() {
                        return Err(Fault::at(container, "a container has to be a mapping"));
                    }
                    container.get_mut("image").map_or(Ok(()), |image| self.apply(image))
                })
            }),
        }
    }

    fn apply(&self, image: &mut Tree) -> Outcome<()> {
        if image.is_null() {
            return Ok(());
        }
        let Some(written) = image.text() else { return Err(Fault::at(image, "an image has to be text")) };
        if !self.name.is_match(written) {
            return Ok(());
        }
        let (name, tag, digest) = split_image(written);
        let of = |tree: &'t Tree| tree.text().unwrap_or_default();
        let mut changed = self.new_name.map_or(name, of).to_owned();
        let suffixed = self.tag_suffix.map(|suffix| format!("{tag}{}", of(suffix)));
        let (tag, digest) = match (self.new_tag, self.digest, &suffixed) {
            (Some(tag), digest, _) => (of(tag), digest.map_or("", of)),
            (None, Some(digest), _) => ("", of(digest)),
            (None, None, Some(tag)) => (tag.as_str(), ""),
            (None, None, None) => (tag, digest),
        };
        for (sign, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                changed.push(sign);
                changed.push_str(part);
            }
        }
        let from = self.new_tag.or(self.digest).or(self.tag_suffix).or(self.new_name);
        let Some(from) = from.filter(|_| changed != written) else { return Ok(()) };
        retext(image, changed);
        image.origin = Origin { maker: Some(Maker::Image), ..from.origin };
        Ok(())
    }
}

/// The name, tag and digest of an image.
fn split_image(image: &str) -> (&str, &str, &str) {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    // A colon before the first slash is that of a port.
    let from = rest.find('/').unwrap_or_default();
    match rest[from..].find(':') {
        Some(at) => (&rest[..from + at], &rest[from + at + 1..], digest),
        None => (rest, "", digest),
    }
}

/// The text of a kustomization on its way into an object.
fn made(value: &Tree, maker: Maker) -> Outcome<Tree> {
    Ok(Tree::string(text(value)?, Origin { maker: Some(maker), ..value.origin }))
}

fn set_text(field: &mut Tree, value: &Tree) -> Outcome<()> {
    if field.is_map() || field.is_list() {
        return Err(Fault::at(field, "text is expected here"));
    }
    *field = value.clone();
    Ok(())
}

/// Changes the text of a scalar and keeps how it is written.
pub(super) fn retext(field: &mut Tree, text: String) {
    let style = match &field.value {
        Value::Scalar(_, style, _) => *style,
        _ => Style::Plain,
    };
    field.value = Value::Scalar(text.into(), style, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn one(text: &str) -> Vec<Resource> {
        vec![Resource::new(tree(text))]
    }

    fn config() -> Arc<Config> {
        Config::default_fields()
    }

    #[test]
    fn a_namespace_reaches_what_can_have_one() {
        let mut all = vec![
            Resource::new(tree("{apiVersion: v1, kind: Namespace, metadata: {name: _}}")),
            Resource::new(tree("{apiVersion: v1, kind: Pod, metadata: {name: a}}")),
            Resource::new(tree(
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, \
                 subjects: [{kind: ServiceAccount, name: default}, {kind: ServiceAccount, name: cart}]}",
            )),
        ];
        namespace(&mut all, &tree("shop"), &config()).expect("it fits");
        let shown: Vec<String> = all.iter().map(|resource| show(&resource.tree)).collect();
        assert!(shown[0].ends_with("metadata:{name:shop}}"), "{}", shown[0]);
        assert!(shown[1].ends_with("metadata:{name:a,namespace:shop}}"), "{}", shown[1]);
        assert!(
            shown[2].contains("name:default,namespace:shop},{kind:ServiceAccount,name:cart}"),
            "{}",
            shown[2]
        );
        assert_eq!(all[1].original_id().namespace, "default");
    }

    #[test]
    fn two_objects_of_one_name_are_refused() {
        let mut all = one("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}");
        all.extend(one("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: y}}"));
        assert!(namespace(&mut all, &tree("shop"), &config()).is_err());
    }

    #[test]
    fn names_get_a_prefix_and_keep_their_place() {
        let mut all = one("{apiVersion: v1, kind: Pod, metadata: {name: a}}");
        names(&mut all, Some(&tree("dev-")), Some(&tree("'-1'")), &config()).expect("they fit");
        assert_eq!(all[0].name(), "dev-a-1");
        assert_eq!(all[0].original_id().name, "a");
        let name = all[0].tree.descend(&["metadata", "name"]).expect("a name");
        assert_eq!(name.origin.maker, Some(Maker::Name));
        let mut kept = one("{apiVersion: v1, kind: Namespace, metadata: {name: a}}");
        names(&mut kept, Some(&tree("dev-")), None, &config()).expect("they fit");
        assert_eq!(kept[0].name(), "a");
    }

    #[test]
    fn labels_reach_selectors_when_they_shall() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: a}}}";
        let mut all = one(service);
        labels(&mut all, &tree("{pairs: {team: shop}}"), &config()).expect("they fit");
        assert!(
            show(&all[0].tree).ends_with("metadata:{name:a,labels:{team:shop}},spec:{selector:{app:a}}}")
        );
        labels(&mut all, &tree("{pairs: {team: x}, includeSelectors: true}"), &config()).expect("they fit");
        assert!(show(&all[0].tree).ends_with("labels:{team:x}},spec:{selector:{app:a,team:x}}}"));
    }

    #[test]
    fn images_are_changed_by_name() {
        let change = |image: &str, rule: &str| {
            let mut all = one(&format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{image: '{image}'}}]}}}}"
            ));
            images(&mut all, &tree(rule), &config()).expect("it fits");
            all[0].tree.get("spec").expect("spec").get("containers").expect("list").items()[0]
                .get("image")
                .and_then(Tree::text)
                .expect("text")
                .to_owned()
        };
        assert_eq!(change("nginx", "{name: nginx, newTag: '1'}"), "nginx:1");
        assert_eq!(
            change("r:5000/a/nginx:0@sha256:x", "{name: 'r:5000/a/nginx', newTag: '1'}"),
            "r:5000/a/nginx:1"
        );
        assert_eq!(change("nginx:1", "{name: nginx, digest: 'sha256:y'}"), "nginx@sha256:y");
        assert_eq!(change("nginx:1", "{name: nginx, newName: web}"), "web:1");
        assert_eq!(change("nginx2:1", "{name: nginx, newTag: '2'}"), "nginx2:1");
    }

    #[test]
    fn replicas_need_a_workload() {
        let mut all = one("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}");
        replicas(&mut all, &tree("{name: a, count: 3}"), &config()).expect("it fits");
        assert!(show(&all[0].tree).ends_with("spec:{replicas:3}}"));
        assert!(replicas(&mut all, &tree("{name: b, count: 3}"), &config()).is_err());
    }
}
