//! What a text gives away: what kind of value it is, whether a name promises a secret, where a secret
//! stands in it, and how to show it without showing the secret.
//!
//! Texts only: nothing here knows documents, formats or policies. Deliberately absent: asking a
//! provider whether a token is live, since a candidate secret must never leave the process.

mod assignment;
mod decode;
mod detectors;
mod digest;
mod entropy;
mod kind;
mod name;
mod redact;
mod scan;

pub use self::digest::{HIDDEN, digest, is_hidden};
pub use decode::decode_base64;
pub use kind::kind;
pub use name::sensitive_name;
pub use redact::{MARK, redact, redact_text};
pub use scan::{Hit, scan};
