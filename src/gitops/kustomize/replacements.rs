//! `replacements`: a field of one object copied into fields of others. Deliberately absent: values inside
//! text (JSON in an annotation), which are refused.

use regex::Regex;

use super::fault::{Fault, Fields, Outcome, text};
use super::field_specs::{Gvk, split};
use super::resource::{Id, Resource};
use super::scalars::settle;
use super::select::Selector;
use crate::gitops::tree::Value;
use crate::gitops::{Maker, Origin, Tree};
use crate::model::{Scalar, Style};

/// Applies one replacement.
pub(super) fn apply(resources: &mut [Resource], entry: &Tree) -> Outcome<()> {
    let fields = Fields::of(entry, &["source", "sourceValue", "targets"])?;
    let value = match (fields.get("source"), fields.get("sourceValue")) {
        (Some(source), None) => source_of(resources, source)?,
        (None, Some(value)) => Tree::plain(text(value)?, value.origin),
        _ => return Err(Fault::at(entry, "a replacement has either `source` or `sourceValue`")),
    };
    if fields.get("targets").is_none() {
        return Err(Fault::at(entry, "a replacement needs `targets`"));
    }
    let value = Tree { origin: Origin { maker: Some(Maker::Replacement), ..value.origin }, ..value };
    fields.list("targets")?.iter().try_for_each(|target| copy(resources, target, &value))
}

/// How a part of a text is chosen.
struct Part<'t> {
    delimiter: &'t str,
    index: i64,
    create: bool,
}

impl<'t> Part<'t> {
    fn read(options: Option<&'t Tree>) -> Outcome<Self> {
        let Some(options) = options else { return Ok(Self { delimiter: "", index: 0, create: false }) };
        let fields = Fields::of(options, &["delimiter", "index", "create"])?;
        Ok(Self {
            delimiter: fields.string("delimiter")?,
            index: fields.int("index")?.unwrap_or_default(),
            create: fields.flag("create")?,
        })
    }
}

fn source_of(resources: &[Resource], source: &Tree) -> Outcome<Tree> {
    let known = ["group", "version", "kind", "name", "namespace", "fieldPath", "options"];
    let fields = Fields::of(source, &known)?;
    let gvk = Gvk::read(fields)?;
    let (name, namespace) = (fields.string("name")?, fields.string("namespace")?);
    let is_it = |resource: &&Resource| {
        let mut ids = ids(resource);
        ids.any(|(id, own)| {
            gvk.selects_id(&id)
                && (name.is_empty() || name == id.name)
                && (namespace.is_empty() || namespace == if own.is_empty() { "default" } else { own })
        })
    };
    let mut found = resources.iter().filter(is_it);
    let (Some(resource), None) = (found.next(), found.next()) else {
        return Err(Fault::at(source, "this does not name exactly one object").consequence());
    };
    let path = match fields.string("fieldPath")? {
        "" => "metadata.name",
        path => path,
    };
    let mut at = &resource.tree;
    for part in parts(path) {
        let next = match &at.value {
            Value::List(items) if part == "-" => items.last(),
            Value::List(items) => match index(&part) {
                Some(index) => items.get(index),
                None => pair(&part).and_then(|(key, wanted)| {
                    items.iter().find(|item| word(item, key).is_some_and(|found| found == wanted))
                }),
            },
            _ => at.get(&part),
        };
        at = next.ok_or_else(|| Fault::at(source, format!("the object has no `{path}`")).consequence())?;
    }
    if at.is_null() || at.text().is_none() && at.entries().is_empty() && at.items().is_empty() {
        return Err(Fault::at(source, format!("`{path}` of the object is empty")));
    }
    let part = Part::read(fields.get("options"))?;
    if part.delimiter.is_empty() {
        return Ok(at.clone());
    }
    let whole = at.text().ok_or_else(|| Fault::at(source, "only a text has parts"))?;
    let chosen = usize::try_from(part.index).ok().and_then(|index| whole.split(part.delimiter).nth(index));
    let chosen = chosen.ok_or_else(|| Fault::at(source, "the text has fewer parts"))?;
    Ok(with_text(at, chosen.to_owned()))
}

