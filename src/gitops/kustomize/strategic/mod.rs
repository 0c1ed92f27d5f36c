//! Strategic merge as the reference does it: mappings are merged, new items of merged lists come first,
//! null takes away, `$patch` replaces or deletes. Deliberately absent: `$setElementOrder` and `$retainKeys`,
//! which the reference does not know either.

mod list;

use super::fault::{Fault, Outcome};
use super::openapi::{ListType, Type, type_of};
use super::resource::text_at;
use crate::gitops::Tree;
use crate::gitops::tree::Value;
use crate::model::Style;

/// The key of a directive.
const DIRECTIVE: &str = "$patch";

/// What a value is to the schema.
#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    object: Option<Type>,
    list: Option<ListType>,
}

/// What became of a value.
enum Merged {
    /// Nothing is left.
    Gone,
    /// The target's value, patched.
    Kept(Tree),
    /// The patch's value in its place.
    Taken(Tree),
}

impl Merged {
    fn into_tree(self) -> Option<Tree> {
        match self {
            Self::Gone => None,
            Self::Kept(tree) | Self::Taken(tree) => Some(tree),
        }
    }
}

/// `target` with `patch` applied; `None` when the patch deletes it.
pub(super) fn merge(target: Tree, patch: Tree) -> Outcome<Option<Tree>> {
    merge_value(Some(target), Some(patch), Kind::default()).map(Merged::into_tree)
}

fn merge_value(target: Option<Tree>, patch: Option<Tree>, kind: Kind) -> Outcome<Merged> {
    let there = target.as_ref().filter(|tree| !tree.is_null());
    let new = patch.as_ref().filter(|tree| !tree.is_null());
    if let (Some(there), Some(new)) = (there, new)
        && std::mem::discriminant(&there.value) != std::mem::discriminant(&new.value)
    {
        return Err(Fault::at(new, "the patch has another type here than what it patches"));
    }
    match there.or(new).map(|tree| &tree.value) {
        Some(Value::Map(_)) => merge_map(target, patch, kind),
        Some(Value::List(_)) => match kind.list {
            Some(ListType { keys: Some(keys), items }) => list::merge(target, patch, keys, items),
            _ => Ok(override_with(target, patch)),
        },
        Some(Value::Scalar(..)) => Ok(override_with(target, patch)),
        // A null that is written stays, unless the patch says so too.
        None => Ok(if patch.is_some() { Merged::Gone } else { target.map_or(Merged::Gone, Merged::Kept) }),
    }
}

fn override_with(target: Option<Tree>, patch: Option<Tree>) -> Merged {
    match (target, patch) {
        (_, Some(patch)) if patch.is_null() => Merged::Gone,
        (Some(target), Some(mut patch)) => {
            keep_folding(&target, &mut patch);
            Merged::Taken(patch)
        }
        (None, Some(patch)) => Merged::Taken(patch),
        (Some(target), None) => Merged::Kept(target),
        (None, None) => Merged::Gone,
    }
}

/// A text is folded or not as the one it replaces.
fn keep_folding(target: &Tree, patch: &mut Tree) {
    let (Value::Scalar(_, old, _), Value::Scalar(text, new, _)) = (&target.value, &mut patch.value) else {
        return;
    };
    match (*old == Style::Folded, *new == Style::Folded) {
        (true, false) if text.contains('\n') => *new = Style::Folded,
        (false, true) => *new = Style::Literal,
        _ => {}
    }
}

fn merge_map(target: Option<Tree>, patch: Option<Tree>, kind: Kind) -> Outcome<Merged> {
    let Some(target) = target.filter(|tree| !tree.is_null()) else {
        return patch.map_or(Ok(Merged::Gone), |patch| added(patch, kind));
    };
    let mut patch = patch;
    if let Some(patch) = &mut patch {
        if patch.is_null() {
            return Ok(Merged::Gone);
        }
        match directive(patch)? {
            Directive::Delete => return Ok(Merged::Gone),
            Directive::Replace => return added(patch.clone(), kind),
            Directive::Merge => {}
        }
    }
    let object = kind.object.or_else(|| own_type(&target)).or_else(|| patch.as_ref().and_then(own_type));
    let Tree { value: Value::Map(entries), origin } = target else { return Ok(Merged::Kept(target)) };
    let mut merged = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        let new = patch.as_mut().and_then(|patch| patch.remove(name));
        let kind = field(object, name);
        if let Some(value) = merge_value(Some(value), new, kind)?.into_tree() {
            merged.push((key, value));
        }
    }
    if let Some(Value::Map(mut rest)) = patch.map(|patch| patch.value) {
        rest.sort_by(|(a, _), (b, _)| a.text().cmp(&b.text()));
        for (key, value) in rest {
            let kind = field(object, key.text().unwrap_or_default());
            if let Some(value) = merge_value(None, Some(value), kind)?.into_tree() {
                merged.push((key, value));
            }
        }
    }
    Ok(Merged::Kept(Tree { value: Value::Map(merged), origin }))
}

