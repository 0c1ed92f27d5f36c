//! Policies: loaded, compiled, matched against resources and evaluated.
//!
//! A policy is data; no Rust here knows the id of one. This room judges resources and says where and
//! why; it does not read files, find resources or render findings.

mod answers;
mod applier;
mod change;
pub mod describe;
mod evaluate;
mod export;
pub mod file;
mod fixed;
mod git_address;
mod glob;
mod host;
mod image;
mod inventory;
pub mod meta;
pub mod native;
mod objects;
mod params;
mod selector;
mod stack_tags;
pub mod suppress;
mod tag_policy;
mod words;

use std::sync::Arc;

use crate::cel::{CompileError, Environment, Program};
use crate::model::decode::{DecodeError, Result, error};
use crate::model::{Category, Document, NodeRef, Resource, Rule, Severity, Span, Style};

pub use applier::{Applier, Declared};
pub use evaluate::{Judgement, Place, Violation};
pub use export::Exported;
pub use file::{API_VERSION, Definition, Example, Expect, Expression};
pub use fixed::{Text, fixed_rule};
pub use git_address::normalize as normalize_git_address;
pub use host::Host;
pub use inventory::Inventory;
pub use stack_tags::{ByTemplate as TagsByTemplate, StackTags};
pub use tag_policy::TagPolicy;
pub use words::WORDS;

/// The JSON Schema (2020-12) of a policy, for editors.
pub const JSON_SCHEMA: &str = include_str!("../../schemas/policy-v1.json");

/// A compiled policy as configured: what it says, how bad it is, its parameters.
#[derive(Clone)]
pub struct Policy {
    /// The rule its findings are instances of.
    pub rule: Arc<Rule>,
    /// Whether it runs when nothing selects it by name.
    pub enabled: bool,
    params: Arc<Document<'static>>,
    compiled: Arc<Compiled>,
}

/// The part of a policy that no configuration changes.
struct Compiled {
    definition: Definition,
    /// The policy's file, which holds the schema of its parameters.
    document: Document<'static>,
    selectors: Vec<selector::Selector>,
    conditions: Vec<Program>,
    variables: Vec<Program>,
    validations: Vec<Check>,
}

/// A compiled validation.
struct Check {
    each: Option<Program>,
    expression: Program,
    message: Option<String>,
    message_expression: Option<Program>,
    at: Option<Program>,
}

impl Policy {
    /// Compiles the policy in `document`, with its parameters at their defaults.
    ///
    /// # Errors
    /// When the file is not a policy, or an expression does not compile; the span points into the file.
    pub fn load(document: Document<'static>) -> Result<Self> {
        let Some(root) = document.root() else {
            return Err(DecodeError { message: "the document is empty".to_owned(), span: Span::default() });
        };
        let definition = Definition::read(root)?;
        let schema = definition.params.map(|id| document.node(id));
        let params = params::build(schema, None)?;

        let mut environment = words::environment();
        for variable in &definition.variables {
            let program = compile(&environment, &variable.expression, root)?;
            environment.lazy(&variable.name, program);
        }
        environment.variable(words::VARIABLES[words::slot::ITEM]);
        let with = |expression: &Expression| compile(&environment, expression, root);
        let optional = |expression: &Option<Expression>| expression.as_ref().map(with).transpose();
        let conditions =
            definition.conditions.iter().map(|named| with(&named.expression)).collect::<Result<_>>()?;
        let mut validations = Vec::with_capacity(definition.validations.len());
        for validation in &definition.validations {
            validations.push(Check {
                each: optional(&validation.each)?,
                expression: with(&validation.expression)?,
                message: validation.message.clone(),
                message_expression: optional(&validation.message_expression)?,
                at: optional(&validation.at)?,
            });
        }
        let compiled = Compiled {
            selectors: definition.matches.iter().map(selector::Selector::new).collect(),
            conditions,
            variables: environment.lazy_programs().to_vec(),
            validations,
            definition,
            document,
        };
        let rule = describe_rule(&compiled, compiled.definition.severity, &params);
        let enabled = compiled.definition.enabled;
        Ok(Self { rule, enabled, params: Arc::new(params), compiled: Arc::new(compiled) })
    }

    /// The same policy with another severity or other parameters.
    ///
    /// # Errors
    /// When `params` do not fit the policy's schema; the span points into the file that gives them.
    pub fn configured(&self, severity: Option<Severity>, params: Option<NodeRef<'_>>) -> Result<Self> {
        let mut policy = self.clone();
        if let Some(given) = params {
            let schema = self.definition().params.map(|id| self.compiled.document.node(id));
            if schema.is_none() {
                return error(given, format!("policy `{}` has no parameters", self.rule.id));
            }
            policy.params = Arc::new(params::build(schema, Some(given))?);
        }
        policy.rule = describe_rule(&self.compiled, severity.unwrap_or(self.rule.severity), &policy.params);
        Ok(policy)
    }

