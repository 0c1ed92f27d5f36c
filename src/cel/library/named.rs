//! Named formats such as `dns1123Label` (Kubernetes' `format` library).

use jiff::civil::Date;

use super::{Answer, Function, MISMATCH, global, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::{Ext, Value};

pub static FUNCTIONS: &[Function] = &[
    global("format.named", 1..=1, named, "The format of that name as an optional."),
    global(
        "format.dns1123Label",
        0..=0,
        |s, _| get(s, "dns1123Label"),
        "A name of lower case, digits and `-`.",
    ),
    global(
        "format.dns1123Subdomain",
        0..=0,
        |s, _| get(s, "dns1123Subdomain"),
        "Such names with dots between.",
    ),
    global("format.dns1035Label", 0..=0, |s, _| get(s, "dns1035Label"), "A name that starts with a letter."),
    global("format.qualifiedName", 0..=0, |s, _| get(s, "qualifiedName"), "The format of a label key."),
    global(
        "format.dns1123LabelPrefix",
        0..=0,
        |s, _| get(s, "dns1123LabelPrefix"),
        "The start of such a name.",
    ),
    global(
        "format.dns1123SubdomainPrefix",
        0..=0,
        |s, _| get(s, "dns1123SubdomainPrefix"),
        "The start of such names.",
    ),
    global(
        "format.dns1035LabelPrefix",
        0..=0,
        |s, _| get(s, "dns1035LabelPrefix"),
        "The start of such a name.",
    ),
    global("format.labelValue", 0..=0, |s, _| get(s, "labelValue"), "The format of a label value."),
    global("format.uri", 0..=0, |s, _| get(s, "uri"), "The format of a URI."),
    global("format.uuid", 0..=0, |s, _| get(s, "uuid"), "The format of a UUID."),
    global("format.byte", 0..=0, |s, _| get(s, "byte"), "The format of base64."),
    global("format.date", 0..=0, |s, _| get(s, "date"), "The format of a date."),
    global("format.datetime", 0..=0, |s, _| get(s, "datetime"), "The format of a date and time."),
    member("validate", 1..=1, validate, "What is wrong with the text as an optional; none when nothing is."),
];

const NAMES: [&str; 13] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

#[expect(clippy::unnecessary_wraps, reason = "the functions of the table answer with it")]
fn get<'a>(scope: &Scope<'a>, name: &'static str) -> Answer<'a> {
    Ok(Value::Ext(scope.arena().alloc(Ext::Format(name))))
}

fn named<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(name)] = *args else { return Err(MISMATCH) };
    match NAMES.iter().find(|known| **known == name) {
        Some(known) => Ok(Value::some(get(scope, known)?, scope.arena())),
        None => Ok(Value::Optional(None)),
    }
}

fn validate<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Ext(Ext::Format(name)), Value::Str(text)] = *args else { return Err(MISMATCH) };
    scope.spend_bytes(text.len())?;
    match problem(name, text).ok_or(Error::Invalid("format"))? {
        "" => Ok(Value::Optional(None)),
        problem => {
            let problems = scope.arena().alloc_slice_copy(&[Value::Str(problem)]);
            Ok(Value::some(Value::List(problems), scope.arena()))
        }
    }
}

/// What is wrong with `text`, nothing when it is fine; `None` for an unknown format.
fn problem(format: &str, text: &str) -> Option<&'static str> {
    let prefix = text.strip_suffix('-').unwrap_or(text);
    let (valid, problem) = match format {
        "dns1123Label" => (label(text, false), LABEL),
        "dns1123LabelPrefix" => (label(prefix, false), LABEL),
        "dns1035Label" => (label(text, true), SERVICE),
        "dns1035LabelPrefix" => (label(prefix, true), SERVICE),
        "dns1123Subdomain" => (subdomain(text), SUBDOMAIN),
        "dns1123SubdomainPrefix" => (subdomain(prefix), SUBDOMAIN),
        "qualifiedName" => (qualified(text), "must be a qualified name, such as `example.com/my-name`"),
        "labelValue" => {
            (text.is_empty() || word(text), "must be at most 63 letters, digits, `-`, `_` or `.`")
        }
        "uri" => (super::url::Url::parse(text).is_some(), "must be a URI"),
        "uuid" => (uuid(text), "must be a UUID"),
        "byte" => (base64(text), "must be base64"),
        "date" => (text.len() == 10 && text.parse::<Date>().is_ok(), "must be a date, such as `2026-11-20`"),
        "datetime" => (super::time::parse_timestamp(text).is_some(), "must be a date and time of RFC 3339"),
        _ => return None,
    };
    Some(if valid { "" } else { problem })
}

const LABEL: &str = "must be at most 63 lower case letters, digits or `-`, with no `-` at either end";
const SERVICE: &str = "must be at most 63 lower case letters, digits or `-`, and start with a letter";
const SUBDOMAIN: &str = "must be at most 253 characters of lower case letters, digits, `-` or `.`";

fn label(text: &str, letter_first: bool) -> bool {
    text.len() <= 63
        && subdomain(text)
        && !text.contains('.')
        && (!letter_first || text.starts_with(|c: char| c.is_ascii_lowercase()))
}

fn subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty() && part.bytes().all(known) && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

fn word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let outer = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63 && text.bytes().all(inner) && text.starts_with(outer) && text.ends_with(outer)
}

fn qualified(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => subdomain(prefix) && word(name),
        None => word(text),
    }
}

fn uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn base64(text: &str) -> bool {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}
