//! Numbers (cel-go's `math` extension).

use std::cmp::Ordering;

use super::{Answer, Function, MISMATCH, global};
use crate::cel::compare::compare;
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::Value;
use crate::cel::view::Items;

/// More arguments than anybody writes.
const MANY: usize = 1_000;

pub static FUNCTIONS: &[Function] = &[
    global("math.greatest", 1..=MANY, greatest, "The greatest of its arguments, or of a list."),
    global("math.least", 1..=MANY, least, "The least of its arguments, or of a list."),
    global("math.ceil", 1..=1, ceil, "The double rounded up."),
    global("math.floor", 1..=1, floor, "The double rounded down."),
    global("math.round", 1..=1, round, "The double rounded, halves away from zero."),
    global("math.trunc", 1..=1, trunc, "The double without its fraction."),
    global("math.sqrt", 1..=1, sqrt, "The square root as a double."),
    global("math.abs", 1..=1, abs, "The absolute value."),
    global("math.sign", 1..=1, sign, "-1, 0 or 1 in the type of the argument."),
    global("math.isNaN", 1..=1, is_nan, "Whether the double is not a number."),
    global("math.isInf", 1..=1, is_inf, "Whether the double is infinite."),
    global("math.isFinite", 1..=1, is_finite, "Whether the double is finite."),
    global("math.bitAnd", 2..=2, bit_and, "The bits set in both."),
    global("math.bitOr", 2..=2, bit_or, "The bits set in either."),
    global("math.bitXor", 2..=2, bit_xor, "The bits set in one only."),
    global("math.bitNot", 1..=1, bit_not, "The bits inverted."),
    global("math.bitShiftLeft", 2..=2, shift_left, "The bits shifted up."),
    global("math.bitShiftRight", 2..=2, shift_right, "The bits shifted down, without regard to the sign."),
];

fn greatest<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    extreme(scope, args, Ordering::Greater)
}

fn least<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    extreme(scope, args, Ordering::Less)
}

fn extreme<'a>(scope: &Scope<'a>, args: &[Value<'a>], wanted: Ordering) -> Answer<'a> {
    let from_list: Vec<Value<'a>>;
    let values = match *args {
        [single] if let Some(items) = Items::of(single) => {
            scope.spend(items.len() as u64)?;
            from_list = items.iter().map(|item| scope.resolve(item)).collect();
            from_list.as_slice()
        }
        _ => args,
    };
    let number = |value: &Value<'a>| matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_));
    if let Some(unknown) = values.iter().find(|value| matches!(value, Value::Unknown(_))) {
        return Ok(*unknown);
    }
    if !values.iter().all(number) {
        return Err(MISMATCH);
    }
    let (first, rest) = values.split_first().ok_or(Error::Invalid("use of an empty list"))?;
    let better = |best: Value<'a>, value: &Value<'a>| {
        if compare(*value, best) == Some(Some(wanted)) { *value } else { best }
    };
    Ok(rest.iter().fold(*first, better))
}

fn on_double<'a>(args: &[Value<'a>], apply: impl Fn(f64) -> f64) -> Answer<'a> {
    let [Value::Double(number)] = *args else { return Err(MISMATCH) };
    Ok(Value::Double(apply(number)))
}

fn ceil<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    on_double(args, f64::ceil)
}

fn floor<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    on_double(args, f64::floor)
}

fn round<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    on_double(args, f64::round)
}

fn trunc<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    on_double(args, f64::trunc)
}

#[expect(clippy::cast_precision_loss, reason = "the root of the nearest double is what is asked for")]
fn sqrt<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Double(match *args {
        [Value::Double(number)] => number.sqrt(),
        [Value::Int(number)] => (number as f64).sqrt(),
        [Value::Uint(number)] => (number as f64).sqrt(),
        _ => return Err(MISMATCH),
    }))
}

fn abs<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [Value::Int(number)] => number.checked_abs().map(Value::Int).ok_or(Error::Overflow),
        [number @ Value::Uint(_)] => Ok(number),
        [Value::Double(number)] => Ok(Value::Double(number.abs())),
        _ => Err(MISMATCH),
    }
}

fn sign<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(match *args {
        [Value::Int(number)] => Value::Int(number.signum()),
        [Value::Uint(number)] => Value::Uint(number.min(1)),
        [Value::Double(number)] if number == 0.0 || number.is_nan() => Value::Double(number),
        [Value::Double(number)] => Value::Double(number.signum()),
        _ => return Err(MISMATCH),
    })
}

fn test_double<'a>(args: &[Value<'a>], test: impl Fn(f64) -> bool) -> Answer<'a> {
    let [Value::Double(number)] = *args else { return Err(MISMATCH) };
    Ok(Value::Bool(test(number)))
}

fn is_nan<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    test_double(args, f64::is_nan)
}

fn is_inf<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    test_double(args, f64::is_infinite)
}

fn is_finite<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    test_double(args, f64::is_finite)
}

fn bits<'a>(args: &[Value<'a>], int: fn(i64, i64) -> i64, uint: fn(u64, u64) -> u64) -> Answer<'a> {
    match *args {
        [Value::Int(a), Value::Int(b)] => Ok(Value::Int(int(a, b))),
        [Value::Uint(a), Value::Uint(b)] => Ok(Value::Uint(uint(a, b))),
        _ => Err(MISMATCH),
    }
}

fn bit_and<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    bits(args, |a, b| a & b, |a, b| a & b)
}

fn bit_or<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    bits(args, |a, b| a | b, |a, b| a | b)
}

fn bit_xor<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    bits(args, |a, b| a ^ b, |a, b| a ^ b)
}

fn bit_not<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [Value::Int(number)] => Ok(Value::Int(!number)),
        [Value::Uint(number)] => Ok(Value::Uint(!number)),
        _ => Err(MISMATCH),
    }
}

fn shift<'a>(args: &[Value<'a>], apply: fn(u64, u32) -> Option<u64>) -> Answer<'a> {
    let [number, Value::Int(by)] = *args else { return Err(MISMATCH) };
    let by = u32::try_from(by.min(64)).map_err(|_| Error::Invalid("shift: it is negative"))?;
    match number {
        Value::Int(number) => Ok(Value::Int(apply(number.cast_unsigned(), by).unwrap_or(0).cast_signed())),
        Value::Uint(number) => Ok(Value::Uint(apply(number, by).unwrap_or(0))),
        _ => Err(MISMATCH),
    }
}

fn shift_left<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    shift(args, u64::checked_shl)
}

fn shift_right<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    shift(args, u64::checked_shr)
}
