//! What the loaders of the native formats share: expressions, texts, the rule of a policy.

use super::host::{self, Function};
use super::world::Object;
use super::{Loaded, NotEvaluated, Problem, Validation};
use crate::cel::{Environment, Program};
use crate::model::NodeRef;
use crate::model::decode::{DecodeError, error};

/// Why a policy is not loaded.
pub(super) enum Refusal {
    /// It is wrong.
    Wrong(DecodeError),
    /// It asks for what is not evaluated here; says what.
    Unsupported(String),
}

impl From<DecodeError> for Refusal {
    fn from(problem: DecodeError) -> Self {
        Self::Wrong(problem)
    }
}

/// What reading a part of a policy gives.
pub(super) type Read<T> = Result<T, Refusal>;

impl Loaded {
    /// Keeps why the policy in `object` is not loaded.
    pub(super) fn refuse(&mut self, object: &Object<'_>, refusal: Refusal) {
        match refusal {
            Refusal::Wrong(problem) => self.problems.push(Problem {
                file: object.file.clone(),
                span: problem.span,
                message: problem.message,
            }),
            Refusal::Unsupported(reason) => self.not_evaluated.push(NotEvaluated {
                file: object.file.clone(),
                policy: format!("{} {}", object.kind, object.name()),
                reason,
            }),
        }
    }
}

/// The expressions of one policy: an environment that grows by its variables.
pub(super) struct Expressions {
    environment: Environment,
    rewrite: Option<fn(&str) -> String>,
}

impl Expressions {
    /// Those of a policy without variables of its own yet.
    pub(super) fn new() -> Self {
        Self { environment: host::environment(), rewrite: None }
    }

    /// Those of a format that has variables and functions of its own.
    pub(super) fn with(variables: &[&str], functions: &'static [Function]) -> Self {
        let mut expressions = Self::new();
        for name in variables {
            expressions.environment.variable(name);
        }
        expressions.environment.host(functions.iter().map(|row| &row.function));
        expressions
    }

    /// From now on compiles what `rewrite` makes of an expression.
    pub(super) fn rewriting(&mut self, rewrite: fn(&str) -> String) {
        self.rewrite = Some(rewrite);
    }

    /// Compiles an expression.
    pub(super) fn compile(&self, source: &str) -> Read<Program> {
        let rewritten = self.rewrite.map(|rewrite| rewrite(source));
        let source = rewritten.as_deref().unwrap_or(source);
        self.environment.compile(source).map_err(|problem| {
            let line: String = one_line(source).chars().take(80).collect();
            Refusal::Unsupported(format!("`{line}`: {}", problem.message))
        })
    }

    /// Declares `variables.<name>`.
    pub(super) fn variable(&mut self, name: &str, source: &str) -> Read<()> {
        let program = self.compile(source)?;
        self.environment.lazy(name, program);
        Ok(())
    }

    /// Declares a list of `{name, expression}`.
    pub(super) fn variables(&mut self, list: Option<NodeRef<'_>>) -> Read<()> {
        for item in items(list, "variables")? {
            self.variable(required(item, "name")?, required(item, "expression")?)?;
        }
        Ok(())
    }

    /// Compiles the `expression` of every item of a list, such as `matchConditions`.
    pub(super) fn conditions(&self, list: Option<NodeRef<'_>>) -> Read<Vec<Program>> {
        items(list, "matchConditions")?.map(|item| self.compile(required(item, "expression")?)).collect()
    }

    /// Compiles a list of `{expression, message, messageExpression}`.
    pub(super) fn validations(&self, list: Option<NodeRef<'_>>) -> Read<Vec<Validation>> {
        items(list, "validations")?
            .map(|item| {
                let text = |key| item.get(key).and_then(NodeRef::text);
                let expression = self.compile(required(item, "expression")?)?;
                let message = text("message").map(one_line).filter(|text| !text.is_empty());
                Ok(Validation {
                    message: message
                        .unwrap_or_else(|| format!("failed expression: {}", shortened(expression.source()))),
                    expression,
                    message_expression: text("messageExpression")
                        .map(|source| self.compile(source))
                        .transpose()?,
                })
            })
            .collect()
    }

    /// The programs of the variables.
    pub(super) fn programs(&self) -> Vec<Program> {
        self.environment.lazy_programs().to_vec()
    }
}

/// A text as one line, its white space collapsed.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An expression as one line that is not too long for a message.
pub(super) fn shortened(source: &str) -> String {
    const LONGEST: usize = 200;
    let line = one_line(source);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// The items of an optional list.
pub(super) fn items<'w>(
    list: Option<NodeRef<'w>>,
    what: &str,
) -> Result<impl Iterator<Item = NodeRef<'w>> + use<'w>, DecodeError> {
    match list {
        Some(list)
            if !list.is_sequence() && list.len() == 0 && list.text().is_some_and(|text| !text.is_empty()) =>
        {
            error(list, format!("`{what}` must be a list"))
        }
        list => Ok(list.into_iter().flat_map(NodeRef::items)),
    }
}

/// The texts of an optional list.
pub(super) fn texts(list: Option<NodeRef<'_>>) -> Vec<String> {
    list.into_iter().flat_map(NodeRef::items).filter_map(|item| item.text().map(str::to_owned)).collect()
}

/// The text under a key that must be there.
pub(super) fn required<'w>(node: NodeRef<'w>, key: &str) -> Result<&'w str, DecodeError> {
    match node.get(key).and_then(NodeRef::text) {
        Some(text) => Ok(text),
        None => error(node, format!("`{key}` is missing")),
    }
}
