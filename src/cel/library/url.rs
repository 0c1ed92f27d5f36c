//! URLs (Kubernetes' `url` library), read as Go's `url.ParseRequestURI` reads them.

use super::{Answer, Function, MISMATCH, global, member, text};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::{Ext, Map, Value};

pub static FUNCTIONS: &[Function] = &[
    global("url", 1..=1, url, "A URL, or an absolute path, from text."),
    global("isURL", 1..=1, is_url, "Whether the text is a URL or an absolute path."),
    member("getScheme", 0..=0, scheme, "The scheme."),
    member("getHost", 0..=0, host, "The host with its port."),
    member("getHostname", 0..=0, hostname, "The host without its port and brackets."),
    member("getPort", 0..=0, port, "The port, as text."),
    member("getEscapedPath", 0..=0, path, "The path with escapes."),
    member("getQuery", 0..=0, query, "The parameters of the query: names and their values."),
];

/// The parts of a URL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Url<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Url<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let escaped = text.split('%').skip(1).all(|tail| {
            let hex = tail.as_bytes().get(..2);
            hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
        });
        if !escaped || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return None;
        }
        let (before, query) = text.split_once('?').unwrap_or((text, ""));
        if before.starts_with('/') {
            return Some(Self { scheme: "", host: "", path: before, query });
        }
        let (scheme, rest) = before.split_once(':')?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(known) {
            return None;
        }
        let Some(rest) = rest.strip_prefix("//") else {
            // `mailto:a@b` has neither host nor path.
            let path = if rest.starts_with('/') { rest } else { "" };
            return Some(Self { scheme, host: "", path, query });
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let url = Self { scheme, host, path, query };
        let after = url.after_hostname();
        let port = after.strip_prefix(':');
        let valid = port.map_or(after.is_empty(), |port| port.bytes().all(|byte| byte.is_ascii_digit()));
        valid.then_some(url)
    }

    fn hostname(&self) -> &'a str {
        let bracketed = self.host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        bracketed.map_or_else(|| self.host.split(':').next().unwrap_or_default(), |(name, _)| name)
    }

    /// What follows the name: nothing, or a colon and the port.
    fn after_hostname(&self) -> &'a str {
        let brackets = if self.host.starts_with('[') { 2 } else { 0 };
        self.host.get(self.hostname().len() + brackets..).unwrap_or("invalid")
    }
}

fn url<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Ext(Ext::Url(_))] => Ok(value),
        [Value::Str(text)] => {
            let url = Url::parse(text).ok_or(Error::Invalid("URL"))?;
            Ok(Value::Ext(scope.arena().alloc(Ext::Url(url))))
        }
        _ => Err(MISMATCH),
    }
}

fn is_url<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(Url::parse(text).is_some()))
}

fn parts<'a>(args: &[Value<'a>]) -> Result<&'a Url<'a>, Error<'a>> {
    match *args {
        [Value::Ext(Ext::Url(url))] => Ok(url),
        _ => Err(MISMATCH),
    }
}

fn scheme<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Str(parts(args)?.scheme))
}

fn host<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Str(parts(args)?.host))
}

fn hostname<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Str(parts(args)?.hostname()))
}

fn port<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Str(parts(args)?.after_hostname().trim_start_matches(':')))
}

fn path<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let path = parts(args)?.path;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*[]%".contains(&byte);
    if path.bytes().all(plain) {
        return Ok(Value::Str(path));
    }
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text(scope, &path.bytes().map(escape).collect::<String>())
}

fn query<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let url = parts(args)?;
    scope.spend_bytes(url.query.len() * 4)?;
    let mut names: Vec<(&'a str, Vec<Value<'a>>)> = Vec::new();
    for pair in url.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name: &'a str = scope.arena().alloc_str(&unescape(name));
        let value = Value::Str(scope.arena().alloc_str(&unescape(value)));
        scope.spend(names.len() as u64)?;
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => names.push((name, vec![value])),
        }
    }
    let list = |values: &[Value<'a>]| Value::List(scope.arena().alloc_slice_copy(values));
    let entries: Vec<_> = names.iter().map(|(name, values)| (Value::Str(name), list(values))).collect();
    Map::new(&entries, scope.arena()).map(Value::Map).ok_or(Error::BadKey)
}

/// Text of a query without `+` and percent escapes.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = tail;
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
