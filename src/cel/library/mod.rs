//! The functions of the language, of the CEL extensions and of the Kubernetes libraries.
//!
//! One file is one library: a table and its functions. To add a function, write it and give it a line
//! in the table. A function pattern-matches its arguments, whose content is resolved already, and
//! answers [`MISMATCH`] when the types are not its own: then the next function of that name is tried.

mod encoders;
mod format;
mod lists;
mod math;
mod named;
mod network;
mod optional;
mod quantity;
mod regex;
mod semver;
mod sets;
mod standard;
mod strings;
pub mod time;
mod url;

use std::ops::RangeInclusive;

pub use self::network::Cidr;
pub use self::quantity::Quantity;
pub use self::semver::Semver;
pub use self::url::Url;
use super::CallStyle;
use super::error::Error;
pub use super::number::Answer;
use super::scope::{Limits, Scope};
use super::value::Value;

/// A function of a library.
pub struct Function {
    pub name: &'static str,
    call: CallStyle,
    /// How many arguments it takes, the receiver not counted.
    arity: RangeInclusive<usize>,
    /// Whether it takes nodes and unknowns as they are instead of their content.
    pub raw: bool,
    pub run: for<'a> fn(&Scope<'a>, &[Value<'a>]) -> Answer<'a>,
    doc: &'static str,
}

type Run = for<'a> fn(&Scope<'a>, &[Value<'a>]) -> Answer<'a>;

/// A function called as `name(x)`.
const fn global(name: &'static str, arity: RangeInclusive<usize>, run: Run, doc: &'static str) -> Function {
    Function { name, call: CallStyle::Global, arity, raw: false, run, doc }
}

/// A function called as `x.name()`.
const fn member(name: &'static str, arity: RangeInclusive<usize>, run: Run, doc: &'static str) -> Function {
    Function { name, call: CallStyle::Member, arity, raw: false, run, doc }
}

impl Function {
    /// The function with its arguments as they are.
    const fn raw(self) -> Self {
        Self { raw: true, ..self }
    }
}

/// Every library: its name and its functions.
static LIBRARIES: &[(&str, &[Function])] = &[
    ("standard", standard::FUNCTIONS),
    ("time", time::FUNCTIONS),
    ("optional", optional::FUNCTIONS),
    ("strings", strings::FUNCTIONS),
    ("lists", lists::FUNCTIONS),
    ("sets", sets::FUNCTIONS),
    ("math", math::FUNCTIONS),
    ("encoders", encoders::FUNCTIONS),
    ("regex", regex::FUNCTIONS),
    ("kubernetes.url", url::FUNCTIONS),
    ("kubernetes.network", network::FUNCTIONS),
    ("kubernetes.quantity", quantity::FUNCTIONS),
    ("kubernetes.semver", semver::FUNCTIONS),
    ("kubernetes.format", named::FUNCTIONS),
];

/// The names of types, which are values too.
pub const TYPES: [&str; 19] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "optional_type",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "net.IP",
    "net.CIDR",
    "kubernetes.URL",
    "kubernetes.Quantity",
    "kubernetes.Semver",
    "kubernetes.NamedFormat",
];

/// The answer of a function whose arguments are of other types.
const MISMATCH: Error<'static> = Error::NoSuchOverload("");

/// The functions of that name which take that many arguments.
pub fn find(call: CallStyle, name: &str, arity: usize) -> Vec<&'static Function> {
    let all = LIBRARIES.iter().flat_map(|(_, functions)| functions.iter());
    all.filter(|f| f.call == call && f.name == name && f.arity.contains(&arity)).collect()
}

/// The names of all functions called that way.
pub fn names(call: CallStyle) -> impl Iterator<Item = &'static str> {
    let all = LIBRARIES.iter().flat_map(|(_, functions)| functions.iter());
    all.filter(move |function| function.call == call).map(|function| function.name)
}

/// Whether the second argument (the first after the receiver) of `name` is a regular expression.
pub fn takes_pattern(name: &str) -> bool {
    matches!(name, "matches" | "find" | "findAll" | "regex.replace" | "regex.extract" | "regex.extractAll")
}

/// One line of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The library.
    pub library: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// How it is called.
    pub call: CallStyle,
    /// What it does.
    pub doc: &'static str,
}

/// Every function there is, for the reference.
pub fn functions() -> impl Iterator<Item = Described> {
    LIBRARIES.iter().flat_map(|(library, functions)| {
        functions.iter().map(|f| Described { library, name: f.name, call: f.call, doc: f.doc })
    })
}

/// A string made by a function, within the limit and paid for.
fn text<'a>(scope: &Scope<'a>, text: &str) -> Answer<'a> {
    if text.len() > Limits::DEFAULT.string {
        return Err(Error::TooLarge);
    }
    scope.spend_bytes(text.len())?;
    Ok(Value::Str(scope.arena().alloc_str(text)))
}

/// A list made by a function, within the limit and paid for.
fn list<'a>(scope: &Scope<'a>, values: &[Value<'a>]) -> Answer<'a> {
    if values.len() > Limits::DEFAULT.list {
        return Err(Error::TooLarge);
    }
    scope.spend(values.len() as u64)?;
    Ok(Value::List(scope.arena().alloc_slice_copy(values)))
}

/// A size as CEL counts it.
fn count<'a>(size: usize) -> Value<'a> {
    Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
}
