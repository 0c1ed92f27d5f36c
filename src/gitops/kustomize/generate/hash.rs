//! The hash behind the name of a generated object: of its data, as Go writes them in JSON.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::gitops::kustomize::fault::{Fault, Outcome};
use crate::gitops::kustomize::resource::Resource;
use crate::gitops::kustomize::transform::retext;
use crate::gitops::tree::Value;
use crate::gitops::{Maker, Tree};
use crate::model::Scalar;

/// Adds the hash to every name that needs one.
pub(crate) fn add_hashes(resources: &mut [Resource]) -> Outcome<()> {
    for resource in resources.iter_mut().filter(|resource| resource.needs_hash) {
        let hash = of(resource)?;
        resource.remember();
        let name = resource.tree.get_mut("metadata").and_then(|metadata| metadata.get_mut("name"));
        if let Some(name) = name {
            let hashed = format!("{}-{hash}", name.text().unwrap_or_default());
            retext(name, hashed);
            name.origin.maker = Some(Maker::Hash);
        }
    }
    Ok(())
}

fn of(resource: &Resource) -> Outcome<String> {
    let tree = &resource.tree;
    let mut json = String::from("{");
    // Keys in order; what is a mapping only sometimes is left out when it is none.
    let fields: &[(&str, bool)] = match resource.kind() {
        "ConfigMap" => &[("binaryData", true), ("data", false)],
        "Secret" => &[("data", false), ("stringData", true)],
        _ => return Err(Fault::at(tree, "a hash is only made for a ConfigMap or a Secret")),
    };
    let mut parts = Vec::new();
    for (key, optional) in fields {
        match tree.get(key) {
            Some(value) if value.is_map() => parts.push((*key, encoded(value)?)),
            Some(value) if !optional => parts.push((*key, quoted(value.text().unwrap_or_default()))),
            None if !optional => parts.push((*key, quoted(""))),
            _ => {}
        }
    }
    parts.push(("kind", quoted(resource.kind())));
    parts.push(("name", quoted("")));
    if resource.kind() == "Secret" {
        parts.push(("type", quoted(tree.get("type").and_then(Tree::text).unwrap_or_default())));
    }
    parts.sort_by_key(|(key, _)| *key);
    for (at, (key, value)) in parts.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(json, "{comma}\"{key}\":{value}");
    }
    json.push('}');
    let digest = Sha256::digest(json.as_bytes());
    let hex = digest.iter().take(5).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok(hex
        .chars()
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            c => c,
        })
        .collect())
}

/// A value in JSON, keys in order.
fn encoded(tree: &Tree) -> Outcome<String> {
    match (&tree.value, tree.scalar()) {
        (Value::Map(entries), _) => {
            let mut pairs: Vec<(&str, String)> = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                pairs.push((key.text().unwrap_or_default(), encoded(value)?));
            }
            pairs.sort_unstable();
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
            Ok(format!("{{{}}}", pairs.join(",")))
        }
        (Value::List(items), _) => {
            let items: Vec<String> = items.iter().map(encoded).collect::<Outcome<_>>()?;
            Ok(format!("[{}]", items.join(",")))
        }
        (_, Some(Scalar::Str(text))) => Ok(quoted(text)),
        (_, Some(Scalar::Bool(flag))) => Ok(flag.to_string()),
        (_, Some(Scalar::Int(number))) if number.unsigned_abs() < 1 << 53 => Ok(number.to_string()),
        (_, Some(Scalar::Null)) => Ok("null".to_owned()),
        _ => Err(Fault::at(tree, "a number like this in the data of an object whose name is hashed")),
    }
}

/// A text in JSON as Go writes it, safe for HTML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            c if c < ' ' || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
