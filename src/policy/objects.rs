//! The host's own objects: what `resource`, `request`, `template` and `repo` have as fields.

use super::applier::Applier;
use super::host::{Host, handle};
use crate::cel::{Handle, Scope, Value};
use crate::model::{Resource, RoleSource};

/// A field of a host object; `None` when it has no such field.
pub(super) fn field<'a>(host: &Host<'a>, object: Handle, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
    match object.kind {
        handle::RESOURCE | handle::REQUEST => resource(host, name, scope),
        handle::TEMPLATE => template(host, name, scope),
        handle::REPO => repo(host, name, scope),
        handle::FILE => {
            let file = host.repository().files.get(object.index as usize)?;
            match name {
                "path" => Some(Value::Str(&file.path)),
                "class" => Some(Value::Str(file.class.as_str())),
                _ => None,
            }
        }
        handle::REMOTE => {
            let remote = host.repository().remotes.get(object.index as usize)?;
            match name {
                "name" => Some(Value::Str(&remote.name)),
                "url" => Some(Value::Str(&remote.url)),
                _ => None,
            }
        }
        handle::APPLIER => applier(host.applier()?, name),
        _ => None,
    }
}

fn resource<'a>(host: &Host<'a>, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
    let resource = host.resource();
    let text = |text: Option<&'a str>| Value::Str(text.unwrap_or_default());
    Some(match name {
        "format" => Value::Str(host.format().0),
        "kind" | "type" => text(resource.map(|resource| resource.kind)),
        "apiVersion" => text(resource.map(|resource| resource.api_version)),
        // A node where there is one, so that a finding can point at the name.
        "name" => resource
            .and_then(|resource| resource.name)
            .map_or(Value::Str(""), |field| Value::Node(field.node)),
        "namespace" => resource
            .and_then(|resource| resource.namespace)
            .map_or(Value::Str(""), |field| Value::Node(field.node)),
        "id" => Value::Str(scope.arena().alloc_str(&resource.map(Resource::id).unwrap_or_default())),
        "file" => Value::Str(host.file()),
        "isPatch" => Value::Bool(host.is_patch()),
        // Everything in Git is about to be created, as far as a file can tell.
        "operation" => Value::Str("CREATE"),
        _ => return None,
    })
}

fn template<'a>(host: &Host<'a>, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
    let key = match name {
        "parameters" => "Parameters",
        "conditions" => "Conditions",
        "mappings" => "Mappings",
        "outputs" => "Outputs",
        "metadata" => "Metadata",
        _ => return None,
    };
    let section = host.resource()?.body.document.root()?.get(key);
    match section.filter(|section| section.is_mapping()) {
        Some(section) => Some(Value::Node(section)),
        None => super::words::map(scope, &[]).ok(),
    }
}

fn repo<'a>(host: &Host<'a>, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
    let repository = host.repository();
    Some(match name {
        "role" => Value::Str(repository.role.as_str()),
        "roleSource" => Value::Str(match repository.role_source {
            RoleSource::Declared => "declared",
            RoleSource::Inferred => "inferred",
        }),
        "roleConfidence" => Value::Double(repository.role_confidence),
        "name" => Value::Str(&repository.name),
        "files" => handles(scope, handle::FILE, repository.files.len()),
        "remotes" => handles(scope, handle::REMOTE, repository.remotes.len()),
        _ => return None,
    })
}

fn applier<'a>(applier: &Applier<'a>, name: &str) -> Option<Value<'a>> {
    Some(match name {
        "kind" => Value::Str(applier.declared.kind),
        "name" => Value::Str(applier.declared.name),
        "file" => Value::Str(applier.declared.file),
        "object" => Value::Node(applier.object),
        _ => return None,
    })
}

fn handles<'a>(scope: &Scope<'a>, kind: u16, count: usize) -> Value<'a> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let list: Vec<Value<'a>> = (0..count).map(|index| Value::Handle(Handle { kind, index })).collect();
    Value::List(scope.arena().alloc_slice_copy(&list))
}
