//! Optional values (cel-go's `OptionalTypes`). Their arguments stay nodes, so that a value taken out
//! again still knows its place; `orValue`, `optMap` and `optFlatMap` are macros.

use super::{Answer, Function, MISMATCH, global, list, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::Value;
use crate::cel::view::{Items, Pairs};

pub static FUNCTIONS: &[Function] = &[
    global("optional.of", 1..=1, of, "An optional that holds the value.").raw(),
    global(
        "optional.ofNonZeroValue",
        1..=1,
        of_non_zero,
        "An optional that holds the value unless it is empty.",
    )
    .raw(),
    global("optional.none", 0..=0, none, "An optional without a value."),
    global("optional.unwrap", 1..=1, unwrap, "The values of the optionals in a list that have one."),
    member("unwrapOpt", 0..=0, unwrap, "The values of the optionals in a list that have one."),
    member("hasValue", 0..=0, has_value, "Whether the optional holds a value.").raw(),
    member("value", 0..=0, value, "The value of the optional; an error when it has none.").raw(),
];

fn of<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [unknown @ Value::Unknown(_)] => Ok(unknown),
        [value] => Ok(Value::some(value, scope.arena())),
        _ => Err(MISMATCH),
    }
}

fn of_non_zero<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let zero = match scope.resolve(value) {
        unknown @ Value::Unknown(_) => return Ok(unknown),
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Int(number) => number == 0,
        Value::Uint(number) => number == 0,
        Value::Double(number) => number == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Duration(span) => span.is_zero(),
        Value::Timestamp(at) => at == jiff::Timestamp::UNIX_EPOCH,
        resolved => match (Items::of(resolved), Pairs::of(resolved)) {
            (Some(items), _) => items.len() == 0,
            (_, Some(pairs)) => pairs.len() == 0,
            _ => false,
        },
    };
    Ok(if zero { Value::Optional(None) } else { Value::some(value, scope.arena()) })
}

fn none<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    if args.is_empty() { Ok(Value::Optional(None)) } else { Err(MISMATCH) }
}

fn unwrap<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::List(items)] = *args else { return Err(MISMATCH) };
    let mut values = Vec::new();
    for item in items {
        match item {
            Value::Optional(value) => values.extend(value.copied()),
            _ => return Err(MISMATCH),
        }
    }
    list(scope, &values)
}

fn has_value<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        [unknown @ Value::Unknown(_)] => Ok(unknown),
        _ => Err(MISMATCH),
    }
}

fn value<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [Value::Optional(Some(value))] => Ok(*value),
        [Value::Optional(None)] => Err(Error::Invalid("use of an optional without a value")),
        [unknown @ Value::Unknown(_)] => Ok(unknown),
        _ => Err(MISMATCH),
    }
}
