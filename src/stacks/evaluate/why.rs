//! Why a value is unknown: in the field's words, short, and free of values.

use std::borrow::Cow;

use crate::aws::Value;

/// Why a value is unknown.
pub(super) type Why<'d> = Cow<'d, str>;

/// What something comes to: a value, or why it is unknown.
pub(super) type Known<'d, T = Value<'d>> = Result<T, Why<'d>>;

/// The part of a name that a reason shows.
const SHOWN: usize = 80;

/// `what name`, the name cut where it is long.
pub(super) fn named<'d>(what: &str, name: &str) -> Why<'d> {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{what} {}…", &name[..end])),
        None => Cow::Owned(format!("{what} {name}")),
    }
}

/// That a function is given what it does not take.
pub(super) fn misused<'d>(function: &'static str) -> Why<'d> {
    named("the result of a wrong", function)
}
