//! Timestamps and durations of the language definition.
//!
//! Ranges and text forms are those of protobuf: years 1 to 9999, durations of about as many years.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Function, MISMATCH, global, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::Value;

pub static FUNCTIONS: &[Function] = &[
    global("timestamp", 1..=1, timestamp, "A timestamp from RFC 3339 text or seconds since 1970."),
    global("duration", 1..=1, duration, "A duration from text such as `1h30m` or `2.5s`."),
    member("getFullYear", 0..=1, full_year, "The year, in UTC or a time zone."),
    member("getMonth", 0..=1, month, "The month from 0."),
    member("getDate", 0..=1, date, "The day of the month from 1."),
    member("getDayOfMonth", 0..=1, day_of_month, "The day of the month from 0."),
    member("getDayOfWeek", 0..=1, day_of_week, "The day of the week, 0 for Sunday."),
    member("getDayOfYear", 0..=1, day_of_year, "The day of the year from 0."),
    member("getHours", 0..=1, hours, "The hour, or the whole hours of a duration."),
    member("getMinutes", 0..=1, minutes, "The minute, or the whole minutes of a duration."),
    member("getSeconds", 0..=1, seconds, "The second, or the whole seconds of a duration."),
    member("getMilliseconds", 0..=1, milliseconds, "The milliseconds beyond the second."),
];

/// Seconds of the first and after the last moment there is: the years 1 to 9999.
const FIRST_SECOND: i64 = -62_135_596_800;
const END_SECOND: i64 = 253_402_300_800;

/// Seconds a duration may have.
const MAX_SECONDS: i64 = 315_576_000_000;

/// A timestamp, if it is within the years 1 to 9999.
pub fn timestamp_in_range<'a>(at: Timestamp) -> Answer<'a> {
    // A moment before the first second has a whole part rounded towards zero.
    let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    if (FIRST_SECOND..END_SECOND).contains(&second) { Ok(Value::Timestamp(at)) } else { Err(Error::Overflow) }
}

/// A duration, if it is within range.
pub fn in_range<'a>(span: SignedDuration) -> Answer<'a> {
    if span.as_secs().abs() <= MAX_SECONDS { Ok(Value::Duration(span)) } else { Err(Error::Overflow) }
}

/// A duration as protobuf's JSON form has it: seconds with as many digits as needed.
pub fn duration_text(span: SignedDuration) -> String {
    let sign = if span.is_negative() { "-" } else { "" };
    let (seconds, nanos) = (span.as_secs().unsigned_abs(), span.subsec_nanos().unsigned_abs());
    if nanos == 0 {
        return format!("{sign}{seconds}s");
    }
    let fraction = format!("{nanos:09}");
    format!("{sign}{seconds}.{}s", fraction.trim_end_matches('0'))
}

fn timestamp<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let at = match *args {
        [value @ Value::Timestamp(_)] => return Ok(value),
        [Value::Int(seconds)] => Timestamp::from_second(seconds).map_err(|_| Error::Overflow)?,
        [Value::Str(text)] => parse_timestamp(text).ok_or(Error::Invalid("timestamp"))?,
        _ => return Err(MISMATCH),
    };
    timestamp_in_range(at)
}

/// RFC 3339, which is stricter than what the library reads.
pub(super) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shaped =
        bytes.len() >= 20 && bytes.get(10) == Some(&b'T') && bytes.get(..4)?.iter().all(u8::is_ascii_digit);
    let zoned = text.ends_with('Z') || matches!(bytes.get(bytes.len().checked_sub(6)?), Some(b'+' | b'-'));
    if !shaped || !zoned || text.contains('[') {
        return None;
    }
    text.parse().ok()
}

fn duration<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    match *args {
        [value @ Value::Duration(_)] => Ok(value),
        [Value::Int(seconds)] => in_range(SignedDuration::from_secs(seconds)),
        [Value::Str(text)] => in_range(parse_duration(text)?),
        _ => Err(MISMATCH),
    }
}

const BAD_DURATION: Error<'static> = Error::Invalid("duration");

