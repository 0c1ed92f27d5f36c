//! JSON as RFC 8259 has it, with spans (<https://www.rfc-editor.org/rfc/rfc8259>).
//!
//! Strict: a linter that accepts a trailing comma approves a file its consumer refuses. Iterative,
//! with a bounded depth. Comments, JSON5 and several values in a file are deliberately absent.

use std::borrow::Cow;

use super::{Parsed, Problem, ProblemKind, Syntax, keys, offset, template};
use crate::model::{Data, Document, NodeId, Schema, Span, Style};

/// Arrays and objects within each other; JSON made by machines stays far below it.
const MAX_DEPTH: usize = 512;

/// JSON files.
pub(super) struct Json;

impl Syntax for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn parse<'s>(&self, text: &'s str) -> Parsed<'s> {
        match read(text) {
            Ok(parsed) => parsed,
            Err(_) if template::has_actions(text) => Parsed { templated: true, ..Parsed::default() },
            Err(problem) => Parsed { problems: vec![problem], ..Parsed::default() },
        }
    }
}

/// Reads one JSON text.
///
/// # Errors
/// The first thing that is not JSON; nothing after it is read.
pub(super) fn read(text: &str) -> Result<Parsed<'_>, Problem> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader {
        text,
        at: start,
        document: Document::new(0, Schema::Json),
        pending: Vec::new(),
        open: Vec::new(),
        problems: Vec::new(),
    };
    reader.read()?;
    Ok(Parsed { documents: vec![reader.document], problems: reader.problems, ..Parsed::default() })
}

