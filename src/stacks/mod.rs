//! What templates of CloudFormation, SAM and CDK deploy: which stacks there are, with which parameters, and
//! every property as far as Git knows it.
//!
//! Deliberately absent: what is deployed (`state`) and how it differs (`drift`).

mod environment;
mod evaluate;

pub use self::environment::{Environment, Given};
pub use self::evaluate::{Declared, Evaluated, Output, Resource, evaluate};
