//! What names and functions expressions may use.

use std::fmt;
use std::ops::RangeInclusive;

use super::lower::lower;
use super::parse::parse;
use super::program::Program;
use crate::model::Span;

/// A function the caller answers.
#[derive(Debug)]
pub struct HostFunction {
    /// Its name; a namespaced one has dots (`secrets.scan`).
    pub name: &'static str,
    /// How it is called.
    pub call: CallStyle,
    /// How many arguments it takes, the receiver not counted.
    pub arity: RangeInclusive<usize>,
    /// One line for the reference.
    pub doc: &'static str,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStyle {
    /// `size(x)`, `math.abs(x)`.
    Global,
    /// `x.startsWith(y)`.
    Member,
}

/// Why a source is no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong, with the nearest known name where one is near.
    pub message: String,
    /// Where in the expression's source.
    pub span: Span,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// The declared names: the language and its libraries, and what the caller adds.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Vec<Box<str>>,
    lazy_names: Vec<Box<str>>,
    lazy_programs: Vec<Program>,
    hosts: Vec<&'static HostFunction>,
    container: Box<str>,
}

impl Environment {
    /// The language and its libraries, without a variable.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a variable and returns its slot; a name declared before keeps its slot.
    pub fn variable(&mut self, name: &str) -> usize {
        self.slot(name).unwrap_or_else(|| {
            self.variables.push(name.into());
            self.variables.len() - 1
        })
    }

    /// Declares functions the host answers.
    pub fn host(&mut self, functions: impl IntoIterator<Item = &'static HostFunction>) {
        self.hosts.extend(functions);
    }

    /// Declares `variables.<name>`, evaluated at its first use in a scope.
    pub fn lazy(&mut self, name: &str, program: Program) {
        self.lazy_names.push(name.into());
        self.lazy_programs.push(program);
    }

    /// The programs of the lazy variables in the order of their declaration.
    pub fn lazy_programs(&self) -> &[Program] {
        &self.lazy_programs
    }

    /// Names the namespace in which short names are looked up first.
    pub fn container(&mut self, name: &str) {
        self.container = name.into();
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is no CEL, uses an undeclared name or function, or exceeds [`Limits`](super::Limits).
    pub fn compile(&self, source: &str) -> Result<Program, CompileError> {
        lower(&parse(source)?, source, self)
    }

    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|known| **known == *name)
    }

    pub(super) fn lazy_index(&self, name: &str) -> Option<usize> {
        // The last declaration wins, as a redefinition would.
        self.lazy_names.iter().rposition(|known| **known == *name)
    }

    pub(super) fn has_lazies(&self) -> bool {
        !self.lazy_names.is_empty()
    }

    pub(super) fn lazy_names(&self) -> impl Iterator<Item = &str> {
        self.lazy_names.iter().map(AsRef::as_ref)
    }

    pub(super) fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(AsRef::as_ref)
    }

    pub(super) fn host_functions(&self) -> impl Iterator<Item = &'static HostFunction> + '_ {
        self.hosts.iter().copied()
    }

    /// `name` as it may be meant in the container: the most specific first.
    pub(super) fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(absolute) = name.strip_prefix('.') {
            return vec![absolute.to_owned()];
        }
        let mut candidates = Vec::new();
        let mut prefix = &*self.container;
        while !prefix.is_empty() {
            candidates.push(format!("{prefix}.{name}"));
            prefix = prefix.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        candidates.push(name.to_owned());
        candidates
    }
}
