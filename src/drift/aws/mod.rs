//! How a live AWS resource differs from its declaration in a template. Pure: no I/O, no clock.
//!
//! Only properties that are declared and known are compared, each by its meaning and by what the type's schema
//! says of it. On top come the sets that decide who may do what: rules of security groups, policies of roles,
//! buckets, keys. There an addition counts even where nothing is declared. Deliberately absent: which resources belong
//! together (`audit`), and what is not declared at all.

mod compare;
mod document;
mod equal;
mod guarded;
mod keys;
mod pairs;
mod permission;
mod policy;
mod shape;
mod tags;
mod transform;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::aws::{Node, types};
use crate::model::{ChangeKind, NodeId};

pub use self::shape::{Live, NotTold, Part, Within, part_of, policy_of};

/// A declared resource and its live counterpart.
#[derive(Clone, Copy)]
pub struct Pair<'p> {
    /// The type in the words of CloudFormation.
    pub kind: &'p str,
    /// Its declared properties: a map.
    pub declared: &'p Node<'p>,
    /// The account they are in, where it is known.
    pub account: Option<&'p str>,
    /// What is live.
    pub live: &'p Live,
    /// The tags of the stack, which its resources inherit; `None` when Git does not know them.
    pub stack_tags: Option<&'p BTreeMap<String, String>>,
    /// What other resources declare about this one: property of this one, and the item they add to it; unknown
    /// when it cannot be told whether there is one.
    pub others: &'p [(&'p str, &'p Node<'p>)],
}

/// One difference.
#[derive(Clone, Debug)]
pub struct Change<'p> {
    /// What kind.
    pub kind: ChangeKind,
    /// Where: `VersioningConfiguration.Status`, `Tags[Owner]`.
    pub path: String,
    /// What is declared.
    pub desired: Option<&'p Node<'p>>,
    /// The nearest declared node; `None` for the resource as a whole.
    pub at: Option<NodeId>,
    /// What is live.
    pub live: Option<Json>,
}

/// What a comparison gives.
#[derive(Clone, Debug, Default)]
pub struct Comparison<'p> {
    /// The differences, in the order of the declaration.
    pub changes: Vec<Change<'p>>,
    /// Declared values that only the deployment knows, or that AWS never tells.
    pub unknown: usize,
    /// Declared properties that could not be compared, because nobody tells what is live.
    pub not_compared: BTreeSet<String>,
    /// Declared properties that AWS spells in a way of its own, so that what differs may mean the same.
    pub respelled: BTreeSet<String>,
    /// Declared values that were compared.
    pub compared: usize,
}

/// Compares a pair.
pub fn compare<'p>(pair: &Pair<'p>) -> Comparison<'p> {
    let mut walk = compare::Walk::new(pair.kind, pair.others);
    let tags = types::of(pair.kind).and_then(|known| known.tags.as_deref());
    for (name, declared) in pair.declared.entries() {
        if tags == Some(&**name) {
            continue;
        }
        if !pair.live.covers(name) {
            walk.not_compared(name, declared);
            continue;
        }
        walk.at(name, |walk| walk.value(declared, pair.live.properties.get(&**name)));
    }
    if let Some(tags) = tags
        && pair.live.covers(tags)
    {
        tags::compare(&mut walk, tags, pair);
    } else if let Some((name, declared)) =
        tags.and_then(|tags| pair.declared.entries().iter().find(|(it, _)| it == tags))
    {
        walk.not_compared(name, declared);
    }
    for property in guarded::properties(pair.kind) {
        let live = pair.live.properties.get(property).filter(|_| pair.live.covers(property));
        if let (None, Some(Json::Array(items))) = (pair.declared.get(property), live) {
            walk.at(property, |walk| walk.undeclared(items));
        }
    }
    for property in guarded::shutters(pair.kind) {
        let live = pair.live.properties.get(property).filter(|_| pair.live.covers(property));
        if let (None, Some(Json::Object(entries))) = (pair.declared.get(property), live) {
            walk.at(property, |walk| walk.opened(entries));
        }
    }
    policy::undeclared(&mut walk, pair);
    walk.finish()
}
