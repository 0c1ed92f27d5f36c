//! JSON Patch (RFC 6902) as the reference applies it: negative indices count from the end, and `replace`
//! sets a key that is not there.

use super::fault::{Fault, Fields, Outcome, is_letter, text};
use super::folded;
use crate::gitops::tree::Value;
use crate::gitops::{Origin, Tree};

/// How many values one patch may copy: each copy may double the object.
const MAX_COPIED: usize = 100_000;

/// Whether a document is such a patch.
pub(super) fn is_patch(document: &Tree) -> bool {
    document.is_list() && document.items().iter().all(Tree::is_map)
}

/// Applies a list of operations to `target`.
pub(super) fn apply(target: &mut Tree, operations: &Tree) -> Outcome<()> {
    let mut copied = 0;
    for operation in operations.items() {
        let fields = Fields::of(operation, &["op", "path", "from", "value"])?;
        let at =
            |key| fields.get(key).ok_or_else(|| Fault::at(operation, format!("an operation needs `{key}`")));
        let path = at("path")?;
        let value = || {
            let mut value =
                fields.get("value").cloned().unwrap_or_else(|| Tree::plain("null", operation.origin));
            folded::forget(&mut value);
            check(&value).map(|()| value)
        };
        match fields.string("op")? {
            "add" => add(target, path, value()?)?,
            "replace" => replace(target, path, value()?)?,
            "remove" => remove(target, path).map(drop)?,
            "test" => {
                let (wanted, place) = (value()?, text(path)?);
                let found = if place.is_empty() { Some(&*target) } else { find(target, path)? };
                if !found.map_or(wanted.is_null(), |found| equal(found, &wanted)) {
                    return Err(Fault::at(path, "the `test` of this patch fails"));
                }
            }
            "move" => {
                let moved = remove(target, at("from")?)?;
                add(target, path, moved)?;
            }
            "copy" => {
                let from = at("from")?;
                let value = find(target, from)?.ok_or_else(|| missing(from))?;
                copied += value.size();
                if copied > MAX_COPIED {
                    return Err(Fault::at(from, "this patch copies too much"));
                }
                let value = value.clone();
                add(target, path, value)?;
            }
            _ => return Err(Fault::at(operation, "this is no operation of a JSON patch")),
        }
    }
    Ok(())
}

/// Refuses what readers of JSON patches see otherwise than readers of objects.
fn check(value: &Tree) -> Outcome<()> {
    match &value.value {
        Value::Map(entries) => entries.iter().try_for_each(|(key, value)| text(key).and(check(value))),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Scalar(..) if is_letter(value) => {
            Err(Fault::at(value, "this is true or false in a JSON patch; put it in quotes or write it out"))
        }
        Value::Scalar(..) => Ok(()),
    }
}

fn missing(path: &Tree) -> Fault {
    let place = path.text().unwrap_or_default();
    Fault::at(path, format!("the patched object has nothing at `{place}`")).consequence()
}

/// The keys of a path and the last of them.
fn keys(path: &Tree) -> Outcome<(Vec<String>, String)> {
    let mut keys: Vec<String> =
        text(path)?.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let last = keys.pop().ok_or_else(|| Fault::at(path, "a path starts with `/`"))?;
    Ok((keys, last))
}

/// What holds the value at a path, and the key there.
fn holder<'t>(target: &'t mut Tree, path: &Tree) -> Outcome<(&'t mut Tree, String)> {
    let (keys, last) = keys(path)?;
    let mut at = target;
    for key in &keys {
        let next = match &mut at.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
            }
            Value::List(items) => index(key, items.len()).and_then(|at| items.get_mut(at)),
            Value::Scalar(..) => None,
        };
        at = next.filter(|next| next.is_map() || next.is_list()).ok_or_else(|| missing(path))?;
    }
    Ok((at, last))
}

/// An index among `len` items; a negative one counts from the end.
fn index(key: &str, len: usize) -> Option<usize> {
    let at: i64 = key.parse().ok()?;
    let at = if at < 0 { at + i64::try_from(len).ok()? } else { at };
    usize::try_from(at).ok()
}

