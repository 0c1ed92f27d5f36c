//! Lists: cel-go's `lists` extension and what Kubernetes adds. `sortBy` is a macro.

use std::cmp::Ordering;

use super::{Answer, Function, MISMATCH, count, global, list, member};
use crate::cel::compare::{compare, equal, sort_order};
use crate::cel::comprehension::sortable;
use crate::cel::error::Error;
use crate::cel::ir::Arithmetic;
use crate::cel::number::arithmetic;
use crate::cel::scope::{Limits, Scope};
use crate::cel::value::Value;
use crate::cel::view::Items;

pub static FUNCTIONS: &[Function] = &[
    global("lists.range", 1..=1, range, "The integers from 0 up to, not including, a number."),
    member("slice", 2..=2, slice, "The items from an index up to, not including, another."),
    member("flatten", 0..=1, flatten, "The items of nested lists in one, one level or as many as given."),
    member("distinct", 0..=0, distinct, "The items without repetitions."),
    member("sort", 0..=0, sort, "The items in ascending order."),
    member("reverse", 0..=0, reverse, "The items in reverse order."),
    member("first", 0..=0, first, "The first item as an optional."),
    member("last", 0..=0, last, "The last item as an optional."),
    member("isSorted", 0..=0, is_sorted, "Whether the items are in ascending order."),
    member("sum", 0..=0, sum, "The sum of the items."),
    member("min", 0..=0, min, "The least item; an error for an empty list."),
    member("max", 0..=0, max, "The greatest item; an error for an empty list."),
    member("indexOf", 1..=1, index_of, "The index of the first item equal to a value, or -1."),
    member("lastIndexOf", 1..=1, last_index_of, "The index of the last item equal to a value, or -1."),
];

fn items<'a>(scope: &Scope<'a>, value: Value<'a>) -> Result<Items<'a>, Error<'a>> {
    let items = Items::of(value).ok_or(MISMATCH)?;
    scope.spend(items.len() as u64)?;
    Ok(items)
}

/// The content of all items, or the unknown among them.
fn resolved<'a>(scope: &Scope<'a>, value: Value<'a>) -> Result<Result<Vec<Value<'a>>, Value<'a>>, Error<'a>> {
    let values: Vec<Value<'a>> = items(scope, value)?.iter().map(|item| scope.resolve(item)).collect();
    let unknown = values.iter().find(|value| matches!(value, Value::Unknown(_))).copied();
    Ok(unknown.map_or(Ok(values), Err))
}

fn range<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Int(end)] = *args else { return Err(MISMATCH) };
    if usize::try_from(end).is_ok_and(|end| end > Limits::DEFAULT.list) {
        return Err(Error::TooLarge);
    }
    let values: Vec<Value<'a>> = (0..end).map(Value::Int).collect();
    list(scope, &values)
}

fn slice<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value, Value::Int(start), Value::Int(end)] = *args else { return Err(MISMATCH) };
    let items = items(scope, value)?;
    let bounds = (usize::try_from(start), usize::try_from(end));
    let (Ok(start), Ok(end)) = bounds else { return Err(Error::IndexOutOfBounds { parent: None }) };
    if start > end || end > items.len() {
        return Err(Error::IndexOutOfBounds { parent: None });
    }
    let values: Vec<Value<'a>> = (start..end).filter_map(|index| items.get(index)).collect();
    list(scope, &values)
}

fn flatten<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let (value, levels) = match *args {
        [value] => (value, 1),
        [value, Value::Int(levels)] if levels >= 0 => (value, levels),
        [_, Value::Int(_)] => return Err(Error::Invalid("flatten depth")),
        _ => return Err(MISMATCH),
    };
    let mut values: Vec<Value<'a>> = items(scope, value)?.iter().collect();
    for _ in 0..levels {
        let mut flat = Vec::with_capacity(values.len());
        let mut nested = false;
        for value in values {
            let Some(inner) = Items::of(scope.resolve(value)) else {
                flat.push(value);
                continue;
            };
            nested = true;
            scope.spend(inner.len() as u64)?;
            if flat.len() + inner.len() > Limits::DEFAULT.list {
                return Err(Error::TooLarge);
            }
            flat.extend(inner.iter());
        }
        values = flat;
        if !nested {
            break;
        }
    }
    list(scope, &values)
}

