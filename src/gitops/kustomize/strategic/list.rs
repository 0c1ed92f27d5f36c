//! Lists whose items are paired by keys, or united as a set. It follows the reference step by step, since
//! items that lack a key make each step count.

use super::{DIRECTIVE, Directive, Kind, Merged, merge_value, parse};
use crate::gitops::Tree;
use crate::gitops::kustomize::fault::{Fault, Outcome};
use crate::gitops::kustomize::openapi::Type;
use crate::gitops::tree::Value;

/// Pairing compares every item with every other.
const MAX_ITEMS: usize = 2_000;

/// The values of an item's keys; empty where it lacks one.
type Values = Vec<String>;

/// Merges `patch` into `target`.
pub(super) fn merge(
    target: Option<Tree>,
    patch: Option<Tree>,
    keys: &[&str],
    items: Option<Type>,
) -> Outcome<Merged> {
    let Some(target) = target.filter(|tree| !tree.is_null()) else {
        return patch.map_or(Ok(Merged::Gone), |patch| added(patch, keys, items));
    };
    let mut patch = patch;
    if let Some(patch) = &mut patch {
        if patch.is_null() {
            return Ok(Merged::Gone);
        }
        match directive(patch)? {
            Directive::Delete => return Ok(Merged::Gone),
            Directive::Replace => return added(patch.clone(), keys, items),
            Directive::Merge => {}
        }
    }
    let origin = target.origin;
    let Value::List(there) = target.value else { return Ok(Merged::Gone) };
    let new = match patch.map(|patch| patch.value) {
        Some(Value::List(new)) => new,
        _ => Vec::new(),
    };
    let merged = unite(there, &new, keys, items)?;
    Ok(Merged::Kept(Tree { value: Value::List(merged), origin }))
}

/// A list of the patch where the target has none.
pub(super) fn added(mut patch: Tree, keys: &[&str], items: Option<Type>) -> Outcome<Merged> {
    if directive(&mut patch)? == Directive::Delete {
        return Ok(Merged::Gone);
    }
    let origin = patch.origin;
    let Value::List(new) = patch.value else { return Ok(Merged::Gone) };
    let mut kept = Vec::with_capacity(new.len());
    for item in new {
        if let Some(item) = super::added(item, Kind { object: items, list: None })?.into_tree() {
            kept.push(item);
        }
    }
    let merged = unite(kept, &[], keys, items)?;
    Ok(Merged::Taken(Tree { value: Value::List(merged), origin }))
}

/// Takes the directive out of a list: an item of its own.
fn directive(patch: &mut Tree) -> Outcome<Directive> {
    let found = patch.items().iter().find(|item| item.get(DIRECTIVE).is_some());
    let Some(item) = found.filter(|item| item.entries().len() == 1) else { return Ok(Directive::Merge) };
    let Some(value) = item.get(DIRECTIVE).cloned() else { return Ok(Directive::Merge) };
    let directive = parse(&value)?;
    if let Value::List(items) = &mut patch.value {
        set(items, None, &[DIRECTIVE], &[value.text().unwrap_or_default()]);
    }
    Ok(directive)
}

fn unite(mut there: Vec<Tree>, new: &[Tree], keys: &[&str], items: Option<Type>) -> Outcome<Vec<Tree>> {
    if there.len() + new.len() > MAX_ITEMS {
        let blamed = there.first().or(new.first());
        let reason = format!("a list of more than {MAX_ITEMS} items is not merged");
        return Err(blamed.map_or_else(|| Fault::new(&*reason), |tree| Fault::at(tree, &*reason)));
    }
    let keys = if keys.is_empty() { &[""] } else { keys };
    let mut all = values(new.iter().chain(&there), keys);
    if keys.len() > 1 {
        complete(&mut all);
    }
    let mut united = Vec::new();
    let mut last: Vec<&str> = keys.to_vec();
    for own in &all {
        let (valid, wanted) = restrict(&all, own, keys);
        let at = there.iter().position(|item| matches(item, &valid, &wanted));
        let from = new.iter().find(|item| matches(item, &valid, &wanted));
        let kind = Kind { object: items, list: None };
        let merged = merge_value(at.map(|at| there[at].clone()), from.cloned(), kind)?;
        let kept = matches!(merged, Merged::Kept(_));
        match merged
            .into_tree()
            .filter(|item| !(item.is_null() || item.is_map() && item.entries().is_empty()))
        {
            None => set(&mut there, None, &valid, &wanted),
            Some(mut item) => {
                for (key, value) in valid.iter().zip(&wanted) {
                    if item.is_map() && !value.is_empty() && item.get(key).is_none() {
                        let value = Tree::plain(*value, item.origin);
                        item.set(key, value);
                    }
                }
                if let Some(at) = at.filter(|_| kept) {
                    there[at] = item.clone();
                }
                set(&mut united, Some(&item), &valid, &wanted);
            }
        }
        last = valid;
    }
    if all.is_empty() {
        return Ok(there);
    }
    append(&mut united, there, &last);
    Ok(united)
}

