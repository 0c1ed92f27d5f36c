//! `vars`: fields of objects that stand as `$(NAME)` in others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::{Fault, Fields, Outcome};
use super::field_specs::{Config, Make, split, visit};
use super::resource::{Resource, group_and_version};
use crate::gitops::tree::Value;
use crate::gitops::{Maker, Origin, Tree};
use crate::model::Scalar;

/// A variable: its name and the field it stands for.
#[derive(Clone, Debug)]
pub(super) struct Var {
    name: Arc<str>,
    path: Arc<str>,
    entry: Tree,
}

impl Var {
    /// Refuses a name that is taken.
    pub(super) fn check_new(&self, known: &[Self]) -> Outcome<()> {
        if known.iter().any(|var| var.name == self.name) {
            return Err(Fault::at(&self.entry, format!("the variable `{}` is there twice", self.name)));
        }
        Ok(())
    }
}

/// Reads an entry of `vars` and marks the object it reads from.
pub(super) fn read(entry: &Tree, resources: &mut [Resource], known: &[Var]) -> Outcome<Var> {
    let fields = Fields::of(entry, &["name", "objref", "objRef", "fieldref", "fieldRef"])?;
    let name: Arc<str> = fields.string("name")?.into();
    let object = fields
        .get("objref")
        .or(fields.get("objRef"))
        .ok_or_else(|| Fault::at(entry, "`objref` is missing"))?;
    let object = Fields::of(object, &["apiVersion", "group", "version", "kind", "name", "namespace"])?;
    let (group, version) = match object.string("apiVersion")? {
        "" => (object.string("group")?, object.string("version")?),
        written => group_and_version(written),
    };
    let (kind, of, namespace) = (object.string("kind")?, object.string("name")?, object.string("namespace")?);
    let is_it = |resource: &Resource| {
        resource.past_ids().chain([resource.id()]).any(|id| {
            (id.group, id.version, id.kind, id.name) == (group, version, kind, of)
                && (namespace.is_empty() || id.namespace == namespace)
        })
    };
    let mut found = resources.iter_mut().filter(|resource| is_it(resource));
    if let Some(resource) = found.next() {
        if found.next().is_some() {
            return Err(Fault::at(entry, format!("several objects are {kind} `{of}`")));
        }
        resource.vars.push(name.clone());
    }
    let field = match fields.get("fieldref").or(fields.get("fieldRef")) {
        Some(field) => {
            let field = Fields::of(field, &["fieldPath", "fieldpath"])?;
            [field.string("fieldPath")?, field.string("fieldpath")?].concat()
        }
        None => String::new(),
    };
    let path = if field.is_empty() { "metadata.name".into() } else { field.into() };
    let var = Var { name, path, entry: entry.clone() };
    var.check_new(known).map(|()| var)
}

/// Puts the values in the place of the variables, where the configuration says they may stand.
pub(super) fn resolve(resources: &mut [Resource], vars: &[Var], config: &Config) -> Outcome<()> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut values = BTreeMap::new();
    for var in vars {
        let found = resources.iter().find(|resource| resource.vars.contains(&var.name));
        let value = found.and_then(|resource| lookup(&resource.tree, &var.path));
        let value = value.ok_or_else(|| {
            Fault::at(&var.entry, format!("there is nothing the variable `{}` could stand for", var.name))
                .consequence()
        })?;
        values.insert(var.name.to_string(), value.clone());
    }
    for resource in resources {
        for spec in config.fields("varReference") {
            visit(resource, spec, Make::Nothing, &mut |field| match &mut field.value {
                Value::Map(entries) => entries.iter_mut().try_for_each(|(_, value)| replace(value, &values)),
                Value::List(items) => items.iter_mut().try_for_each(|item| match item.as_str() {
                    Some(_) => replace(item, &values),
                    None => Err(Fault::at(item, "a variable may stand here, so text is expected")),
                }),
                Value::Scalar(..) => replace(field, &values),
            })?;
        }
    }
    Ok(())
}

/// The value at a path such as `spec.ports[0].port`.
fn lookup<'t>(tree: &'t Tree, path: &str) -> Option<&'t Tree> {
    let mut at = tree;
    for part in split(path, '.') {
        let (key, indices) = part.split_once('[').map_or((part.as_str(), ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            at = match &at.value {
                Value::List(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => at.get(key)?,
            };
        }
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            at = at.items().get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(at)
}

fn replace(field: &mut Tree, values: &BTreeMap<String, Tree>) -> Outcome<()> {
    let Some(written) = field.as_str().filter(|written| written.contains('$')) else { return Ok(()) };
    let mut made = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('$') {
        made.push_str(before);
        if let Some(more) = after.strip_prefix('$') {
            made.push('$');
            rest = more;
        } else if let Some((name, more)) = after.strip_prefix('(').and_then(|after| after.split_once(')')) {
            match values.get(name) {
                // Alone it keeps its type.
                Some(value) if made.is_empty() && more.is_empty() => {
                    shown(value)?;
                    *field = Tree { value: value.value.clone(), origin: made_at(field) };
                    return Ok(());
                }
                Some(value) if value.text().is_some() => made.push_str(&shown(value)?),
                _ => made.extend(["$(", name, ")"]),
            }
            rest = more;
        } else {
            made.push('$');
            rest = after;
        }
    }
    made.push_str(rest);
    if made == written {
        return Ok(());
    }
    *field = Tree::string(made, made_at(field));
    Ok(())
}

/// The variable stays where it is written.
fn made_at(field: &Tree) -> Origin {
    Origin { maker: Some(Maker::Replacement), ..field.origin }
}

fn shown(value: &Tree) -> Outcome<String> {
    match value.scalar() {
        Some(Scalar::Str(text)) => Ok(text.to_owned()),
        Some(Scalar::Int(number)) => Ok(number.to_string()),
        Some(Scalar::Bool(flag)) => Ok(flag.to_string()),
        _ => Err(Fault::at(value, "a variable cannot stand for a value like this")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    #[test]
    fn variables_stand_for_fields() {
        let mut all = vec![
            Resource::new(tree(
                "{apiVersion: v1, kind: Service, metadata: {name: cart}, spec: {ports: [{port: 80}]}}",
            )),
            Resource::new(tree(
                "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [\
                 {args: [$(NAME), x-$(NAME)-$(PORT), $$(NAME), $(OTHER)]}]}}",
            )),
        ];
        let service = "objref: {apiVersion: v1, kind: Service, name: cart}";
        let name = read(&tree(&format!("{{name: NAME, {service}}}")), &mut all, &[]).expect("a variable");
        let port = format!("{{name: PORT, {service}, fieldref: {{fieldpath: 'spec.ports[0].port'}}}}");
        let port = read(&tree(&port), &mut all, std::slice::from_ref(&name)).expect("a variable");
        assert!(
            read(&tree(&format!("{{name: NAME, {service}}}")), &mut all, std::slice::from_ref(&name))
                .is_err()
        );
        resolve(&mut all, &[name, port], &Config::default_fields()).expect("resolved");
        assert!(
            show(&all[1].tree).contains("args:[cart,x-cart-80,$(NAME),$(OTHER)]"),
            "{}",
            show(&all[1].tree)
        );
    }
}
