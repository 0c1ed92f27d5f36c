//! `repo.…`: the files that the repository tracks.

use super::{Answer, Host};
use crate::cel::{Scope, Value};
use crate::policy::glob::Glob;

pub(super) fn glob<'a>(host: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let glob = Glob::new(super::text(&args[1])?);
    let files = host.repository().files.iter().map(|file| file.path.as_str());
    Ok(super::list(scope, files.filter(|path| glob.matches(path)).map(Value::Str)))
}

pub(super) fn exists<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let path = super::text(&args[1])?;
    let files = &host.repository().files;
    Ok(Value::Bool(files.binary_search_by(|file| file.path.as_str().cmp(path)).is_ok()))
}

pub(super) fn holds<'a>(host: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let folder = super::text(&args[1])?.trim_matches('/');
    let files = &host.repository().files;
    if matches!(folder, "" | ".") {
        return Ok(Value::Bool(!files.is_empty()));
    }
    let folder = scope.arena().alloc_str(&format!("{folder}/"));
    let first = files.partition_point(|file| file.path.as_str() < &*folder);
    Ok(Value::Bool(files.get(first).is_some_and(|file| file.path.starts_with(&*folder))))
}

pub(super) fn owners<'a>(host: &Host<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let path = super::text(&args[1])?;
    let owners = host.repository().code_owners.as_ref().map(|owners| owners.owners(path));
    Ok(super::list(scope, owners.into_iter().flatten().map(Value::Str)))
}
