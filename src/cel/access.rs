//! Selection, indexing, presence and membership.

use super::error::Error;
use super::eval::{Frame, holds, no_condition};
use super::ir::{Expr, Through};
use super::number::Answer;
use super::value::Value;
use super::view::{Items, Pairs};
use crate::model::NodeRef;

/// Integers a double can name without loss.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'a> Frame<'a, '_> {
    /// The value in which a field or key is looked for.
    ///
    /// An optional that is kept in something else, such as `variables.x`, has none: the API server looks into
    /// one only where the expression itself makes it. Null, which has none either, stands for it.
    pub fn base(&self, operand: &'a Expr) -> Answer<'a> {
        let is_optional = |value: &Value<'a>| matches!(value, Value::Optional(_));
        let (value, is_kept) = match operand {
            Expr::Field(inner, name, memo) => {
                if let Some(node) = self.selected(inner, name, *memo, Through::Fields) {
                    return Ok(Value::Node(node));
                }
                let base = self.base(inner)?;
                (self.field(base, name)?, !is_optional(&base))
            }
            Expr::Index(pair) => {
                let base = self.base(&pair[0])?;
                (self.index(base, self.eval(&pair[1])?)?, !is_optional(&base))
            }
            Expr::Lazy(_) => (self.eval(operand)?, true),
            Expr::Conditional(parts) => {
                return match self.condition(&parts[0]) {
                    Ok(true) => self.base(&parts[1]),
                    Ok(false) => self.base(&parts[2]),
                    Err(other) => no_condition(other, "?:"),
                };
            }
            _ => return self.eval(operand),
        };
        Ok(if is_kept && is_optional(&value) { Value::Null } else { value })
    }

    /// `base.name`.
    pub fn field(&self, base: Value<'a>, name: &'a str) -> Answer<'a> {
        match base {
            Value::Node(node) => {
                if self.scope.host().indirect(node) {
                    return Ok(Value::Unknown(Some(node)));
                }
                self.scope.spend(node.len() as u64 / 16)?;
                match self.member(node, name) {
                    Some(value) => Ok(Value::Node(value)),
                    None => Err(Error::NoSuchKey { key: Some(name), parent: Some(node) }),
                }
            }
            Value::Map(map) => {
                map.get(Value::Str(name)).ok_or(Error::NoSuchKey { key: Some(name), parent: None })
            }
            Value::Handle(handle) => self
                .scope
                .host()
                .field(handle, name, self.scope)
                .ok_or(Error::NoSuchKey { key: Some(name), parent: None }),
            Value::Unknown(_) | Value::Optional(None) => Ok(base),
            // `a.?b.c` goes on being optional, but `b` must be of a kind that has fields.
            Value::Optional(Some(value)) => match self.scope.resolve(*value) {
                inner @ (Value::Map(_) | Value::Node(_) | Value::Handle(_)) => {
                    self.optional_field(inner, name)
                }
                unknown @ Value::Unknown(_) => Ok(unknown),
                _ => Err(Error::NoSuchOverload("field selection")),
            },
            _ => Err(Error::NoSuchOverload("field selection")),
        }
    }

    /// `base.?name`: what has no fields at all has none of that name either, as cel-go takes it.
    pub fn optional_field(&self, base: Value<'a>, name: &'a str) -> Answer<'a> {
        match base {
            Value::Optional(None) => Ok(base),
            Value::Optional(Some(value)) => self.optional(self.field(*value, name)),
            _ => self.optional(self.field(base, name)),
        }
    }

    /// `has(base.name)`.
    pub fn has(&self, base: Value<'a>, name: &'a str) -> Answer<'a> {
        let base = match base {
            Value::Optional(None) => return Ok(Value::Bool(false)),
            Value::Optional(Some(value)) => *value,
            _ => base,
        };
        match self.field(base, name) {
            Ok(unknown @ Value::Unknown(_)) => Ok(unknown),
            Ok(_) => Ok(Value::Bool(true)),
            Err(Error::NoSuchKey { .. } | Error::NoSuchOverload(_)) => Ok(Value::Bool(false)),
            Err(error) => Err(error),
        }
    }

    /// `base[key]`.
    pub fn index(&self, base: Value<'a>, key: Value<'a>) -> Answer<'a> {
        if let Value::Optional(_) = base {
            return self.optional_index(base, key);
        }
        let (base, key) = (self.scope.resolve(base), self.scope.resolve(key));
        if let (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) = (base, key) {
            return Ok(unknown);
        }
        if let Some(items) = Items::of(base) {
            let index = whole(key).ok_or(Error::NoSuchOverload("[]"))?;
            let found = usize::try_from(index).ok().and_then(|index| items.get(index));
            return found.ok_or(Error::IndexOutOfBounds { parent: node_of(base) });
        }
        if let Some(pairs) = Pairs::of(base) {
            self.scope.spend(pairs.lookup_cost())?;
            let name = if let Value::Str(name) = key { Some(name) } else { None };
            // A key that is itself text of a document is not repeated in a message.
            let name = name.filter(|_| node_of(base).is_none());
            return pairs.get(key).ok_or(Error::NoSuchKey { key: name, parent: node_of(base) });
        }
        match (base, key) {
            (Value::Handle(_), Value::Str(name)) => self.field(base, name),
            _ => Err(Error::NoSuchOverload("[]")),
        }
    }

    /// `base[?key]`.
    pub fn optional_index(&self, base: Value<'a>, key: Value<'a>) -> Answer<'a> {
        let base = match base {
            Value::Optional(None) => return Ok(base),
            Value::Optional(Some(value)) => *value,
            _ => base,
        };
        match self.index(base, key) {
            Ok(Value::Node(found)) if !self.scope.keeps_nulls() && found.is_null() => {
                Ok(Value::Optional(None))
            }
            found => self.optional(found),
        }
    }

    /// `value in range`.
    pub fn contained(&self, pair: &'a [Expr; 2]) -> Answer<'a> {
        let value = self.scope.resolve(self.eval(&pair[0])?);
        let range = self.scope.resolve(self.eval(&pair[1])?);
        if let (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) = (range, value) {
            return Ok(unknown);
        }
        if let Some(items) = Items::of(range) {
            return Ok(holds(self.scope, items, value)?.map_or(Value::Unknown(None), Value::Bool));
        }
        let Some(pairs) = Pairs::of(range) else { return Err(Error::NoSuchOverload("in")) };
        self.scope.spend(pairs.lookup_cost())?;
        Ok(Value::Bool(pairs.get(value).is_some()))
    }

    fn optional(&self, found: Answer<'a>) -> Answer<'a> {
        match found {
            Ok(unknown @ Value::Unknown(_)) => Ok(unknown),
            Ok(value) => Ok(Value::some(value, self.scope.arena())),
            Err(Error::NoSuchKey { .. } | Error::IndexOutOfBounds { .. } | Error::NoSuchOverload(_)) => {
                Ok(Value::Optional(None))
            }
            Err(error) => Err(error),
        }
    }
}

pub fn node_of(value: Value<'_>) -> Option<NodeRef<'_>> {
    if let Value::Node(node) = value { Some(node) } else { None }
}

/// An index: an integer, or a number of another type that is one.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn whole(key: Value<'_>) -> Option<i64> {
    match key {
        Value::Int(index) => Some(index),
        Value::Uint(index) => Some(i64::try_from(index).unwrap_or(i64::MAX)),
        Value::Double(index) if index.fract() == 0.0 && index.abs() <= EXACT => Some(index as i64),
        _ => None,
    }
}
