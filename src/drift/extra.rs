//! The walk over what managers own: what the GitOps owner applied and Git no longer declares, and what
//! others added. A comparison of declared parts alone sees neither.
//!
//! An `Update` also owns what the API server defaulted during that write, so a value that equals its
//! default is nobody's. Without `managedFields` nothing is said: an addition by a controller and one by a
//! person look alike.

use super::compare::{Difference, Setting, property};
use super::lists::{self, Pairing, keys_of};
use super::managers::{Hand, hand};
use super::owned;
use super::owners::{Entry, Name};
use super::path::{Step, is, pointer};
use super::values;
use crate::model::{ChangeKind, NodeRef, Scalar};

/// How deep trees of owned fields are followed; objects are not that deep.
const MAX_DEPTH: usize = 128;

/// Maps whose entries are added one by one, so each is shown by itself.
const ENTRYWISE: &[&str] = &[
    "metadata",
    "spec",
    "template",
    "jobTemplate",
    "labels",
    "annotations",
    "data",
    "stringData",
    "binaryData",
    "matchLabels",
    "nodeSelector",
    "limits",
    "requests",
];

/// What is known at one place: the declaration, the same with defaults, its schema, and what is live.
#[derive(Clone, Copy)]
pub struct Point<'d> {
    /// The declaration; `None` where nothing is declared.
    pub desired: Option<NodeRef<'d>>,
    /// The declaration with defaults.
    pub defaulted: Option<NodeRef<'d>>,
    /// The schema.
    pub schema: Option<NodeRef<'d>>,
    /// What is live.
    pub live: NodeRef<'d>,
    /// The nearest declared node.
    pub at: NodeRef<'d>,
}

/// The walk, and what it has found.
pub struct Extras<'d> {
    setting: Setting<'d>,
    path: Vec<Step<'d>>,
    /// What was found.
    pub found: Vec<Difference<'d>>,
}

impl<'d> Extras<'d> {
    /// Walks over what `entries` own, and over `last_applied`, what kubectl noted down when it applied.
    pub fn collect(
        setting: Setting<'d>,
        top: Point<'d>,
        entries: &[Entry<'d>],
        last_applied: Option<NodeRef<'d>>,
    ) -> Vec<Difference<'d>> {
        let mut extras = Self { setting, path: Vec::new(), found: Vec::new() };
        for entry in entries {
            match hand(entry.manager) {
                Hand::GitOps if entry.applied => extras.owned(entry.fields, top, ChangeKind::StaleOwned, 0),
                Hand::Human | Hand::OtherTool => {
                    extras.owned(entry.fields, top, ChangeKind::ForeignAdded, 0);
                }
                _ => {}
            }
        }
        if let Some(applied) = last_applied {
            extras.applied(applied, top, 0);
        }
        extras.found
    }

    /// Follows a tree of owned fields.
    fn owned(&mut self, fields: NodeRef<'d>, point: Point<'d>, kind: ChangeKind, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for (key, below) in fields.entries() {
            let Some(name) = key.text().and_then(Name::parse) else { continue };
            let Some((step, next)) = Self::step(&name, point) else { continue };
            self.path.push(step);
            if !self.passed_over(&next, kind) {
                self.visit(below, next, kind, depth);
            }
            self.path.pop();
        }
    }

