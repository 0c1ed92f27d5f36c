//! The walk over what is declared: what is live with another value, and what is not live.
//!
//! Only declared parts are looked at, so what the API server, webhooks and controllers add is no difference.

use super::lists::{self, Pairing, key_of, keys_of};
use super::owned;
use super::path::{Step, ends_with, is};
use super::values;
use crate::model::{ChangeKind, NodeRef, Scalar};

/// Lists longer than this are paired by position: pairing by value takes quadratic time.
const MOST_UNORDERED: usize = 256;

/// What every step of a comparison needs.
#[derive(Clone, Copy)]
pub struct Setting<'c> {
    /// The kind of the object.
    pub kind: &'c str,
    /// Whether it is one of the API's own.
    pub builtin: bool,
    /// The declared object.
    pub object: NodeRef<'c>,
    /// Whether a controller scales it.
    pub scaled: bool,
    /// Whether a declared value is not known from the files.
    pub unknown: &'c (dyn Fn(NodeRef<'_>) -> bool + Sync),
    /// Whether somebody said that the part at the path (a JSON pointer into the live object) does not count.
    pub ignored: &'c (dyn Fn(&str) -> bool + Sync),
}

/// A difference that was found.
#[derive(Clone, Debug)]
pub struct Difference<'d> {
    /// What kind.
    pub kind: ChangeKind,
    /// Where.
    pub path: Vec<Step<'d>>,
    /// What is declared; `None` when nothing is.
    pub desired: Option<NodeRef<'d>>,
    /// The nearest declared node, for pointing at.
    pub at: NodeRef<'d>,
    /// What is live; `None` when nothing is.
    pub live: Option<NodeRef<'d>>,
}

/// The walk, and what it has found.
pub struct Walk<'d> {
    setting: Setting<'d>,
    path: Vec<Step<'d>>,
    /// The differences, in the order of the declaration.
    pub found: Vec<Difference<'d>>,
    /// How many declared values are not known.
    pub unknown: usize,
    /// How many differing values a controller decides.
    pub controlled: usize,
}

/// A declared node, the same with the API server's defaults, and the schema of both.
#[derive(Clone, Copy)]
pub struct Side<'d> {
    pub node: NodeRef<'d>,
    pub defaulted: Option<NodeRef<'d>>,
    pub schema: Option<NodeRef<'d>>,
}

impl<'d> Side<'d> {
    fn field(self, name: &str, node: NodeRef<'d>) -> Self {
        let schema = self.schema.and_then(|schema| property(schema, name));
        Self { node, defaulted: self.defaulted.and_then(|it| it.get(name)), schema }
    }

    fn item(self, index: usize, node: NodeRef<'d>) -> Self {
        let schema = self.schema.and_then(|schema| schema.get("items"));
        Self { node, defaulted: self.defaulted.and_then(|it| it.item(index)), schema }
    }
}

/// The schema of a field of an object with `schema`.
pub fn property<'d>(schema: NodeRef<'d>, name: &str) -> Option<NodeRef<'d>> {
    let named = schema.get("properties").and_then(|properties| properties.get(name));
    named.or_else(|| schema.get("additionalProperties"))
}

impl<'d> Walk<'d> {
    /// A walk that has not begun.
    pub fn new(setting: Setting<'d>) -> Self {
        Self { setting, path: Vec::new(), found: Vec::new(), unknown: 0, controlled: 0 }
    }

    /// Compares the fields of the whole object.
    pub fn object(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        self.fields(side, live);
    }

    /// Compares what stands below the field `name` of the object, and nothing else.
    pub fn only(&mut self, name: &'d str, side: Side<'d>, live: NodeRef<'d>) {
        if let Some(node) = side.node.get(name) {
            self.at(Step::Field(name), |walk| walk.value(side.field(name, node), live.get(name)));
        }
    }

    fn at(&mut self, step: Step<'d>, then: impl FnOnce(&mut Self)) {
        self.path.push(step);
        then(self);
        self.path.pop();
    }

    fn differs(&mut self, kind: ChangeKind, desired: NodeRef<'d>, live: Option<NodeRef<'d>>) {
        let path = self.path.clone();
        self.found.push(Difference { kind, path, desired: Some(desired), at: desired, live });
    }

