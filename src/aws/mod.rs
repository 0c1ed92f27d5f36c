//! What is known about AWS itself, without asking it: scopes, and properties in the shape of CloudFormation.
//!
//! Deliberately absent: templates (`stacks`), live state (`state`), and how the two differ (`drift`).

pub mod arn;
pub mod names;
mod scope;
pub mod tag_names;
pub mod types;
pub mod value;

pub use self::scope::{GLOBAL, Scope};
pub use self::value::{Node, Value};
