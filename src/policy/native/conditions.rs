//! Whether a policy applies to an object it matches: its conditions, and the exceptions from it.

use super::Exception;
use super::matching::Facts;
use super::truth::Truth;
use crate::cel::{Program, Scope, Value};
use crate::policy::evaluate::{Outcome, holds};

/// What of an object is excepted from a policy.
pub(super) enum Exempt<'a> {
    /// All of it.
    Whole,
    /// These images and values, which the policy looks up itself; mostly none.
    Only { images: Vec<Value<'a>>, values: Vec<Value<'a>> },
    /// Nobody can tell, and why.
    Unknown(String),
}

/// What the exceptions that apply to an object except.
pub(super) fn exempt<'a>(exceptions: &'a [Exception], scope: &Scope<'a>, facts: &Facts<'a>) -> Exempt<'a> {
    let (mut images, mut values) = (Vec::new(), Vec::new());
    let (mut matched, mut unknown) = (false, None);
    for exception in exceptions {
        match applies(exception, scope, facts) {
            Truth::No => {}
            Truth::Unknown(reason) => unknown = Some(reason),
            Truth::Yes => {
                matched = true;
                images.extend(exception.images.iter().map(|text| Value::Str(text)));
                values.extend(exception.values.iter().map(|text| Value::Str(text)));
            }
        }
    }
    match unknown {
        _ if matched && images.is_empty() && values.is_empty() => Exempt::Whole,
        Some(reason) => Exempt::Unknown(reason),
        None => Exempt::Only { images, values },
    }
}

fn applies<'a>(exception: &'a Exception, scope: &Scope<'a>, facts: &Facts<'a>) -> Truth {
    let matching = exception.matching.holds(facts);
    if matching == Truth::No {
        return Truth::No;
    }
    let conditions = match all_hold(&exception.conditions, scope) {
        Outcome::True => Truth::Yes,
        // An exception that cannot be evaluated excepts nothing.
        Outcome::False | Outcome::Error(_) => Truth::No,
        Outcome::Unknown(_) => Truth::Unknown("whether it is excepted is not known here".to_owned()),
    };
    Truth::all([matching, conditions])
}

/// Whether all conditions hold. One that does not outweighs errors, as for the API server; one that is
/// unknown may be such a one.
pub(super) fn all_hold<'a>(conditions: &'a [Program], scope: &Scope<'a>) -> Outcome<'a> {
    let mut all = Outcome::True;
    for condition in conditions {
        match (holds(scope, condition.evaluate(scope)), &all) {
            (Outcome::False, _) => return Outcome::False,
            (unknown @ Outcome::Unknown(_), _) => all = unknown,
            (error @ Outcome::Error(_), Outcome::True) => all = error,
            (Outcome::True | Outcome::Error(_), _) => {}
        }
    }
    all
}
