//! Whether the live state reaches as far as an object: only then can the object be missing.

use crate::model::Identity;
use crate::state::Extent;

/// Why it cannot be told whether the object is missing; `None` when it can.
pub(super) fn unknown(extent: &Extent, identity: &Identity) -> Option<String> {
    let kind = (identity.group.to_string(), identity.kind.to_string());
    if extent.broken.contains(&kind) {
        return Some(format!("{} could not be listed to the end", identity.kind));
    }
    if extent.broken_groups.contains(&*identity.group) {
        return Some(format!("the server of {} does not answer", identity.group));
    }
    let is_listed = extent.kinds.contains(&kind);
    if !is_listed && !extent.whole && !extent.discovered {
        return Some(format!("the live state holds no {}: it may not have been asked for", identity.kind));
    }
    // A dump of one namespace says nothing about the others.
    let only = extent.namespaces.iter().next().filter(|_| extent.namespaces.len() == 1);
    match only {
        Some(only) if !extent.whole && !extent.discovered && !identity.namespace.is_empty() => {
            (*only != *identity.namespace).then(|| format!("the live state holds only the namespace {only}"))
        }
        _ => None,
    }
}
