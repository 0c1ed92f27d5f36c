//! Helm's own record of what it installed: the Secret of a release, which holds the rendered manifest.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::secret::without_data;
use crate::model::{Document, NodeRef};
use crate::syntax;

/// The type of the Secrets Helm keeps.
pub(super) const TYPE: &str = "helm.sh/release.v1";

/// More than a Secret can hold, even when compressed well.
const MOST_BYTES: u64 = 64 << 20;

/// A release of Helm, at the revision that counts.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its revision.
    pub revision: i64,
    /// Such as `deployed`.
    pub status: String,
    /// The chart's name and version.
    pub chart: String,
    /// The manifest; of Secrets without the values.
    pub manifest: String,
}

/// Reads the release out of its Secret; `None` when it is none.
pub(super) fn read(secret: NodeRef<'_>) -> Option<Release> {
    let encoded = secret.descend(&["data", "release"])?.text()?;
    // Base64 of Kubernetes around base64 of Helm around gzip.
    let inner = STANDARD.decode(encoded.trim()).ok()?;
    let packed = STANDARD.decode(inner.trim_ascii()).unwrap_or(inner);
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).take(MOST_BYTES).read_to_string(&mut text).ok()?;
    let release: Value = serde_json::from_str(&text).ok()?;
    let text =
        |pointer: &str| release.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Release {
        name: text("/name"),
        revision: release.get("version").and_then(Value::as_i64).unwrap_or_default(),
        status: text("/info/status"),
        chart: format!("{} {}", text("/chart/metadata/name"), text("/chart/metadata/version"))
            .trim()
            .to_owned(),
        manifest: manifest(&text("/manifest")),
        namespace: text("/namespace"),
    })
}

/// A manifest without the values of its Secrets.
fn manifest(text: &str) -> String {
    let mut kept = String::new();
    let mut visit = |text: &str, _: &super::json_stream::ListHead| {
        let parsed = syntax::for_file("manifest.yaml").map(|yaml| yaml.parse(text)).unwrap_or_default();
        for root in parsed.documents.iter().filter_map(Document::root) {
            kept.push_str("---\n");
            if root.get("kind").and_then(NodeRef::text) == Some("Secret") {
                kept.push_str(&without_data(root));
            } else {
                kept.push_str(text);
            }
            kept.push('\n');
        }
        Ok(())
    };
    // A manifest that cannot be cut has no objects that could be told.
    super::yaml_stream::read(text.as_bytes(), &mut visit).ok();
    kept
}
