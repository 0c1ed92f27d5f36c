//! The walk along a declared property and its live value, guided by the schema of the type.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::transform::{self, Verdict};
use super::{Change, Comparison, document, equal, guarded, keys, pairs};
use crate::aws::types::{self, ResourceType};
use crate::aws::{Node, Value};
use crate::model::{ChangeKind, NodeId};

/// Maps whose keys are the author's, so that another key is an addition.
const OPEN_MAPS: [&str; 2] = ["Environment/Variables", "Parameters"];

pub(super) struct Walk<'p> {
    kind: &'p str,
    /// What other resources declare of this one: property and item.
    others: &'p [(&'p str, &'p Node<'p>)],
    schema: Option<&'static ResourceType>,
    /// The place as messages show it.
    shown: String,
    /// The same as the schema names it: `Rules/*/Status`.
    place: String,
    found: Vec<Change<'p>>,
    unknown: usize,
    compared: usize,
    not_compared: BTreeSet<String>,
    respelled: BTreeSet<String>,
}

impl<'p> Walk<'p> {
    pub fn new(kind: &'p str, others: &'p [(&'p str, &'p Node<'p>)]) -> Self {
        Self {
            kind,
            others,
            schema: types::of(kind),
            shown: String::new(),
            place: String::new(),
            found: Vec::new(),
            unknown: 0,
            compared: 0,
            not_compared: BTreeSet::new(),
            respelled: BTreeSet::new(),
        }
    }

    pub fn finish(self) -> Comparison<'p> {
        Comparison {
            changes: self.found,
            unknown: self.unknown,
            not_compared: self.not_compared,
            respelled: self.respelled,
            compared: self.compared,
        }
    }

    /// Goes to a property, and comes back.
    pub fn at<T>(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        let dot = if self.shown.is_empty() { "" } else { "." };
        let shown = format!("{dot}{name}");
        let slash = if self.place.is_empty() { "" } else { "/" };
        let place = format!("{slash}{name}");
        self.within(&shown, &place, inside)
    }

    /// Goes to an item with a name of its own.
    pub fn labelled<T>(&mut self, label: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.within(&format!("[{label}]"), "/*", inside)
    }

    fn within<T>(&mut self, shown: &str, place: &str, inside: impl FnOnce(&mut Self) -> T) -> T {
        let (shown_before, place_before) = (self.shown.len(), self.place.len());
        self.shown.push_str(shown);
        self.place.push_str(place);
        let out = inside(self);
        self.shown.truncate(shown_before);
        self.place.truncate(place_before);
        out
    }

    /// Nobody tells what is live here.
    pub fn not_compared(&mut self, name: &str, declared: &Node<'_>) {
        if !matches!(declared.value, Value::Absent | Value::Null) {
            self.not_told(name);
        }
    }

    /// Nobody tells what is live, which matters even though nothing is declared.
    pub fn not_told(&mut self, name: &str) {
        self.not_compared.insert(name.to_owned());
    }

    /// A guarded set of which the resource itself declares nothing.
    pub fn undeclared(&mut self, live: &[Json]) {
        let left = self.not_elsewhere(live.iter().enumerate().collect(), false);
        self.leftovers(None, left);
    }

    /// Parts that keep others out, and of which none is declared.
    pub fn opened(&mut self, live: &Map<String, Json>) {
        for (name, value) in live.iter().filter(|(_, value)| **value == Json::Bool(false)) {
            self.at(name, |walk| walk.note(ChangeKind::ForeignAdded, None, None, Some(value.clone())));
        }
    }

    /// The live items that no other resource declares.
    fn not_elsewhere<'l>(&self, mut left: Vec<(usize, &'l Json)>, has_own: bool) -> Vec<(usize, &'l Json)> {
        if !guarded::is_guarded(self.kind, &self.place) {
            return left;
        }
        left.retain(|(_, item)| {
            let same = |(of, other): &(&str, &Node<'_>)| {
                let equal = |node: &Node<'_>, live: &Json| self.is_equal(&self.place, node, live);
                *of == self.place && guarded::is_same(self.kind, of, other, item, equal)
            };
            !self.others.iter().any(same) && !guarded::is_default(&self.place, has_own, item)
        });
        left
    }

    /// Live items that are not declared.
    fn leftovers(&mut self, at: Option<NodeId>, left: Vec<(usize, &Json)>) {
        for (_, item) in left {
            let (label, item) = (keys::of_live(item), Some(item.clone()));
            self.labelled(&label, |walk| walk.note(ChangeKind::ForeignAdded, None, at, item));
        }
    }

    /// A difference at a place of its own.
    pub fn note(
        &mut self,
        kind: ChangeKind,
        desired: Option<&'p Node<'p>>,
        at: Option<NodeId>,
        live: Option<Json>,
    ) {
        self.found.push(Change { kind, path: self.shown.clone(), desired, at, live });
    }

    /// The same below a label.
    pub fn note_at(
        &mut self,
        label: &str,
        kind: ChangeKind,
        desired: Option<&'p Node<'p>>,
        at: Option<NodeId>,
        live: Option<Json>,
    ) {
        self.labelled(label, |walk| walk.note(kind, desired, at, live));
    }

    pub fn count_compared(&mut self) {
        self.compared += 1;
    }

    pub fn count_unknown(&mut self) {
        self.unknown += 1;
    }

    /// Whether a declared item of `property` and a live one may be the same.
    pub fn is_equal(&self, property: &str, declared: &Node<'_>, live: &Json) -> bool {
        let mut probe = Walk::new(self.kind, &[]);
        property.clone_into(&mut probe.place);
        probe.place.push_str("/*");
        probe.value(declared, Some(live));
        probe.found.is_empty()
    }

    fn says(&self, of: impl Fn(&'static ResourceType) -> &'static BTreeSet<Box<str>>) -> bool {
        self.schema.is_some_and(|schema| of(schema).contains(self.place.as_str()))
    }

    /// Compares a declared value with the live one.
    pub fn value(&mut self, declared: &'p Node<'p>, live: Option<&Json>) {
        if self.says(|schema| &schema.read_only) {
            return;
        }
        if self.says(|schema| &schema.write_only) {
            // AWS never tells: no run could compare it.
            self.unknown += 1;
            return;
        }
        match (&declared.value, live) {
            (Value::Absent, _) => {}
            (Value::Unknown(_), _) => self.unknown += 1,
            (Value::Null, live) => {
                if !live.is_none_or(equal::is_nothing) {
                    self.differs(declared, live);
                }
            }
            (_, None) => self.absent(declared),
            (Value::Map(_), Some(live)) => self.map(declared, live),
            (Value::List(items), Some(live)) => self.list(declared, items, live),
            (_, Some(live)) => self.scalar(declared, live),
        }
    }

    fn differs(&mut self, declared: &'p Node<'p>, live: Option<&Json>) {
        self.note(ChangeKind::Changed, Some(declared), Some(declared.at), live.cloned());
    }

    /// A declared value that AWS does not give back: it may be as good as none.
    fn absent(&mut self, declared: &'p Node<'p>) {
        let default = self.schema.and_then(|schema| schema.defaults.get(self.place.as_str()));
        let is_default = match (default, declared.text()) {
            (Some(default), Some(text)) => equal::scalar(text, default, true),
            _ => false,
        };
        if is_default || is_nothing(declared) {
            return;
        }
        if let Value::Map(entries) = &declared.value {
            // Told as a whole, unless all of it is what AWS never tells or leaves out.
            let before = self.found.len();
            for (name, value) in entries {
                self.at(name, |walk| walk.value(value, None));
            }
            if self.found.len() == before {
                return;
            }
            self.found.truncate(before);
        } else if declared.has_unknown() {
            self.unknown += 1;
            return;
        }
        self.note(ChangeKind::Absent, Some(declared), Some(declared.at), None);
    }

    fn map(&mut self, declared: &'p Node<'p>, live: &Json) {
        if document::is_document(declared) {
            return self.document(declared, live);
        }
        let parsed = match live {
            // Some services keep an object as a text of JSON.
            Json::String(text) => serde_json::from_str::<Json>(text).ok().filter(Json::is_object),
            _ => None,
        };
        let Some(live) = parsed.as_ref().unwrap_or(live).as_object() else {
            if !(equal::is_nothing(live) && is_nothing(declared)) {
                self.differs(declared, Some(live));
            }
            return;
        };
        for (name, value) in declared.entries() {
            self.at(name, |walk| walk.value(value, live.get(&**name)));
        }
        if OPEN_MAPS.contains(&self.place.as_str()) {
            self.added_keys(declared, live);
        }
    }

    fn document(&mut self, declared: &'p Node<'p>, live: &Json) {
        let Some(live) = document::live_document(live) else { return self.differs(declared, Some(live)) };
        let Some(differences) = document::differences(declared, &live) else { return self.count_unknown() };
        self.compared += 1;
        self.at("Statement", |walk| {
            for it in differences {
                let at = it.declared.map_or(declared.at, |node| node.at);
                walk.note_at(&it.label, it.kind, it.declared, Some(at), it.live);
            }
        });
    }

    fn added_keys(&mut self, declared: &'p Node<'p>, live: &Map<String, Json>) {
        for (name, value) in live {
            if declared.get(name).is_none() {
                let (at, value) = (Some(declared.at), Some(value.clone()));
                self.at(name, |walk| walk.note(ChangeKind::ForeignAdded, None, at, value));
            }
        }
    }

    fn scalar(&mut self, declared: &'p Node<'p>, live: &Json) {
        self.compared += 1;
        let Some(text) = declared.text() else { return };
        if equal::scalar(text, live, false) || (text.is_empty() && equal::is_nothing(live)) {
            return;
        }
        let transform = self.schema.and_then(|schema| schema.transformed.get(self.place.as_str()));
        if let (Some(transform), Some(live)) = (transform, equal::as_text(live)) {
            match transform::compare(transform, &self.place, text, &live) {
                Verdict::Same => return,
                Verdict::Other => {}
                Verdict::Untold => {
                    self.compared -= 1;
                    self.respelled.insert(self.place.clone());
                    return;
                }
            }
        }
        // A document written as text, on either side.
        if let (true, Some(live)) = (text.trim_start().starts_with(['{', '[']), parsed(live))
            && serde_json::from_str::<Json>(text).is_ok_and(|declared| declared == live)
        {
            return;
        }
        self.differs(declared, Some(live));
    }

    fn list(&mut self, declared: &'p Node<'p>, items: &'p [Node<'p>], live: &Json) {
        let Json::Array(live) = live else {
            // A list of one may come back as the item.
            match items {
                [one] => self.value(one, Some(live)),
                _ => self.differs(declared, Some(live)),
            }
            return;
        };
        if items.iter().any(|item| matches!(item.value, Value::Unknown(_))) {
            // An item that is not known may be any, or several.
            self.unknown += 1;
        }
        let order_counts = self.schema.is_some() && !self.says(|schema| &schema.unordered);
        let same_order = order_counts && items.len() == live.len();
        let property = self.place.clone();
        let known: Vec<usize> =
            (0..items.len()).filter(|at| !matches!(items[*at].value, Value::Unknown(_))).collect();
        let pairs = pairs::pair(known.len(), live.len(), |one, other| {
            self.is_equal(&property, &items[known[one]], &live[other])
        });
        let open: Vec<(usize, &'p Node<'p>)> = known
            .iter()
            .zip(&pairs)
            .filter(|(_, pair)| pair.is_none())
            .map(|(at, _)| (*at, &items[*at]))
            .collect();
        let mut left: Vec<(usize, &Json)> =
            live.iter().enumerate().filter(|(at, _)| !pairs.contains(&Some(*at))).collect();
        // What such a pair says in a spelling of AWS's own is to be told of.
        let is_below = |path: &str| path.strip_prefix(&*property).is_some_and(|rest| rest.starts_with("/*"));
        if self.schema.is_some_and(|schema| schema.transformed.keys().any(|path| is_below(path))) {
            for (at, other) in known.iter().zip(&pairs).filter_map(|(at, pair)| Some((*at, (*pair)?))) {
                self.labelled("", |walk| walk.value(&items[at], Some(&live[other])));
            }
        }
        left = self.not_elsewhere(left, true);
        if open.is_empty() && left.is_empty() {
            self.compared += items.len();
            return;
        }
        self.unmatched(declared, &open, left, same_order);
    }

    /// Tells of the items that found no counterpart: those with the same key differ, the rest is gone or new.
    fn unmatched(
        &mut self,
        declared: &'p Node<'p>,
        open: &[(usize, &'p Node<'p>)],
        mut left: Vec<(usize, &Json)>,
        same_order: bool,
    ) {
        for (index, item) in open {
            let by_key = |(_, other): &(usize, &Json)| keys::is_same(item, other);
            let by_place = |(at, _): &(usize, &Json)| same_order && at == index;
            let only = |_: &(usize, &Json)| open.len() == 1;
            let found = left
                .iter()
                .position(by_key)
                .or_else(|| left.iter().position(by_place))
                .or_else(|| if left.len() == 1 { left.iter().position(only) } else { None });
            let label = keys::of_declared(item).unwrap_or_else(|| index.to_string());
            match found {
                Some(at) => {
                    let (_, other) = left.remove(at);
                    self.labelled(&label, |walk| walk.value(item, Some(other)));
                }
                None => self.labelled(&label, |walk| walk.absent(item)),
            }
        }
        let unknown = declared.items().iter().filter(|item| matches!(item.value, Value::Unknown(_))).count();
        if unknown == 0 {
            self.leftovers(Some(declared.at), left);
        }
    }
}

fn parsed(json: &Json) -> Option<Json> {
    match json {
        Json::String(text) => serde_json::from_str(text).ok(),
        Json::Object(_) | Json::Array(_) => Some(json.clone()),
        _ => None,
    }
}

/// Whether a declared value is as good as none.
fn is_nothing(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null | Value::Absent | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty() || text == "false",
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.iter().all(|(_, node)| is_nothing(node)),
        _ => false,
    }
}
