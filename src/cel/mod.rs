//! CEL, the Common Expression Language (<https://github.com/google/cel-spec>).
//!
//! ```text
//! source ─ parse ─▶ Ast ─ lower ─▶ Expr ─ eval ─▶ Value, Error        (compile once, evaluate often)
//!                                    └── blame ─▶ the node that made it false
//! ```
//!
//! The `cel` crate parses (one file, `parse`); everything after is ours. Expressions are evaluated
//! over document nodes as they lie in the arena: nothing is converted, and a value that came from a
//! document still knows its place there, which is what lets a false result be explained.
//!
//! Deliberately absent: protobuf messages, a type checker, and everything a policy knows
//! (`object`, `tags()`, `repo`): those are declared by the caller and answered by a [`Host`].

mod access;
pub mod ast;
mod blame;
mod compare;
mod comprehension;
mod environment;
mod error;
mod eval;
mod ir;
mod library;
mod lower;
mod macros;
mod map;
mod number;
mod parse;
mod pattern;
mod plain;
mod print;
mod program;
mod scope;
mod value;
mod view;

pub use blame::Blame;
pub use environment::{CallStyle, CompileError, Environment, HostFunction};
pub use error::Error;
pub use library::{Described, Quantity, functions};
pub use map::Map;
pub use parse::parse;
pub use program::Program;
pub use scope::{Host, Limits, Scope};
pub use value::{Ext, Handle, Value};
