//! Lists taken as sets (cel-go's `sets` extension).

use super::{Answer, Function, MISMATCH, global};
use crate::cel::error::Error;
use crate::cel::eval::holds;
use crate::cel::scope::Scope;
use crate::cel::value::Value;
use crate::cel::view::Items;

pub static FUNCTIONS: &[Function] = &[
    global("sets.contains", 2..=2, contains, "Whether the first list has every item of the second."),
    global("sets.equivalent", 2..=2, equivalent, "Whether both lists have the same items."),
    global("sets.intersects", 2..=2, intersects, "Whether the lists share an item."),
];

fn both<'a>(args: &[Value<'a>]) -> Result<(Items<'a>, Items<'a>), Error<'a>> {
    let [a, b] = *args else { return Err(MISMATCH) };
    Items::of(a).zip(Items::of(b)).ok_or(MISMATCH)
}

/// Whether `all` holds every item of `items`; `None` when an unknown decides.
fn covers<'a>(scope: &Scope<'a>, all: Items<'a>, items: Items<'a>) -> Result<Option<bool>, Error<'a>> {
    let mut result = Some(true);
    for item in items.iter() {
        match holds(scope, all, item)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => result = None,
        }
    }
    Ok(result)
}

fn answer<'a>(result: Option<bool>) -> Value<'a> {
    result.map_or(Value::Unknown(None), Value::Bool)
}

fn contains<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (all, items) = both(args)?;
    covers(scope, all, items).map(answer)
}

fn equivalent<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = both(args)?;
    Ok(answer(match covers(scope, a, b)? {
        Some(false) => Some(false),
        Some(true) => covers(scope, b, a)?,
        None => covers(scope, b, a)?.filter(|same| !same),
    }))
}

fn intersects<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (a, b) = both(args)?;
    let mut result = Some(false);
    for item in b.iter() {
        match holds(scope, a, item)? {
            Some(true) => return Ok(Value::Bool(true)),
            Some(false) => {}
            None => result = None,
        }
    }
    Ok(answer(result))
}
