//! Paths as relative URI references (RFC 3986).

use std::fmt::Write;

use serde_sarif::sarif::ArtifactLocation;

/// The name of the base that relative URIs refer to.
pub const SOURCE_ROOT: &str = "SRCROOT";

/// The location of `file`. An absolute path stays one, without a base and without a scheme: GitHub rejects
/// an upload whose scheme differs from that of its checkout.
pub fn artifact(file: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: Some(relative(file)),
        uri_base_id: (!file.starts_with('/')).then(|| SOURCE_ROOT.to_owned()),
        ..Default::default()
    }
}

/// Whether `text` is an address that SARIF and GitHub take for a link.
pub fn is_absolute(text: &str) -> bool {
    ["https://", "http://", "ssh://"].iter().any(|scheme| text.starts_with(scheme))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte))
}

/// `file` percent-encoded. The colon too: in the first segment it would end a scheme.
fn relative(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    let file = file.strip_prefix("./").unwrap_or(file);
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_a_uri_may_not_hold() {
        assert_eq!(relative("./apps/my app/é#1%.yaml"), "apps/my%20app/%C3%A9%231%25.yaml");
        assert_eq!(relative("c:/x\n.yaml"), "c%3A/x%0A.yaml");
        assert_eq!(artifact("/etc/x").uri_base_id, None);
    }
}
