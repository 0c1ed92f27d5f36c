//! Applies the rules of a type to an object, its structs and its lists.
//!
//! Deliberately absent: the rules themselves, and the schemas of custom resources.

use super::rule::{Rule, Type, Value};
use super::write::{Fields, Writer};
use crate::model::{NodeId, NodeRef};

/// `id` with the defaults of the type `of`; `id` itself when it lacks none. `body` is the whole object.
pub(super) fn fill(writer: &mut Writer<'_>, id: NodeId, of: Type, body: NodeId) -> NodeId {
    let Some(mut fields) = writer.fields(id) else { return id };
    for rule in of {
        if rule.when.is_some_and(|holds| !holds(writer.node(id))) {
            continue;
        }
        let at = writer.position(&fields, rule.field);
        let current = at.map(|at| fields[at].1).filter(|&value| !rule.value.is_unset(writer.node(value)));
        if let (Value::Zero, Some(at), None) = (&rule.value, at, current) {
            fields.remove(at);
            continue;
        }
        let Some(value) = value(writer, rule, current, (id, &fields), body) else { continue };
        match at {
            Some(at) => fields[at].1 = value,
            None => fields.push((writer.text(rule.field, id), value)),
        }
    }
    writer.with_fields(id, &fields)
}

/// What the rule makes of the field's `current` value in the object `owner`; `None` to leave it.
fn value(
    writer: &mut Writer<'_>,
    rule: &Rule,
    current: Option<NodeId>,
    owner: (NodeId, &Fields),
    body: NodeId,
) -> Option<NodeId> {
    let (id, fields) = owner;
    match (&rule.value, current) {
        (Value::Struct(of), None) => {
            let new = writer.mapping(id);
            // A struct without defaults stays absent: it would be `{}`, which says nothing.
            Some(fill(writer, new, of, body)).filter(|&filled| filled != new)
        }
        (Value::Struct(of) | Value::Optional(of), Some(current)) => Some(fill(writer, current, of, body)),
        (Value::Each(of), Some(current)) => {
            let items = writer.items(current)?;
            let items: Vec<_> = items.into_iter().map(|item| fill(writer, item, of, body)).collect();
            Some(writer.with_items(current, &items))
        }
        (Value::Entries(siblings), _) => {
            let mut wanted = Fields::new();
            for sibling in *siblings {
                let map = writer.position(fields, sibling).map(|at| fields[at].1);
                wanted.extend(map.and_then(|map| writer.fields(map)).unwrap_or_default());
            }
            with_entries(writer, current, &wanted, id)
        }
        (Value::Entry(key, path), _) => {
            let found = writer.node(body).descend(path).filter(|node| node.as_str().is_some())?.id;
            let key = writer.text(*key, id);
            with_entries(writer, current, &[(key, found)], id)
        }
        (_, Some(_)) | (Value::Optional(_) | Value::Each(_) | Value::Zero, None) => None,
        (Value::Text(text), None) => Some(writer.text(*text, id)),
        (Value::Plain(literal) | Value::NonZero(literal), None) => Some(writer.plain(*literal, id)),
        (Value::Blank, None) => Some(writer.text("", id)),
        (Value::Empty, None) => Some(writer.mapping(id)),
        (Value::Texts(texts), None) => {
            let items: Vec<_> = texts.iter().map(|text| writer.text(*text, id)).collect();
            Some(writer.sequence(&items, id))
        }
        (Value::Objects(types), None) => {
            let object = |of: &Type| {
                let new = writer.mapping(id);
                fill(writer, new, of, body)
            };
            let items: Vec<_> = types.iter().map(object).collect();
            Some(writer.sequence(&items, id))
        }
        (Value::Same(sibling), None) => writer.position(fields, sibling).map(|at| fields[at].1),
        (Value::Of(path), None) => {
            writer.node(body).descend(path).filter(|node| is_filled_map(*node)).map(|node| node.id)
        }
    }
}

fn is_filled_map(node: NodeRef<'_>) -> bool {
    node.is_mapping() && node.len() > 0
}

/// The map `current` with those of `wanted` that it lacks; `None` when it lacks none.
fn with_entries(
    writer: &mut Writer<'_>,
    current: Option<NodeId>,
    wanted: &[(NodeId, NodeId)],
    id: NodeId,
) -> Option<NodeId> {
    let map = current.unwrap_or_else(|| writer.mapping(id));
    let mut fields = writer.fields(map)?;
    writer.spend(wanted.len().saturating_mul(wanted.len() + fields.len()))?;
    for &(key, value) in wanted {
        let name = writer.node(key).text().unwrap_or_default();
        if writer.position(&fields, name).is_none() {
            fields.push((key, value));
        }
    }
    Some(writer.with_fields(map, &fields)).filter(|&filled| filled != map)
}
