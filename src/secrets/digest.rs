//! What stands in memory for a secret of a cluster: enough to tell two values apart, and no more.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The digest of a value that the source of the state hid.
pub const HIDDEN: &str = "hidden";

/// The digest of a value: equal for equal values. It never leaves the process.
pub fn digest(value: &[u8]) -> String {
    Sha256::digest(value).iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Whether a tool put this text in the place of a secret: `++++`, `REDACTED`, `<hidden>`, `*** (after)`.
pub fn is_hidden(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let filled = |sign: u8| text.len() >= 3 && text.bytes().all(|byte| byte == sign);
    filled(b'+')
        || filled(b'*')
        || text.starts_with("***")
        || matches!(
            lower.trim_matches(['<', '>', '[', ']', '(', ')', '-', '*']),
            "redacted" | "hidden" | "masked"
        )
        || text == super::redact::MARK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_told_from_values() {
        for text in ["++++++++", "REDACTED", "<hidden>", "***", "*** (after)", "[REDACTED]", "<redacted>"] {
            assert!(is_hidden(text), "{text}");
        }
        for text in ["", "cGFzcw==", "a+b", "hidden-valley"] {
            assert!(!is_hidden(text), "{text}");
        }
    }
}
