//! `value.…`: what a value is, and the text in it.

#![expect(clippy::unnecessary_wraps, reason = "every word has the same signature")]

use super::{Answer, Host};
use crate::cel::{Scope, Value};
use crate::model::{NodeRef, Scalar, ValueKind};
use crate::secrets;

fn kind_of<'a>(host: &Host<'a>, value: &Value<'a>) -> ValueKind {
    match value {
        Value::Null => ValueKind::Empty,
        Value::Str(text) => secrets::kind(text),
        Value::Node(node) | Value::Unknown(Some(node)) => {
            if let Some(kind) = host.indirect_kind(*node) {
                return kind;
            }
            match node.scalar() {
                Some(Scalar::Null) => ValueKind::Empty,
                Some(Scalar::Str(text)) => secrets::kind(text),
                None if node.len() == 0 => ValueKind::Empty,
                Some(_) | None => ValueKind::Literal,
            }
        }
        Value::Unknown(None) => ValueKind::Unknown,
        _ => ValueKind::Literal,
    }
}

pub(super) fn kind<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Str(kind_of(host, &args[0]).as_str()))
}

pub(super) fn kind_decoded<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let kind = kind_of(host, &args[0]);
    if kind != ValueKind::Literal {
        return Ok(Value::Str(kind.as_str()));
    }
    let Some(once) = secrets::decode_base64(super::text(&args[0])?) else {
        return Ok(Value::Str(kind.as_str()));
    };
    // What was encoded by hand is encoded again by a generator.
    let twice = secrets::decode_base64(&once).filter(|twice| !twice.is_empty());
    let kinds = [secrets::kind(&once), twice.map_or(kind, |twice| secrets::kind(&twice))];
    Ok(Value::Str(kinds.into_iter().find(|found| *found != kind).unwrap_or(kind).as_str()))
}

pub(super) fn decoded<'a>(_: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let decoded = secrets::decode_base64(super::text(&args[0])?);
    let decoded = decoded.map(|decoded| Value::Str(scope.arena().alloc_str(&decoded)));
    Ok(Value::Optional(decoded.map(|decoded| &*scope.arena().alloc(decoded))))
}

pub(super) fn text<'a>(_: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    super::text(&args[0]).map(Value::Str)
}

/// Every text within a node, an optional value's included.
pub(super) fn texts<'a>(_: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let value = if let Value::Optional(Some(inner)) = &args[0] { *inner } else { &args[0] };
    let mut texts = Vec::new();
    let mut open: Vec<NodeRef<'a>> = super::node(value).into_iter().collect();
    // Aliases can make a small document large.
    for _ in 0..MOST_TEXTS {
        let Some(next) = open.pop() else { break };
        if next.text().is_some() {
            texts.push(Value::Node(next));
        }
        let first = open.len();
        open.extend(next.items().chain(next.entries().map(|(_, value)| value)));
        open[first..].reverse();
    }
    Ok(super::list(scope, texts.into_iter()))
}

/// How many nodes are looked through for texts.
const MOST_TEXTS: usize = 1000;

/// Every text with the name it is written under: of a field its key, of `{name: …, value: …}` what `name` says.
pub(super) fn fields<'a>(_: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let value = if let Value::Optional(Some(inner)) = &args[0] { *inner } else { &args[0] };
    let mut fields = Vec::new();
    let mut open: Vec<NodeRef<'a>> = super::node(value).into_iter().collect();
    for _ in 0..MOST_TEXTS {
        let Some(next) = open.pop() else { break };
        let first = open.len();
        open.extend(next.items());
        let text = |key| next.get(key).filter(|value| value.text().is_some());
        let pair = text("name").zip(text("value"));
        for (name, value) in pair.into_iter().chain(next.entries().filter(|_| pair.is_none())) {
            if value.text().is_some() {
                let entries = [("name", Value::Node(name)), ("value", Value::Node(value))];
                fields.push(super::map(scope, &entries)?);
            } else {
                open.push(value);
            }
        }
        open[first..].reverse();
    }
    Ok(super::list(scope, fields.into_iter()))
}
