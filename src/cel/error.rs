//! Why an evaluation has no value.
//!
//! Errors are small and carry no text of a document; a message is made only when somebody asks.

use std::fmt;

use crate::model::NodeRef;

/// An evaluation error. `&&`, `||` and some macros absorb errors, so making one is cheap.
#[derive(Clone, Copy, Debug)]
pub enum Error<'a> {
    /// A field or key is not there.
    NoSuchKey {
        /// Its name, when the expression spells it.
        key: Option<&'a str>,
        /// The node that lacks it, when it is one.
        parent: Option<NodeRef<'a>>,
    },
    /// A list has no such index.
    IndexOutOfBounds {
        /// The node that lacks it, when it is one.
        parent: Option<NodeRef<'a>>,
    },
    /// An operator or function is not defined for the types it was given.
    NoSuchOverload(&'a str),
    /// A declared variable was given no value.
    Unset,
    /// Division or remainder by zero.
    DivideByZero,
    /// A number, duration or timestamp left its range.
    Overflow,
    /// A map has a key twice, or a key of a type that cannot be one.
    BadKey,
    /// The fuel is used up.
    Fuel,
    /// A string or a list would grow beyond its limit.
    TooLarge,
    /// Values are nested beyond the limit.
    TooDeep,
    /// An argument has the right type but no meaning; says which.
    Invalid(&'static str),
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchKey { key: Some(key), .. } => write!(f, "no such key: {key}"),
            Self::NoSuchKey { key: None, .. } => f.write_str("no such key"),
            Self::IndexOutOfBounds { .. } => f.write_str("index out of bounds"),
            Self::NoSuchOverload(name) => write!(f, "no such overload: {name}"),
            Self::Unset => f.write_str("a variable has no value"),
            Self::DivideByZero => f.write_str("division by zero"),
            Self::Overflow => f.write_str("number out of range"),
            Self::BadKey => f.write_str("a map key is repeated or of a type that cannot be a key"),
            Self::Fuel => f.write_str("the expression takes too long to evaluate"),
            Self::TooLarge => f.write_str("a string or list grew beyond its limit"),
            Self::TooDeep => f.write_str("values are nested too deeply"),
            Self::Invalid(what) => write!(f, "invalid {what}"),
        }
    }
}

impl std::error::Error for Error<'_> {}