    fn value(&mut self, side: Side<'d>, live: Option<NodeRef<'d>>) {
        let desired = side.node;
        if owned::is_ignored(self.setting.kind, &self.path)
            || (self.setting.ignored)(&super::path::pointer(&self.path))
        {
            return;
        }
        if (self.setting.unknown)(desired) {
            self.unknown += 1;
            return;
        }
        // Null says nothing: the field is left to whoever fills it.
        if desired.scalar() == Some(Scalar::Null) {
            return;
        }
        let live = live.filter(|live| live.scalar() != Some(Scalar::Null));
        let Some(live) = live else {
            if !owned::is_empty(desired) || owned::empty_means_something(&self.path, desired) {
                self.absent(side);
            }
            return;
        };
        if owned::is_empty(desired) && owned::is_allocated(self.setting.kind, &self.path) {
            return;
        }
        if desired.is_mapping() && live.is_mapping() {
            self.fields(side, live);
        } else if desired.is_sequence() && live.is_sequence() {
            self.list(side, live);
        } else if !values::same(&self.path, desired, live) {
            self.scalar(side, live);
        }
    }

    fn absent(&mut self, side: Side<'d>) {
        // A part with values that are not known may be one that is not there for good reason.
        if side.node.text().is_none() && self.count_unknown(side.node) {
            self.unknown += 1;
            return;
        }
        self.differs(ChangeKind::Absent, side.node, None);
    }

    fn count_unknown(&self, node: NodeRef<'d>) -> bool {
        (self.setting.unknown)(node)
            || node.entries().any(|(key, value)| (self.setting.unknown)(key) || self.count_unknown(value))
            || node.items().any(|item| self.count_unknown(item))
    }

    /// A scalar that differs, unless something else than Git decides it.
    fn scalar(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        let desired = side.node;
        // An empty value is filled in with its default.
        let default = side.defaulted.filter(|_| owned::is_empty(desired));
        if default.is_some_and(|default| values::same(&self.path, default, live))
            || owned::is_injected(&self.path, self.setting.object, desired)
        {
            return;
        }
        if self.setting.scaled && is(&self.path, &["spec", "replicas"]) {
            self.controlled += 1;
            return;
        }
        self.differs(ChangeKind::Changed, desired, Some(live));
    }

    fn fields(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        let entries: Vec<_> = side.node.entries().collect();
        for (position, &(key, node)) in entries.iter().enumerate() {
            let Some(name) = key.text() else { continue };
            // Of a key given twice, readers take the last.
            if entries[position + 1..].iter().any(|(later, _)| later.text() == Some(name)) {
                continue;
            }
            if (self.setting.unknown)(key) {
                self.unknown += 1;
                continue;
            }
            let elsewhere = match name {
                "rules" => self.aggregated(live),
                "data" | "stringData" => self.setting.kind == "Secret",
                _ => false,
            };
            if self.path.is_empty() && elsewhere {
                continue;
            }
            self.at(Step::Field(name), |walk| walk.value(side.field(name, node), live.get(name)));
        }
    }

