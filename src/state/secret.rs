//! Takes the values out of a Secret the moment it is read: digests stand in their place from here on, or nothing
//! where they are not to be compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::model::{NodeRef, Scalar};
use crate::secrets::{HIDDEN, digest, is_hidden};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The JSON text of `secret` with digests for values.
pub(super) fn without_values(secret: NodeRef<'_>) -> String {
    let mut object = value(secret);
    hash(&mut object);
    if let Some(Value::String(applied)) =
        object.pointer_mut("/metadata/annotations").and_then(|map| map.get_mut(LAST_APPLIED))
    {
        // What cannot be read cannot be made harmless either.
        let mut noted = serde_json::from_str(applied).unwrap_or(Value::Null);
        hash(&mut noted);
        *applied = noted.to_string();
    }
    object.to_string()
}

/// The JSON text of `secret` without its values.
pub(super) fn without_data(secret: NodeRef<'_>) -> String {
    let mut object = value(secret);
    if let Some(fields) = object.as_object_mut() {
        fields.remove("data");
        fields.remove("stringData");
    }
    object.to_string()
}

fn hash(object: &mut Value) {
    for (map, encoded) in [("data", true), ("stringData", false)] {
        let values = object.get_mut(map).and_then(Value::as_object_mut);
        for value in values.into_iter().flat_map(Map::values_mut) {
            let text = value.as_str().unwrap_or_default();
            *value = Value::String(if is_hidden(text) {
                HIDDEN.to_owned()
            } else {
                digest(&bytes(text, encoded))
            });
        }
    }
}

fn bytes(text: &str, encoded: bool) -> Vec<u8> {
    let decoded = encoded.then(|| STANDARD.decode(text).ok()).flatten();
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}

/// A node as a value of its own. Depth is bounded by the readers.
fn value(node: NodeRef<'_>) -> Value {
    if node.is_mapping() {
        let entries = node.entries().map(|(key, of)| (key.text().unwrap_or_default().to_owned(), value(of)));
        return Value::Object(entries.collect());
    }
    if node.is_sequence() {
        return Value::Array(node.items().map(value).collect());
    }
    match node.scalar() {
        None | Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(flag)) => flag.into(),
        Some(Scalar::Int(number)) => number.into(),
        Some(Scalar::Float(number)) => number.into(),
        Some(Scalar::Str(text)) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn no_value_is_left_anywhere() {
        let text = r#"{"kind": "Secret", "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration":
            "{\"stringData\":{\"a\":\"hunter2\"},\"data\":{\"b\":\"aHVudGVyMg==\"}}"}},
            "data": {"b": "aHVudGVyMg==", "c": "++++"}}"#;
        let parsed = syntax::for_file("x.json").unwrap().parse(text);
        let out = without_values(parsed.documents[0].root().unwrap());
        assert!(!out.contains("hunter2") && !out.contains("aHVudGVyMg"), "{out}");
        assert!(out.contains(&digest(b"hunter2")) && out.contains(HIDDEN));
    }
}
