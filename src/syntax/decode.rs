//! Bytes to text: UTF-8, and UTF-16 as Windows shells write it.
//!
//! Follows YAML 1.2.2 §5.2 (<https://yaml.org/spec/1.2.2/#52-character-encodings>) but for UTF-32,
//! which nobody writes. The byte order mark is removed, so spans count from the first character.
//! Guessing at other encodings is deliberately absent: a wrong guess would judge wrong values.

use super::{Problem, ProblemKind, offset};
use crate::model::Span;

/// The largest text that is read, in bytes: far beyond any file people write, small enough that a
/// few at once fit into memory.
pub const MAX_BYTES: usize = 16 << 20;

/// The text of a file.
///
/// # Errors
/// When it is larger than [`MAX_BYTES`] or is neither UTF-8 nor UTF-16; the message names the first
/// bad byte and its line, since the span of a text that is none cannot be turned into a line.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(problem(0, format!("the file is larger than {} MiB; split it", MAX_BYTES >> 20)));
    }
    match bytes.as_slice() {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            Err(problem(0, "the file is UTF-32; save it as UTF-8".to_owned()))
        }
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [1..=0xFF, 0, ..] => utf16(&bytes, u16::from_le_bytes),
        [0, 1..=0xFF, ..] => utf16(&bytes, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, ..] => {
            bytes.drain(..3);
            utf8(bytes, 3)
        }
        _ => utf8(bytes, 0),
    }
}

fn utf8(bytes: Vec<u8>, removed: usize) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..at).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let message =
            format!("byte {} (line {line}) is not UTF-8; save the file as UTF-8", at.saturating_add(removed));
        problem(at, message)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Problem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Option<String> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .ok()
        .filter(|_| rest.is_empty());
    match text {
        Some(text) if text.len() > MAX_BYTES => {
            Err(problem(0, format!("the file is larger than {} MiB; split it", MAX_BYTES >> 20)))
        }
        Some(text) => Ok(text),
        None => Err(problem(0, "the file looks like UTF-16 but is broken; save it as UTF-8".to_owned())),
    }
}

fn problem(at: usize, message: String) -> Problem {
    Problem { kind: ProblemKind::ParseError, message, span: Span::new(offset(at), offset(at)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn byte_order_marks_are_removed() {
        assert_eq!(decode(b"\xEF\xBB\xBFa: 1".to_vec()).unwrap(), "a: 1");
        assert_eq!(decode(utf16le("\u{feff}a: \u{e9}")).unwrap(), "a: \u{e9}");
        let big: Vec<u8> = "\u{feff}a: 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(big).unwrap(), "a: 1");
    }

    #[test]
    fn utf16_is_known_by_its_zeros() {
        assert_eq!(decode(utf16le("{}")).unwrap(), "{}");
        assert!(decode(b"a\0b".to_vec()).is_err());
    }

    #[test]
    fn the_bad_byte_and_its_line_are_named() {
        let problem = decode(b"a: 1\nb: \xE9\n".to_vec()).unwrap_err();
        assert!(problem.message.starts_with("byte 8 (line 2)"), "{}", problem.message);
    }
}
