//! Strings (cel-go's `strings` extension); indexes count code points. `format` has a file of its own.

use super::{Answer, Function, MISMATCH, count, global, list, member, text};
use crate::cel::error::Error;
use crate::cel::scope::{Limits, Scope};
use crate::cel::value::Value;
use crate::cel::view::Items;

pub static FUNCTIONS: &[Function] = &[
    member("charAt", 1..=1, char_at, "The character at an index; empty just past the end."),
    member("indexOf", 1..=2, index_of, "Where another string first occurs, or -1."),
    member("lastIndexOf", 1..=2, last_index_of, "Where another string last occurs, or -1."),
    member("lowerAscii", 0..=0, lower, "The string with ASCII letters in lower case."),
    member("upperAscii", 0..=0, upper, "The string with ASCII letters in upper case."),
    member("replace", 2..=3, replace, "The string with occurrences of another replaced."),
    member("split", 1..=2, split, "The parts between separators."),
    member("substring", 1..=2, substring, "The part from an index, up to another."),
    member("trim", 0..=0, trim, "The string without white space around it."),
    member("reverse", 0..=0, reverse, "The characters in reverse order."),
    member("join", 0..=1, join, "The strings of a list in one, with a separator between."),
    member(
        "format",
        1..=1,
        super::format::format,
        "The string with `%s`, `%d`, `%.2f`.. replaced by values.",
    ),
    global("strings.quote", 1..=1, quote, "The string as a CEL literal."),
];

/// Where the code point `index` starts; its count is the end.
fn offset<'a>(text: &str, index: i64) -> Result<usize, Error<'a>> {
    let index = usize::try_from(index).map_err(|_| OUT)?;
    let mut starts = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
    starts.nth(index).ok_or(OUT)
}

const OUT: Error<'static> = Error::IndexOutOfBounds { parent: None };

/// The index of the code point that starts at byte `at`.
fn index_at<'a>(text: &str, at: Option<usize>) -> Value<'a> {
    at.map_or(Value::Int(-1), |at| count(text.get(..at).unwrap_or_default().chars().count()))
}

fn char_at<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), Value::Int(index)] = *args else { return Err(MISMATCH) };
    scope.spend_bytes(text.len())?;
    let rest = text.get(offset(text, index)?..).unwrap_or_default();
    let end = rest.chars().next().map_or(0, char::len_utf8);
    Ok(Value::Str(rest.get(..end).unwrap_or_default()))
}

fn index_of<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (text, part, from) = match *args {
        [Value::Str(text), Value::Str(part)] => (text, part, 0),
        [Value::Str(text), Value::Str(part), Value::Int(from)] => (text, part, from),
        _ => return Err(MISMATCH),
    };
    scope.spend_bytes(2 * text.len())?;
    let start = offset(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(part));
    Ok(index_at(text, found.map(|at| start + at)))
}

fn last_index_of<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (text, part, last) = match *args {
        [Value::Str(text), Value::Str(part)] => (text, part, None),
        [Value::Str(text), Value::Str(part), Value::Int(last)] => (text, part, Some(last)),
        _ => return Err(MISMATCH),
    };
    scope.spend_bytes(2 * text.len())?;
    let Some(last) = last else { return Ok(index_at(text, text.rfind(part))) };
    // The match may start at `last` and so end as many code points later as it has.
    let from = offset(text, last)?;
    let rest = text.get(from..).unwrap_or_default();
    let end = rest.char_indices().nth(part.chars().count()).map_or(text.len(), |(at, _)| from + at);
    let found = text.get(..end).and_then(|head| head.rfind(part));
    Ok(index_at(text, found))
}

fn lower<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(subject)] = *args else { return Err(MISMATCH) };
    if !subject.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Ok(Value::Str(subject));
    }
    text(scope, &subject.to_ascii_lowercase())
}

fn upper<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(subject)] = *args else { return Err(MISMATCH) };
    text(scope, &subject.to_ascii_uppercase())
}

fn replace<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (subject, from, to, limit) = match *args {
        [Value::Str(subject), Value::Str(from), Value::Str(to)] => (subject, from, to, -1),
        [Value::Str(subject), Value::Str(from), Value::Str(to), Value::Int(limit)] => {
            (subject, from, to, limit)
        }
        _ => return Err(MISMATCH),
    };
    scope.spend_bytes(subject.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let times = if from.is_empty() { subject.chars().count() + 1 } else { subject.matches(from).count() };
    let grown = times.min(limit).saturating_mul(to.len()).saturating_add(subject.len());
    if grown > Limits::DEFAULT.string {
        return Err(Error::TooLarge);
    }
    text(scope, &subject.replacen(from, to, limit))
}

fn split<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (subject, separator, limit) = match *args {
        [Value::Str(subject), Value::Str(separator)] => (subject, separator, -1),
        [Value::Str(subject), Value::Str(separator), Value::Int(limit)] => (subject, separator, limit),
        _ => return Err(MISMATCH),
    };
    scope.spend_bytes(subject.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let parts: Vec<Value<'a>> = if limit == 0 {
        Vec::new()
    } else if separator.is_empty() {
        letters(subject, limit)
    } else {
        subject.splitn(limit, separator).take(Limits::DEFAULT.list + 1).map(Value::Str).collect()
    };
    list(scope, &parts)
}

/// Splits after each code point, the last part holding the rest.
fn letters(subject: &str, limit: usize) -> Vec<Value<'_>> {
    let mut parts = Vec::new();
    let mut rest = subject;
    while let Some(c) = rest.chars().next() {
        if parts.len() + 1 == limit || parts.len() > Limits::DEFAULT.list {
            parts.push(Value::Str(rest));
            break;
        }
        let (letter, tail) = rest.split_at(c.len_utf8());
        parts.push(Value::Str(letter));
        rest = tail;
    }
    parts
}

fn substring<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (text, start, end) = match *args {
        [Value::Str(text), Value::Int(start)] => (text, start, None),
        [Value::Str(text), Value::Int(start), Value::Int(end)] => (text, start, Some(end)),
        _ => return Err(MISMATCH),
    };
    scope.spend_bytes(text.len())?;
    let start = offset(text, start)?;
    let end = end.map_or(Ok(text.len()), |end| offset(text, end))?;
    text.get(start..end).map(Value::Str).ok_or(Error::Invalid("substring range"))
}

fn trim<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    Ok(Value::Str(text.trim()))
}

fn reverse<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(subject)] = *args else { return Err(MISMATCH) };
    text(scope, &subject.chars().rev().collect::<String>())
}

fn join<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (items, separator) = match *args {
        [items] => (items, ""),
        [items, Value::Str(separator)] => (items, separator),
        _ => return Err(MISMATCH),
    };
    let items = Items::of(items).ok_or(MISMATCH)?;
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        scope.spend(1)?;
        let part = match scope.resolve(item) {
            Value::Str(part) => part,
            unknown @ Value::Unknown(_) => return Ok(unknown),
            _ => return Err(MISMATCH),
        };
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(part);
        if joined.len() > Limits::DEFAULT.string {
            return Err(Error::TooLarge);
        }
    }
    text(scope, &joined)
}

fn quote<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(subject)] = *args else { return Err(MISMATCH) };
    let mut quoted = String::with_capacity(subject.len() + 2);
    quoted.push('"');
    for c in subject.chars() {
        let escaped = match c {
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{b}' => "\\v",
            '\\' => "\\\\",
            '"' => "\\\"",
            _ => {
                quoted.push(c);
                continue;
            }
        };
        quoted.push_str(escaped);
    }
    quoted.push('"');
    text(scope, &quoted)
}
