//! Lists and maps seen alike, whether an expression made them or a document holds them.

use super::Map;
use super::value::Value;
use crate::model::NodeRef;

/// The items of a list.
#[derive(Clone, Copy)]
pub enum Items<'a> {
    Values(&'a [Value<'a>]),
    Node(NodeRef<'a>),
}

impl<'a> Items<'a> {
    /// The items of a resolved value; `None` when it is no list.
    pub fn of(value: Value<'a>) -> Option<Self> {
        match value {
            Value::List(values) => Some(Self::Values(values)),
            Value::Node(node) if node.is_sequence() => Some(Self::Node(node)),
            _ => None,
        }
    }

    pub fn len(self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Node(node) => node.len(),
        }
    }

    pub fn get(self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Values(values) => values.get(index).copied(),
            Self::Node(node) => node.item(index).map(Value::Node),
        }
    }

    pub fn iter(self) -> impl DoubleEndedIterator<Item = Value<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// The entries of a map.
#[derive(Clone, Copy)]
pub enum Pairs<'a> {
    Map(&'a Map<'a>),
    Node(NodeRef<'a>),
}

impl<'a> Pairs<'a> {
    /// The entries of a resolved value; `None` when it is no map.
    pub fn of(value: Value<'a>) -> Option<Self> {
        match value {
            Value::Map(map) => Some(Self::Map(map)),
            Value::Node(node) if node.is_mapping() => Some(Self::Node(node)),
            _ => None,
        }
    }

    pub fn len(self) -> usize {
        match self {
            Self::Map(map) => map.entries().len(),
            Self::Node(node) => node.len(),
        }
    }

    /// The value under a resolved `key`; the keys of a document are text.
    pub fn get(self, key: Value<'_>) -> Option<Value<'a>> {
        match (self, key) {
            (Self::Map(map), _) => map.get(key),
            (Self::Node(node), Value::Str(key)) => node.get(key).map(Value::Node),
            (Self::Node(_), _) => None,
        }
    }

    /// Fuel for one lookup: documents are searched key by key.
    pub fn lookup_cost(self) -> u64 {
        match self {
            Self::Map(_) => 1,
            Self::Node(node) => 1 + node.len() as u64 / 8,
        }
    }

    pub fn iter(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let (map, node) = match self {
            Self::Map(map) => (Some(map), None),
            Self::Node(node) => (None, Some(node)),
        };
        let made = map.into_iter().flat_map(|map| map.entries().iter().copied());
        let read = node.into_iter().flat_map(NodeRef::entries);
        made.chain(read.map(|(key, value)| (Value::Str(key.text().unwrap_or_default()), Value::Node(value))))
    }
}
