//! Arithmetic with the specification's ranges, and numbers as text.

use super::error::Error;
use super::ir::Arithmetic;
use super::library::time;
use super::scope::{Limits, Scope};
use super::value::Value;
use super::view::Items;

/// What an operator or function answers.
pub type Answer<'a> = Result<Value<'a>, Error<'a>>;

/// Applies an operator to resolved values.
pub fn arithmetic<'a>(scope: &Scope<'a>, operator: Arithmetic, a: Value<'a>, b: Value<'a>) -> Answer<'a> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(operator, a, b).map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => uint(operator, a, b).map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => double(operator, a, b),
        _ => match operator {
            Arithmetic::Add => add(scope, a, b),
            Arithmetic::Subtract => subtract(a, b),
            _ => Err(Error::NoSuchOverload(name(operator))),
        },
    }
}

fn name(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
    }
}

fn int(operator: Arithmetic, a: i64, b: i64) -> Result<i64, Error<'static>> {
    let result = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => return Err(Error::DivideByZero),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    result.ok_or(Error::Overflow)
}

fn uint(operator: Arithmetic, a: u64, b: u64) -> Result<u64, Error<'static>> {
    let result = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => return Err(Error::DivideByZero),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    result.ok_or(Error::Overflow)
}

fn double(operator: Arithmetic, a: f64, b: f64) -> Answer<'static> {
    Ok(Value::Double(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => return Err(Error::NoSuchOverload("%")),
    }))
}

fn add<'a>(scope: &Scope<'a>, a: Value<'a>, b: Value<'a>) -> Answer<'a> {
    Ok(match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            sized(scope, a.len() + b.len(), Limits::DEFAULT.string, 16)?;
            Value::Str(concat(scope, a, b))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            sized(scope, a.len() + b.len(), Limits::DEFAULT.string, 16)?;
            Value::Bytes(scope.arena().alloc_slice_copy(&[a, b].concat()))
        }
        (Value::Duration(a), Value::Duration(b)) => {
            return time::in_range(a.checked_add(b).ok_or(Error::Overflow)?);
        }
        (Value::Timestamp(at), Value::Duration(by)) | (Value::Duration(by), Value::Timestamp(at)) => {
            return time::timestamp_in_range(at.checked_add(by).map_err(|_| Error::Overflow)?);
        }
        _ => {
            let (Some(a), Some(b)) = (Items::of(a), Items::of(b)) else {
                return Err(Error::NoSuchOverload("+"));
            };
            // Two units an item: what is copied is memory the arena keeps.
            sized(scope, a.len() + b.len(), Limits::DEFAULT.list, 1)?;
            scope.spend((a.len() + b.len()) as u64)?;
            let all: Vec<Value<'a>> = a.iter().chain(b.iter()).collect();
            Value::List(scope.arena().alloc_slice_copy(&all))
        }
    })
}

fn concat<'a>(scope: &Scope<'a>, a: &str, b: &str) -> &'a str {
    let mut text = String::with_capacity(a.len() + b.len());
    text.push_str(a);
    text.push_str(b);
    scope.arena().alloc_str(&text)
}

fn subtract<'a>(a: Value<'a>, b: Value<'a>) -> Answer<'a> {
    match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => time::in_range(a.checked_sub(b).ok_or(Error::Overflow)?),
        (Value::Timestamp(at), Value::Duration(by)) => {
            time::timestamp_in_range(at.checked_sub(by).map_err(|_| Error::Overflow)?)
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => {
            let between = a.duration_since(b);
            // Go, whose results the specification takes over, counts durations in 64-bit nanoseconds.
            if i64::try_from(between.as_nanos()).is_err() {
                return Err(Error::Overflow);
            }
            Ok(Value::Duration(between))
        }
        _ => Err(Error::NoSuchOverload("-")),
    }
}

/// Refuses a result of more than `limit` units and charges fuel for it.
fn sized<'a>(scope: &Scope<'a>, size: usize, limit: usize, units: usize) -> Result<(), Error<'a>> {
    if size > limit {
        return Err(Error::TooLarge);
    }
    scope.spend((size / units) as u64 + 1)
}

/// A double as Go's `%g` writes it with the fewest digits that read back the same.
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{value}")
}
