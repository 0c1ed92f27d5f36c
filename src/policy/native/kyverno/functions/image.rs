//! Image references and their parts.

use super::{Answer, NativeHost, map, text};
use crate::cel::{Error, Scope, Value};
use crate::policy::image::Reference;

pub(super) fn parse<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("parseImageReference")) };
    scope.spend_bytes(source.len())?;
    let reference = Reference::parse(source).ok_or(Error::Invalid("image reference"))?;
    let entries = [
        ("image", Value::Str(source)),
        ("registry", text(scope, &reference.registry)?),
        ("repository", text(scope, &reference.repository)?),
        ("identifier", text(scope, reference.identifier())?),
        ("tag", text(scope, &reference.tag)?),
        ("digest", text(scope, &reference.digest)?),
    ];
    map(scope, &entries)
}

pub(super) fn is_image<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("isImage")) };
    Ok(Value::Bool(Reference::parse(source).is_some()))
}

pub(super) fn contains_digest<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Bool(!part(args, "digest")?.is_empty()))
}

pub(super) fn registry<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    part(args, "registry").map(Value::Str)
}

pub(super) fn repository<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    part(args, "repository").map(Value::Str)
}

pub(super) fn identifier<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    part(args, "identifier").map(Value::Str)
}

pub(super) fn separated<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let separator = if part(args, "digest")?.is_empty() { ':' } else { '@' };
    text(scope, &format!("{separator}{}", part(args, "identifier")?))
}

pub(super) fn tag<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    part(args, "tag").map(Value::Str)
}

pub(super) fn digest<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    part(args, "digest").map(Value::Str)
}

/// A part of a parsed reference, which is a map with all of them.
fn part<'a>(args: &[Value<'a>], name: &'static str) -> Result<&'a str, Error<'a>> {
    if let [Value::Map(image)] = *args
        && let Some(Value::Str(text)) = image.get(Value::Str(name))
    {
        return Ok(text);
    }
    Err(Error::NoSuchOverload(name))
}
