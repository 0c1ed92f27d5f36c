//! `managedFields`: which manager owns which part of a live object, in the form `FieldsV1`.
//!
//! A tree whose keys say what they are: `f:` a field, `k:` a list item by its keys, `v:` a set's element,
//! `i:` a position, `.` the thing itself. A node without children owns all below it.

use super::lists::key_of;
use super::path::Step;
use crate::model::{NodeRef, Writer};

/// One entry of `managedFields`.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'d> {
    /// The manager.
    pub manager: &'d str,
    /// Whether it was applied rather than updated.
    pub applied: bool,
    /// `scale`, `status`; empty for the object itself.
    pub subresource: &'d str,
    /// When the set last changed.
    pub time: &'d str,
    /// The tree.
    pub fields: NodeRef<'d>,
}

impl Entry<'_> {
    /// The writer as reports show it.
    pub fn writer(&self) -> Writer {
        Writer {
            manager: self.manager.to_owned(),
            operation: if self.applied { "Apply" } else { "Update" }.to_owned(),
            subresource: self.subresource.to_owned(),
            time: self.time.to_owned(),
        }
    }

    /// Whether it owns what stands at `path`.
    pub fn owns(&self, path: &[Step<'_>]) -> bool {
        let mut node = self.fields;
        for (depth, step) in path.iter().enumerate() {
            match child(node, step) {
                Some(below) => node = below,
                // A leaf owns what is below it; the tree as a whole is none.
                None => return depth > 0 && node.len() == 0,
            }
        }
        true
    }
}

/// The entries of a live object, those about its status left out; in time's order.
pub fn entries(live: NodeRef<'_>) -> Vec<Entry<'_>> {
    let list = live.descend(&["metadata", "managedFields"]).into_iter().flat_map(NodeRef::items);
    let mut entries: Vec<Entry<'_>> = list
        .filter_map(|entry| {
            let text = |key| entry.get(key).and_then(NodeRef::text).unwrap_or_default();
            let fields = entry.get("fieldsV1").filter(|fields| fields.is_mapping())?;
            Some(Entry {
                manager: text("manager"),
                applied: text("operation") == "Apply",
                subresource: text("subresource"),
                time: text("time"),
                fields,
            })
        })
        .filter(|entry| entry.subresource != "status")
        .collect();
    // RFC 3339 in UTC sorts as text.
    entries.sort_by_key(|entry| entry.time);
    entries
}

/// The entry that last wrote what stands at `path`.
pub fn last_writer<'e, 'd>(entries: &'e [Entry<'d>], path: &[Step<'_>]) -> Option<&'e Entry<'d>> {
    entries.iter().rev().find(|entry| entry.owns(path))
}

fn child<'d>(node: NodeRef<'d>, step: &Step<'_>) -> Option<NodeRef<'d>> {
    match step {
        Step::Field(name) => node
            .entries()
            .find(|(key, _)| key.text().and_then(|key| key.strip_prefix("f:")) == Some(name))
            .map(|(_, value)| value),
        Step::Item { index, live, .. } => node
            .entries()
            .find(|(key, _)| {
                let Some(key) = key.text() else { return false };
                match (Name::parse(key), live) {
                    (Some(Name::Index(at)), _) => at == *index,
                    (Some(name), Some(item)) => name.names(*item),
                    _ => false,
                }
            })
            .map(|(_, value)| value),
    }
}

/// What a key of the tree names.
pub enum Name<'d> {
    /// `f:`
    Field(&'d str),
    /// `k:`, the keys and their values as text.
    Keys(Vec<(String, String)>),
    /// `v:`, as text.
    Value(String),
    /// `i:`
    Index(usize),
}

impl<'d> Name<'d> {
    /// Reads a key of the tree; `None` for `.` and for what is malformed.
    pub fn parse(key: &'d str) -> Option<Self> {
        let (kind, rest) = key.split_once(':')?;
        match kind {
            "f" => Some(Self::Field(rest)),
            "i" => rest.parse().ok().map(Self::Index),
            "v" => serde_json::from_str(rest).ok().map(|value| Self::Value(text(&value))),
            // Refuses trailing text; the order of keys is not defined.
            "k" => {
                let keys: serde_json::Map<String, serde_json::Value> = serde_json::from_str(rest).ok()?;
                Some(Self::Keys(keys.into_iter().map(|(key, value)| (key, text(&value))).collect()))
            }
            _ => None,
        }
    }

    /// Whether it names this list item.
    pub fn names(&self, item: NodeRef<'_>) -> bool {
        match self {
            Self::Keys(keys) => keys.iter().all(|(key, value)| key_of(item, key) == Some(value)),
            Self::Value(value) => item.text() == Some(value),
            _ => false,
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_keys_name_nothing() {
        assert!(matches!(Name::parse("f:a:b"), Some(Name::Field("a:b"))));
        assert!(matches!(Name::parse("i:3"), Some(Name::Index(3))));
        for key in [".", "", "k:{\"a\":1}x", "v:", "x:y", "i:-1"] {
            assert!(Name::parse(key).is_none(), "{key}");
        }
    }
}
