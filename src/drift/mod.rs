//! How a live object differs from its declaration, and who made it so. Pure: no I/O, no clock.
//!
//! Only what is declared is compared; on top of that come the parts that the GitOps owner once applied and
//! Git no longer declares, and those that somebody else added. Deliberately absent: which objects belong
//! together and what a live object without a declaration is (`audit`), and reading state (`state`).

pub mod aws;
mod compare;
mod extra;
mod lists;
mod managers;
mod owned;
mod owners;
mod path;
mod secret;
mod values;

use crate::model::{ChangeKind, NodeRef, Writer};

use self::compare::{Difference, Setting, Side, Walk};
use self::extra::{Extras, Point};
use self::owners::Entry;
use self::path::{display, is, pointer};

pub use self::lists::is_builtin;
pub use self::managers::{Hand, hand};

/// A declared object and its live counterpart.
#[derive(Clone, Copy)]
pub struct Pair<'d> {
    /// The API group.
    pub group: &'d str,
    /// The kind.
    pub kind: &'d str,
    /// The declared object.
    pub desired: NodeRef<'d>,
    /// The same with the defaults of the API server, where it has any.
    pub defaulted: Option<NodeRef<'d>>,
    /// The live object; of a Secret, with digests for values.
    pub live: NodeRef<'d>,
    /// What kubectl noted down when it applied the object, read from its annotation.
    pub last_applied: Option<NodeRef<'d>>,
    /// The structural schema of a custom resource, where it is known.
    pub schema: Option<NodeRef<'d>>,
    /// Whether both are written in one version of the API; otherwise only what is the same in all versions,
    /// labels and annotations, is compared.
    pub same_version: bool,
    /// Whether an autoscaler decides its replicas.
    pub scaled: bool,
    /// Whether a declared value is not known from the files.
    pub unknown: &'d (dyn Fn(NodeRef<'_>) -> bool + Sync),
    /// Whether the part at a JSON pointer into the live object does not count.
    pub ignored: &'d (dyn Fn(&str) -> bool + Sync),
}

/// One difference.
#[derive(Clone, Debug)]
pub struct Change<'d> {
    /// What kind.
    pub kind: ChangeKind,
    /// Where: `spec.containers[name=web].image`.
    pub path: String,
    /// The same as a JSON pointer into the live object.
    pub pointer: String,
    /// What is declared.
    pub desired: Option<NodeRef<'d>>,
    /// The nearest declared node.
    pub at: NodeRef<'d>,
    /// What is live; a digest where it is a secret.
    pub live: Option<NodeRef<'d>>,
    /// Whose write it was, where that is recorded.
    pub writer: Option<Writer>,
    /// Whether a controller of the cluster wrote it: two that do not agree, rather than a change by hand.
    pub contested: bool,
}

/// What a comparison gives.
#[derive(Clone, Debug, Default)]
pub struct Comparison<'d> {
    /// The differences.
    pub changes: Vec<Change<'d>>,
    /// Declared values that are not known, or whose live value is hidden.
    pub unknown: usize,
    /// Differing values that a controller decides, such as the replicas of what is autoscaled.
    pub controlled: usize,
    /// Whether the live object says who wrote what.
    pub attributed: bool,
}

/// Compares a pair.
pub fn compare<'d>(pair: &Pair<'d>) -> Comparison<'d> {
    let setting = Setting {
        kind: pair.kind,
        builtin: is_builtin(pair.group),
        object: pair.desired,
        scaled: pair.scaled,
        unknown: pair.unknown,
        ignored: pair.ignored,
    };
    let entries = owners::entries(pair.live);
    let mut walk = Walk::new(setting);
    let side = Side { node: pair.desired, defaulted: pair.defaulted, schema: pair.schema };
    if pair.same_version {
        walk.object(side, pair.live);
    } else {
        walk.only("metadata", side, pair.live);
    }
    let mut found = std::mem::take(&mut walk.found);
    let mut unknown = walk.unknown;
    if pair.kind == "Secret" && pair.group.is_empty() {
        let (more, hidden) = secret::differences(&setting, pair.desired, pair.live);
        found.extend(more);
        unknown += hidden;
    }
    if pair.same_version {
        let top = Point {
            desired: Some(pair.desired),
            defaulted: pair.defaulted,
            schema: pair.schema,
            live: pair.live,
            at: pair.desired,
        };
        found.extend(Extras::collect(setting, top, &entries, pair.last_applied));
    }
    let mut comparison = Comparison {
        changes: Vec::new(),
        unknown,
        controlled: walk.controlled,
        attributed: !entries.is_empty(),
    };
    let managed = entries.iter().any(|entry| hand(entry.manager) == Hand::GitOps);
    for difference in &found {
        match attribute(difference, &entries, managed) {
            Some(change) => comparison.changes.push(change),
            None => comparison.controlled += 1,
        }
    }
    comparison
}

/// The difference with its writer; `None` when it is a controller's to decide.
fn attribute<'d>(found: &Difference<'d>, entries: &[Entry<'d>], managed: bool) -> Option<Change<'d>> {
    // Who took something away is not recorded.
    let writer = match found.kind {
        ChangeKind::Absent => None,
        _ => owners::last_writer(entries, &found.path),
    };
    let by = writer.map(|writer| hand(writer.manager));
    let is_replicas = is(&found.path, &["spec", "replicas"]);
    let scaled = writer.is_some_and(|writer| writer.subresource == "scale");
    if is_replicas && scaled && !matches!(by, Some(Hand::Human | Hand::OtherTool)) {
        return None;
    }
    let kind = match found.kind {
        // Noted down by a person's kubectl, on an object that another tool manages.
        ChangeKind::StaleOwned if managed && matches!(by, Some(Hand::Human | Hand::OtherTool)) => {
            ChangeKind::ForeignAdded
        }
        kind => kind,
    };
    Some(Change {
        kind,
        path: display(&found.path),
        pointer: pointer(&found.path),
        desired: found.desired,
        at: found.at,
        live: found.live,
        writer: writer.map(Entry::writer),
        contested: by == Some(Hand::Controller),
    })
}
