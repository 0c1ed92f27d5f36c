//! Tags: those of the resource and of its stack, without those that AWS itself puts on.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::compare::Walk;
use super::{Pair, equal};
use crate::aws::{Node, Value};
use crate::model::ChangeKind;

/// Compares the tags in `property`.
pub(super) fn compare<'p>(walk: &mut Walk<'p>, property: &str, pair: &Pair<'p>) {
    let live = live_tags(pair.live.properties.get(property));
    let own = pair.declared.get(property);
    let Some(declared) = own.map_or_else(|| Some(Vec::new()), declared_tags) else {
        walk.count_unknown();
        return;
    };
    let Some(stack) = pair.stack_tags.filter(|stack| own.is_some() || !stack.is_empty()) else {
        return known_only(walk, property, &declared, &live);
    };
    known_only(walk, property, &declared, &live);
    let is_declared = |key: &str| declared.iter().any(|(own, ..)| own == key) || stack.contains_key(key);
    walk.at(property, |walk| {
        for (key, value) in stack.iter().filter(|(key, _)| !declared.iter().any(|(own, ..)| own == *key)) {
            match live.get(key) {
                Some(live) if equal::scalar(value, live, false) => walk.count_compared(),
                Some(live) => walk.note_at(key, ChangeKind::Changed, None, None, Some(live.clone())),
                // Not every type hands the tags of its stack on.
                None => {}
            }
        }
        for (key, value) in live.iter().filter(|(key, _)| !is_declared(key)) {
            let at = own.map(|own| own.at);
            walk.note_at(key, ChangeKind::ForeignAdded, None, at, Some(value.clone()));
        }
    });
}

/// Compares what the resource itself declares.
fn known_only<'p>(
    walk: &mut Walk<'p>,
    property: &str,
    declared: &[(String, &'p Node<'p>, &'p Node<'p>)],
    live: &BTreeMap<String, Json>,
) {
    walk.at(property, |walk| {
        for (key, value, item) in declared {
            match live.get(key) {
                None if matches!(value.value, Value::Unknown(_)) => walk.count_unknown(),
                None => walk.note_at(key, ChangeKind::Absent, Some(value), Some(item.at), None),
                live => walk.labelled(key, |walk| walk.value(value, live)),
            }
        }
    });
}

/// Key, value and whole entry of declared tags; `None` when a key is not known.
fn declared_tags<'p>(node: &'p Node<'p>) -> Option<Vec<(String, &'p Node<'p>, &'p Node<'p>)>> {
    match &node.value {
        Value::Map(entries) => {
            Some(entries.iter().map(|(key, value)| (key.to_string(), value, value)).collect())
        }
        Value::List(items) => items
            .iter()
            .map(|item| Some((item.get("Key")?.text()?.to_owned(), item.get("Value")?, item)))
            .collect(),
        Value::Null | Value::Absent => Some(Vec::new()),
        _ => None,
    }
}

/// Live tags, of a list or a map, without those of AWS.
fn live_tags(json: Option<&Json>) -> BTreeMap<String, Json> {
    let pairs: Vec<(String, Json)> = match json {
        Some(Json::Array(items)) => items
            .iter()
            .filter_map(|item| {
                let part = |one: &str, other: &str| item.get(one).or(item.get(other)).cloned();
                let key = match part("Key", "key")? {
                    Json::String(key) => key,
                    other => other.to_string(),
                };
                Some((key, part("Value", "value").unwrap_or_default()))
            })
            .collect(),
        Some(Json::Object(entries)) => {
            entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        }
        _ => Vec::new(),
    };
    pairs.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()
}
