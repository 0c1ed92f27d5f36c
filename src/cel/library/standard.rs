//! The functions of the language definition: size, conversions, types and simple string tests.

use super::{Answer, Function, MISMATCH, count, global, member, text};
use crate::cel::error::Error;
use crate::cel::number::double_text;
use crate::cel::scope::Scope;
use crate::cel::value::Value;
use crate::cel::view::{Items, Pairs};

pub static FUNCTIONS: &[Function] = &[
    global("size", 1..=1, size, "The number of code points, bytes, items or entries."),
    member("size", 0..=0, size, "The number of code points, bytes, items or entries."),
    global("type", 1..=1, type_of, "The type of a value."),
    global("bool", 1..=1, to_bool, "A boolean from a string."),
    global("int", 1..=1, to_int, "An integer from a number, a string or a timestamp (seconds)."),
    global("uint", 1..=1, to_uint, "An unsigned integer from a number or a string."),
    global("double", 1..=1, to_double, "A double from a number or a string."),
    global("string", 1..=1, to_string, "A string from a scalar, a duration, a timestamp or an address."),
    global("bytes", 1..=1, to_bytes, "The UTF-8 bytes of a string."),
    member("contains", 1..=1, contains, "Whether the string contains another."),
    member("startsWith", 1..=1, starts_with, "Whether the string starts with another."),
    member("endsWith", 1..=1, ends_with, "Whether the string ends with another."),
];

fn size<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    Ok(count(match value {
        Value::Str(text) => {
            scope.spend_bytes(text.len())?;
            text.chars().count()
        }
        Value::Bytes(bytes) => bytes.len(),
        _ => match (Items::of(value), Pairs::of(value)) {
            (Some(items), _) => items.len(),
            (_, Some(pairs)) => pairs.len(),
            _ => return Err(MISMATCH),
        },
    }))
}

fn type_of<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    Ok(Value::Type(value.type_name()))
}

fn to_bool<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Bool(_)] => Ok(value),
        [Value::Str("1" | "t" | "true" | "TRUE" | "True" | "T")] => Ok(Value::Bool(true)),
        [Value::Str("0" | "f" | "false" | "FALSE" | "False" | "F")] => Ok(Value::Bool(false)),
        [Value::Str(_)] => Err(Error::Invalid("boolean")),
        _ => Err(MISMATCH),
    }
}

/// 2^63 and 2^64: the first doubles beyond the integers.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
fn to_int<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let number = match *args {
        [Value::Int(number)] => number,
        [Value::Uint(number)] => i64::try_from(number).map_err(|_| Error::Overflow)?,
        [Value::Double(number)] if number > -INT_END && number < INT_END => number as i64,
        [Value::Double(_)] => return Err(Error::Overflow),
        [Value::Str(text)] => text.parse().map_err(|_| Error::Invalid("integer"))?,
        [Value::Timestamp(at)] => at.as_second(),
        [Value::Duration(span)] => span.as_secs(),
        _ => return Err(MISMATCH),
    };
    Ok(Value::Int(number))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn to_uint<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let number = match *args {
        [Value::Uint(number)] => number,
        [Value::Int(number)] => u64::try_from(number).map_err(|_| Error::Overflow)?,
        [Value::Double(number)] if (0.0..UINT_END).contains(&number) => number as u64,
        [Value::Double(_)] => return Err(Error::Overflow),
        [Value::Str(text)] => text.parse().map_err(|_| Error::Invalid("unsigned integer"))?,
        _ => return Err(MISMATCH),
    };
    Ok(Value::Uint(number))
}

#[expect(clippy::cast_precision_loss, reason = "conversion rounds, as the specification says")]
fn to_double<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let number = match *args {
        [Value::Double(number)] => number,
        [Value::Int(number)] => number as f64,
        [Value::Uint(number)] => number as f64,
        [Value::Str(text)] => text.parse().map_err(|_| Error::Invalid("number"))?,
        _ => return Err(MISMATCH),
    };
    Ok(Value::Double(number))
}

fn to_string<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    match value {
        Value::Str(_) => Ok(value),
        Value::Bool(flag) => Ok(Value::Str(if flag { "true" } else { "false" })),
        Value::Int(number) => text(scope, &number.to_string()),
        Value::Uint(number) => text(scope, &number.to_string()),
        Value::Double(number) => text(scope, &double_text(number)),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::Str(text)),
            Err(_) => Err(Error::Invalid("UTF-8")),
        },
        Value::Timestamp(at) => text(scope, &at.to_string()),
        Value::Duration(span) => text(scope, &super::time::duration_text(span)),
        Value::Type(name) => Ok(Value::Str(name)),
        Value::Ext(ext) => text(scope, &ext.text().ok_or(MISMATCH)?),
        _ => Err(MISMATCH),
    }
}

fn to_bytes<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Bytes(_)] => Ok(value),
        [Value::Str(text)] => Ok(Value::Bytes(text.as_bytes())),
        _ => Err(MISMATCH),
    }
}

fn contains<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), Value::Str(part)] = *args else { return Err(MISMATCH) };
    scope.spend_bytes(text.len())?;
    Ok(Value::Bool(memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()))
}

fn starts_with<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), Value::Str(prefix)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(text.starts_with(prefix)))
}

fn ends_with<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), Value::Str(suffix)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(text.ends_with(suffix)))
}
