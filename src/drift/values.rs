//! Whether a declared scalar and a live one mean the same.
//!
//! The API server rewrites values without changing them: `1000m` becomes `1`, base64 loses its line breaks.
//! Deliberately absent: Secrets, whose values are compared as hashes (`secret`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::path::{Step, ends_with, fields};
use crate::cel::Quantity;
use crate::model::{NodeRef, Scalar};

/// Whether two scalars at `path` mean the same.
pub fn same(path: &[Step<'_>], desired: NodeRef<'_>, live: NodeRef<'_>) -> bool {
    let (Some(declared), Some(actual)) = (desired.scalar(), live.scalar()) else { return false };
    if declared == actual {
        return true;
    }
    let (a, b) = (desired.text().unwrap_or_default(), live.text().unwrap_or_default());
    if is_quantity(path) && quantities(a, b, path) {
        return true;
    }
    match (declared, actual) {
        (Scalar::Str(a), Scalar::Str(b)) => texts(path, a, b),
        // A number too large for a float to tell apart is equal as far as JSON can tell.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        (Scalar::Int(a), Scalar::Float(b)) | (Scalar::Float(b), Scalar::Int(a)) => {
            (a as f64).total_cmp(&b).is_eq()
        }
        // What must be text arrives as text, however it was written: `"80"`, `"true"`.
        (Scalar::Str(_), Scalar::Int(_)) | (Scalar::Int(_), Scalar::Str(_)) => {
            a == b && (is_int_or_string(path) || is_text_map(path))
        }
        (Scalar::Str(_), _) | (_, Scalar::Str(_)) => a == b && is_text_map(path),
        _ => false,
    }
}

fn texts(path: &[Step<'_>], desired: &str, live: &str) -> bool {
    if desired.trim_end_matches('\n') == live.trim_end_matches('\n') {
        return true;
    }
    let last = fields(path).next_back().unwrap_or_default();
    if last == "image" {
        return same_image(desired, live);
    }
    // Encoders break lines and decoders do not mind.
    if last == "caBundle" || ends_of_binary(path) {
        return matches!((decode(desired), decode(live)), (Some(a), Some(b)) if a == b);
    }
    false
}

fn ends_of_binary(path: &[Step<'_>]) -> bool {
    matches!(path, [Step::Field("binaryData"), Step::Field(_)])
}

/// The bytes behind base64, blanks and line breaks passed over.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

/// Fields whose values are quantities, by the field or by the map they stand in.
fn is_quantity(path: &[Step<'_>]) -> bool {
    const MAPS: &[&str] = &[
        "limits",
        "requests",
        "capacity",
        "allocatable",
        "hard",
        "max",
        "min",
        "default",
        "defaultRequest",
        "maxLimitRequestRatio",
        "podFixed",
    ];
    const FIELDS: &[&str] = &["sizeLimit", "divisor", "averageValue", "storage", "cpu", "memory"];
    let mut names = fields(path).rev();
    let last = names.next().unwrap_or_default();
    let parent = names.next().unwrap_or_default();
    MAPS.contains(&parent) || FIELDS.contains(&last) || (last == "value" && parent == "target")
}

fn quantities(desired: &str, live: &str, path: &[Step<'_>]) -> bool {
    let (Some(desired), Some(live)) = (Quantity::parse(desired), Quantity::parse(live)) else { return false };
    // A claim that was expanded is never shrunk again.
    let grown = ends_with(path, &["spec", "resources", "requests", "storage"]);
    desired == live || (grown && live > desired)
}

fn is_int_or_string(path: &[Step<'_>]) -> bool {
    let last = fields(path).next_back().unwrap_or_default();
    matches!(
        last,
        "targetPort" | "port" | "containerPort" | "maxSurge" | "maxUnavailable" | "minAvailable" | "endPort"
    )
}

/// Maps from text to text, and the value of an environment variable.
fn is_text_map(path: &[Step<'_>]) -> bool {
    let mut names = fields(path).rev();
    let last = names.next().unwrap_or_default();
    let parent = names.next().unwrap_or_default();
    matches!(parent, "labels" | "annotations" | "matchLabels" | "nodeSelector" | "data" | "stringData")
        || (parent == "env" && last == "value")
}

/// Whether two image references name the same image: Docker Hub's names in short and in full, and a tag
/// with the digest a webhook added to it.
fn same_image(desired: &str, live: &str) -> bool {
    let (desired, live) = (full_image(desired), full_image(live));
    desired == live
        || (!desired.contains('@') && live.split_once('@').is_some_and(|(tagged, _)| tagged == desired))
}

fn full_image(image: &str) -> String {
    let first = image.split('/').next().unwrap_or(image);
    let has_registry =
        image.contains('/') && (first.contains('.') || first.contains(':') || first == "localhost");
    let mut full = match (has_registry, image.contains('/')) {
        (true, _) => image.replacen("index.docker.io/", "docker.io/", 1),
        (false, true) => format!("docker.io/{image}"),
        (false, false) => format!("docker.io/library/{image}"),
    };
    let name = full.split('@').next().unwrap_or_default();
    if !full.contains('@') && !name.rsplit('/').next().unwrap_or(name).contains(':') {
        full.push_str(":latest");
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_in_short_and_in_full_are_one() {
        assert!(same_image("nginx", "docker.io/library/nginx:latest"));
        assert!(same_image("weaveworks/cart:1", "docker.io/weaveworks/cart:1"));
        assert!(same_image("ghcr.io/a/b:1", "ghcr.io/a/b:1@sha256:00"));
        assert!(!same_image("ghcr.io/a/b:1", "ghcr.io/a/b:2@sha256:00"));
        assert!(!same_image("nginx:1", "mirror.local/library/nginx:1"));
        assert!(!same_image("localhost/nginx", "nginx"));
    }
}
