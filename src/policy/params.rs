//! Parameters: the subset of JSON Schema a policy declares, its defaults, and a user's values.
//!
//! Values are documents like any other, so that an expression reads `params` as it reads `object`.
//! Deliberately absent: `$ref`, combinators, formats. A policy's parameters are flat and few.

use std::borrow::Cow;

use crate::model::decode::{Fields, Result, did_you_mean, error};
use crate::model::{Data, Document, NodeId, NodeRef, Scalar, Span, Style};

const SCHEMA_KEYS: &[&str] = &[
    "type",
    "properties",
    "items",
    "additionalProperties",
    "default",
    "description",
    "enum",
    "minimum",
    "maximum",
];

/// Builds the value of `params`: every declared property, from `given` where it has it, else its default.
///
/// # Errors
/// When the schema is wrong (points into the policy file) or a given value does not fit it (points
/// into the file that gives it).
pub fn build(schema: Option<NodeRef<'_>>, given: Option<NodeRef<'_>>) -> Result<Document<'static>> {
    let mut out = Document::default();
    let mut children = Vec::new();
    let properties = match schema {
        Some(schema) => Fields::of(schema, "`params`", SCHEMA_KEYS)?.get("properties"),
        None => None,
    };
    if let Some(given) = given {
        check_names(given, properties)?;
    }
    for (key, schema) in properties.into_iter().flat_map(NodeRef::entries) {
        let name = key.text().unwrap_or_default();
        let fields = Fields::of(schema, "a parameter", SCHEMA_KEYS)?;
        let value = match given.and_then(|given| given.get(name)) {
            Some(value) => {
                check(value, schema, name)?;
                value
            }
            None => match fields.node().get("default") {
                Some(default) => {
                    check(default, schema, name)?;
                    default
                }
                None => return error(key, format!("parameter `{name}` needs a `default`")),
            },
        };
        let key =
            out.push(Data::Scalar(Cow::Owned(name.to_owned()), Style::DoubleQuoted), Span::default(), None);
        let value = copy(&mut out, value, Some(schema));
        children.extend([key, value]);
    }
    let children = out.push_children(&children);
    let root = out.push(Data::Mapping(children), Span::default(), None);
    out.set_root(root);
    Ok(out)
}

fn check_names(given: NodeRef<'_>, properties: Option<NodeRef<'_>>) -> Result<()> {
    if !given.is_mapping() {
        return error(given, "`params` must be a mapping");
    }
    for (key, _) in given.entries() {
        let name = key.text().unwrap_or_default();
        if properties.and_then(|known| known.get(name)).is_none() {
            let known = properties.into_iter().flat_map(NodeRef::entries).filter_map(|(key, _)| key.text());
            return error(key, format!("the policy has no parameter `{name}`{}", did_you_mean(name, known)));
        }
    }
    Ok(())
}

/// Checks `value` against `schema`; recursion is bounded by the readers' nesting limit.
fn check(value: NodeRef<'_>, schema: NodeRef<'_>, name: &str) -> Result<()> {
    let fields = Fields::of(schema, "a parameter", SCHEMA_KEYS)?;
    let wanted = fields.text("type")?.unwrap_or_default();
    let fits = match wanted {
        "" => true,
        "object" => value.is_mapping(),
        "array" => value.is_sequence(),
        "string" => value.text().is_some(),
        "integer" => matches!(value.scalar(), Some(Scalar::Int(_))),
        "number" => matches!(value.scalar(), Some(Scalar::Int(_) | Scalar::Float(_))),
        "boolean" => matches!(value.scalar(), Some(Scalar::Bool(_))),
        other => return error(schema, format!("unknown type `{other}` of parameter `{name}`")),
    };
    if !fits {
        return error(value, format!("parameter `{name}` must be of type {wanted}"));
    }
    if let Some(words) = fields.get("enum") {
        let mut words = words.items().filter_map(NodeRef::text);
        if !words.any(|word| value.text() == Some(word)) {
            return error(value, format!("parameter `{name}` must be one of the values its policy lists"));
        }
    }
    let bound = |key| fields.get(key).and_then(|node| node.text()?.parse::<f64>().ok());
    if let Some(number) =
        value.text().and_then(|text| text.parse::<f64>().ok()).filter(|_| wanted != "string")
        && (bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most))
    {
        return error(value, format!("parameter `{name}` is out of bounds"));
    }
    if let Some(items) = fields.get("items") {
        for item in value.items() {
            check(item, items, name)?;
        }
    }
    if let Some(values) = fields.get("additionalProperties").filter(|node| node.is_mapping()) {
        for (_, item) in value.entries() {
            check(item, values, name)?;
        }
    }
    Ok(())
}

/// Copies a tree into `out`; what its schema calls text stays text whatever it looks like.
fn copy(out: &mut Document<'static>, from: NodeRef<'_>, schema: Option<NodeRef<'_>>) -> NodeId {
    let inner = |key| schema.and_then(|schema| schema.get(key)).filter(|schema| schema.is_mapping());
    let data = match from.data() {
        Data::Scalar(text, style) => {
            let is_text = schema.and_then(|schema| schema.get("type")?.text()) == Some("string");
            let style = if is_text { Style::DoubleQuoted } else { *style };
            Data::Scalar(Cow::Owned(text.clone().into_owned()), style)
        }
        Data::Mapping(_) => {
            let values = inner("additionalProperties");
            let mut list = Vec::with_capacity(from.len() * 2);
            for (key, value) in from.entries() {
                list.push(copy(out, key, None));
                list.push(copy(out, value, values));
            }
            Data::Mapping(out.push_children(&list))
        }
        // A `NodeRef` never is an alias: a sequence is all that is left.
        Data::Sequence(_) | Data::Alias(_) => {
            let items = inner("items");
            let list: Vec<NodeId> = from.items().map(|item| copy(out, item, items)).collect();
            Data::Sequence(out.push_children(&list))
        }
    };
    out.push(data, from.span(), None)
}
