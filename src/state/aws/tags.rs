//! The tags of a resource in each form that AWS gives them in.

use std::collections::BTreeMap;

use serde_json::Value;

/// Reads tags that are a map, a list of keys and values, or a list of `key=value`; `None` when there are none
/// to read, as in an answer that leaves them out.
pub fn read(json: &str) -> Option<BTreeMap<String, String>> {
    match serde_json::from_str(json).ok()? {
        Value::Object(map) => {
            Some(map.into_iter().filter_map(|(key, value)| entry(Some(key), &value)).collect())
        }
        Value::Array(list) => Some(list.iter().filter_map(|tag| entry(None, tag)).collect()),
        // A map within a text, as an export to a table has it.
        Value::String(inner) if inner.starts_with(['{', '[']) => read(&inner),
        _ => None,
    }
}

/// A tag; `key` is what it is filed under.
fn entry(key: Option<String>, tag: &Value) -> Option<(String, String)> {
    match tag {
        Value::String(text) => match key {
            Some(key) => Some((key, text.clone())),
            None => text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())),
        },
        Value::Object(fields) => {
            let field = |names: [&str; 2]| names.iter().find_map(|name| fields.get(*name)?.as_str());
            match field(["key", "Key"]) {
                Some(key) => Some((key.to_owned(), field(["value", "Value"]).unwrap_or_default().to_owned())),
                None => entry(None, fields.get("tag")?),
            }
        }
        // A tag without a value.
        Value::Null => key.map(|key| (key, String::new())),
        other => key.map(|key| (key, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_says_the_same() {
        let same = [
            r#"{"team": "pay=1", "empty": ""}"#,
            r#"[{"key": "team", "value": "pay=1"}, {"Key": "empty", "Value": ""}]"#,
            r#"[{"key": "team", "tag": "team=pay=1", "value": "pay=1"}, {"tag": "empty="}]"#,
            r#"["team=pay=1", "empty="]"#,
            r#"{"x": {"Key": "team", "Value": "pay=1"}, "empty": null}"#,
            r#""{\"team\": \"pay=1\", \"empty\": \"\"}""#,
        ];
        for json in same {
            let tags = read(json).unwrap();
            assert_eq!(tags.len(), 2, "{json}");
            assert_eq!((&*tags["team"], &*tags["empty"]), ("pay=1", ""), "{json}");
        }
        assert_eq!(read("[]"), Some(BTreeMap::new()));
        assert_eq!(read("null"), None);
        assert_eq!(read("7"), None);
    }
}
