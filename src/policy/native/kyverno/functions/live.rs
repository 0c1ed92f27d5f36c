//! What only a cluster or a registry can answer.
//!
//! Objects in the files are taken for objects of the cluster. What the files lack is unknown, unless a
//! test names everything there is in its `context`.

use super::{Answer, NativeHost, Reference, map};
use crate::cel::{Error, Scope, Value};
use crate::model::NodeRef;

/// `resource.Get(apiVersion, plural, namespace, name)`. In a namespaced policy, which judges only
/// objects of its own namespace, the namespace is left out.
pub(super) fn get<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let home = host.subject.resource.namespace();
    let (version, resource, namespace, name) = match *args {
        [Value::Str(version), Value::Str(resource), Value::Str(namespace), Value::Str(name)] => {
            (version, resource, namespace, name)
        }
        [Value::Str(version), Value::Str(resource), Value::Str(name)] => (version, resource, home, name),
        // With a subresource.
        _ => return Ok(Value::Unknown(None)),
    };
    let wanted = |node: &NodeRef<'a>| {
        let found = text(*node, &["metadata", "namespace"]);
        text(*node, &["metadata", "name"]) == name && (found == namespace || found.is_empty())
    };
    match objects(host, version, resource, scope)?.into_iter().find(wanted) {
        Some(node) => Ok(Value::Node(node)),
        None if host.world.context.is_some() => Err(Error::Invalid("lookup: there is no such object")),
        None => Ok(Value::Unknown(None)),
    }
}

/// `resource.List(apiVersion, plural, namespace)`. The files may lack a part of any list, so that it is
/// known only where a test says what there is.
pub(super) fn list<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let home = host.subject.resource.namespace();
    let (version, resource, namespace) = match *args {
        [Value::Str(version), Value::Str(resource), Value::Str(namespace)] => (version, resource, namespace),
        [Value::Str(version), Value::Str(resource)] => (version, resource, home),
        // With labels.
        _ => return Ok(Value::Unknown(None)),
    };
    if host.world.context.is_none() {
        return Ok(Value::Unknown(None));
    }
    let wanted =
        |node: &NodeRef<'a>| namespace.is_empty() || text(*node, &["metadata", "namespace"]) == namespace;
    let found = objects(host, version, resource, scope)?.into_iter().filter(wanted);
    let items: Vec<Value<'a>> = found.map(Value::Node).collect();
    map(scope, &[("items", Value::List(scope.arena().alloc_slice_copy(&items)))])
}

/// `image.GetMetadata(reference)`.
pub(super) fn image<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(reference)] = *args else { return Err(Error::NoSuchOverload("image.GetMetadata")) };
    let Some(context) = &host.world.context else { return Ok(Value::Unknown(None)) };
    let wanted = Reference::parse(reference).ok_or(Error::Invalid("image reference"))?;
    let images = context.root().and_then(|root| root.descend(&["spec", "images"]));
    scope.spend(images.map_or(0, NodeRef::len) as u64)?;
    let mut images = images.into_iter().flat_map(NodeRef::items);
    let found = images.find(|image| Reference::parse(text(*image, &["image"])).as_ref() == Some(&wanted));
    found.map(Value::Node).ok_or(Error::Invalid("lookup: there is no such image"))
}

/// What is never known from files.
#[expect(clippy::unnecessary_wraps, reason = "every function has the same signature")]
pub(super) fn never<'a>(_: &NativeHost<'a>, _: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Unknown(None))
}

/// The objects of a resource, a test's own first; looking at each of the others is paid for.
fn objects<'a>(
    host: &NativeHost<'a>,
    api_version: &str,
    resource: &str,
    scope: &Scope<'a>,
) -> Result<Vec<NodeRef<'a>>, Error<'a>> {
    let world = host.world;
    let given = world.context.as_ref().and_then(|context| context.root()?.descend(&["spec", "resources"]));
    let given = given.into_iter().flat_map(NodeRef::items);
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let mut found = Vec::new();
    for node in given.chain(world.objects().map(|object| object.node)) {
        scope.spend(1)?;
        if text(node, &["apiVersion"]) == api_version
            && world.names(group, text(node, &["kind"])).plural == resource
        {
            found.push(node);
        }
    }
    Ok(found)
}

/// The text at a path, or nothing.
fn text<'a>(node: NodeRef<'a>, path: &[&str]) -> &'a str {
    node.descend(path).and_then(NodeRef::text).unwrap_or_default()
}
