//! One evaluation context: the variables, the host, the arena and the fuel.

use std::cell::{Cell, RefCell};

use bumpalo::Bump;

use super::error::Error;
use super::pattern::Cache;
use super::{Handle, HostFunction, Program, Value};
use crate::model::{Document, NodeRef};

/// What the caller knows and expressions may ask for.
pub trait Host<'a> {
    /// Answers a declared function; the receiver of a member call is the first argument.
    ///
    /// Arguments are given as they are: nodes stay nodes, unknowns are passed on.
    fn call(
        &self,
        function: &'static HostFunction,
        args: &[Value<'a>],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Error<'a>>;

    /// A field of a host object; `None` when it has no such field.
    fn field(&self, handle: Handle, name: &str, scope: &Scope<'a>) -> Option<Value<'a>>;

    /// Whether a node's content stands for something else (a `!Ref`, a `${VAR}`), so that every use
    /// of the content is unknown.
    fn indirect(&self, node: NodeRef<'a>) -> bool;

    /// Where the answer of a host call is written, for blame.
    fn origin(&self, function: &'static HostFunction, args: &[Value<'a>]) -> Option<NodeRef<'a>>;
}

/// Bounds of compiling and evaluating.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an expression's source.
    pub source: usize,
    /// Tokens of an expression.
    pub tokens: usize,
    /// Nesting of an expression, operators and selections counted.
    pub depth: usize,
    /// Nesting of expressions and the variables they pull in, while evaluating.
    pub stack: usize,
    /// Fuel of one evaluation; about one unit for each node visited and each 16 bytes handled.
    pub fuel: u64,
    /// Fuel of explaining one result.
    pub blame_fuel: u64,
    /// Fuel of all evaluations in one scope.
    pub total_fuel: u64,
    /// Bytes of a string or bytes value.
    pub string: usize,
    /// Items of a list, entries of a map.
    pub list: usize,
    /// Bytes of memory of a compiled regular expression.
    pub regex: usize,
}

impl Limits {
    /// The bounds in force.
    pub const DEFAULT: Self = Self {
        source: 32 * 1024,
        tokens: 8 * 1024,
        depth: 96,
        stack: 400,
        fuel: 2_000_000,
        blame_fuel: 250_000,
        total_fuel: 50_000_000,
        string: 1024 * 1024,
        list: 100_000,
        regex: 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One evaluation context. Not shared between threads; make one for each document judged.
pub struct Scope<'a> {
    arena: &'a Bump,
    host: &'a dyn Host<'a>,
    lazies: &'a [Program],
    slots: Vec<Option<Value<'a>>>,
    memo: Vec<Cell<Option<Result<Value<'a>, Error<'a>>>>>,
    subject: Option<&'a Document<'a>>,
    keeps_nulls: bool,
    fuel: Cell<u64>,
    total: Cell<u64>,
    stack: Cell<usize>,
    pub(super) patterns: RefCell<Cache>,
}

impl<'a> Scope<'a> {
    /// A context whose temporary values live in `arena`; `lazies` are those of the environment the
    /// programs were compiled in ([`Environment::lazy_programs`](super::Environment::lazy_programs)).
    pub fn new(arena: &'a Bump, host: &'a dyn Host<'a>, lazies: &'a [Program]) -> Self {
        Self {
            arena,
            host,
            lazies,
            slots: Vec::new(),
            memo: vec![Cell::new(None); lazies.len()],
            subject: None,
            keeps_nulls: true,
            fuel: Cell::new(Limits::DEFAULT.fuel),
            total: Cell::new(Limits::DEFAULT.total_fuel),
            stack: Cell::new(0),
            patterns: RefCell::default(),
        }
    }

    /// Gives the variable of `slot` its value.
    pub fn set(&mut self, slot: usize, value: Value<'a>) {
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, None);
        }
        self.slots[slot] = Some(value);
    }

    /// Names the document a finding may point into; blame ignores nodes of every other.
    pub fn subject(&mut self, root: NodeRef<'a>) {
        self.subject = Some(root.document);
    }

    /// From now on a field of a document that holds null is as good as absent: what an API server makes of
    /// null when it reads an object, and what an author means by `args:` with nothing after it.
    pub fn leave_out_nulls(&mut self) {
        self.keeps_nulls = false;
    }

    /// Whether a field that holds null is there.
    pub(super) fn keeps_nulls(&self) -> bool {
        self.keeps_nulls
    }

    /// Where temporary values live.
    pub fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// Who answers host functions.
    pub fn host(&self) -> &'a dyn Host<'a> {
        self.host
    }

    /// The content of a scalar node, unknown for an indirect node, every other value as it is.
    pub fn resolve(&self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Node(node) if self.host.indirect(node) => Value::Unknown(Some(node)),
            Value::Node(_) => value.plain(),
            _ => value,
        }
    }

    /// Uses up `units` of fuel.
    ///
    /// # Errors
    /// When there is not enough left.
    pub fn spend(&self, units: u64) -> Result<(), Error<'a>> {
        let left = self.fuel.get().checked_sub(units);
        self.fuel.set(left.unwrap_or(0));
        if left.is_some() { Ok(()) } else { Err(Error::Fuel) }
    }

    /// Uses up fuel for handling `bytes` of text.
    ///
    /// # Errors
    /// When there is not enough left.
    pub fn spend_bytes(&self, bytes: usize) -> Result<(), Error<'a>> {
        self.spend(bytes as u64 / 16 + 1)
    }

    /// Whether a node belongs to the document findings point into; any does until one is named.
    pub(super) fn is_subject(&self, node: NodeRef<'a>) -> bool {
        self.subject.is_none_or(|document| std::ptr::eq(document, node.document))
    }

    pub(super) fn variable(&self, slot: usize) -> Result<Value<'a>, Error<'a>> {
        self.slots.get(slot).copied().flatten().ok_or(Error::Unset)
    }

    /// The program of a lazy variable, for blame.
    pub(super) fn lazy_program(&self, index: usize) -> Option<&'a Program> {
        self.lazies.get(index)
    }

    /// The value of a lazy variable, evaluated at its first use.
    pub(super) fn lazy(&self, index: usize) -> Result<Value<'a>, Error<'a>> {
        let (Some(program), Some(memo)) = (self.lazies.get(index), self.memo.get(index)) else {
            return Err(Error::Unset);
        };
        if let Some(known) = memo.get() {
            return known;
        }
        let value = program.run(self);
        memo.set(Some(value));
        value
    }

    /// Fills the tank with `fuel` from what is left in total, and takes back what it left.
    pub(super) fn fuelled<T>(&self, fuel: u64, run: impl FnOnce() -> T) -> T {
        let given = fuel.min(self.total.get());
        self.fuel.set(given);
        let result = run();
        self.total.set(self.total.get().saturating_sub(given.saturating_sub(self.fuel.get())));
        result
    }

    /// Runs something that nests `depth` deep; programs nest through lazy variables.
    pub(super) fn nested<T>(
        &self,
        depth: usize,
        run: impl FnOnce() -> Result<T, Error<'a>>,
    ) -> Result<T, Error<'a>> {
        let before = self.stack.get();
        if before + depth > Limits::DEFAULT.stack {
            return Err(Error::TooDeep);
        }
        self.stack.set(before + depth);
        let result = run();
        self.stack.set(before);
        result
    }
}