/// An array or an object whose end has not been read.
struct Open {
    object: bool,
    start: u32,
    /// Where its children begin among the pending ones.
    first: usize,
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
    document: Document<'s>,
    /// Children of all open collections, those of the innermost last.
    pending: Vec<NodeId>,
    open: Vec<Open>,
    problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    fn read(&mut self) -> Result<(), Problem> {
        // A comma or an opening bracket was just read; only after the latter may the collection end.
        let mut after_comma = false;
        loop {
            self.skip_blanks();
            let collection = self.open.last().map(|open| open.object);
            match (self.peek(), collection) {
                (Some(b']'), Some(false)) | (Some(b'}'), Some(true)) if !after_comma => self.close(),
                (Some(end @ (b']' | b'}')), Some(_)) if after_comma => {
                    let end = char::from(end);
                    return Err(self.error(format!("JSON allows no comma before `{end}`; remove the comma")));
                }
                (_, Some(true)) => {
                    self.key()?;
                    if self.value()? {
                        after_comma = false;
                        continue;
                    }
                }
                _ => {
                    if self.value()? {
                        after_comma = false;
                        continue;
                    }
                }
            }
            // A value is complete: close what ends here, then go on after a comma.
            loop {
                self.skip_blanks();
                let Some(object) = self.open.last().map(|open| open.object) else {
                    return self.end();
                };
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        after_comma = true;
                        break;
                    }
                    Some(b'}') if object => self.close(),
                    Some(b']') if !object => self.close(),
                    _ => {
                        let end = if object { '}' } else { ']' };
                        return Err(self.unexpected(&format!("`,` or `{end}`")));
                    }
                }
            }
        }
    }

    /// Nothing but blanks may follow the outermost value; `pending` holds that value alone.
    fn end(&mut self) -> Result<(), Problem> {
        if self.at < self.text.len() {
            return Err(self.unexpected("the end of the file"));
        }
        if let Some(&root) = self.pending.first() {
            self.document.set_root(root);
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(), Problem> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:` after the key"));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(())
    }

    /// Reads a scalar, or the beginning of a collection: then the answer is `true`.
    fn value(&mut self) -> Result<bool, Problem> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(bracket @ (b'{' | b'[')) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.error(format!("nested more than {MAX_DEPTH} levels deep; flatten it")));
                }
                self.open.push(Open {
                    object: bracket == b'{',
                    start: offset(self.at),
                    first: self.pending.len(),
                });
                self.at += 1;
                return Ok(true);
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            _ => return Err(self.unexpected("a value")),
        }
        Ok(false)
    }

    fn close(&mut self) {
        self.at += 1;
        let Some(Open { object, start, first }) = self.open.pop() else { return };
        let items = self.pending.get(first..).unwrap_or_default();
        if object {
            keys::report_duplicates(&self.document, items, &mut self.problems);
        }
        let children = self.document.push_children(items);
        let data = if object { Data::Mapping(children) } else { Data::Sequence(children) };
        self.pending.truncate(first);
        let id = self.document.push(data, Span::new(start, offset(self.at)), None);
        self.pending.push(id);
    }

    fn scalar(&mut self, text: Cow<'s, str>, style: Style, start: usize) {
        let span = Span::new(offset(start), offset(self.at));
        let id = self.document.push(Data::Scalar(text, style), span, None);
        self.pending.push(id);
    }

    fn word(&mut self, word: &'static str) -> Result<(), Problem> {
        let start = self.at;
        if !self.rest().starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        self.scalar(Cow::Borrowed(word), Style::Plain, start);
        Ok(())
    }

    /// `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`
    fn number(&mut self) -> Result<(), Problem> {
        let start = self.at;
        self.skip(|b| b == b'-', 1);
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            self.at = start;
            return Err(self.error("a JSON number has no leading zero; remove it or quote the value".into()));
        }
        if self.skip(|b| b == b'.', 1) == 1 {
            self.digits()?;
        }
        if self.skip(|b| matches!(b, b'e' | b'E'), 1) == 1 {
            self.skip(|b| matches!(b, b'+' | b'-'), 1);
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.scalar(Cow::Borrowed(text), Style::Plain, start);
        Ok(())
    }

    fn digits(&mut self) -> Result<usize, Problem> {
        match self.skip(|b| b.is_ascii_digit(), usize::MAX) {
            0 => Err(self.unexpected("a digit")),
            count => Ok(count),
        }
    }

    fn string(&mut self) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        let mut owned: Option<String> = None;
        loop {
            let plain = self.rest().bytes().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1F));
            let Some(length) = plain else {
                self.at = start;
                return Err(self.error("the string has no end; close it with `\"`".to_owned()));
            };
            let piece = self.rest().get(..length).unwrap_or_default();
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    let text = match owned {
                        Some(mut text) => {
                            text.push_str(piece);
                            Cow::Owned(text)
                        }
                        None => Cow::Borrowed(piece),
                    };
                    self.scalar(text, Style::DoubleQuoted, start);
                    return Ok(());
                }
                Some(b'\\') => {
                    let text = owned.get_or_insert_default();
                    text.push_str(piece);
                    let char = self.escape()?;
                    owned.get_or_insert_default().push(char);
                }
                _ => {
                    let message =
                        "a line break or control character in a string; write it as an escape such as `\\n`";
                    return Err(self.error(message.to_owned()));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let char = match self.rest().as_bytes().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                return Err(
                    self.error("an unknown escape; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u".into())
                );
            }
        };
        self.at += 2;
        Ok(char)
    }

    /// Half a surrogate pair becomes U+FFFD, as Go's `encoding/json` reads it.
    fn unicode_escape(&mut self) -> Result<char, Problem> {
        let first = self.hex()?;
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The code of `\uXXXX`.
    fn hex(&mut self) -> Result<u32, Problem> {
        let digits = self.rest().get(2..6).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 6;
                Ok(code)
            }
            None => Err(self.error("`\\u` needs four hexadecimal digits".to_owned())),
        }
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over at most `limit` bytes that are `wanted` and counts them.
    fn skip(&mut self, wanted: impl Fn(u8) -> bool, limit: usize) -> usize {
        let start = self.at;
        while self.at - start < limit && self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        self.at - start
    }

    fn skip_blanks(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'), usize::MAX);
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let message = match self.peek() {
            None if self.text.trim().is_empty() => "the file is empty; JSON needs a value".to_owned(),
            None => format!("the file ends too early; expected {wanted}"),
            Some(b'/' | b'#') => "JSON has no comments; remove it".to_owned(),
            Some(b'\'') => "JSON strings stand in double quotes".to_owned(),
            Some(_) => format!("not valid JSON: expected {wanted}"),
        };
        self.error(message)
    }

    fn error(&self, message: String) -> Problem {
        let at = offset(self.at);
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        Problem { kind: ProblemKind::ParseError, message, span: Span::new(at, offset(self.at + width)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        read(text).unwrap_err().message
    }

    #[test]
    fn values_keep_their_spans() {
        let text = r#" {"a": [1, -2.5e3, "b\u00e9\ud83d\ude00"], "c": {}, "a": null} "#;
        let parsed = read(text).unwrap();
        let root = parsed.documents[0].root().unwrap();
        assert_eq!(root.span().of(text), text.trim());
        let (_, list) = root.entries().next().unwrap();
        assert_eq!(list.item(1).unwrap().span().of(text), "-2.5e3");
        assert_eq!(list.item(2).unwrap().text(), Some("b\u{e9}\u{1f600}"));
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.problems[0].span.start as usize, text.rfind("\"a\"").unwrap());
    }

    #[test]
    fn mistakes_say_what_to_do() {
        assert_eq!(message("[1,]"), "JSON allows no comma before `]`; remove the comma");
        assert_eq!(message("{} // x"), "JSON has no comments; remove it");
        assert_eq!(message("{'a': 1}"), "JSON strings stand in double quotes");
        assert_eq!(message(" \n"), "the file is empty; JSON needs a value");
        assert!(message("[01]").contains("leading zero"));
        assert!(message(&"[".repeat(100_000)).contains("512 levels"));
    }
}