/// The names of an object, each with its namespace as the reference sees it here.
fn ids(resource: &Resource) -> impl Iterator<Item = (Id<'_>, &str)> {
    let now = resource.id();
    let past = resource.past_ids().map(|id| (id, id.namespace));
    std::iter::once((now, resource.namespace())).chain(past)
}

fn copy(resources: &mut [Resource], target: &Tree, value: &Tree) -> Outcome<()> {
    let fields = Fields::of(target, &["select", "reject", "fieldPaths", "options"])?;
    let select = fields.get("select").ok_or_else(|| Fault::at(target, "a target needs `select`"))?;
    let select = Selector::read(select)?;
    let rejects: Vec<Selector> = fields.list("reject")?.iter().map(Selector::read).collect::<Outcome<_>>()?;
    let part = Part::read(fields.get("options"))?;
    let paths = fields.texts("fieldPaths")?;
    for resource in resources {
        let selected = select.selects_notes(resource)
            && ids(resource).any(|(id, namespace)| select.selects_id(&id, namespace));
        let rejected = rejects.iter().any(|reject| {
            reject.asks_notes() && reject.selects_notes(resource)
                || reject.names_anything()
                    && ids(resource).any(|(id, namespace)| reject.selects_id(&id, namespace))
        });
        if !selected || rejected {
            continue;
        }
        if paths.is_empty() {
            put(&mut resource.tree, "metadata.name", target, &part, value)?;
        }
        for path in paths {
            put(&mut resource.tree, text(path)?, path, &part, value)?;
        }
    }
    Ok(())
}

fn put(tree: &mut Tree, path: &str, blamed: &Tree, part: &Part<'_>, value: &Tree) -> Outcome<()> {
    let made = part.create.then_some(value);
    let found = visit(tree, &parts(path), made, blamed, &mut |field, is_new| {
        set(field, is_new, part, value, blamed)
    })?;
    if found == 0 {
        Err(Fault::at(blamed, format!("an object has no `{path}`")).consequence())
    } else {
        Ok(())
    }
}

fn set(field: &mut Tree, is_new: bool, part: &Part<'_>, value: &Tree, blamed: &Tree) -> Outcome<()> {
    let Some(old) = field.text() else {
        if part.delimiter.is_empty() {
            *field = value.clone();
            return Ok(());
        }
        return Err(Fault::at(blamed, "only a text has parts"));
    };
    let new =
        value.text().ok_or_else(|| Fault::at(blamed, "a text cannot be replaced by a mapping or a list"))?;
    let mut made = new.to_owned();
    if !part.delimiter.is_empty() {
        let mut all: Vec<&str> = if is_new { "" } else { old }.split(part.delimiter).collect();
        match usize::try_from(part.index) {
            Err(_) => all.insert(0, new),
            Ok(at) => match all.get_mut(at) {
                Some(place) => *place = new,
                None => all.push(new),
            },
        }
        made = all.join(part.delimiter);
    }
    if is_new {
        *field = Tree::plain(made, value.origin);
        return settle(field);
    }
    let (was_text, was_null) = (field.as_str().is_some(), field.is_null());
    let mut next = with_text(field, made);
    next.origin = value.origin;
    let same_type = matches!(
        (field.scalar(), next.scalar()),
        (Some(Scalar::Int(_)), Some(Scalar::Int(_)))
            | (Some(Scalar::Float(_)), Some(Scalar::Float(_)))
            | (Some(Scalar::Bool(_)), Some(Scalar::Bool(_)))
    );
    if was_null || !was_text && !same_type {
        return Err(Fault::at(blamed, "the value has another type than the one it replaces"));
    }
    if was_text && next.as_str().is_none() {
        next = Tree::string(next.text().unwrap_or_default(), next.origin);
    }
    *field = next;
    Ok(())
}