    /// Whether a controller fills in the rules of this `ClusterRole`.
    fn aggregated(&self, live: NodeRef<'d>) -> bool {
        let has = |object: NodeRef<'_>| {
            object.get("aggregationRule").is_some_and(|rule| rule.scalar() != Some(Scalar::Null))
        };
        self.setting.kind == "ClusterRole" && (has(self.setting.object) || has(live))
    }

    fn list(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        match lists::pairing(self.setting.builtin, &self.path, side.schema, side.node, live) {
            Pairing::Keyed(keys) => self.keyed(side, live, &keys),
            Pairing::Set => self.set(side, live),
            Pairing::Unordered if side.node.len().max(live.len()) <= MOST_UNORDERED => {
                self.unordered(side, live);
            }
            Pairing::Unordered | Pairing::Indexed => self.indexed(side, live),
        }
    }

    fn keyed(&mut self, side: Side<'d>, live: NodeRef<'d>, keys: &[&'d str]) {
        let items: Vec<_> = side.node.items().collect();
        for (position, &item) in items.iter().enumerate() {
            let Some(named) = keys_of(item, keys) else { continue };
            // Of two items with the same keys the last one counts, as where they are merged.
            let same = |other: &NodeRef<'d>| keys.iter().all(|key| key_of(*other, key) == key_of(item, key));
            if items[position + 1..].iter().any(same) {
                continue;
            }
            if keys.iter().any(|key| item.get(key).is_some_and(|key| (self.setting.unknown)(key))) {
                self.unknown += 1;
                continue;
            }
            let found = live.items().enumerate().rev().find(|(_, other)| same(other));
            let (index, other) = match found {
                Some((index, other)) => (index, Some(other)),
                None => (position, None),
            };
            let step = Step::Item { index, keys: named, live: other };
            self.at(step, |walk| walk.item(side.item(position, item), other));
        }
        if ends_with(&self.path, &["initContainers"]) {
            self.order(side, live);
        }
    }

    fn item(&mut self, side: Side<'d>, live: Option<NodeRef<'d>>) {
        match live {
            None => self.absent(side),
            Some(live) => self.value(side, Some(live)),
        }
    }

    /// Init containers run one after the other: their order is a value of its own.
    fn order(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        let name = |item: NodeRef<'d>| item.get("name").and_then(NodeRef::text);
        let declared: Vec<_> = side.node.items().filter_map(name).collect();
        let shared: Vec<_> = live.items().filter_map(name).filter(|it| declared.contains(it)).collect();
        let mut expected = declared;
        expected.retain(|name| shared.contains(name));
        if expected != shared {
            self.differs(ChangeKind::Changed, side.node, Some(live));
        }
    }

    fn set(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        for (index, item) in side.node.items().enumerate() {
            if (self.setting.unknown)(item) {
                self.unknown += 1;
            } else if !live.items().any(|other| values::same(&self.path, item, other)) {
                let step = Step::Item { index, keys: Vec::new(), live: None };
                self.at(step, |walk| walk.absent(side.item(index, item)));
            }
        }
    }

    fn unordered(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        let mut left: Vec<(usize, NodeRef<'d>)> = live.items().enumerate().collect();
        let mut open = Vec::new();
        for (index, item) in side.node.items().enumerate() {
            match left.iter().position(|(_, other)| self.equal(side.item(index, item), *other)) {
                Some(found) => drop(left.remove(found)),
                None => open.push((index, item)),
            }
        }
        if open.is_empty() && left.is_empty() {
            return;
        }
        // One against one is a changed item; anything else is a changed list.
        if let ([(at, item)], [(index, other)]) = (open.as_slice(), left.as_slice()) {
            let step = Step::Item { index: *index, keys: Vec::new(), live: Some(*other) };
            self.at(step, |walk| walk.value(side.item(*at, *item), Some(*other)));
            return;
        }
        self.whole_list(side, live);
    }

    /// Whether a declared item and a live one differ in nothing; values that are not known count as equal.
    fn equal(&self, side: Side<'d>, live: NodeRef<'d>) -> bool {
        let mut probe = Walk { path: self.path.clone(), ..Walk::new(self.setting) };
        let step = Step::Item { index: 0, keys: Vec::new(), live: Some(live) };
        probe.at(step, |walk| walk.value(side, Some(live)));
        probe.found.is_empty()
    }

    fn indexed(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        if side.node.len() != live.len() {
            self.whole_list(side, live);
            return;
        }
        for (index, (item, other)) in side.node.items().zip(live.items()).enumerate() {
            let step = Step::Item { index, keys: Vec::new(), live: Some(other) };
            self.at(step, |walk| walk.value(side.item(index, item), Some(other)));
        }
    }

    fn whole_list(&mut self, side: Side<'d>, live: NodeRef<'d>) {
        let default =
            side.defaulted.filter(|default| owned::is_empty(side.node) && default.len() == live.len());
        if default.is_some() || owned::is_injected(&self.path, self.setting.object, side.node) {
            return;
        }
        if self.count_unknown(side.node) {
            self.unknown += 1;
            return;
        }
        self.differs(ChangeKind::Changed, side.node, Some(live));
    }
}