/// The values of the keys of each item, each combination once.
fn values<'t>(items: impl Iterator<Item = &'t Tree>, keys: &[&str]) -> Vec<Values> {
    let mut all: Vec<Values> = Vec::new();
    for item in items {
        let own: Values = keys.iter().map(|key| value(item, key).unwrap_or_default().to_owned()).collect();
        if !all.contains(&own) {
            all.push(own);
        }
    }
    all
}

/// The text under a key, or of the item itself.
fn value<'t>(item: &'t Tree, key: &str) -> Option<&'t str> {
    if key.is_empty() { item.text() } else { item.get(key).map(|value| value.text().unwrap_or_default()) }
}

/// Combinations that differ only in what one of them lacks become one.
fn complete(all: &mut [Values]) {
    for i in 0..all.len() {
        for j in 0..all.len() {
            if let Some(both) = common(&all[i], &all[j]) {
                all[i].clone_from(&both);
                all[j] = both;
            }
        }
    }
}

fn common(a: &Values, b: &Values) -> Option<Values> {
    let mut shared = false;
    let mut both = Values::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        if a == b {
            shared = true;
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        }
        both.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    shared.then_some(both)
}

/// The keys that any combination has a value for, and the own values of those; all when there are none.
fn restrict<'k, 'v>(all: &[Values], own: &'v Values, keys: &[&'k str]) -> (Vec<&'k str>, Vec<&'v str>) {
    let used: Vec<bool> = (0..keys.len())
        .map(|at| all.iter().any(|values| values.get(at).is_some_and(|v| !v.is_empty())))
        .collect();
    let any = used.contains(&true);
    let pick = |at: &usize| !any || used.get(*at).copied().unwrap_or_default();
    let places: Vec<usize> = (0..keys.len()).filter(pick).collect();
    let valid = places.iter().filter_map(|at| keys.get(*at).copied()).collect();
    let wanted = places.iter().filter_map(|at| own.get(*at).map(String::as_str)).collect();
    (valid, wanted)
}

/// Whether an item has exactly those values; the empty ones count only when all are.
fn matches(item: &Tree, keys: &[&str], wanted: &[&str]) -> bool {
    let all_empty = wanted.iter().all(|value| value.is_empty());
    let mut pairs = keys.iter().zip(wanted).filter(|(_, wanted)| all_empty || !wanted.is_empty());
    pairs.all(|(key, wanted)| value(item, key) == Some(wanted))
}

/// Puts `element` in the place of the items that match, or at the end; takes those away where it is `None`.
fn set(list: &mut Vec<Tree>, element: Option<&Tree>, keys: &[&str], wanted: &[&str]) {
    let by_key = keys.first().is_some_and(|key| !key.is_empty());
    let by_value = by_key && wanted.first().is_some_and(|value| !value.is_empty());
    let mut found_any = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for item in list.drain(..) {
        if item.is_null() || item.is_map() && item.entries().is_empty() {
            continue;
        }
        if !item.is_map() && by_value {
            kept.push(item);
            continue;
        }
        // A key without a wanted value is taken to be found when the one before it was.
        let mut found = !wanted.is_empty();
        for (key, wanted) in keys.iter().zip(wanted) {
            found = match value(&item, key) {
                Some(value) => *wanted == value || wanted.is_empty() && by_key,
                None => false,
            };
            if !found {
                break;
            }
        }
        if !found {
            if !wanted.is_empty() {
                kept.push(item);
            }
            continue;
        }
        found_any = true;
        kept.extend(element.cloned());
    }
    if !found_any {
        kept.extend(element.cloned());
    }
    *list = kept;
}

/// Puts every item of `rest` in the place of the one it matches, or at the end.
fn append(list: &mut Vec<Tree>, rest: Vec<Tree>, keys: &[&str]) {
    for item in rest {
        let mut wanted = Vec::with_capacity(keys.len());
        for key in keys {
            match value(&item, key) {
                Some(value) => wanted.push(value),
                None => list.push(item.clone()),
            }
        }
        if keys.len() > 1 {
            set(list, None, keys, &wanted);
        }
        set(list, Some(&item), keys, &wanted);
    }
}
