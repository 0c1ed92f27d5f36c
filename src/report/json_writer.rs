//! Compact JSON that is safe to look at in a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::report::prose::is_active;

/// Writes `value` on one line. JSON itself only escapes the characters below U+0020; here every character
/// that could act on a terminal is escaped, which no reader of JSON notices.
pub fn write_json<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Visible))?;
    out.write_all(b"\n")
}

struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_active) {
            let (before, active) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut after = active.chars();
            for unit in after.next().into_iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_acts_and_loses_nothing() {
        let text = "a\u{1b}[0m\u{7f}\u{9b}\u{202e}\n\"日本";
        let mut out = Vec::new();
        write_json(&text, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\"a\\u001b[0m\\u007f\\u009b\\u202e\\n\\\"日本\"\n");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}
