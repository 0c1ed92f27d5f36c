//! The variables of an evaluation besides `params`, and the request an object would come with.

use bumpalo::Bump;

use super::host::{IMAGES, slot};
use super::matching::Facts;
use crate::cel::{Map, Value};
use crate::model::Document;

/// Slots and values of variables.
pub(super) type Surroundings<'a> = [(usize, Value<'a>); 7];

/// The values of the variables besides `params`.
pub(super) fn surroundings<'a>(facts: &Facts<'a>, arena: &'a Bump) -> Surroundings<'a> {
    let subject = facts.subject;
    let namespace_object = match facts.namespaced() {
        Some(false) => Value::Null,
        _ => facts
            .namespace()
            .and_then(|name| facts.world.namespace(name))
            .map_or(Value::Unknown(None), Value::Node),
    };
    [
        (slot::OBJECT, Value::Node(subject.resource.body)),
        (slot::OLD_OBJECT, subject.old_object.map_or(Value::Null, Value::Node)),
        (slot::REQUEST, request(facts, arena)),
        (slot::NAMESPACE_OBJECT, namespace_object),
        (slot::AUTHORIZER, Value::Unknown(None)),
        (slot::IMAGES, Value::Handle(IMAGES)),
        (slot::EXCEPTIONS, exceptions(&[], &[], arena)),
    ]
}

/// The request the object would come with (<https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/#admission-k8s-io-v1-AdmissionRequest>).
fn request<'a>(facts: &Facts<'a>, arena: &'a Bump) -> Value<'a> {
    let subject = facts.subject;
    let resource = subject.resource;
    let text = |text: &str| Value::Str(arena.alloc_str(text));
    let kind = map(
        arena,
        &[
            ("group", Value::Str(facts.kind.group)),
            ("version", Value::Str(facts.kind.version)),
            ("kind", Value::Str(resource.kind)),
        ],
    );
    let plural = map(
        arena,
        &[
            ("group", Value::Str(facts.kind.group)),
            ("version", Value::Str(facts.kind.version)),
            ("resource", text(&facts.kind.names.plural)),
        ],
    );
    let namespace = match (facts.is_namespace(), facts.namespace(), facts.namespaced()) {
        (true, ..) => Value::Str(resource.name()),
        (_, Some(namespace), _) => {
            resource.namespace.map_or(Value::Str(namespace), |field| Value::Node(field.node))
        }
        (_, None, Some(false)) => Value::Str(""),
        (_, None, _) => Value::Unknown(None),
    };
    let user = facts.world.user.as_ref().and_then(Document::root);
    map(
        arena,
        &[
            ("kind", kind),
            ("resource", plural),
            ("requestKind", kind),
            ("requestResource", plural),
            ("subResource", Value::Str("")),
            ("requestSubResource", Value::Str("")),
            ("name", resource.name.map_or(Value::Str(""), |field| Value::Node(field.node))),
            ("namespace", namespace),
            ("operation", Value::Str(subject.operation)),
            ("userInfo", user.map_or(Value::Unknown(None), Value::Node)),
            ("dryRun", Value::Bool(false)),
            ("options", Value::Unknown(None)),
            ("uid", Value::Unknown(None)),
        ],
    )
}

/// `exceptions`: the images and the values that exceptions let pass.
pub(super) fn exceptions<'a>(images: &[Value<'a>], values: &[Value<'a>], arena: &'a Bump) -> Value<'a> {
    let list = |items| Value::List(arena.alloc_slice_copy(items));
    map(arena, &[("allowedImages", list(images)), ("allowedValues", list(values))])
}

/// A map of these entries; their keys must differ.
fn map<'a>(arena: &'a Bump, entries: &[(&'a str, Value<'a>)]) -> Value<'a> {
    let entries: Vec<_> = entries.iter().map(|&(key, value)| (Value::Str(key), value)).collect();
    Map::new(&entries, arena).map_or(Value::Null, Value::Map)
}
