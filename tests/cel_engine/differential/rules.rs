//! Why the two may differ, and which of them the specification is with.

use super::Plain;

/// An expression of which the two say different things.
#[derive(Debug)]
pub struct Difference<'s> {
    pub source: &'s str,
    pub ours: Plain,
    pub theirs: Plain,
}

/// A kind of differences.
pub struct Rule {
    pub name: &'static str,
    pub explains: fn(&Difference<'_>) -> bool,
}

/// Every kind. "The specification" is doc/langdef.md of google/cel-spec.
pub static RULES: &[Rule] = &[
    // "string(double)": its conformance tests and cel-go write as Go's `%g` does: `1e+18`, `+Inf`.
    Rule {
        name: "doubles are written as Go writes them",
        explains: |difference| match (&difference.ours, &difference.theirs) {
            (Plain::Text(ours), Plain::Text(theirs)) => {
                let number = |text: &str| text.parse::<f64>().ok();
                difference.source.starts_with("string(")
                    && number(ours).is_some_and(|n| Some(n) == number(theirs))
            }
            _ => false,
        },
    },
    // "List of Standard Definitions", `_+_`: numbers, text, bytes, two lists, times. The crate adds the keys of
    // a map to a list.
    Rule {
        name: "a list and a map have no sum",
        explains: |difference| is_error(&difference.ours, "no such overload: +"),
    },
    // "Numeric Values": doubles are those of IEEE 754, where nothing is less or greater than NaN.
    Rule {
        name: "NaN is in no order",
        explains: |difference| {
            let orders = ["'_<_'", "'_<=_'", "'_>_'", "'_>=_'"];
            let doubles = ["'(double, double)'", "'(int, double)'", "'(double, int)'"];
            let of = |types| {
                orders.iter().any(move |order| {
                    is_error(&difference.theirs, &format!("overload for {order} applied to {types}"))
                })
            };
            doubles.into_iter().any(of)
        },
    },
    // "List of Standard Definitions", `_in_`: whether a map has a key. What can be no key is none of its keys,
    // as in cel-go, whose maps find nothing under it.
    Rule {
        name: "what can be no key is in no map",
        explains: |difference| {
            let maps = ["labels in object.labels", "labels in {", "} in object.labels", "} in {"];
            let is_no_key = ["'(list, map)'", "'(map, map)'"];
            is_no_key.iter().any(|types| is_error(&difference.theirs, &format!("'@in' applied to {types}")))
                || (is_error(&difference.theirs, "")
                    && maps.iter().any(|maps| difference.source.contains(maps)))
        },
    },
    // "Field Selection": what `has()` says of a value without fields is left open; cel-go says `false`.
    Rule {
        name: "what has no fields has not that field",
        explains: |difference| {
            difference.source.contains("has(") && is_error(&difference.theirs, "'_._' applied to")
        },
    },
];

fn is_error(plain: &Plain, part: &str) -> bool {
    matches!(plain, Plain::Error(message) if message.contains(part))
}