/// The same scalar with another text.
fn with_text(tree: &Tree, text: String) -> Tree {
    let style = match &tree.value {
        Value::Scalar(_, style, _) => *style,
        _ => Style::Plain,
    };
    Tree { value: Value::Scalar(text.into(), style, None), origin: tree.origin }
}

/// Calls `set` with every field at `path`, which are made where `made` says of which kind; counts them.
fn visit(
    tree: &mut Tree,
    path: &[String],
    made: Option<&Tree>,
    blamed: &Tree,
    set: &mut dyn FnMut(&mut Tree, bool) -> Outcome<()>,
) -> Outcome<usize> {
    let Some((first, rest)) = path.split_first() else { return set(tree, false).map(|()| 1) };
    if tree.text().is_some() && !tree.is_null() {
        return Err(Fault::at(
            blamed,
            "this leads into a text, and what is inside texts is not replaced here",
        ));
    }
    let Value::List(items) = &mut tree.value else {
        if first == "*" || index(first).is_some() || first.starts_with('[') {
            return Err(Fault::at(blamed, format!("`{first}` needs a list")));
        }
        if tree.get(first).is_none() {
            let Some(value) = made else { return Ok(0) };
            let new = blank(rest.first(), value);
            tree.set(first, new);
            if let (true, Some(field)) = (rest.is_empty(), tree.get_mut(first)) {
                return set(field, true).map(|()| 1);
            }
        }
        return tree.get_mut(first).map_or(Ok(0), |field| visit(field, rest, made, blamed, set));
    };
    if first == "*" {
        return items.iter_mut().try_fold(0, |sum, item| Ok(sum + visit(item, rest, made, blamed, set)?));
    }
    if let Some(at) = index(first) {
        if let Some(value) = made.filter(|_| at == items.len()) {
            items.push(blank(rest.first(), value));
            if let (true, Some(item)) = (rest.is_empty(), items.last_mut()) {
                return set(item, true).map(|()| 1);
            }
        }
        let item = items.get_mut(at).ok_or_else(|| Fault::at(blamed, format!("a list has no item {at}")))?;
        return visit(item, rest, made, blamed, set);
    }
    let (key, wanted) =
        pair(first).ok_or_else(|| Fault::at(blamed, format!("`{first}` is no item of a list")))?;
    let wanted_text = wanted.to_owned();
    let wanted = Regex::new(wanted).map_err(|_| Fault::at(blamed, "this is no regular expression"))?;
    let mut found = 0;
    let mut matched = false;
    for item in &mut *items {
        if shown(item, key).is_some_and(|text| wanted.is_match(&text)) {
            matched = true;
            found += if key.is_empty() {
                set(item, false).map(|()| 1)?
            } else {
                visit(item, rest, made, blamed, set)?
            };
        }
    }
    if let (false, Some(value)) = (matched, made) {
        let name = Tree::plain(wanted_text, value.origin);
        let mut item = if key.is_empty() {
            name
        } else {
            Tree { value: Value::Map(vec![(Tree::plain(key, value.origin), name)]), origin: value.origin }
        };
        found += if key.is_empty() {
            set(&mut item, true).map(|()| 1)?
        } else {
            visit(&mut item, rest, made, blamed, set)?
        };
        items.push(item);
    }
    Ok(found)
}

/// What a missing field is made of: what the next part of the path needs, or the value's own kind.
fn blank(next: Option<&String>, value: &Tree) -> Tree {
    let value_of = match next {
        Some(next) if index(next).is_some() || next.starts_with('[') => Value::List(Vec::new()),
        Some(_) => Value::Map(Vec::new()),
        None if value.is_map() => Value::Map(Vec::new()),
        None if value.is_list() => Value::List(Vec::new()),
        // It takes the type of the text it gets.
        None => return value.clone(),
    };
    Tree { value: value_of, origin: value.origin }
}

