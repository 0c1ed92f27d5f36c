//! Secrets: declared as base64 or as text, live as digests only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::compare::{Difference, Setting};
use super::path::{Step, pointer};
use crate::model::{ChangeKind, NodeRef, Scalar};
use crate::secrets::{HIDDEN, digest};

/// Compares the values of a Secret; also tells how many could not be compared.
pub fn differences<'d>(
    setting: &Setting<'d>,
    desired: NodeRef<'d>,
    live: NodeRef<'d>,
) -> (Vec<Difference<'d>>, usize) {
    let (mut found, mut unknown) = (Vec::new(), 0);
    let texts = desired.get("stringData");
    let of = |map: Option<NodeRef<'d>>| map.into_iter().flat_map(NodeRef::entries);
    let encoded = of(desired.get("data")).filter(|(key, _)| {
        // Text wins over base64 under the same key.
        texts.zip(key.text()).and_then(|(texts, key)| texts.get(key)).is_none()
    });
    let declared =
        encoded.map(|(key, value)| (key, value, false)).chain(of(texts).map(|(k, v)| (k, v, true)));
    let actual = live.get("data");
    for (key, value, is_text) in declared {
        let Some(name) = key.text() else { continue };
        let path = vec![Step::Field("data"), Step::Field(name)];
        if value.scalar() == Some(Scalar::Null) || (setting.ignored)(&pointer(&path)) {
            continue;
        }
        if (setting.unknown)(value) || (setting.unknown)(key) {
            unknown += 1;
            continue;
        }
        let live = actual.and_then(|actual| actual.get(name));
        let kind = match live.map(|live| live.text().unwrap_or_default()) {
            Some(HIDDEN) => {
                unknown += 1;
                continue;
            }
            Some(live) if live == digest(&bytes(value, is_text)) => continue,
            Some(_) => ChangeKind::Changed,
            None => ChangeKind::Absent,
        };
        found.push(Difference { kind, path, desired: Some(value), at: value, live });
    }
    (found, unknown)
}

fn bytes(value: NodeRef<'_>, is_text: bool) -> Vec<u8> {
    let text = value.text().unwrap_or_default();
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = (!is_text).then(|| STANDARD.decode(compact).ok()).flatten();
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}
