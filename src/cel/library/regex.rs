//! Regular expressions: `matches` of the language, cel-go's `regex` extension, Kubernetes' `find`, and a
//! question of ours, since a pattern that a file holds may be none.

use std::rc::Rc;

use super::{Answer, Function, MISMATCH, global, list, member, text};
use crate::cel::error::Error;
use crate::cel::pattern::Pattern;
use crate::cel::scope::{Limits, Scope};
use crate::cel::value::{Ext, Value};

pub static FUNCTIONS: &[Function] = &[
    global("matches", 2..=2, matches, "Whether the pattern occurs in the string."),
    member("matches", 1..=1, matches, "Whether the pattern occurs in the string."),
    member("find", 1..=1, find, "The first match of the pattern, or an empty string."),
    member("findAll", 1..=2, find_all, "The matches of the pattern, at most as many as given."),
    global("regex.replace", 3..=4, replace, "The string with matches replaced; `\\1` is a group."),
    global("regex.extract", 2..=2, extract, "The first match, or its group, as an optional."),
    global("regex.extractAll", 2..=2, extract_all, "Every match, or its group."),
    global("regex.isValid", 1..=1, is_valid, "Whether the string is a pattern."),
];

/// A pattern compiled with the program, or kept by the scope.
enum Compiled<'a> {
    Literal(&'a Pattern),
    Kept(Rc<Pattern>),
}

impl Compiled<'_> {
    fn regex(&self) -> &regex::Regex {
        match self {
            Self::Literal(pattern) => &pattern.regex,
            Self::Kept(pattern) => &pattern.regex,
        }
    }
}

/// Compiling costs much more than matching; so many bytes of text would cost as much.
const COMPILE_COST: u64 = 2_000;

fn compiled<'a>(scope: &Scope<'a>, pattern: Value<'a>, text: &str) -> Result<Compiled<'a>, Error<'a>> {
    let (compiled, size) = match pattern {
        Value::Ext(Ext::Pattern(pattern)) => (Compiled::Literal(pattern), pattern.source.len()),
        Value::Str(source) => {
            let mut cache = scope.patterns.borrow_mut();
            if !cache.knows(source) {
                scope.spend(COMPILE_COST + 20 * source.len() as u64)?;
            }
            let kept = cache.get(source, || Pattern::new(source, Limits::DEFAULT.regex).ok());
            (Compiled::Kept(kept.ok_or(Error::Invalid("regular expression"))?), source.len())
        }
        _ => return Err(MISMATCH),
    };
    // A match takes time in the product of both sizes at worst.
    let work = (text.len() as u64).saturating_mul(size as u64 / 16 + 1) / 16;
    scope.spend(work + 1)?;
    Ok(compiled)
}

fn matches<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), pattern] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(compiled(scope, pattern, text)?.regex().is_match(text)))
}

fn find<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), pattern] = *args else { return Err(MISMATCH) };
    let found = compiled(scope, pattern, text)?.regex().find(text).map(|found| found.as_str());
    Ok(Value::Str(found.unwrap_or_default()))
}

fn find_all<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (text, pattern, limit) = match *args {
        [Value::Str(text), pattern] => (text, pattern, -1),
        [Value::Str(text), pattern, Value::Int(limit)] => (text, pattern, limit),
        _ => return Err(MISMATCH),
    };
    let compiled = compiled(scope, pattern, text)?;
    let limit = usize::try_from(limit).unwrap_or(Limits::DEFAULT.list + 1);
    let found: Vec<Value<'a>> =
        compiled.regex().find_iter(text).take(limit).map(|found| Value::Str(found.as_str())).collect();
    list(scope, &found)
}

fn replace<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (subject, pattern, by, limit) = match *args {
        [Value::Str(subject), pattern, Value::Str(by)] => (subject, pattern, by, -1),
        [Value::Str(subject), pattern, Value::Str(by), Value::Int(limit)] => (subject, pattern, by, limit),
        _ => return Err(MISMATCH),
    };
    let compiled = compiled(scope, pattern, subject)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut out = String::new();
    let mut end = 0;
    for found in compiled.regex().captures_iter(subject).take(limit) {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(subject.get(end..whole.start()).unwrap_or_default());
        expand(by, &found, &mut out)?;
        end = whole.end();
        if out.len() > Limits::DEFAULT.string {
            return Err(Error::TooLarge);
        }
    }
    out.push_str(subject.get(end..).unwrap_or_default());
    text(scope, &out)
}

/// Writes a replacement in which `\1` stands for a group and `\\` for a backslash.
fn expand<'a>(by: &str, found: &regex::Captures<'_>, out: &mut String) -> Result<(), Error<'a>> {
    const BAD: Error<'static> = Error::Invalid("replacement string");
    let mut chars = by.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('\\') => out.push('\\'),
            Some(digit) => {
                let group = digit.to_digit(10).ok_or(BAD)? as usize;
                if group >= found.len() {
                    return Err(BAD);
                }
                out.push_str(found.get(group).map_or("", |group| group.as_str()));
            }
            None => return Err(BAD),
        }
    }
    Ok(())
}

/// The group of interest: the only one, or the whole match when there is none.
fn group_of<'a>(regex: &regex::Regex) -> Result<usize, Error<'a>> {
    match regex.captures_len() {
        1 => Ok(0),
        2 => Ok(1),
        _ => Err(Error::Invalid("regular expression: it has more than one group")),
    }
}

fn extract<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), pattern] = *args else { return Err(MISMATCH) };
    let compiled = compiled(scope, pattern, text)?;
    let group = group_of(compiled.regex())?;
    let found = compiled.regex().captures(text).and_then(|found| found.get(group));
    Ok(found.map_or(Value::Optional(None), |found| Value::some(Value::Str(found.as_str()), scope.arena())))
}

fn extract_all<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text), pattern] = *args else { return Err(MISMATCH) };
    let compiled = compiled(scope, pattern, text)?;
    let group = group_of(compiled.regex())?;
    let found = compiled.regex().captures_iter(text).filter_map(|found| found.get(group));
    let found: Vec<Value<'a>> = found.map(|found| Value::Str(found.as_str())).collect();
    list(scope, &found)
}

fn is_valid<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match compiled(scope, args[0], "") {
        Ok(_) => Ok(Value::Bool(true)),
        Err(Error::Invalid(_)) => Ok(Value::Bool(false)),
        Err(problem) => Err(problem),
    }
}
