//! A policy of ours in the words of the API server: a `ValidatingAdmissionPolicy` and its binding, so that
//! the rule of the pull request is the rule at admission.
//!
//! ```text
//! Policy ─ parse ─▶ Ast ─ expand ─▶ Ast ─ check ─▶ YAML, or why there can be none
//! ```
//!
//! What a file cannot tell and a request can (the value of a `${VAR}`) is known at admission, so nothing of
//! that is exported. Deliberately absent: policies about more than one object, and words without a
//! counterpart, such as the detectors of secrets: those policies are refused with the reason.

mod check;
mod expand;
mod fold;
mod glob;
mod rules;
mod write;

use std::collections::BTreeSet;

use super::Policy;
use super::file::{Expression, Validation};
use crate::cel::ast::{Ast, Kind, Literal};
use crate::cel::parse;
use expand::Expander;
use fold::{binary, call, ident, is_bool, negated};

/// An exported policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The name of its objects.
    pub name: String,
    /// The policy and its binding, as two YAML documents.
    pub yaml: String,
}

/// A variable of the policy, and its expression or why it has none.
type Variable = (String, Result<Ast, String>);

/// A named expression in the words of the API server.
struct Named {
    name: String,
    expression: Ast,
}

/// A validation in the words of the API server.
struct Check {
    expression: Ast,
    message: String,
    message_expression: Option<Ast>,
}

/// What is written out.
struct Admission<'p> {
    policy: &'p Policy,
    name: String,
    rules: Vec<rules::Rule>,
    conditions: Vec<Named>,
    variables: Vec<Named>,
    checks: Vec<Check>,
}

impl Policy {
    /// The policy as a `ValidatingAdmissionPolicy` with its binding, its parameters as configured.
    ///
    /// # Errors
    /// When it asks for what an API server cannot answer; says for what.
    pub fn to_admission(&self) -> Result<Exported, String> {
        let definition = self.definition();
        let kinds: Vec<&[String]> = definition
            .matches
            .iter()
            .filter(|entry| entry.format == "kubernetes")
            .map(|entry| entry.kinds.as_slice())
            .collect();
        if kinds.is_empty() {
            return Err("it is not about Kubernetes objects".to_owned());
        }
        let rules = rules::of(&kinds)?;

        // Conditions are judged before there are variables: there, all is written out.
        let mut expander = Expander::new(definition, self.params.root(), true);
        let mut conditions = Vec::new();
        for condition in &definition.conditions {
            match expander.expression(&condition.expression)? {
                Ast { kind: Kind::Literal(Literal::Bool(true)), .. } => {}
                Ast { kind: Kind::Literal(Literal::Bool(false)), .. } => {
                    return Err("it never applies to an object of a cluster".to_owned());
                }
                expression => {
                    conditions.push(Named { name: condition.name.clone(), expression: truth(expression) });
                }
            }
        }
        let mut expander = Expander::new(definition, self.params.root(), false);
        // One that only a part left out uses may ask for what it likes.
        let variables: Vec<Variable> = definition
            .variables
            .iter()
            .map(|variable| (variable.name.clone(), expander.expression(&variable.expression)))
            .collect();
        let mut checks = Vec::new();
        for validation in &definition.validations {
            checks.push(self.admission_check(validation, &mut expander, &variables)?);
        }
        let helpers = expander.helpers().into_iter().map(|helper| (helper.name, Ok(helper.expression)));
        let variables = used(helpers.chain(variables).collect(), &checks)?;

        let admission = Admission { policy: self, name: name(self), rules, conditions, variables, checks };
        check::check(&admission)?;
        Ok(Exported { yaml: write::yaml(&admission), name: admission.name })
    }

    fn admission_check(
        &self,
        validation: &Validation,
        expander: &mut Expander<'_>,
        variables: &[Variable],
    ) -> Result<Check, String> {
        let message = validation.message.clone().unwrap_or_else(|| self.rule.title.clone());
        let optional = |expander: &mut Expander<'_>, expression: &Option<Expression>| {
            expression.as_ref().map(|expression| expander.expression(expression)).transpose()
        };
        let Some(each) = &validation.each else {
            return Ok(Check {
                expression: truth(expander.expression(&validation.expression)?),
                message,
                message_expression: optional(expander, &validation.message_expression)?.map(text),
            });
        };
        let mut list = expander.expression(each)?;
        // The API server cannot flatten a list; going over one inside another is the same.
        let named = variables.iter().find(|(name, _)| variable_of(&list) == Some(name));
        if let Some((_, Ok(expression))) = named
            && fold::calls(expression, "flatten")
        {
            list = expression.clone();
        }
        let flattened = fold::calls(&list, "flatten");
        let (body, computed) = expander.with_bound(ITEM, |expander| {
            let body = expander.expression(&validation.expression)?;
            Ok::<_, String>((body, optional(expander, &validation.message_expression)?))
        })?;
        // The message is that of the first item that is wrong.
        let message_expression = computed.filter(|_| !flattened).map(|computed| {
            let wrong = call(list.clone(), "filter", [ident(ITEM), negated(body.clone())]);
            fold::index(call(wrong, "map", [ident(ITEM), text(computed)]), 0)
        });
        Ok(Check { expression: fold::all_over(&list, ITEM, body), message, message_expression })
    }
}

const ITEM: &str = "item";

/// `naming/host-names` as an object may be called.
fn name(policy: &Policy) -> String {
    policy.rule.id.replace('/', "-")
}

/// The name in `variables.<name>`.
fn variable_of(ast: &Ast) -> Option<&str> {
    match &ast.kind {
        Kind::Select(operand, field) if matches!(&operand.kind, Kind::Ident(root) if root == "variables") => {
            Some(field)
        }
        _ => None,
    }
}

/// Those of the variables that the checks use, or variables that they use.
fn used(variables: Vec<Variable>, checks: &[Check]) -> Result<Vec<Named>, String> {
    let mut wanted = BTreeSet::new();
    let mut note = |ast: &Ast| {
        fold::visit(ast, &mut |ast| {
            wanted.extend(variable_of(ast).map(str::to_owned));
        });
    };
    for check in checks {
        note(&check.expression);
        if let Some(message) = &check.message_expression {
            note(message);
        }
    }
    // A variable uses only those before it.
    let mut kept: Vec<Named> = Vec::new();
    for (name, expression) in variables.into_iter().rev() {
        if wanted.contains(&name) {
            let expression = expression?;
            fold::visit(&expression, &mut |ast| {
                wanted.extend(variable_of(ast).map(str::to_owned));
            });
            kept.push(Named { name, expression });
        }
    }
    kept.reverse();
    Ok(kept)
}

/// An expression whose type the API server knows to be `bool`, as it insists.
fn truth(ast: Ast) -> Ast {
    if is_bool(&ast) { ast } else { binary(crate::cel::ast::Binary::Equal, ast, fold::boolean(true)) }
}

/// An expression whose type the API server knows to be `string`, as it insists.
fn text(ast: Ast) -> Ast {
    if fold::is_text(&ast) { ast } else { fold::global("string", [ast]) }
}

/// Parses what is written in this program.
fn source(text: &str) -> Result<Ast, String> {
    parse(text).map_err(|problem| problem.message)
}
