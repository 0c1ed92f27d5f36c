//! `Fn::ToJsonString`: a value as JSON on one line, keys in the order they are written.

use super::budget::Budget;
use super::why::Known;
use crate::aws::{Node, Value};

/// The JSON of a value all of which is known.
pub(super) fn render<'d>(node: &Node<'d>, budget: &mut Budget) -> Known<'d, String> {
    let mut out = String::new();
    write(node, budget, &mut out)?;
    Ok(out)
}

fn write<'d>(node: &Node<'d>, budget: &mut Budget, out: &mut String) -> Known<'d, ()> {
    let before = out.len();
    match &node.value {
        Value::Unknown(why) => return Err(why.clone()),
        Value::Null | Value::Absent => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) if serde_json::from_str::<serde_json::Number>(number).is_ok() => {
            out.push_str(number);
        }
        // YAML knows numbers that JSON does not.
        Value::Number(text) | Value::Text(text) => quoted(text, out),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write(item, budget, out)?;
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
            return budget.bytes(items.len() + 1);
        }
        Value::Map(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                quoted(key, out);
                out.push(':');
                budget.bytes(key.len())?;
                write(value, budget, out)?;
            }
            out.push_str(if entries.is_empty() { "{}" } else { "}" });
            return budget.bytes(entries.len() + 1);
        }
    }
    budget.bytes(out.len() - before)
}

fn quoted(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
