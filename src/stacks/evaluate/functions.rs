//! The intrinsic functions that need nothing but their evaluated arguments.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::budget::Budget;
use super::why::{Known, Why, misused, named};
use super::{cidr, to_json};
use crate::aws::{Node, Value};
use crate::model::NodeId;

/// The result of the function `name`; `at` is the call.
pub(super) fn call<'d>(
    name: &str,
    argument: Node<'d>,
    at: NodeId,
    budget: &mut Budget,
) -> Known<'d, Node<'d>> {
    let here = |value| Ok(Node { value, at });
    let made = |budget: &mut Budget, text: String| {
        budget.bytes(text.len())?;
        here(Value::Text(Cow::Owned(text)))
    };
    match name {
        "Join" => {
            let [delimiter, parts] = argument.items() else { return Err(misused("Fn::Join")) };
            let text = join(text(delimiter)?, list(parts)?, budget)?;
            made(budget, text)
        }
        "Split" => {
            let [delimiter, whole] = argument.items() else { return Err(misused("Fn::Split")) };
            let (delimiter, whole) = (text(delimiter)?, text(whole)?);
            if delimiter.is_empty() {
                return Err(misused("Fn::Split"));
            }
            here(Value::List(split(whole, delimiter, at, budget, |part| part)?))
        }
        "Select" => select(argument),
        "Base64" => {
            let whole = text(&argument)?;
            budget.bytes(whole.len())?;
            made(budget, STANDARD.encode(whole))
        }
        "Length" => here(Value::Number(Cow::Owned(list(&argument)?.len().to_string()))),
        "ToJsonString" => {
            let text = to_json::render(&argument, budget)?;
            here(Value::Text(Cow::Owned(text)))
        }
        "Cidr" => {
            let [block, count, rest @ ..] = argument.items() else { return Err(misused("Fn::Cidr")) };
            let bits = rest.first().map(text).transpose()?;
            let blocks = cidr::blocks(text(block)?, text(count)?, bits).ok_or(misused("Fn::Cidr"))?;
            let item = |block| Node { value: Value::Text(Cow::Owned(block)), at };
            here(Value::List(blocks.into_iter().map(item).collect()))
        }
        "GetAZs" => Err("the availability zones".into()),
        "ImportValue" => Err(named("the export", text(&argument)?)),
        _ => Err(named("the function", name)),
    }
}

/// The text of a value that must be one.
pub(super) fn text<'n, 'd>(node: &'n Node<'d>) -> Known<'d, &'n str> {
    match &node.value {
        Value::Unknown(why) => Err(why.clone()),
        _ => node.text().ok_or("a value that is no text".into()),
    }
}

/// The items of a value that must be a list; a text stands for a list of itself, as CloudFormation takes it.
fn list<'n, 'd>(node: &'n Node<'d>) -> Known<'d, &'n [Node<'d>]> {
    match &node.value {
        Value::Unknown(why) => Err(why.clone()),
        Value::List(items) => Ok(items),
        _ => Err("a value that is no list".into()),
    }
}

fn join<'d>(delimiter: &str, parts: &[Node<'d>], budget: &mut Budget) -> Known<'d, String> {
    let mut joined = String::new();
    for (index, part) in parts.iter().enumerate() {
        let part = text(part)?;
        budget.bytes(part.len() + delimiter.len())?;
        if index > 0 {
            joined.push_str(delimiter);
        }
        joined.push_str(part);
    }
    Ok(joined)
}

/// The parts of a text, each of them at `at`.
pub(super) fn split<'d>(
    whole: &str,
    delimiter: &str,
    at: NodeId,
    budget: &mut Budget,
    tidy: fn(&str) -> &str,
) -> Known<'d, Vec<Node<'d>>> {
    budget.bytes(whole.len())?;
    let mut parts = Vec::new();
    for part in whole.split(delimiter) {
        budget.step()?;
        parts.push(Node { value: Value::Text(Cow::Owned(tidy(part).to_owned())), at });
    }
    Ok(parts)
}

fn select<'d>(argument: Node<'d>) -> Known<'d, Node<'d>> {
    let Value::List(items) = argument.value else { return Err(misused("Fn::Select")) };
    let Ok([index, from]) = <[Node<'d>; 2]>::try_from(items) else { return Err(misused("Fn::Select")) };
    let index: usize = text(&index)?.trim().parse().map_err(|_| misused("Fn::Select"))?;
    match from.value {
        Value::List(items) => items.into_iter().nth(index).ok_or(misused("Fn::Select")),
        Value::Unknown(why) => Err(why),
        _ => Err(misused("Fn::Select")),
    }
}

/// Whether two values are the same to `Fn::Equals`; `None` when that is not known.
pub(super) fn equal<'n, 'd>(one: &'n Node<'d>, other: &'n Node<'d>) -> Option<bool> {
    match (&one.value, &other.value) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::List(one), Value::List(other)) if one.len() == other.len() => {
            all_equal(one.iter().zip(other))
        }
        (Value::Map(entries), Value::Map(others)) if entries.len() == others.len() => {
            let pair = |(key, value): &'n (Cow<'d, str>, Node<'d>)| Some((value, other.get(key)?));
            let pairs: Option<Vec<_>> = entries.iter().map(pair).collect();
            pairs.map_or(Some(false), all_equal)
        }
        (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => Some(false),
        _ => match (one.text(), other.text()) {
            (Some(one), Some(other)) => Some(one == other),
            _ => Some(one.value == other.value),
        },
    }
}

fn all_equal<'n, 'd: 'n>(pairs: impl IntoIterator<Item = (&'n Node<'d>, &'n Node<'d>)>) -> Option<bool> {
    let mut whole = Some(true);
    for (one, other) in pairs {
        match equal(one, other) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => whole = None,
        }
    }
    whole
}

/// Whether no key is given twice.
pub(super) fn distinct(entries: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().all(|(key, _)| seen.insert(key.as_ref()))
}

/// What a text with a dynamic reference depends on.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub(super) fn dynamic_reference<'d>(text: &str) -> Why<'d> {
    let inner = text.split_once("{{resolve:").map_or("", |(_, inner)| inner);
    let inner = inner.split_once("}}").map_or(inner, |(inner, _)| inner);
    match inner.split_once(':') {
        Some(("secretsmanager", secret)) => named("the secret", secret_name(secret)),
        Some((_, parameter)) => named("the SSM parameter", parameter),
        None => "a dynamic reference".into(),
    }
}

/// The name or the ARN of a secret, without the key and the version that may follow.
fn secret_name(secret: &str) -> &str {
    let parts = if secret.starts_with("arn:") { 7 } else { 1 };
    secret.match_indices(':').nth(parts - 1).map_or(secret, |(end, _)| &secret[..end])
}
