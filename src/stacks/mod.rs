//! What templates of CloudFormation, SAM and CDK deploy: which stacks there are, with which parameters, and
//! every property as far as Git knows it.
//!
//! Deliberately absent: what is deployed (`state`) and how it differs (`drift`).

mod environment;
mod evaluate;
mod files;
mod find;
mod nested;

pub use self::environment::{Environment, Given};
pub use self::evaluate::{Declared, Evaluated, Output, Resource, evaluate};
pub use self::files::Files;
pub use self::find::{DeclaredStack, Found, Parameter, Place, Template, find, tells_of_deployments};
pub use self::nested::{Nested, nested};
