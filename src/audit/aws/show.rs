//! Values as messages may show them: short, and without secrets.

use serde_json::Value as Json;

use crate::aws::{Node, Value};
use crate::secrets::{MARK, redact_text, sensitive_name};

/// How much of a value is shown, in characters.
const LENGTH: usize = 80;

/// A live value at `path`.
pub(super) fn live(json: &Json, path: &str) -> String {
    if is_sensitive(path) {
        return MARK.to_owned();
    }
    let text = masked(json, 0).to_string();
    let short: String = text.chars().take(LENGTH).collect();
    let short = if short.len() < text.len() { short + "…" } else { short };
    // One name beside one value is enough to see a secret by.
    let last = path.rsplit(['.', '[']).next().unwrap_or_default().trim_end_matches(']');
    let line = format!("{last}: {short}");
    let clean = redact_text(&line);
    clean.strip_prefix(last).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&clean).to_owned()
}

/// A declared value at `path`.
pub(super) fn declared(node: &Node<'_>, path: &str) -> String {
    live(&json(node), path)
}

/// Whether a name on the path promises a secret.
pub(super) fn is_sensitive(path: &str) -> bool {
    path.split(['.', '[', ']']).any(|part| !part.is_empty() && sensitive_name(part))
}

/// The same without what stands under a name that promises a secret.
fn masked(json: &Json, depth: usize) -> Json {
    match json {
        _ if depth > 32 => Json::from("…"),
        Json::Array(items) => items.iter().map(|item| masked(item, depth + 1)).collect(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let hides = sensitive_name(key) && !value.is_object();
                (key.clone(), if hides { Json::from(MARK) } else { masked(value, depth + 1) })
            });
            Json::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn json(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Null | Value::Absent => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| Json::from(number.as_ref())),
        Value::Text(text) => Json::from(text.as_ref()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(key, node)| (key.to_string(), json(node))).collect())
        }
        Value::Unknown(_) => Json::from("(unknown)"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_by_their_names() {
        assert_eq!(live(&json!("hunter2"), "Environment.Variables.DB_PASSWORD"), MARK);
        let shown = live(&json!({"MasterUserPassword": "hunter2", "Engine": "mysql"}), "x");
        assert!(!shown.contains("hunter2") && shown.contains("mysql"), "{shown}");
        assert_eq!(live(&json!(true), "MultiAZ"), "true");
    }
}
