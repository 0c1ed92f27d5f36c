//! Cuts a stream of JSON into objects without holding more than one: the items of lists, the elements of
//! arrays, values one after the other.
//!
//! Only cuts; what is between the cuts is read by `syntax`, which judges it. Deliberately absent: knowing
//! what an object is.

use std::io::{self, Read};

use super::StreamError;

/// How much is read at a time.
const CHUNK: usize = 256 << 10;

/// The larger an object, the less likely it came from an API server, which refuses more than 1.5 MiB.
pub const MAX_OBJECT: usize = 16 << 20;

/// What a list says of its items, which leave it out: API version and kind of the list itself.
#[derive(Clone, Debug, Default)]
pub struct ListHead {
    pub api_version: String,
    pub kind: String,
    /// For the next page, when there is one.
    pub next: Option<String>,
}

/// Calls `visit` with the text of every object in `input`, and tells what the last list said of itself.
pub fn read(
    input: impl Read,
    visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
) -> Result<ListHead, StreamError> {
    let mut cutter = Cutter { input, buffer: Vec::new(), start: 0, ended: false };
    let mut last = ListHead::default();
    while let Some(first) = cutter.peek()? {
        match first {
            b'{' => cutter.object(&mut last, visit)?,
            b'[' => {
                cutter.start += 1;
                cutter.items(&ListHead::default(), visit)?;
            }
            _ => return Err(StreamError::Shape("expected a JSON object")),
        }
    }
    Ok(last)
}

struct Cutter<R> {
    input: R,
    buffer: Vec<u8>,
    /// The first byte that has not been used.
    start: usize,
    ended: bool,
}

