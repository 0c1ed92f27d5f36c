//! `'%s: %d'.format([x, y])` (cel-go's `strings` extension, version 1 and later).

use std::fmt::Write as _;

use super::{Answer, MISMATCH, text};
use crate::cel::compare::MAX_NESTING;
use crate::cel::error::Error;
use crate::cel::number::double_text;
use crate::cel::scope::{Limits, Scope};
use crate::cel::value::Value;
use crate::cel::view::{Items, Pairs};

const CLAUSE: Error<'static> = Error::Invalid("format string");
const ARGUMENT: Error<'static> = Error::Invalid("format argument");

/// Digits after the point that may be asked for.
const MAX_PRECISION: usize = 1_000;

pub fn format<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(pattern), values] = *args else { return Err(MISMATCH) };
    let values = Items::of(values).ok_or(MISMATCH)?;
    let mut out = String::new();
    let mut next = 0;
    let mut rest = pattern;
    while let Some((literal, clause)) = rest.split_once('%') {
        out.push_str(literal);
        if let Some(tail) = clause.strip_prefix('%') {
            out.push('%');
            rest = tail;
            continue;
        }
        let (precision, clause) = precision(clause)?;
        let verb = clause.chars().next().ok_or(CLAUSE)?;
        let value = scope.resolve(values.get(next).ok_or(ARGUMENT)?);
        if let Value::Unknown(_) = value {
            return Ok(value);
        }
        next += 1;
        match verb {
            's' => string(scope, value, &mut out, MAX_NESTING)?,
            'd' => decimal(value, &mut out)?,
            'f' => fixed(value, precision, &mut out)?,
            'e' => scientific(value, precision, &mut out)?,
            'b' | 'o' | 'x' | 'X' => radix(value, verb, &mut out)?,
            _ => return Err(CLAUSE),
        }
        if out.len() > Limits::DEFAULT.string {
            return Err(Error::TooLarge);
        }
        rest = clause.get(verb.len_utf8()..).unwrap_or_default();
    }
    out.push_str(rest);
    text(scope, &out)
}

/// Reads `.3` and returns what follows; 6 digits when nothing is said.
fn precision(clause: &str) -> Result<(usize, &str), Error<'static>> {
    let Some(tail) = clause.strip_prefix('.') else { return Ok((6, clause)) };
    let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
    let digits = tail.get(..end).unwrap_or_default();
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((precision, tail.get(end..).unwrap_or_default())),
        _ => Err(CLAUSE),
    }
}

/// A double without digits, as all clauses write it.
fn special(number: f64) -> Option<&'static str> {
    match number {
        n if n.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

fn string<'a>(scope: &Scope<'a>, value: Value<'a>, out: &mut String, depth: usize) -> Result<(), Error<'a>> {
    let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
    scope.spend(1)?;
    if out.len() > Limits::DEFAULT.string {
        return Err(Error::TooLarge);
    }
    match scope.resolve(value) {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if flag { "true" } else { "false" }),
        Value::Int(number) => write(out, number),
        Value::Uint(number) => write(out, number),
        Value::Double(number) => match special(number) {
            Some(name) => out.push_str(name),
            None => out.push_str(&double_text(number)),
        },
        Value::Str(text) | Value::Type(text) => out.push_str(text),
        Value::Bytes(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Value::Timestamp(at) => write(out, at),
        Value::Duration(span) => out.push_str(&super::time::duration_text(span)),
        Value::Ext(ext) => out.push_str(&ext.text().ok_or(ARGUMENT)?),
        resolved => match (Items::of(resolved), Pairs::of(resolved)) {
            (Some(items), _) => return items_text(scope, items, out, depth),
            (_, Some(pairs)) => return pairs_text(scope, pairs, out, depth),
            _ => return Err(ARGUMENT),
        },
    }
    Ok(())
}

fn items_text<'a>(
    scope: &Scope<'a>,
    items: Items<'a>,
    out: &mut String,
    depth: usize,
) -> Result<(), Error<'a>> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        string(scope, item, out, depth)?;
    }
    out.push(']');
    Ok(())
}

/// Entries are sorted by their keys' text, so that the result does not hang on their order.
fn pairs_text<'a>(
    scope: &Scope<'a>,
    pairs: Pairs<'a>,
    out: &mut String,
    depth: usize,
) -> Result<(), Error<'a>> {
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, value) in pairs.iter() {
        let mut name = String::new();
        string(scope, key, &mut name, depth)?;
        entries.push((name, value));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    out.push('{');
    for (index, (name, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(&name);
        out.push_str(": ");
        string(scope, value, out, depth)?;
    }
    out.push('}');
    Ok(())
}

fn decimal<'a>(value: Value<'a>, out: &mut String) -> Result<(), Error<'a>> {
    match value {
        Value::Int(number) => write(out, number),
        Value::Uint(number) => write(out, number),
        Value::Double(number) => out.push_str(special(number).ok_or(ARGUMENT)?),
        _ => return Err(ARGUMENT),
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "integers are formatted as the doubles nearest to them")]
fn double(value: Value<'_>) -> Result<f64, Error<'_>> {
    match value {
        Value::Double(number) => Ok(number),
        Value::Int(number) => Ok(number as f64),
        Value::Uint(number) => Ok(number as f64),
        _ => Err(ARGUMENT),
    }
}

fn fixed<'a>(value: Value<'a>, precision: usize, out: &mut String) -> Result<(), Error<'a>> {
    let number = double(value)?;
    match special(number) {
        Some(name) => out.push_str(name),
        None => write(out, format_args!("{number:.precision$}")),
    }
    Ok(())
}

fn scientific<'a>(value: Value<'a>, precision: usize, out: &mut String) -> Result<(), Error<'a>> {
    let number = double(value)?;
    if let Some(name) = special(number) {
        out.push_str(name);
        return Ok(());
    }
    let written = format!("{number:.precision$e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write(out, format_args!("{digits}e{sign}{exponent:0>2}"));
    Ok(())
}

fn radix<'a>(value: Value<'a>, verb: char, out: &mut String) -> Result<(), Error<'a>> {
    let (magnitude, negative) = match (value, verb) {
        (Value::Int(number), _) => (number.unsigned_abs(), number < 0),
        (Value::Uint(number), _) => (number, false),
        (Value::Bool(flag), 'b') => (u64::from(flag), false),
        (Value::Str(text), 'x' | 'X') => {
            hex(text.as_bytes(), verb, out);
            return Ok(());
        }
        (Value::Bytes(bytes), 'x' | 'X') => {
            hex(bytes, verb, out);
            return Ok(());
        }
        _ => return Err(ARGUMENT),
    };
    if negative {
        out.push('-');
    }
    match verb {
        'b' => write(out, format_args!("{magnitude:b}")),
        'o' => write(out, format_args!("{magnitude:o}")),
        'x' => write(out, format_args!("{magnitude:x}")),
        _ => write(out, format_args!("{magnitude:X}")),
    }
    Ok(())
}

fn hex(bytes: &[u8], verb: char, out: &mut String) {
    for byte in bytes {
        match verb {
            'x' => write(out, format_args!("{byte:02x}")),
            _ => write(out, format_args!("{byte:02X}")),
        }
    }
}

/// Writing to a string cannot fail.
fn write(out: &mut String, value: impl std::fmt::Display) {
    let written = write!(out, "{value}");
    debug_assert!(written.is_ok());
}
