//! Resource quantities such as `100m` and `1.5Gi` (Kubernetes' `quantity` library).
//!
//! A quantity is kept as a whole number of billionths, the finest step the API server keeps.

use std::cmp::Ordering;

use super::{Answer, Function, MISMATCH, global, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::{Ext, Value};

pub static FUNCTIONS: &[Function] = &[
    global("quantity", 1..=1, quantity, "A quantity from text such as `1.5Gi`."),
    global("isQuantity", 1..=1, is_quantity, "Whether the text is a quantity."),
    member("sign", 0..=0, sign, "-1, 0 or 1."),
    member("isInteger", 0..=0, is_integer, "Whether the quantity is an integer."),
    member("asInteger", 0..=0, as_integer, "The quantity as an integer; an error when it is none."),
    member("asApproximateFloat", 0..=0, as_float, "The quantity as a double."),
    member("add", 1..=1, add, "The sum with another quantity or an integer."),
    member("sub", 1..=1, sub, "The difference to another quantity or an integer."),
    member("compareTo", 1..=1, compare_to, "-1, 0 or 1 as the quantity is less, equal or greater."),
    member("isLessThan", 1..=1, is_less_than, "Whether the quantity is less than another."),
    member("isGreaterThan", 1..=1, is_greater_than, "Whether the quantity is greater than another."),
];

const BILLION: i128 = 1_000_000_000;

/// A number of billionths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

impl Quantity {
    /// Reads `<number><suffix>`; what is finer than a billionth is rounded up, as the API server does.
    pub fn parse(text: &str) -> Option<Self> {
        let digits_end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let (number, suffix) = text.split_at(digits_end);
        let (negative, number) = match number.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (multiplier, exponent) = scale(suffix)?;
        let exponent = exponent.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let mantissa: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let scaled = mantissa.checked_mul(multiplier)?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs());
        let billionths = match (exponent >= 0, power) {
            _ if scaled == 0 => 0,
            (true, power) => scaled.checked_mul(power?)?,
            (false, Some(divisor)) => scaled / divisor + i128::from(scaled % divisor != 0),
            (false, None) => 1,
        };
        Some(Self(if negative { -billionths } else { billionths }))
    }

    fn integer(self) -> Option<i64> {
        if self.0 % BILLION == 0 { i64::try_from(self.0 / BILLION).ok() } else { None }
    }
}

/// A suffix as a factor and a power of ten.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    let binary = |power: u32| Some((1 << (10 * power), 0));
    let decimal = |power: i32| Some((1, power));
    match suffix {
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    }
}

fn make<'a>(scope: &Scope<'a>, quantity: Quantity) -> Value<'a> {
    Value::Ext(scope.arena().alloc(Ext::Quantity(quantity)))
}

fn quantity<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Ext(Ext::Quantity(_))] => Ok(value),
        [Value::Str(text)] => {
            Quantity::parse(text).map(|parsed| make(scope, parsed)).ok_or(Error::Invalid("quantity"))
        }
        // Documents write plain numbers without quotes.
        [Value::Int(number)] => Ok(make(scope, Quantity(i128::from(number) * BILLION))),
        _ => Err(MISMATCH),
    }
}

fn is_quantity<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [Value::Str(text)] => Ok(Value::Bool(Quantity::parse(text).is_some())),
        [Value::Int(_)] => Ok(Value::Bool(true)),
        _ => Err(MISMATCH),
    }
}

fn one<'a>(args: &[Value<'a>]) -> Result<Quantity, Error<'a>> {
    match *args {
        [Value::Ext(Ext::Quantity(quantity))] => Ok(*quantity),
        _ => Err(MISMATCH),
    }
}

fn two<'a>(args: &[Value<'a>]) -> Result<(Quantity, Quantity), Error<'a>> {
    match *args {
        [Value::Ext(Ext::Quantity(a)), Value::Ext(Ext::Quantity(b))] => Ok((*a, *b)),
        [Value::Ext(Ext::Quantity(a)), Value::Int(b)] => Ok((*a, Quantity(i128::from(b) * BILLION))),
        _ => Err(MISMATCH),
    }
}

fn sign<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(order(one(args)?.0.cmp(&0)))
}

fn is_integer<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(one(args)?.integer().is_some()))
}

fn as_integer<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    one(args)?.integer().map(Value::Int).ok_or(Error::Overflow)
}

#[expect(clippy::cast_precision_loss, reason = "the function is named after it")]
fn as_float<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Double(one(args)?.0 as f64 / BILLION as f64))
}

fn add<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = two(args)?;
    a.0.checked_add(b.0).map(|sum| make(scope, Quantity(sum))).ok_or(Error::Overflow)
}

fn sub<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = two(args)?;
    a.0.checked_sub(b.0).map(|rest| make(scope, Quantity(rest))).ok_or(Error::Overflow)
}

fn order<'a>(order: Ordering) -> Value<'a> {
    Value::Int(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

fn compare_to<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = two(args)?;
    Ok(order(a.cmp(&b)))
}

fn is_less_than<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = two(args)?;
    Ok(Value::Bool(a < b))
}

fn is_greater_than<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = two(args)?;
    Ok(Value::Bool(a > b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_by_meaning() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert!(
            parse("1Gi") == parse("1024Mi") && parse("0.5") == parse("500m") && parse("1e3") == parse("1k")
        );
        assert!(parse("1G") < parse("1Gi") && parse("-1") < parse("0"));
        assert_eq!(parse("1.1").integer(), None);
        assert_eq!(parse("2k").integer(), Some(2_000));
        for wrong in ["", "Gi", "1.2.3", "1 Gi", "1gi", "--1", "1e", "9e99"] {
            assert!(Quantity::parse(wrong).is_none(), "{wrong}");
        }
    }
}
