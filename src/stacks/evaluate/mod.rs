//! A template to the resources it declares, every property as far as Git knows it.
//!
//! Evaluation is total: what is wrong, unknown or too large is an unknown value or a gap, never an error.

mod budget;
mod cidr;
mod conditions;
mod functions;
mod lookups;
mod loops;
mod machine;
mod macros;
mod sam;
mod sections;
mod to_json;
mod why;

use std::borrow::Cow;

use crate::aws::Node;
use crate::model::{Document, Gap, NodeId};

use super::Environment;

/// What a template declares.
#[derive(Clone, Debug, Default)]
pub struct Evaluated<'d> {
    /// The resources in order, without those whose condition is false.
    pub resources: Vec<Resource<'d>>,
    /// The outputs in order, without those whose condition is false.
    pub outputs: Vec<Output<'d>>,
    /// What is declared and not known: macros, loops over unknown collections, and what is too large.
    pub gaps: Vec<Gap>,
    /// Logical ids of resources of SAM and of modules: they begin those of what they become.
    pub generators: Vec<Cow<'d, str>>,
    /// Whether a macro or a loop may add resources under any id.
    pub open: bool,
}

/// What SAM makes once for a whole template.
const SAM_SHARED: &[&str] =
    &["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication", "CodeDeployServiceRole"];

impl Evaluated<'_> {
    /// Whether a resource with this logical id may be declared though it is not among the resources.
    pub fn may_declare(&self, logical: &str) -> bool {
        let shared = || SAM_SHARED.iter().any(|name| logical.starts_with(name));
        self.open
            || self.generators.iter().any(|generator| logical.starts_with(generator.as_ref()))
            || (!self.generators.is_empty() && shared())
    }
}

/// A resource of a template.
#[derive(Clone, Debug)]
pub struct Resource<'d> {
    /// The logical id, as it comes out of loops.
    pub logical: Cow<'d, str>,
    /// The type that is deployed.
    pub kind: Cow<'d, str>,
    /// The logical id in the template: where to point for the resource as a whole.
    pub header: NodeId,
    /// What stands below it.
    pub body: NodeId,
    /// Its properties: a map, or unknown.
    pub properties: Node<'d>,
    /// Whether it is there.
    pub condition: Declared,
    /// `DeletionPolicy`, where it is written and known: `Delete`, `Retain`, `Snapshot`, ….
    pub deletion_policy: Option<Cow<'d, str>>,
    /// The file beside the template that CDK says a nested stack's template is in.
    pub asset: Option<&'d str>,
}

/// An output of a stack.
#[derive(Clone, Debug)]
pub struct Output<'d> {
    /// Its logical id.
    pub name: Cow<'d, str>,
    /// Its value.
    pub value: Node<'d>,
    /// The name it is exported under.
    pub export: Option<Node<'d>>,
    /// Whether it is there.
    pub condition: Declared,
}

/// Whether something is declared in the environment of the evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// It has no condition, or one that holds.
    Always,
    /// It is there if this condition holds, and that is not known.
    Maybe(String),
}

/// Evaluates a template of CloudFormation or SAM, which its platform has prepared.
pub fn evaluate<'d>(document: &'d Document<'d>, environment: &Environment<'_>) -> Evaluated<'d> {
    document.root().map(|root| sections::template(root, environment)).unwrap_or_default()
}