/// Reads a duration as Go writes it: `-1h30m`, `1.5s`, `0`.
fn parse_duration(text: &str) -> Result<SignedDuration, Error<'static>> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let mut total: i128 = 0;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(BAD_DURATION)?;
        let (number, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        total = total.checked_add(nanoseconds(number, unit)?).ok_or(Error::Overflow)?;
        if tail.is_empty() {
            break;
        }
        rest = tail;
    }
    let total = if negative { -total } else { total };
    let seconds = i64::try_from(total / 1_000_000_000).map_err(|_| Error::Overflow)?;
    let nanos = i32::try_from(total % 1_000_000_000).map_err(|_| Error::Overflow)?;
    Ok(SignedDuration::new(seconds, nanos))
}

fn nanoseconds(number: &str, unit: &str) -> Result<i128, Error<'static>> {
    let scale: i128 = match unit {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" | "µs" | "μs" => 1_000,
        "ns" => 1,
        _ => return Err(BAD_DURATION),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(BAD_DURATION);
    }
    let read = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i64>().ok() };
    let whole = read(whole).ok_or(Error::Overflow)?;
    // Beyond 18 digits a fraction of an hour is below a nanosecond.
    let fraction = fraction.get(..fraction.len().min(18)).unwrap_or_default();
    let digits = u32::try_from(fraction.len()).unwrap_or(0);
    let fraction = read(fraction).ok_or(BAD_DURATION)?;
    Ok(i128::from(whole) * scale + i128::from(fraction) * scale / 10_i128.pow(digits))
}

/// The wall clock at a timestamp, in UTC or the zone of the second argument.
fn clock<'a>(args: &[Value<'a>]) -> Result<DateTime, Error<'a>> {
    match *args {
        [Value::Timestamp(at)] => Ok(Offset::UTC.to_datetime(at)),
        [Value::Timestamp(at), Value::Str(zone)] => Ok(zone_of(zone)?.to_datetime(at)),
        _ => Err(MISMATCH),
    }
}

/// A zone by its name (`Europe/Berlin`) or its offset (`+02:00`, `02:00`).
fn zone_of<'a>(name: &str) -> Result<TimeZone, Error<'a>> {
    const BAD: Error<'static> = Error::Invalid("time zone");
    if !name.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        return TimeZone::get(name).map_err(|_| BAD);
    }
    let (sign, rest) = match name.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, name.strip_prefix('+').unwrap_or(name)),
    };
    let (hours, minutes) = rest.split_once(':').ok_or(BAD)?;
    let hours: i32 = hours.parse().ok().filter(|hours| (0..24).contains(hours)).ok_or(BAD)?;
    let minutes: i32 = minutes.parse().ok().filter(|minutes| (0..60).contains(minutes)).ok_or(BAD)?;
    let offset = Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).map_err(|_| BAD)?;
    Ok(TimeZone::fixed(offset))
}

fn full_year<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(clock(args)?.year().into()))
}

fn month<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(i64::from(clock(args)?.month()) - 1))
}

fn date<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(clock(args)?.day().into()))
}

fn day_of_month<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(i64::from(clock(args)?.day()) - 1))
}

fn day_of_week<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(clock(args)?.weekday().to_sunday_zero_offset().into()))
}

fn day_of_year<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(i64::from(clock(args)?.day_of_year()) - 1))
}

fn hours<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = *args {
        return Ok(Value::Int(span.as_hours()));
    }
    Ok(Value::Int(clock(args)?.hour().into()))
}

fn minutes<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = *args {
        return Ok(Value::Int(span.as_mins()));
    }
    Ok(Value::Int(clock(args)?.minute().into()))
}

fn seconds<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = *args {
        return Ok(Value::Int(span.as_secs()));
    }
    Ok(Value::Int(clock(args)?.second().into()))
}

fn milliseconds<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    if let [Value::Duration(span)] = *args {
        return Ok(Value::Int(span.subsec_millis().into()));
    }
    Ok(Value::Int(clock(args)?.millisecond().into()))
}
