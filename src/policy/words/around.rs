//! What else there is: other objects, what applies them, what names their files.

use super::{Answer, Host};
use crate::cel::{Error, Scope, Value};

/// What an inventory says; *unknown* where it cannot tell, or where there is none.
fn answer<'a>(known: Option<bool>) -> Value<'a> {
    known.map_or(Value::Unknown(None), Value::Bool)
}

pub(super) fn exists<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    if args.iter().any(|arg| is_indirect(host, arg)) {
        return Ok(Value::Unknown(None));
    }
    let (kind, namespace, name) = (super::text(&args[0])?, super::text(&args[1])?, super::text(&args[2])?);
    Ok(answer(host.inventory().and_then(|inventory| inventory.exists(kind, namespace, name))))
}

pub(super) fn runs<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let Some(selector) = super::node(&args[0]).filter(|selector| selector.is_mapping()) else {
        return Err(Error::NoSuchOverload("a map of labels is needed"));
    };
    let mut labels = Vec::with_capacity(selector.len());
    for (key, value) in selector.entries() {
        if host.indirect_kind(key).or_else(|| host.indirect_kind(value)).is_some() {
            return Ok(Value::Unknown(None));
        }
        labels.push((key.text().unwrap_or_default(), value.text().unwrap_or_default()));
    }
    if is_indirect(host, &args[1]) {
        return Ok(Value::Unknown(None));
    }
    let namespace = super::text(&args[1])?;
    Ok(answer(host.inventory().and_then(|inventory| inventory.runs(&labels, namespace))))
}

pub(super) fn also_applied_by<'a>(host: &Host<'a>, _: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let others = host.applier().map(|applier| applier.others.as_slice()).unwrap_or_default();
    let others: Result<Vec<_>, _> = others
        .iter()
        .map(|other| {
            let fields = [("kind", other.kind), ("name", other.name), ("file", other.file)];
            super::map(scope, &fields.map(|(key, text)| (key, Value::Str(text))))
        })
        .collect();
    Ok(super::list(scope, others?.into_iter()))
}

pub(super) fn names<'a>(host: &Host<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let path = super::text(&args[0])?;
    Ok(answer(host.inventory().and_then(|inventory| inventory.names(path))))
}

pub(super) fn is_indirect<'a>(host: &Host<'a>, value: &Value<'a>) -> bool {
    matches!(value, Value::Unknown(_))
        || super::node(value).is_some_and(|node| host.indirect_kind(node).is_some())
}