fn find<'t>(target: &'t mut Tree, path: &Tree) -> Outcome<Option<&'t Tree>> {
    let (holder, key) = holder(target, path)?;
    match &holder.value {
        Value::List(items) => {
            let found = index(&key, items.len()).and_then(|at| items.get(at));
            found.map(Some).ok_or_else(|| missing(path))
        }
        _ => Ok(holder.get(&key)),
    }
}

fn add(target: &mut Tree, path: &Tree, value: Tree) -> Outcome<()> {
    let (holder, key) = holder(target, path)?;
    match &mut holder.value {
        Value::List(items) if key == "-" => items.push(value),
        Value::List(items) => {
            let at =
                index(&key, items.len() + 1).filter(|at| *at <= items.len()).ok_or_else(|| missing(path))?;
            items.insert(at, value);
        }
        _ => put(holder, &key, path.origin, value),
    }
    Ok(())
}

fn replace(target: &mut Tree, path: &Tree, value: Tree) -> Outcome<()> {
    if text(path)?.is_empty() {
        *target = value;
        return Ok(());
    }
    let (holder, key) = holder(target, path)?;
    match &mut holder.value {
        Value::List(items) => {
            let at =
                index(&key, items.len()).and_then(|at| items.get_mut(at)).ok_or_else(|| missing(path))?;
            *at = value;
        }
        _ => put(holder, &key, path.origin, value),
    }
    Ok(())
}

/// Sets a key, which stands in the patch where it is new.
fn put(holder: &mut Tree, key: &str, origin: Origin, value: Tree) {
    match holder.get_mut(key) {
        Some(known) => *known = value,
        None => {
            if let Value::Map(entries) = &mut holder.value {
                entries.push((Tree::string(key, origin), value));
            }
        }
    }
}

fn remove(target: &mut Tree, path: &Tree) -> Outcome<Tree> {
    let (holder, key) = holder(target, path)?;
    match &mut holder.value {
        Value::List(items) => {
            let at = index(&key, items.len()).filter(|at| *at < items.len()).ok_or_else(|| missing(path))?;
            Ok(items.remove(at))
        }
        _ => holder.remove(&key).ok_or_else(|| missing(path)),
    }
}

fn equal(a: &Tree, b: &Tree) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Map(entries), Value::Map(others)) => {
            let same = |(key, value): &(Tree, Tree)| {
                key.text().and_then(|key| b.get(key)).is_some_and(|other| equal(value, other))
            };
            entries.len() == others.len() && entries.iter().all(same)
        }
        (Value::Scalar(..), Value::Scalar(..)) => a.scalar() == b.scalar(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn applied(target: &str, patch: &str) -> Result<String, String> {
        let mut target = tree(target);
        apply(&mut target, &tree(patch)).map(|()| show(&target)).map_err(|fault| fault.reason)
    }

    #[test]
    fn operations_change_what_they_name() {
        let list = "{a: [1, 2], b/c: {d: x}}";
        for (patch, wanted) in [
            ("[{op: add, path: /a/-, value: 3}]", "{a:[1,2,3],b/c:{d:x}}"),
            ("[{op: add, path: /a/0, value: 0}]", "{a:[0,1,2],b/c:{d:x}}"),
            ("[{op: add, path: /a/-1, value: 3}]", "{a:[1,2,3],b/c:{d:x}}"),
            ("[{op: replace, path: /b~1c/e, value: z}]", "{a:[1,2],b/c:{d:x,e:z}}"),
            ("[{op: remove, path: /a/0}]", "{a:[2],b/c:{d:x}}"),
            ("[{op: move, from: /b~1c/d, path: /e}]", "{a:[1,2],b/c:{},e:x}"),
            (
                "[{op: copy, from: /a, path: /e}, {op: test, path: /e/1, value: 2}]",
                "{a:[1,2],b/c:{d:x},e:[1,2]}",
            ),
        ] {
            assert_eq!(applied(list, patch).as_deref(), Ok(wanted), "{patch}");
        }
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for patch in [
            "[{op: add, path: /x/y, value: 1}]",
            "[{op: remove, path: /x}]",
            "[{op: replace, path: /a/9, value: 1}]",
            "[{op: test, path: /a/0, value: 5}]",
            "[{op: sing, path: /a}]",
            "[{op: add, value: 1}]",
            "[{op: add, path: /b, value: y}]",
        ] {
            assert!(applied("{a: [1]}", patch).is_err(), "{patch}");
        }
    }
}
