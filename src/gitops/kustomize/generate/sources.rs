//! The pairs that a generator takes in: literals, files, and files of variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Read;
use crate::gitops::Tree;
use crate::gitops::kustomize::fault::{Fault, Fields, Outcome, text};

/// The reference stops reading a file of variables at a longer line, without a word.
const MAX_LINE: usize = 64 << 10;

/// A key, its value, and the entry that says so.
pub(super) struct Pair<'t> {
    pub key: String,
    pub value: Vec<u8>,
    pub from: &'t Tree,
}

/// All pairs, no key twice.
pub(super) fn read<'t>(fields: Fields<'t>, read: Read<'_>) -> Outcome<Vec<Pair<'t>>> {
    let mut pairs: Vec<Pair<'t>> = Vec::new();
    for from in fields.texts("envs")?.iter().chain(fields.text("env")?) {
        variables(&mut pairs, from, &read(from, text(from)?)?)?;
    }
    for from in fields.texts("literals")? {
        let (key, value) = text(from)?
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Fault::at(from, "a literal has the form `key=value`"))?;
        pairs.push(Pair { key: key.to_owned(), value: unquoted(value).as_bytes().to_vec(), from });
    }
    for from in fields.texts("files")? {
        let source = text(from)?;
        let (key, path) = match source.split_once('=') {
            None => (source.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default(), source),
            Some((key, path)) if !key.is_empty() && !path.is_empty() && !path.contains('=') => (key, path),
            Some(_) => return Err(Fault::at(from, "a file has the form `path` or `key=path`")),
        };
        pairs.push(Pair { key: key.to_owned(), value: read(from, path)?, from });
    }
    for (at, pair) in pairs.iter().enumerate() {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if pair.key.is_empty()
            || pair.key.len() > 253
            || !pair.key.chars().all(fine)
            || pair.key.starts_with("..")
        {
            return Err(Fault::at(pair.from, "this key has characters that keys cannot have"));
        }
        if pairs[..at].iter().any(|other| other.key == pair.key) {
            return Err(Fault::at(pair.from, format!("the key `{}` is given twice", pair.key)));
        }
    }
    Ok(pairs)
}

/// The lines `KEY=value` of a file.
fn variables<'t>(pairs: &mut Vec<Pair<'t>>, from: &'t Tree, content: &[u8]) -> Outcome<()> {
    let not_text = || Fault::at(from, "this file of variables is not UTF-8");
    let content = std::str::from_utf8(content).map_err(|_| not_text())?;
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    for line in content.lines() {
        if line.len() >= MAX_LINE {
            return Err(Fault::at(from, "this file has a line that is too long for a file of variables"));
        }
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) || !key.chars().all(fine) {
            return Err(Fault::at(from, "this file has a line that is not `KEY=value`"));
        }
        pairs.push(Pair { key: key.to_owned(), value: value.as_bytes().to_vec(), from });
    }
    Ok(())
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// Base64 as the reference writes it: in lines of 70 where it does not fit in one.
pub(super) fn base64(value: &[u8]) -> String {
    let encoded = STANDARD.encode(value);
    if encoded.len() < 70 {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 70 + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(70));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    lines
}