    /// The policy as written.
    pub fn definition(&self) -> &Definition {
        &self.compiled.definition
    }

    /// The file it was read from.
    pub fn document(&self) -> &Document<'static> {
        &self.compiled.document
    }

    /// The formats it is about, conditions aside.
    pub fn formats(&self) -> impl Iterator<Item = &str> {
        self.compiled.selectors.iter().map(selector::Selector::format)
    }

    /// Whether it is about repositories as a whole.
    pub fn is_about_repositories(&self) -> bool {
        self.formats().any(|format| format == crate::model::platform::REPOSITORY.0)
    }

    /// Whether it is about this resource, conditions aside.
    pub fn matches(&self, resource: &Resource<'_>) -> bool {
        self.compiled.selectors.iter().any(|selector| selector.matches(resource))
    }

    /// Whether it asks about other resources than the one at hand.
    pub fn looks_around(&self) -> bool {
        words::AROUND.iter().any(|word| self.uses(word))
    }

    /// Whether it asks what applies an object of a render.
    pub fn asks_for_applier(&self) -> bool {
        words::APPLIED.iter().any(|word| self.uses(word))
    }

    /// Whether any of its expressions refers to `name`, a variable or a function.
    pub fn uses(&self, name: &str) -> bool {
        let compiled = &self.compiled;
        let checks = compiled.validations.iter().flat_map(|check| {
            [
                Some(&check.expression),
                check.each.as_ref(),
                check.message_expression.as_ref(),
                check.at.as_ref(),
            ]
        });
        let programs = compiled.conditions.iter().chain(&compiled.variables).chain(checks.flatten());
        programs.into_iter().any(|program| program.uses(name))
    }
}

fn describe_rule(compiled: &Compiled, severity: Severity, params: &Document<'_>) -> Arc<Rule> {
    let definition = &compiled.definition;
    let mut rule = Rule {
        id: definition.id.clone(),
        title: definition.title.clone(),
        category: definition.category,
        severity,
        confidence: definition.confidence,
        rationale: definition.rationale.clone(),
        remediation: definition.remediation.clone(),
        help: String::new(),
        references: definition.references.clone(),
        equivalents: definition.equivalents.clone(),
        redact: definition.category == Category::Secrets,
    };
    let schema = definition.params.and_then(|id| compiled.document.node(id).get("properties"));
    let parameters: Vec<_> = schema
        .into_iter()
        .flat_map(NodeRef::entries)
        .filter_map(|(key, schema)| {
            let name = key.text()?;
            let value = params.root()?.get(name).map(describe::one_line).unwrap_or_default();
            let description = schema.get("description").and_then(NodeRef::text).unwrap_or_default();
            Some(describe::Parameter { name: name.to_owned(), value, description: description.to_owned() })
        })
        .collect();
    let given = |example: &Example| example.params.map(|id| compiled.document.node(id));
    rule.help = describe::page(&rule, &parameters, &definition.examples, &given);
    Arc::new(rule)
}

fn compile(environment: &Environment, expression: &Expression, root: NodeRef<'_>) -> Result<Program> {
    environment.compile(&expression.source).map_err(|problem| DecodeError {
        message: format!("in this expression: {}", problem.message),
        span: place_in_file(expression, &problem, root),
    })
}

/// Where a mistake of an expression stands in its file. Exact for expressions on one line; block
/// scalars lose their indentation, so there the whole scalar is named.
fn place_in_file(expression: &Expression, problem: &CompileError, root: NodeRef<'_>) -> Span {
    let whole = expression.span;
    let style = find_scalar(root, whole).and_then(NodeRef::style);
    let shift = match style {
        Some(Style::Plain) => 0,
        Some(Style::DoubleQuoted | Style::SingleQuoted) => 1,
        _ => return whole,
    };
    let start = whole.start.saturating_add(shift).saturating_add(problem.span.start);
    let end = whole.start.saturating_add(shift).saturating_add(problem.span.end);
    if start < whole.end { Span::new(start, end.clamp(start, whole.end)) } else { whole }
}

fn find_scalar(node: NodeRef<'_>, span: Span) -> Option<NodeRef<'_>> {
    if node.text().is_some() {
        return (node.span() == span).then_some(node);
    }
    let values = node.entries().map(|(_, value)| value);
    values.chain(node.items()).find_map(|child| find_scalar(child, span))
}
