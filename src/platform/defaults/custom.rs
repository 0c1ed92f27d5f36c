//! Defaults of custom resources: the `default:` values of a definition's structural schema.
//!
//! Source: `Default` of `apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go`.
//! Deliberately absent: pruning and validation by the schema.

use std::collections::HashMap;

use super::write::Writer;
use crate::model::{NodeId, NodeRef, Resource, Scalar};

/// The schemas of the custom resource definitions at hand.
#[derive(Clone, Debug, Default)]
pub struct CustomSchemas<'d> {
    /// API version (`group/version`), kind, schema; the last one of a pair counts.
    schemas: HashMap<(String, String), NodeRef<'d>>,
}

impl<'d> CustomSchemas<'d> {
    /// Adds the schemas of every version, when `definition` is a `CustomResourceDefinition`
    /// (`apiextensions.k8s.io/v1`).
    pub fn add(&mut self, definition: NodeRef<'d>) {
        let is = |key, wanted| definition.get(key).and_then(NodeRef::as_str) == Some(wanted);
        if !is("apiVersion", "apiextensions.k8s.io/v1") || !is("kind", "CustomResourceDefinition") {
            return;
        }
        let Some(spec) = definition.get("spec") else { return };
        let text = |path: &[&str]| spec.descend(path).and_then(NodeRef::as_str);
        let (Some(group), Some(kind)) = (text(&["group"]), text(&["names", "kind"])) else { return };
        for version in spec.get("versions").into_iter().flat_map(NodeRef::items) {
            let name = version.get("name").and_then(NodeRef::as_str);
            let schema = version.descend(&["schema", "openAPIV3Schema"]);
            if let (Some(name), Some(schema)) = (name, schema) {
                self.schemas.insert((format!("{group}/{name}"), kind.to_owned()), schema);
            }
        }
    }

    /// The structural schema of a kind of custom resource.
    pub fn schema(&self, api_version: &str, kind: &str) -> Option<NodeRef<'d>> {
        self.schemas.get(&(api_version.to_owned(), kind.to_owned())).copied()
    }

    /// The schema of a custom resource.
    pub(super) fn of(&self, resource: &Resource<'_>) -> Option<NodeRef<'d>> {
        if self.schemas.is_empty() {
            return None;
        }
        self.schemas.get(&(resource.api_version.to_owned(), resource.kind.to_owned())).copied()
    }
}

/// `id` with the defaults of `schema`; `id` itself when it lacks none. Ends with the depth of the value.
pub(super) fn fill(writer: &mut Writer<'_>, id: NodeId, schema: NodeRef<'_>) -> NodeId {
    if let Some(mut items) = schema.get("items").and_then(|_| writer.items(id)) {
        if let Some(of) = schema.get("items") {
            for item in &mut items {
                *item = value(writer, *item, of);
            }
        }
        return writer.with_items(id, &items);
    }
    let Some(mut fields) = writer.fields(id) else { return id };
    let properties = schema.get("properties");
    if writer.spend(properties.map_or(0, NodeRef::len)).is_none() {
        return id;
    }
    let mut absent: HashMap<&str, NodeRef<'_>> = properties
        .into_iter()
        .flat_map(NodeRef::entries)
        .filter_map(|(name, of)| Some((name.text()?, of)))
        .collect();
    let additional = schema.get("additionalProperties").filter(|of| of.is_mapping());
    for (key, field) in &mut fields {
        let name = writer.node(*key).text().unwrap_or_default();
        if let Some(of) = absent.remove(name).or(additional) {
            *field = value(writer, *field, of);
        }
    }
    for (name, _) in properties.into_iter().flat_map(NodeRef::entries) {
        let name = name.text().unwrap_or_default();
        let Some(of) = absent.remove(name) else { continue };
        let Some(new) = default(of).and_then(|default| writer.import(default, id)) else { continue };
        let key = writer.text(name.to_owned(), id);
        fields.push((key, fill(writer, new, of)));
    }
    writer.with_fields(id, &fields)
}

/// The written value `id` with the defaults of `schema`, or its default for a null it does not allow.
fn value(writer: &mut Writer<'_>, id: NodeId, schema: NodeRef<'_>) -> NodeId {
    let nullable = schema.get("nullable").and_then(NodeRef::scalar) == Some(Scalar::Bool(true));
    let replaced = writer.node(id).scalar() == Some(Scalar::Null) && !nullable;
    let new = default(schema).filter(|_| replaced).and_then(|default| writer.import(default, id));
    fill(writer, new.unwrap_or(id), schema)
}

fn default(schema: NodeRef<'_>) -> Option<NodeRef<'_>> {
    schema.get("default").filter(|default| default.scalar() != Some(Scalar::Null))
}