fn distinct<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let mut values: Vec<Value<'a>> = Vec::new();
    'items: for item in items(scope, value)?.iter() {
        for known in &values {
            scope.spend(1)?;
            match equal(scope, *known, item)? {
                Some(true) => continue 'items,
                Some(false) => {}
                None => return Ok(Value::Unknown(None)),
            }
        }
        values.push(item);
    }
    list(scope, &values)
}

fn sort<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let mut values = match resolved(scope, value)? {
        Ok(values) => values,
        Err(unknown) => return Ok(unknown),
    };
    sortable(&values)?;
    values.sort_by(|a, b| sort_order(*a, *b));
    list(scope, &values)
}

fn reverse<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let values: Vec<Value<'a>> = items(scope, value)?.iter().rev().collect();
    list(scope, &values)
}

fn first<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let item = Items::of(value).ok_or(MISMATCH)?.get(0);
    Ok(item.map_or(Value::Optional(None), |item| Value::some(item, scope.arena())))
}

fn last<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let items = Items::of(value).ok_or(MISMATCH)?;
    let item = items.len().checked_sub(1).and_then(|last| items.get(last));
    Ok(item.map_or(Value::Optional(None), |item| Value::some(item, scope.arena())))
}

fn is_sorted<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let values = match resolved(scope, value)? {
        Ok(values) => values,
        Err(unknown) => return Ok(unknown),
    };
    sortable(&values)?;
    Ok(Value::Bool(values.is_sorted_by(|a, b| sort_order(*a, *b).is_le())))
}

fn sum<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let values = match resolved(scope, value)? {
        Ok(values) => values,
        Err(unknown) => return Ok(unknown),
    };
    let Some((first, rest)) = values.split_first() else { return Ok(Value::Int(0)) };
    if !matches!(first, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_)) {
        return Err(MISMATCH);
    }
    rest.iter().try_fold(*first, |sum, value| arithmetic(scope, Arithmetic::Add, sum, *value))
}

fn min<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    extreme(scope, args, Ordering::Less)
}

fn max<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    extreme(scope, args, Ordering::Greater)
}

fn extreme<'a>(scope: &Scope<'a>, args: &[Value<'a>], wanted: Ordering) -> Answer<'a> {
    let [value] = *args else { return Err(MISMATCH) };
    let values = match resolved(scope, value)? {
        Ok(values) => values,
        Err(unknown) => return Ok(unknown),
    };
    sortable(&values)?;
    let Some((first, rest)) = values.split_first() else {
        return Err(Error::Invalid("use of min or max on an empty list"));
    };
    let better = |best: Value<'a>, value: &Value<'a>| {
        if compare(*value, best) == Some(Some(wanted)) { *value } else { best }
    };
    Ok(rest.iter().fold(*first, better))
}

fn index_of<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value, wanted] = *args else { return Err(MISMATCH) };
    let items = items(scope, value)?;
    position(scope, items.iter().enumerate(), wanted)
}

fn last_index_of<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [value, wanted] = *args else { return Err(MISMATCH) };
    let items = items(scope, value)?;
    let backwards = (0..items.len()).rev().filter_map(|index| Some((index, items.get(index)?)));
    position(scope, backwards, wanted)
}

fn position<'a>(
    scope: &Scope<'a>,
    items: impl Iterator<Item = (usize, Value<'a>)>,
    wanted: Value<'a>,
) -> Answer<'a> {
    for (index, item) in items {
        match equal(scope, item, wanted)? {
            Some(true) => return Ok(count(index)),
            Some(false) => {}
            None => return Ok(Value::Unknown(None)),
        }
    }
    Ok(Value::Int(-1))
}