/// The text of an item, or of a field of it, as it is written: expressions see the quotes.
fn shown(item: &Tree, key: &str) -> Option<String> {
    let tree = if key.is_empty() { item } else { item.get(key)? };
    match &tree.value {
        Value::Scalar(text, Style::DoubleQuoted, _) if !key.is_empty() || tree.origin.maker.is_none() => {
            Some(format!("\"{text}\""))
        }
        Value::Scalar(text, Style::SingleQuoted, _) => Some(format!("'{text}'")),
        Value::Scalar(text, ..) => Some(text.to_string()),
        _ => None,
    }
}

fn word<'t>(item: &'t Tree, key: &str) -> Option<&'t str> {
    if key.is_empty() { item.text() } else { item.get(key)?.text() }
}

fn index(part: &str) -> Option<usize> {
    part.parse().ok()
}

/// `[key=value]`.
fn pair(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// The parts of a path; dots in brackets do not part it.
fn parts(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut open: Option<String> = None;
    for part in split(path, '.') {
        let whole = match open.take() {
            Some(before) => format!("{before}.{part}"),
            None => part,
        };
        if whole.starts_with('[') && !whole.ends_with(']') {
            open = Some(whole);
            continue;
        }
        let is_key = whole.starts_with('[') && !whole.contains('=') && whole.contains('.');
        parts.push(if is_key { whole.trim_matches(['[', ']']).to_owned() } else { whole });
    }
    parts.extend(open);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn replaced(replacement: &str) -> Result<String, String> {
        let mut all = vec![
            Resource::new(tree(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: from}, data: {host: a.b.c, n: '80'}}",
            )),
            Resource::new(tree(
                "{apiVersion: v1, kind: Pod, metadata: {name: to}, spec: {containers: [\
                 {name: app, env: [{name: HOST, value: x-y-z}], port: 1}, {name: side}]}}",
            )),
        ];
        apply(&mut all, &tree(replacement)).map_err(|fault| fault.reason)?;
        Ok(show(&all[1].tree))
    }

    fn from(source: &str, target: &str) -> Result<String, String> {
        replaced(&format!(
            "{{source: {{kind: ConfigMap, {source}}}, targets: [{{select: {{kind: Pod}}, {target}}}]}}"
        ))
    }

    #[test]
    fn fields_are_copied() {
        let env = "fieldPaths: ['spec.containers.[name=app].env.[name=HOST].value']";
        assert!(from("fieldPath: data.host", env).expect("replaced").contains("value:a.b.c"));
        let part = format!("{env}, options: {{delimiter: '-', index: 1}}");
        let source = "fieldPath: data.host, options: {delimiter: ., index: 2}";
        assert!(from(source, &part).expect("replaced").contains("value:x-c-z"));
        assert!(
            from("fieldPath: data.n", "fieldPaths: [spec.containers.0.port]")
                .expect("replaced")
                .contains("port:80")
        );
        assert!(from("name: from", "").expect("replaced").contains("metadata:{name:from}"));
    }

    #[test]
    fn what_is_missing_is_made_only_when_asked_for() {
        let path = "fieldPaths: ['metadata.annotations.[example.com/host]']";
        assert!(from("fieldPath: data.host", path).is_err());
        let made = from("fieldPath: data.host", &format!("{path}, options: {{create: true}}")).expect("made");
        assert!(made.contains("annotations:{example.com/host:a.b.c}"), "{made}");
        let every = "fieldPaths: ['spec.containers.*.image'], options: {create: true}";
        let made = from("fieldPath: data.host", every).expect("made");
        assert_eq!(made.matches("image:a.b.c").count(), 2);
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert!(from("name: other", "").is_err());
        assert!(from("fieldPath: data.other", "").is_err());
        assert!(from("fieldPath: data.host", "fieldPaths: [spec.containers.0.port]").is_err());
        assert!(from("fieldPath: data.host", "fieldPaths: [metadata.name.inside]").is_err());
    }
}
