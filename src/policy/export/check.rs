//! Whether an exported policy uses only what every API server since 1.30 has
//! (<https://kubernetes.io/docs/reference/using-api/cel/>).

use super::{Admission, fold};
use crate::cel::ast::{Ast, Kind};

/// Functions and macros of the API server, its own libraries and those of cel-go that it turns on.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    // The language.
    "all", "bool", "bytes", "contains", "duration", "double", "dyn", "endsWith", "exists", "exists_one", "filter",
    "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
    "getMinutes", "getMonth", "getSeconds", "int", "map", "matches", "size", "startsWith", "string", "timestamp",
    "type", "uint",
    // Optional values.
    "hasValue", "none", "of", "ofNonZeroValue", "optFlatMap", "optMap", "or", "orValue", "value",
    // Texts.
    "charAt", "format", "indexOf", "join", "lastIndexOf", "lowerAscii", "quote", "replace", "split", "substring",
    "trim", "upperAscii",
    // Lists, sets, patterns, URLs, quantities, addresses.
    "isSorted", "max", "min", "sum", "equivalent", "intersects", "find", "findAll", "isURL", "url", "getScheme",
    "getHost", "getHostname", "getPort", "getEscapedPath", "getQuery", "isQuantity", "quantity", "isInteger",
    "asInteger", "asApproximateFloat", "sign", "add", "sub", "isLessThan", "isGreaterThan", "compareTo", "ip",
    "isIP", "family", "isLoopback", "isUnspecified", "cidr", "isCIDR", "containsIP", "containsCIDR", "prefixLength",
];

/// Fails with the first function that an API server does not have.
pub(super) fn check(admission: &Admission<'_>) -> Result<(), String> {
    let conditions = admission.conditions.iter().map(|named| &named.expression);
    let variables = admission.variables.iter().map(|named| &named.expression);
    let checks = admission
        .checks
        .iter()
        .flat_map(|check| [Some(&check.expression), check.message_expression.as_ref()]);
    match conditions.chain(variables).chain(checks.flatten()).find_map(foreign) {
        Some(name) => Err(format!("`{name}` is no function of the API server")),
        None => Ok(()),
    }
}

fn foreign(ast: &Ast) -> Option<String> {
    let mut found = None;
    fold::visit(ast, &mut |ast| {
        let Kind::Call(_, name, args) = &ast.kind else { return };
        // Macros of two variables are younger than the rest.
        if found.is_none() && (!KNOWN.contains(&name.as_str()) || fold::binds(name, args) > 1) {
            found = Some(name.clone());
        }
    });
    found
}