/// A part of the patch where the target has nothing: directives and nulls taken out.
fn added(mut patch: Tree, kind: Kind) -> Outcome<Merged> {
    if patch.is_null() {
        return Ok(Merged::Gone);
    }
    if patch.is_map() {
        if matches!(directive(&mut patch)?, Directive::Delete) {
            return Ok(Merged::Gone);
        }
        let object = kind.object.or_else(|| own_type(&patch));
        let Tree { value: Value::Map(entries), origin } = patch else { return Ok(Merged::Gone) };
        let mut kept = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let kind = field(object, key.text().unwrap_or_default());
            if let Some(value) = added(value, kind)?.into_tree() {
                kept.push((key, value));
            }
        }
        return Ok(Merged::Taken(Tree { value: Value::Map(kept), origin }));
    }
    match kind.list {
        Some(ListType { keys: Some(keys), items }) if patch.is_list() => list::added(patch, keys, items),
        _ => Ok(Merged::Taken(patch)),
    }
}

fn field(object: Option<Type>, name: &str) -> Kind {
    let Some(object) = object else { return Kind::default() };
    Kind { object: object.object(name), list: object.list(name) }
}

fn own_type(tree: &Tree) -> Option<Type> {
    type_of(text_at(tree, "apiVersion"), text_at(tree, "kind"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Takes the directive out of a mapping.
fn directive(patch: &mut Tree) -> Outcome<Directive> {
    match patch.remove(DIRECTIVE) {
        Some(value) => parse(&value),
        None => Ok(Directive::Merge),
    }
}

fn parse(value: &Tree) -> Outcome<Directive> {
    match value.text() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        _ => Err(Fault::at(value, "`$patch` is `merge`, `replace` or `delete`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn merged(target: &str, patch: &str) -> String {
        merge(tree(target), tree(patch)).expect("they fit").map_or("gone".to_owned(), |tree| show(&tree))
    }

    const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: cart}, spec: {containers: [\
        {name: app, image: a, env: [{name: A, value: x}]}, {name: side, image: s}]}}";

    fn pod(containers: &str) -> String {
        merged(POD, &format!("{{apiVersion: v1, kind: Pod, spec: {{containers: {containers}}}}}"))
    }

    #[test]
    fn items_are_paired_by_name_and_new_ones_come_first() {
        let made = pod("[{name: new, image: n}, {name: app, env: [{name: B, value: y}]}]");
        let wanted = "containers:[{name:new,image:n},{name:app,image:a,env:[{name:B,value:y},{name:A,value:x}]},\
            {name:side,image:s}]";
        assert!(made.contains(wanted), "{made}");
    }

    #[test]
    fn directives_delete_and_replace() {
        assert!(
            pod("[{name: side, $patch: delete}]")
                .ends_with("spec:{containers:[{name:app,image:a,env:[{name:A,value:x}]}]}}")
        );
        assert!(pod("[{$patch: replace}, {name: only}]").ends_with("spec:{containers:[{name:only}]}}"));
        assert_eq!(merged("{a: {b: 1}}", "{a: {$patch: replace, c: 2}}"), "{a:{c:2}}");
        assert_eq!(merged("{a: 1}", "{$patch: delete}"), "gone");
    }

    #[test]
    fn null_takes_away_and_other_lists_are_replaced() {
        assert_eq!(merged("{a: {b: 1, c: 2}}", "{a: {b: null}}"), "{a:{c:2}}");
        assert_eq!(merged("{a: [1, 2]}", "{a: [3]}"), "{a:[3]}");
        assert_eq!(merged("{}", "{a: {b: null, c: [null]}}"), "{a:{c:[null]}}");
    }

    #[test]
    fn ports_are_paired_by_number_and_protocol() {
        let service = "{apiVersion: v1, kind: Service, spec: {ports: [{port: 53, protocol: UDP, name: u}, \
            {port: 53, protocol: TCP, name: t}]}}";
        let patch = "{apiVersion: v1, kind: Service, spec: {ports: [{port: 53, protocol: TCP, name: tcp}]}}";
        let made = merged(service, patch);
        assert!(made.contains("[{port:53,protocol:UDP,name:u},{port:53,protocol:TCP,name:tcp}]"), "{made}");
    }

    #[test]
    fn another_type_is_refused() {
        assert!(merge(tree("{a: [1]}"), tree("{a: {b: 1}}")).is_err());
    }
}
