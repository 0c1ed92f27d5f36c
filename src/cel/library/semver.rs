//! Semantic versions (Kubernetes' `semver` library, <https://semver.org/spec/v2.0.0.html>).

use std::cmp::Ordering;

use super::{Answer, Function, MISMATCH, global, member};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::{Ext, Value};

pub static FUNCTIONS: &[Function] = &[
    global("semver", 1..=2, semver, "A version from text; `true` accepts `v1.2` as well."),
    global("isSemver", 1..=2, is_semver, "Whether the text is a version; `true` accepts `v1.2` as well."),
    member("major", 0..=0, major, "The major version."),
    member("minor", 0..=0, minor, "The minor version."),
    member("patch", 0..=0, patch, "The patch version."),
    member("compareTo", 1..=1, compare_to, "-1, 0 or 1 as the version is older, the same or newer."),
    member("isLessThan", 1..=1, is_less_than, "Whether the version is older than another."),
    member("isGreaterThan", 1..=1, is_greater_than, "Whether the version is newer than another."),
];

/// A version; build metadata does not count and is not kept.
#[derive(Clone, Copy)]
pub struct Semver<'a> {
    core: [u64; 3],
    pre: &'a str,
}

impl<'a> Semver<'a> {
    /// Reads a version; when `lenient`, a leading `v`, missing parts and leading zeros are fine.
    fn parse(text: &'a str, lenient: bool) -> Option<Self> {
        let text = if lenient { text.strip_prefix('v').unwrap_or(text) } else { text };
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
        let mut numbers = [0; 3];
        let mut count = 0;
        for part in core.split('.') {
            let strict = part.len() == 1 || !part.starts_with('0');
            if part.is_empty() || !is_number(part) || !(strict || lenient) {
                return None;
            }
            *numbers.get_mut(count)? = part.parse().ok()?;
            count += 1;
        }
        let complete = count == 3 || lenient;
        let valid =
            pre.is_none_or(|pre| identifiers(pre, false)) && build.is_none_or(|it| identifiers(it, true));
        (complete && valid).then_some(Self { core: numbers, pre: pre.unwrap_or_default() })
    }

    /// Precedence: a pre-release comes before its release, numbers before words.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.core.cmp(&other.core).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (false, false) => compare_pre(self.pre, other.pre),
            (a, b) => a.cmp(&b),
        })
    }
}

/// Whether dot-separated identifiers are valid; `zeros` says whether numbers may have leading zeros.
fn identifiers(text: &str, zeros: bool) -> bool {
    text.split('.').all(|part| {
        let known = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let padded = part.len() > 1 && part.starts_with('0') && is_number(part);
        !part.is_empty() && known && (zeros || !padded)
    })
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                // Without leading zeros the longer number is the greater.
                (true, true) => a.len().cmp(&b.len()).then(a.cmp(b)),
                (a_number, b_number) => b_number.cmp(&a_number).then(a.cmp(b)),
            },
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn read<'a>(args: &[Value<'a>]) -> Result<Option<Semver<'a>>, Error<'a>> {
    match *args {
        [Value::Str(text)] => Ok(Semver::parse(text, false)),
        [Value::Str(text), Value::Bool(lenient)] => Ok(Semver::parse(text, lenient)),
        _ => Err(MISMATCH),
    }
}

fn semver<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let version = read(args)?.ok_or(Error::Invalid("semantic version"))?;
    Ok(Value::Ext(scope.arena().alloc(Ext::Semver(version))))
}

fn is_semver<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(read(args)?.is_some()))
}

fn part<'a>(args: &[Value<'a>], pick: fn([u64; 3]) -> u64) -> Answer<'a> {
    let [Value::Ext(Ext::Semver(version))] = *args else { return Err(MISMATCH) };
    i64::try_from(pick(version.core)).map(Value::Int).map_err(|_| Error::Overflow)
}

fn major<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    part(args, |[major, _, _]| major)
}

fn minor<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    part(args, |[_, minor, _]| minor)
}

fn patch<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    part(args, |[_, _, patch]| patch)
}

fn order<'a>(args: &[Value<'a>]) -> Result<Ordering, Error<'a>> {
    let [Value::Ext(Ext::Semver(a)), Value::Ext(Ext::Semver(b))] = *args else { return Err(MISMATCH) };
    Ok(a.compare(b))
}

fn compare_to<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Int(match order(args)? {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

fn is_less_than<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(order(args)?.is_lt()))
}

fn is_greater_than<'a>(_: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    Ok(Value::Bool(order(args)?.is_gt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_the_specification_does() {
        // The example of section 11 of the specification, and some releases.
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "2.0.0",
        ];
        let parse = |text| Semver::parse(text, false).unwrap();
        assert!(ordered.is_sorted_by(|a, b| parse(a).compare(&parse(b)).is_lt()));
        for wrong in ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3.4", "1.2.3-a_b"] {
            assert!(Semver::parse(wrong, false).is_none(), "{wrong}");
        }
        assert!(Semver::parse("v01.2", true).is_some());
    }
}
