//! Who asks.

use super::{Answer, NativeHost, map};
use crate::cel::{Error, Scope, Value};

/// `parseServiceAccount`: both parts are empty for a user that is no service account.
pub(super) fn parse<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(user)] = *args else { return Err(Error::NoSuchOverload("parseServiceAccount")) };
    let account = user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let (namespace, name) = account.unwrap_or_default();
    map(scope, &[("Name", Value::Str(name)), ("Namespace", Value::Str(namespace))])
}