    /// Below `name`, where that is live.
    fn step(name: &Name<'d>, point: Point<'d>) -> Option<(Step<'d>, Point<'d>)> {
        if let Name::Field(name) = *name {
            let live = point.live.get(name).filter(|live| live.scalar() != Some(Scalar::Null))?;
            return Some((Step::Field(name), Self::field(name, live, point)));
        }
        let found = match name {
            Name::Index(index) => point.live.item(*index).map(|live| (*index, live)),
            name => point.live.items().enumerate().find(|(_, item)| name.names(*item)),
        };
        let (index, live) = found?;
        let of = |list: Option<NodeRef<'d>>| match name {
            Name::Index(index) => list.and_then(|list| list.item(*index)),
            name => list.and_then(|list| list.items().rev().find(|item| name.names(*item))),
        };
        let keys = match name {
            Name::Keys(keys) => {
                // The text of the keys as the live item has it, which lives as long as the object does.
                let of_item = |key: &String| {
                    let (name, _) = live.entry(key)?;
                    Some((name.text()?, lists::key_of(live, key)?))
                };
                keys.iter().filter_map(|(key, _)| of_item(key)).collect()
            }
            _ => Vec::new(),
        };
        let next = Point {
            desired: of(point.desired),
            defaulted: of(point.defaulted),
            schema: point.schema.and_then(|schema| schema.get("items")),
            live,
            at: of(point.desired).unwrap_or(point.at),
        };
        Some((Step::Item { index, keys, live: Some(live) }, next))
    }

    fn field(name: &str, live: NodeRef<'d>, point: Point<'d>) -> Point<'d> {
        let desired = point.desired.and_then(|desired| desired.get(name));
        Point {
            desired,
            defaulted: point.defaulted.and_then(|it| it.get(name)),
            schema: point.schema.and_then(|schema| property(schema, name)),
            live,
            at: desired.unwrap_or(point.at),
        }
    }

    fn passed_over(&self, point: &Point<'d>, kind: ChangeKind) -> bool {
        let Setting { kind: of, scaled, .. } = self.setting;
        owned::is_ignored(of, &self.path)
            || owned::is_allocated(of, &self.path)
            || owned::is_tracking(&self.path)
            || (scaled && is(&self.path, &["spec", "replicas"]))
            || (of == "ClusterRole" && is(&self.path, &["rules"]) && self.aggregated(point))
            || (self.setting.ignored)(&pointer(&self.path))
            || self.in_string_data()
            || point.desired.is_some_and(|desired| (self.setting.unknown)(desired))
            // The controllers that add them take them away, too.
            || (kind == ChangeKind::ForeignAdded && is(&self.path, &["metadata", "finalizers"]))
    }

    /// Whether a Secret's value is declared as text, which the API server stores with the others.
    fn in_string_data(&self) -> bool {
        let [Step::Field("data"), Step::Field(name)] = self.path.as_slice() else { return false };
        self.setting.kind == "Secret" && self.setting.object.descend(&["stringData", name]).is_some()
    }

    fn aggregated(&self, point: &Point<'d>) -> bool {
        let roots = [Some(self.setting.object), point.live.document.root()];
        roots.into_iter().flatten().any(|root| root.get("aggregationRule").is_some())
    }

    fn visit(&mut self, below: NodeRef<'d>, point: Point<'d>, kind: ChangeKind, depth: usize) {
        let whole = below.len() == 0;
        // A declared null leaves the field to others.
        let declared = point.desired.filter(|desired| desired.scalar() != Some(Scalar::Null));
        match (declared, whole) {
            (Some(_), false) => self.owned(below, point, kind, depth + 1),
            (Some(desired), true) => self.items(desired, point, kind),
            (None, _) if point.desired.is_some() => {}
            (None, true) => self.add(point, kind),
            (None, false) => {
                // A list that is new shows its items, a map that is new shows itself.
                let collapses = below.get(".").is_some()
                    && !point.live.is_sequence()
                    && !self.is_entrywise()
                    && point.defaulted.is_none();
                if collapses { self.add(point, kind) } else { self.owned(below, point, kind, depth + 1) }
            }
        }
    }

    fn is_entrywise(&self) -> bool {
        matches!(self.path.last(), Some(Step::Field(name)) if ENTRYWISE.contains(name))
    }

    /// A list that is owned as a whole and declared with fewer items: those of others are named one by one.
    fn items(&mut self, desired: NodeRef<'d>, point: Point<'d>, kind: ChangeKind) {
        if !desired.is_sequence() || !point.live.is_sequence() {
            return;
        }
        let Pairing::Keyed(keys) =
            lists::pairing(self.setting.builtin, &self.path, point.schema, desired, point.live)
        else {
            return;
        };
        for (index, item) in point.live.items().enumerate() {
            let Some(named) = keys_of(item, &keys) else { continue };
            let declared = |other: NodeRef<'d>| keys_of(other, &keys).as_ref() == Some(&named);
            if !desired.items().any(declared) {
                self.path.push(Step::Item { index, keys: named.clone(), live: Some(item) });
                self.add(Point { desired: None, defaulted: None, live: item, at: desired, ..point }, kind);
                self.path.pop();
            }
        }
    }

    fn add(&mut self, point: Point<'d>, kind: ChangeKind) {
        let text_entry = owned::empty_means_something(&self.path, point.live);
        if (owned::is_empty(point.live) && !text_entry) || self.is_default(point.defaulted, point.live) {
            return;
        }
        // Two managers may own the same part.
        let place = pointer(&self.path);
        let covers = |outer: &str| {
            place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.found.iter().any(|found| covers(&pointer(&found.path))) {
            return;
        }
        let path = self.path.clone();
        self.found.push(Difference { kind, path, desired: None, at: point.at, live: Some(point.live) });
    }

    fn is_default(&self, default: Option<NodeRef<'d>>, live: NodeRef<'d>) -> bool {
        let Some(default) = default else { return false };
        if live.is_mapping() {
            return live.entries().all(|(key, value)| {
                owned::is_empty(value) || self.is_default(default.get(key.text().unwrap_or_default()), value)
            });
        }
        if live.is_sequence() {
            return default.len() == live.len()
                && default.items().zip(live.items()).all(|(a, b)| self.is_default(Some(a), b));
        }
        values::same(&self.path, default, live)
    }

    /// Follows what kubectl noted down: leaves that are no longer declared and still live.
    fn applied(&mut self, applied: NodeRef<'d>, point: Point<'d>, depth: usize) {
        if depth > MAX_DEPTH || owned::is_empty(applied) {
            return;
        }
        for (key, value) in applied.entries() {
            let Some(name) = key.text() else { continue };
            let Some(live) = point.live.get(name).filter(|it| it.scalar() != Some(Scalar::Null)) else {
                continue;
            };
            let next = Self::field(name, live, point);
            self.path.push(Step::Field(name));
            self.noted(value, next, depth);
            self.path.pop();
        }
        if !applied.is_sequence() || !point.live.is_sequence() {
            return;
        }
        let pairing = lists::pairing(self.setting.builtin, &self.path, point.schema, applied, point.live);
        let Pairing::Keyed(keys) = pairing else { return };
        for item in applied.items() {
            let Some(named) = keys_of(item, &keys) else { continue };
            let same = |other: &NodeRef<'d>| keys_of(*other, &keys).as_ref() == Some(&named);
            let Some((index, live)) = point.live.items().enumerate().find(|(_, item)| same(item)) else {
                continue;
            };
            let of = |list: Option<NodeRef<'d>>| list.and_then(|list| list.items().find(|item| same(item)));
            let desired = of(point.desired);
            let next = Point {
                desired,
                defaulted: of(point.defaulted),
                schema: point.schema.and_then(|schema| schema.get("items")),
                live,
                at: desired.unwrap_or(point.at),
            };
            self.path.push(Step::Item { index, keys: named.clone(), live: Some(live) });
            self.noted(item, next, depth);
            self.path.pop();
        }
    }

    fn noted(&mut self, applied: NodeRef<'d>, next: Point<'d>, depth: usize) {
        if self.passed_over(&next, ChangeKind::StaleOwned) || next.desired.is_some_and(is_null) {
            return;
        }
        let is_item = matches!(self.path.last(), Some(Step::Item { .. }));
        if next.desired.is_some() || (applied.is_mapping() && !is_item) {
            self.applied(applied, next, depth + 1);
        } else if !owned::is_empty(applied) || owned::empty_means_something(&self.path, applied) {
            self.add(next, ChangeKind::StaleOwned);
        }
    }
}

fn is_null(node: NodeRef<'_>) -> bool {
    node.scalar() == Some(Scalar::Null)
}
