//! Base64, as Kubernetes Secrets and Basic credentials carry it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Longest input that is decoded, in bytes; a Kubernetes Secret holds at most 1 MiB.
const MAX_INPUT: usize = 2 << 20;

/// The text that `text` encodes in padded standard base64 (RFC 4648 §4), line breaks allowed.
///
/// `None` when it is no such encoding, is too long, or decodes to anything but text.
pub fn decode_base64(text: &str) -> Option<String> {
    if text.len() > MAX_INPUT {
        return None;
    }
    let text = text.trim();
    let bytes = if text.contains(['\n', '\r']) {
        STANDARD.decode(text.replace(['\n', '\r'], ""))
    } else {
        STANDARD.decode(text)
    };
    printable(bytes.ok()?)
}

/// The text that `text` encodes in unpadded URL-safe base64 (RFC 4648 §5), as in a JWT.
pub(super) fn decode_base64_url(text: &str) -> Option<String> {
    printable(URL_SAFE_NO_PAD.decode(text).ok()?)
}

fn printable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    is_text.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_comes_out() {
        assert_eq!(decode_base64("aHVudGVyMg==").as_deref(), Some("hunter2"));
        assert_eq!(decode_base64("aHVu\ndGVyMg==\n").as_deref(), Some("hunter2"));
        assert_eq!(decode_base64(""), Some(String::new()));
        assert_eq!(decode_base64("aHVudGVyMg"), None, "padding is required");
        assert_eq!(decode_base64("hunter2!"), None);
        assert_eq!(decode_base64("AAECAw=="), None, "binary");
    }
}
