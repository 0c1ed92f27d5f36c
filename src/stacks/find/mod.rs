//! Which stacks a repository deploys: its templates, and what says under which name, where and with which
//! parameters they are deployed.
//!
//! Each way to say so is a file here. A template that none of them names is a stack without a name: which
//! live stack it became only the live stacks can tell.

mod bare;
mod cdk;
mod configured;
mod finder;
mod git_sync;
mod parameters;
mod samconfig;

use std::collections::BTreeMap;

use crate::config::StackConfig;
use crate::model::{Document, Gap, Span};

use super::{Environment, Files, Given, evaluate, nested};
use finder::Finder;

/// The stacks of a repository.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The templates, each once.
    pub templates: Vec<Template>,
    /// What is deployed from them.
    pub stacks: Vec<DeclaredStack>,
    /// What should tell of stacks and could not be read.
    pub gaps: Vec<Gap>,
}

/// A template of the repository.
#[derive(Clone, Debug)]
pub struct Template {
    /// From the repository's root.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its document, prepared by its platform.
    pub document: Document<'static>,
}

/// A stack that a repository deploys.
#[derive(Clone, Debug)]
pub struct DeclaredStack {
    /// What findings call it; no other stack of the repository has it.
    pub id: String,
    /// Its name in AWS; `None` when nothing in the repository says it.
    pub name: Option<String>,
    /// The account it is deployed to, where that is said.
    pub account: Option<String>,
    /// The region it is deployed to, where that is said.
    pub region: Option<String>,
    /// Which of [`Found::templates`].
    pub template: usize,
    /// The parameters that are given.
    pub parameters: BTreeMap<String, Parameter>,
    /// The tags of the whole stack.
    pub tags: Vec<(String, String)>,
    /// What says all this: of a stack without a name its template, or its file of parameters.
    pub origin: Place,
}

/// A parameter that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its value.
    pub value: Given,
    /// Where it is given.
    pub place: Place,
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// From the repository's root.
    pub file: String,
    /// The bytes there.
    pub span: Span,
}

impl DeclaredStack {
    /// What is known of its deployment without asking AWS.
    pub fn environment(&self) -> Environment<'static> {
        let parameters = self.parameters.iter();
        Environment {
            parameters: parameters.map(|(name, given)| (name.clone(), given.value.clone())).collect(),
            account: self.account.clone(),
            region: self.region.clone(),
            stack_name: self.name.clone(),
            ..Environment::default()
        }
    }
}

impl Template {
    /// The paths of the templates that it nests.
    pub fn nested(&self) -> Vec<String> {
        // Evaluating every template for this would be waste: few nest others, and a word tells.
        if !["AWS::CloudFormation::Stack", "AWS::Serverless::Application"]
            .iter()
            .any(|kind| self.text.contains(kind))
        {
            return Vec::new();
        }
        let evaluated = evaluate(&self.document, &Environment::default());
        evaluated.resources.iter().filter_map(|it| nested(it, &self.path)).map(|it| it.template).collect()
    }
}

/// Whether a file may say how templates are deployed, without being one.
pub fn tells_of_deployments(path: &str, bytes: &[u8]) -> bool {
    finder::says(path, bytes).is_some_and(|says| says != finder::Says::Template)
}

/// Finds the stacks of a repository. `configured` are those of its own configuration, which stands in the
/// file `configuration`; they win over what other files say of a stack of that name.
pub fn find(files: &dyn Files, configured: &[StackConfig], configuration: &str) -> Found {
    let mut finder = Finder::new(files);
    finder.scan();
    configured::add(&mut finder, configured, configuration);
    cdk::add(&mut finder);
    samconfig::add(&mut finder);
    git_sync::add(&mut finder);
    parameters::add(&mut finder);
    bare::add(&mut finder);
    finder.finish()
}
