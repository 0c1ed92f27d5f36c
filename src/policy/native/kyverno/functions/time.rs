//! The clock, and what may be done with a time.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, NativeHost, text};
use crate::cel::{Error, Scope, Value};

/// Seconds from the first of January of the year 1, where Go counts from, to the Unix epoch.
const YEAR_ONE: i128 = 62_135_596_800;
const NANOSECONDS: i128 = 1_000_000_000;

#[expect(clippy::unnecessary_wraps, reason = "every function has the same signature")]
pub(super) fn now<'a>(_: &NativeHost<'a>, _: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    Ok(Value::Timestamp(Timestamp::now()))
}

/// Go's `Time.Truncate`: down to a multiple of the duration since the year 1.
pub(super) fn truncate<'a>(_: &NativeHost<'a>, args: &[Value<'a>], _: &Scope<'a>) -> Answer<'a> {
    let [Value::Timestamp(time), Value::Duration(step)] = *args else {
        return Err(Error::NoSuchOverload("time.truncate"));
    };
    let step = step.as_nanos();
    if step <= 0 {
        return Ok(Value::Timestamp(time));
    }
    let beyond = (time.as_nanosecond() + YEAR_ONE * NANOSECONDS).rem_euclid(step);
    let (seconds, nanoseconds) = (beyond / NANOSECONDS, beyond % NANOSECONDS);
    let (Ok(seconds), Ok(nanoseconds)) = (i64::try_from(seconds), i32::try_from(nanoseconds)) else {
        return Err(Error::Overflow);
    };
    let beyond = SignedDuration::new(seconds, nanoseconds);
    time.checked_sub(beyond).map(Value::Timestamp).map_err(|_| Error::Overflow)
}

pub(super) fn to_cron<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Timestamp(time)] = *args else { return Err(Error::NoSuchOverload("time.toCron")) };
    let time = time.to_zoned(TimeZone::UTC);
    let (minute, hour, day, month) = (time.minute(), time.hour(), time.day(), time.month());
    text(scope, &format!("{minute} {hour} {day} {month} {}", time.weekday().to_sunday_zero_offset()))
}
