//! What the items of lists go by.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::equal;
use crate::aws::Node;

/// Keys that tell the items of a list apart, the first that every item has.
const KEYS: [&str; 7] = ["Key", "Sid", "Id", "Name", "PolicyName", "DeviceName", "AttributeName"];

/// What a declared item goes by.
pub(super) fn of_declared(node: &Node<'_>) -> Option<String> {
    KEYS.iter().find_map(|key| node.get(key)?.text().map(str::to_owned))
}

/// Whether both go by the same.
pub(super) fn is_same(node: &Node<'_>, live: &Json) -> bool {
    let key = KEYS.iter().find(|key| node.get(key).is_some_and(|it| it.text().is_some()));
    key.is_some_and(|key| {
        let text = node.get(key).and_then(Node::text);
        live.get(key).is_some_and(|live| text.is_some_and(|text| equal::scalar(text, live, false)))
    })
}

/// What a live item goes by, or all of it in a few words.
pub(super) fn of_live(item: &Json) -> String {
    KEYS.iter().find_map(|key| item.get(key)?.as_str()).map_or_else(|| brief(item), str::to_owned)
}

/// An item in a few words: its scalars in order.
fn brief(json: &Json) -> String {
    let Json::Object(entries) = json else {
        return json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    };
    let mut out = String::new();
    for (key, value) in entries {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            _ => continue,
        };
        let comma = if out.is_empty() { "" } else { "," };
        // Writing to a text cannot fail.
        let _written = write!(out, "{comma}{key}={text}");
    }
    out
}