impl<R: Read> Cutter<R> {
    /// Reads more; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let old = self.buffer.len();
        self.buffer.resize(old + CHUNK, 0);
        let read = self.input.read(&mut self.buffer[old..]);
        self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(!self.ended)
    }

    /// The byte at `at`, reading more where needed.
    fn byte(&mut self, at: usize) -> Result<Option<u8>, StreamError> {
        while at >= self.buffer.len() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(self.buffer.get(at).copied())
    }

    /// The place of the next byte from `at` on that is no blank.
    fn skip(&mut self, mut at: usize) -> Result<(usize, Option<u8>), StreamError> {
        loop {
            match self.byte(at)? {
                // A byte order mark may stand before the first object.
                Some(b' ' | b'\n' | b'\r' | b'\t' | 0xEF | 0xBB | 0xBF) => at += 1,
                other => return Ok((at, other)),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, StreamError> {
        let (at, byte) = self.skip(self.start)?;
        self.start = at;
        self.compact();
        Ok(byte)
    }

    /// Forgets what was used.
    fn compact(&mut self) {
        if self.start >= CHUNK {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
    }

    /// One past the end of the value that starts at `at`.
    fn value_end(&mut self, at: usize) -> Result<usize, StreamError> {
        let begin = at;
        let mut at = at;
        let mut depth = 0_usize;
        loop {
            if at - begin > MAX_OBJECT {
                return Err(StreamError::TooLarge);
            }
            let Some(byte) = self.byte(at)? else { return Err(StreamError::Ended) };
            match byte {
                b'"' => {
                    at = self.string_end(at)?;
                    if depth == 0 {
                        return Ok(at);
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth <= 1 => return Ok(if depth == 1 { at + 1 } else { at }),
                b'}' | b']' => depth -= 1,
                // A number or a word ends before whatever follows it.
                b',' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 && at > begin => return Ok(at),
                _ => {}
            }
            at += 1;
        }
    }

    /// One past the quote that ends the string that starts at `at`.
    fn string_end(&mut self, at: usize) -> Result<usize, StreamError> {
        let begin = at;
        let mut at = at + 1;
        loop {
            let rest = self.buffer.get(at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => return Ok(at + found + 1),
                Some(found) => at += found + 2,
                None => {
                    at = at.max(self.buffer.len());
                    if at - begin > MAX_OBJECT {
                        return Err(StreamError::TooLarge);
                    }
                    if !self.fill()? {
                        return Err(StreamError::Ended);
                    }
                }
            }
        }
    }

    fn text(&self, start: usize, end: usize) -> Result<&str, StreamError> {
        let bytes = self.buffer.get(start..end).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| StreamError::Shape("the text is not UTF-8"))
    }

    /// An object, or the items of a list. Starts at its `{`.
    fn object(
        &mut self,
        last: &mut ListHead,
        visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        let mut head = ListHead::default();
        let mut was_list = false;
        let mut at = self.start + 1;
        loop {
            let (key_at, byte) = self.skip(at)?;
            match byte {
                Some(b'}') => {
                    if !was_list {
                        visit(self.text(self.start, key_at + 1)?, &ListHead::default())?;
                    }
                    self.start = key_at + 1;
                    if was_list {
                        *last = head;
                    }
                    return Ok(());
                }
                Some(b',') => {
                    at = key_at + 1;
                    continue;
                }
                Some(b'"') => {}
                Some(_) => return Err(StreamError::Shape("expected a key")),
                None => return Err(StreamError::Ended),
            }
            let key_end = self.string_end(key_at)?;
            let (colon, byte) = self.skip(key_end)?;
            if byte != Some(b':') {
                return Err(StreamError::Shape("expected `:`"));
            }
            let (value_at, byte) = self.skip(colon + 1)?;
            let key = self.text(key_at + 1, key_end - 1)?;
            let may_be_list = head.kind.is_empty() || head.kind.ends_with("List");
            if key == "items" && byte == Some(b'[') && may_be_list {
                was_list = true;
                self.start = value_at + 1;
                self.items(&head, visit)?;
                at = self.start;
                continue;
            }
            let is_head = matches!(key, "apiVersion" | "kind" | "metadata");
            let key = if is_head { key.to_owned() } else { String::new() };
            let end = self.value_end(value_at)?;
            if is_head {
                self.head(&mut head, &key, value_at, end)?;
            }
            at = end;
            if was_list {
                self.start = at;
                self.compact();
                at = self.start;
            }
        }
    }

    fn head(&self, head: &mut ListHead, key: &str, start: usize, end: usize) -> Result<(), StreamError> {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(self.text(start, end)?) else {
            return Ok(());
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        match key {
            "apiVersion" => head.api_version = text(&value),
            "kind" => head.kind = text(&value),
            _ => {
                head.next = value.get("continue").map(text).filter(|next| !next.is_empty());
            }
        }
        Ok(())
    }

    /// The elements of an array; `start` is behind its `[`.
    fn items(
        &mut self,
        head: &ListHead,
        visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        loop {
            match self.peek()? {
                Some(b']') => {
                    self.start += 1;
                    return Ok(());
                }
                Some(b',') => self.start += 1,
                Some(b'{') => {
                    let end = self.value_end(self.start)?;
                    visit(self.text(self.start, end)?, head)?;
                    self.start = end;
                    self.compact();
                }
                // What is no object cannot be a live one.
                Some(_) => self.start = self.value_end(self.start)?.max(self.start + 1),
                None => return Err(StreamError::Ended),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every boundary is met.
    struct Slow<'t>(&'t [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn cut(text: &str) -> Result<Vec<String>, StreamError> {
        let mut out = Vec::new();
        let mut visit = |text: &str, head: &ListHead| {
            out.push(format!("{}|{text}", head.kind));
            Ok(())
        };
        read(Slow(text.as_bytes()), &mut visit).map(|_| out)
    }

    #[test]
    fn lists_arrays_and_objects_are_cut() {
        let list = r#"{"kind": "PodList", "metadata": {"continue": "x"}, "items": [{"a": "}\"]"}, 7, {"b": [{}]}], "z": 1}"#;
        assert_eq!(cut(list).unwrap(), [r#"PodList|{"a": "}\"]"}"#, r#"PodList|{"b": [{}]}"#]);
        assert_eq!(cut("\u{feff}{\"a\": 1.5}\n{\"b\": true}").unwrap(), ["|{\"a\": 1.5}", "|{\"b\": true}"]);
        assert_eq!(cut(r#"[{"a": 1}, {"b": 2}]"#).unwrap(), [r#"|{"a": 1}"#, r#"|{"b": 2}"#]);
        // A custom resource with items of its own is no list.
        let own = r#"{"kind": "Menu", "items": [{"a": 1}]}"#;
        assert_eq!(cut(own).unwrap(), [format!("|{own}")]);
    }

    #[test]
    fn broken_streams_end_with_an_error() {
        for text in ["{", "[{", r#"{"a"#, r#"{"a": "b"#, "7", r#"{"items": [{}"#, "{]", "[}"] {
            assert!(cut(text).is_err(), "{text}");
        }
    }
}
