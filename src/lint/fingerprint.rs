//! A finding's identity: the same wherever its lines and the items of a list move, another when the problem
//! is another. Two findings may share one, so whoever compares has to count.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The fingerprint over rule, file (from the repository's root), resource, path and message:
/// 32 hexadecimal digits.
pub fn of(rule: &str, file: &str, resource: &str, path: &str, message: &str) -> String {
    let mut hash = Sha256::new();
    for part in [rule, file, resource, path, message] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest.iter().take(16).fold(String::with_capacity(32), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
