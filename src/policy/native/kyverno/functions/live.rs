//! What only a cluster, a registry or the network can answer, asked of the world's providers.
//!
//! Objects in the files are taken for objects of the cluster. What nobody knows is unknown, unless somebody
//! says that there is nothing else.

use super::{Answer, NativeHost, Reference, map};
use crate::cel::{Error, Scope, Value};
use crate::model::NodeRef;
use crate::policy::native::provider::{Global, Provider};

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
        None if is_whole(host) => Err(Error::Invalid("lookup: there is no such object")),
        None => Ok(Value::Unknown(None)),
    }
}

/// `resource.List(apiVersion, plural, namespace)`. The files may lack a part of any list, so that it is
/// known only where a test says what there is.
pub(super) fn list<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let home = host.subject.resource.namespace();
    let (version, resource, namespace, labels) = match *args {
        [Value::Str(version), Value::Str(resource), Value::Str(namespace)] => {
            (version, resource, namespace, None)
        }
        [Value::Str(version), Value::Str(resource), Value::Str(namespace), Value::Map(labels)] => {
            (version, resource, namespace, Some(labels))
        }
        [Value::Str(version), Value::Str(resource)] => (version, resource, home, None),
        _ => return Ok(Value::Unknown(None)),
    };
    if !is_whole(host) {
        return Ok(Value::Unknown(None));
    }
    let wanted = |node: &NodeRef<'a>| {
        let is_labelled =
            |(key, value): &(Value<'a>, Value<'a>)| match (scope.resolve(*key), scope.resolve(*value)) {
                (Value::Str(key), Value::Str(value)) => text(*node, &["metadata", "labels", key]) == value,
                _ => false,
            };
        (namespace.is_empty() || text(*node, &["metadata", "namespace"]) == namespace)
            && labels.is_none_or(|labels| labels.entries().iter().all(is_labelled))
    };
    let found = objects(host, version, resource, scope)?.into_iter().filter(wanted);
    let items: Vec<Value<'a>> = found.map(Value::Node).collect();
    map(scope, &[("items", Value::List(scope.arena().alloc_slice_copy(&items)))])
}

/// `image.GetMetadata(reference)`.
pub(super) fn image<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(reference)] = *args else { return Err(Error::NoSuchOverload("image.GetMetadata")) };
    let wanted = Reference::parse(reference).ok_or(Error::Invalid("image reference"))?;
    let Some(images) = host.world.providers().find_map(Provider::images) else {
        return Ok(Value::Unknown(None));
    };
    for image in images {
        scope.spend(1)?;
        if Reference::parse(text(image, &["image"])).as_ref() == Some(&wanted) {
            return Ok(Value::Node(image));
        }
    }
    Err(Error::Invalid("lookup: there is no such image"))
}

/// `http.Get(url)`, with headers perhaps; of a client the same.
pub(super) fn http_get<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    response(host, "GET", args, scope)
}

/// `http.Post(url, body)`, with headers perhaps; of a client the same.
pub(super) fn http_post<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    response(host, "POST", args, scope)
}

/// A client: whatever certificates it has, it asks the same provider.
pub(super) fn http_client<'a>(_: &NativeHost<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    map(scope, &[])
}

/// The body of an answer, with its status when it is an object.
fn response<'a>(host: &NativeHost<'a>, method: &str, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    // Before the URL stands the client, when there is one.
    let url = args.iter().take(2).find_map(|arg| if let Value::Str(url) = arg { Some(*url) } else { None });
    let Some(url) = url else { return Err(Error::NoSuchOverload("http")) };
    let Some(response) = host.world.providers().find_map(|it| it.response(method, url)) else {
        return Ok(Value::Unknown(None));
    };
    match response.body {
        Some(body) if !body.is_mapping() => Ok(Value::Node(body)),
        body => {
            let fields = body.into_iter().flat_map(NodeRef::entries);
            let mut fields: Vec<_> =
                fields.filter_map(|(key, value)| Some((key.text()?, Value::Node(value)))).collect();
            fields.push(("statusCode", Value::Int(response.status)));
            map(scope, &fields)
        }
    }
}

/// `globalContext.Get(entry, projection)`.
pub(super) fn global<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(entry), Value::Str(projection)] = *args else {
        return Err(Error::NoSuchOverload("globalContext.Get"));
    };
    Ok(match host.world.providers().find_map(|it| it.global(entry, projection)) {
        Some(Global::Value(node)) => Value::Node(node),
        Some(Global::Objects(nodes)) => {
            let items: Vec<Value<'a>> = nodes.into_iter().map(Value::Node).collect();
            Value::List(scope.arena().alloc_slice_copy(&items))
        }
        None => Value::Unknown(None),
    })
}

/// What is never known from files.
#[expect(clippy::unnecessary_wraps, reason = "every function has the same signature")]
pub(super) fn never<'a>(_: &NativeHost<'a>, _: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Unknown(None))
}

/// Whether there are no objects but those the providers know.
fn is_whole(host: &NativeHost<'_>) -> bool {
    host.world.providers().any(Provider::is_whole)
}

/// The objects of a resource; looking at each of the others is paid for.
fn objects<'a>(
    host: &NativeHost<'a>,
    api_version: &str,
    resource: &str,
    scope: &Scope<'a>,
) -> Result<Vec<NodeRef<'a>>, Error<'a>> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let mut found = Vec::new();
    for node in host.world.providers().flat_map(|provider| provider.objects(resource)) {
        scope.spend(1)?;
        if text(node, &["apiVersion"]) == api_version
            && host.world.names(group, text(node, &["kind"])).plural == resource
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
