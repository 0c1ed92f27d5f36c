//! Maps that expressions make; maps of documents stay nodes.

use std::cmp::Ordering;

use bumpalo::Bump;

use super::compare::compare_keys;
use super::value::Value;

/// A map made by an expression: entries in the order they were added.
pub struct Map<'a> {
    entries: &'a [(Value<'a>, Value<'a>)],
    /// Indexes into `entries` by key; empty for maps small enough to be searched one by one.
    order: &'a [u32],
}

/// Up to this many entries a linear search is as fast as any other.
const SMALL_MAP: usize = 8;

impl<'a> Map<'a> {
    /// A map of `entries`; `None` when a key occurs twice or is of a type that cannot be a key.
    pub fn new(entries: &[(Value<'a>, Value<'a>)], arena: &'a Bump) -> Option<&'a Self> {
        let valid = |value: &Value<'_>| {
            matches!(value, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Str(_))
        };
        if !entries.iter().all(|(key, _)| valid(key)) {
            return None;
        }
        let mut order = Vec::new();
        let same = |a: &(Value<'_>, _), b: &(Value<'_>, _)| compare_keys(a.0, b.0) == Ordering::Equal;
        let twice = if entries.len() <= SMALL_MAP {
            (1..entries.len()).any(|at| entries[..at].iter().any(|entry| same(entry, &entries[at])))
        } else {
            order.extend(0..u32::try_from(entries.len()).ok()?);
            order.sort_by(|&a, &b| compare_keys(entries[a as usize].0, entries[b as usize].0));
            order.windows(2).any(|pair| same(&entries[pair[0] as usize], &entries[pair[1] as usize]))
        };
        if twice {
            return None;
        }
        Some(
            arena.alloc(Self {
                entries: arena.alloc_slice_copy(entries),
                order: arena.alloc_slice_copy(&order),
            }),
        )
    }

    /// The entries in the order they were added.
    pub fn entries(&self) -> &'a [(Value<'a>, Value<'a>)] {
        self.entries
    }

    /// The value under `key`; numbers equal across types are one key.
    pub fn get(&self, key: Value<'_>) -> Option<Value<'a>> {
        if self.order.is_empty() {
            let found = self.entries.iter().find(|(name, _)| compare_keys(*name, key) == Ordering::Equal);
            return found.map(|(_, value)| *value);
        }
        let found = self.order.binary_search_by(|&at| compare_keys(self.entries[at as usize].0, key));
        found.ok().map(|at| self.entries[self.order[at] as usize].1)
    }
}
