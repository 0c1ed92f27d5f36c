//! Equality and order of values, across numeric types and across documents and expressions.

use std::cmp::Ordering;

use super::error::Error;
use super::scope::Scope;
use super::value::Value;
use super::view::{Items, Pairs};

/// How deep values may be nested to be compared or printed.
pub const MAX_NESTING: usize = 128;

/// Whether two values are equal; `None` when an unknown part decides.
pub fn equal<'a>(scope: &Scope<'a>, a: Value<'a>, b: Value<'a>) -> Result<Option<bool>, Error<'a>> {
    equal_at(scope, a, b, MAX_NESTING)
}

fn equal_at<'a>(
    scope: &Scope<'a>,
    a: Value<'a>,
    b: Value<'a>,
    depth: usize,
) -> Result<Option<bool>, Error<'a>> {
    let Some(depth) = depth.checked_sub(1) else { return Err(Error::TooDeep) };
    let (a, b) = (scope.resolve(a), scope.resolve(b));
    Ok(Some(match (a, b) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => return Ok(None),
        (Value::Str(a), Value::Str(b)) => {
            scope.spend_bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Bytes(a), Value::Bytes(b)) => {
            scope.spend_bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Handle(a), Value::Handle(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => return equal_at(scope, *a, *b, depth),
            (a, b) => a.is_none() && b.is_none(),
        },
        (Value::Ext(a), Value::Ext(b)) => a.equals(b),
        _ => {
            if let Some(order) = compare_numbers(a, b) {
                return Ok(Some(order == Some(Ordering::Equal)));
            }
            if let (Some(a), Some(b)) = (Items::of(a), Items::of(b)) {
                return equal_items(scope, a, b, depth);
            }
            if let (Some(a), Some(b)) = (Pairs::of(a), Pairs::of(b)) {
                return equal_pairs(scope, a, b, depth);
            }
            false
        }
    }))
}

fn equal_items<'a>(
    scope: &Scope<'a>,
    a: Items<'a>,
    b: Items<'a>,
    depth: usize,
) -> Result<Option<bool>, Error<'a>> {
    if a.len() != b.len() {
        return Ok(Some(false));
    }
    let mut result = Some(true);
    for (a, b) in a.iter().zip(b.iter()) {
        scope.spend(1)?;
        match equal_at(scope, a, b, depth)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => result = None,
        }
    }
    Ok(result)
}

fn equal_pairs<'a>(
    scope: &Scope<'a>,
    a: Pairs<'a>,
    b: Pairs<'a>,
    depth: usize,
) -> Result<Option<bool>, Error<'a>> {
    if a.len() != b.len() {
        return Ok(Some(false));
    }
    let mut result = Some(true);
    for (key, value) in a.iter() {
        scope.spend(b.lookup_cost())?;
        let Some(other) = b.get(key) else { return Ok(Some(false)) };
        match equal_at(scope, value, other, depth)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => result = None,
        }
    }
    Ok(result)
}

/// The order of two resolved values, as `<` sees it; `Some(None)` when one is not a number.
///
/// `None` when the types have no common order.
#[expect(clippy::option_option, reason = "without order, and not ordered because of NaN, are two things")]
pub fn compare(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    let order = match (a, b) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(&b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(&b),
        _ => return compare_numbers(a, b),
    };
    Some(Some(order))
}

/// A total order of values of one type, for sorting.
pub fn sort_order(a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.total_cmp(&b),
        _ => compare(a, b).flatten().unwrap_or(Ordering::Equal),
    }
}

/// The order of two numbers of any type; `None` when they are not numbers.
///
/// Integers beyond 2^53 are compared with doubles as the doubles nearest to them, as cel-go does.
#[expect(clippy::option_option, reason = "not numbers, and not comparable because of NaN, are two things")]
#[expect(clippy::cast_precision_loss, reason = "as cel-go does")]
fn compare_numbers(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::Uint(a), Value::Uint(b)) => Some(a.cmp(&b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(&b),
        (Value::Int(a), Value::Uint(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::Uint(a), Value::Int(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Value::Int(a), Value::Double(b)) => (a as f64).partial_cmp(&b),
        (Value::Uint(a), Value::Double(b)) => (a as f64).partial_cmp(&b),
        (Value::Double(a), Value::Int(b)) => a.partial_cmp(&(b as f64)),
        (Value::Double(a), Value::Uint(b)) => a.partial_cmp(&(b as f64)),
        _ => return None,
    })
}

/// A total order of the values that can be map keys; numbers equal across types are one key.
pub fn compare_keys(a: Value<'_>, b: Value<'_>) -> Ordering {
    let rank = |value: Value<'_>| match value {
        Value::Bool(_) => 0,
        Value::Int(_) | Value::Uint(_) | Value::Double(_) => 1,
        Value::Str(_) => 2,
        _ => 3,
    };
    match rank(a).cmp(&rank(b)) {
        Ordering::Equal => compare(a, b).flatten().unwrap_or(Ordering::Less),
        other => other,
    }
}
