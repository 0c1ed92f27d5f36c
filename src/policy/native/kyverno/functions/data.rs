//! Values to text and back, and from shape to shape.

use serde_json::{Number, Value as Json};

use super::{Answer, NativeHost, map, text};
use crate::cel::{Error, Map, Scope, Value};
use crate::model::NodeRef;

/// How deep a value may be nested.
const MAX_DEPTH: usize = 100;

pub(super) fn to_json<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [value] = *args else { return Err(Error::NoSuchOverload("json.marshal")) };
    match json(scope, value, 0)? {
        Some(json) => text(scope, &json.to_string()),
        None => Ok(Value::Unknown(None)),
    }
}

/// The value as JSON; `None` when a part is unknown.
fn json<'a>(scope: &Scope<'a>, value: Value<'a>, depth: usize) -> Result<Option<Json>, Error<'a>> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    scope.spend(1)?;
    let number = |number: Option<Number>| number.map(Json::Number).ok_or(Error::Overflow);
    let item = |value| json(scope, value, depth + 1);
    Ok(Some(match scope.resolve(value) {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(flag),
        Value::Int(value) => Json::Number(value.into()),
        Value::Uint(value) => Json::Number(value.into()),
        Value::Double(value) => number(Number::from_f64(value))?,
        Value::Str(text) => {
            scope.spend_bytes(text.len())?;
            Json::String(text.to_owned())
        }
        Value::List(items) => {
            let items = items.iter().map(|value| item(*value)).collect::<Result<Option<Vec<_>>, _>>()?;
            return Ok(items.map(Json::Array));
        }
        Value::Node(node) if node.is_sequence() => {
            let items = node.items().map(|node| item(Value::Node(node)));
            return Ok(items.collect::<Result<Option<Vec<_>>, _>>()?.map(Json::Array));
        }
        Value::Node(node) => {
            let entries = node.entries().map(|(key, value)| {
                let value = item(Value::Node(value))?;
                Ok(value.map(|value| (key.text().unwrap_or_default().to_owned(), value)))
            });
            return Ok(entries.collect::<Result<Option<serde_json::Map<_, _>>, _>>()?.map(Json::Object));
        }
        Value::Map(map) => {
            let entries = map.entries().iter().map(|(key, value)| {
                let Value::Str(key) = scope.resolve(*key) else { return Err(Error::BadKey) };
                Ok(item(*value)?.map(|value| (key.to_owned(), value)))
            });
            return Ok(entries.collect::<Result<Option<serde_json::Map<_, _>>, _>>()?.map(Json::Object));
        }
        Value::Unknown(_) => return Ok(None),
        _ => return Err(Error::NoSuchOverload("json.marshal")),
    }))
}

pub(super) fn from_json<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("json.unmarshal")) };
    scope.spend_bytes(source.len())?;
    // serde_json bounds the nesting it reads.
    let json: Json = serde_json::from_str(source).map_err(|_| Error::Invalid("JSON"))?;
    value_of(scope, &json)
}

pub(super) fn value_of<'a>(scope: &Scope<'a>, json: &Json) -> Answer<'a> {
    scope.spend(1)?;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(number)) => Value::Double(number),
            (None, None) => return Err(Error::Overflow),
        },
        Json::String(source) => return text(scope, source),
        Json::Array(items) => {
            let items = items.iter().map(|item| value_of(scope, item)).collect::<Result<Vec<_>, _>>()?;
            Value::List(scope.arena().alloc_slice_copy(&items))
        }
        Json::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| Ok((&*scope.arena().alloc_str(key), value_of(scope, value)?)))
                .collect::<Result<Vec<_>, Error<'a>>>()?;
            return map(scope, &entries);
        }
    })
}

pub(super) fn from_yaml<'a>(host: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("yaml.parse")) };
    scope.spend_bytes(source.len())?;
    let document = host.world.yaml(source).ok_or(Error::Invalid("YAML"))?;
    document.root().map_or(Ok(Value::Null), |root| copy(scope, root, 0))
}

/// The value of a node, free of its document.
fn copy<'a>(scope: &Scope<'a>, node: NodeRef<'_>, depth: usize) -> Answer<'a> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep);
    }
    scope.spend(1)?;
    if node.is_sequence() {
        let items = node.items().map(|item| copy(scope, item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::List(scope.arena().alloc_slice_copy(&items)));
    }
    if node.is_mapping() {
        let entries = node
            .entries()
            .map(|(key, value)| {
                let key = scope.arena().alloc_str(key.text().unwrap_or_default());
                Ok((&*key, copy(scope, value, depth + 1)?))
            })
            .collect::<Result<Vec<_>, Error<'a>>>()?;
        return map(scope, &entries);
    }
    Ok(match Value::Node(node).plain() {
        Value::Bool(flag) => Value::Bool(flag),
        Value::Int(number) => Value::Int(number),
        Value::Double(number) => Value::Double(number),
        Value::Str(source) => return text(scope, source),
        _ => Value::Null,
    })
}

/// `listObjToMap(keys, values, keyField, valueField)`.
pub(super) fn to_map<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [keys, values, Value::Str(key), Value::Str(value)] = *args else {
        return Err(Error::NoSuchOverload("listObjToMap"));
    };
    let (keys, values) = (items(keys)?, items(values)?);
    if keys.len() != values.len() {
        return Err(Error::Invalid("lists: they must be of one length"));
    }
    let mut entries = Vec::with_capacity(keys.len());
    for (from, to) in keys.into_iter().zip(values) {
        match scope.resolve(field(scope, from, key).unwrap_or(Value::Null)) {
            Value::Str(name) => entries.push((name, field(scope, to, value).unwrap_or(Value::Null))),
            unknown @ Value::Unknown(_) => return Ok(unknown),
            _ => return Err(Error::Invalid("key: it must be text")),
        }
    }
    map(scope, &entries)
}

fn items(value: Value<'_>) -> Result<Vec<Value<'_>>, Error<'_>> {
    match value {
        Value::List(items) => Ok(items.to_vec()),
        Value::Node(node) if node.is_sequence() => Ok(node.items().map(Value::Node).collect()),
        _ => Err(Error::NoSuchOverload("listObjToMap")),
    }
}

fn field<'a>(scope: &Scope<'a>, value: Value<'a>, name: &str) -> Option<Value<'a>> {
    match scope.resolve(value) {
        Value::Map(map) => {
            let map: &Map<'a> = map;
            map.entries().iter().find(|(key, _)| matches!(key, Value::Str(key) if *key == name)).map(|e| e.1)
        }
        Value::Node(node) => node.get(name).map(Value::Node),
        unknown @ Value::Unknown(_) => Some(unknown),
        _ => None,
    }
}

pub(super) fn round<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let [Value::Double(number), Value::Int(places)] = *args else {
        return Err(Error::NoSuchOverload("math.round"));
    };
    let places = i32::try_from(places).map_err(|_| Error::Overflow)?;
    let shift = 10f64.powi(places);
    Ok(Value::Double((number * shift).round() / shift))
}
