//! A compiled expression.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::blame::{Blame, explain};
use super::error::Error;
use super::eval::Frame;
use super::ir::{Expr, Lowered, Memo};
use super::scope::{Limits, Scope};
use super::value::Value;

/// A compiled expression; cheap to clone and free to be shared between threads.
#[derive(Clone)]
pub struct Program(Arc<Inner>);

struct Inner {
    source: Box<str>,
    lowered: Lowered,
}

impl Program {
    pub(super) fn new(source: &str, lowered: Lowered) -> Self {
        Self(Arc::new(Inner { source: source.into(), lowered }))
    }

    /// Evaluates the expression; fuel is filled up first, as far as the scope's total allows.
    ///
    /// The result is [`Value::Unknown`] when it hangs on something the files do not say.
    ///
    /// # Errors
    /// As the specification has it, and when a bound of [`Limits`] is reached.
    pub fn evaluate<'a>(&'a self, scope: &Scope<'a>) -> Result<Value<'a>, Error<'a>> {
        scope.fuelled(Limits::DEFAULT.fuel, || self.run(scope))
    }

    /// Evaluates with the fuel there is.
    pub(super) fn run<'a>(&'a self, scope: &Scope<'a>) -> Result<Value<'a>, Error<'a>> {
        scope.nested(self.depth(), || self.frame(scope).eval(&self.0.lowered.root))
    }

    /// Names the node that made the result what it is: of a false validation, what to look at.
    ///
    /// `None` when no node of the [subject](Scope::subject) had part in it.
    pub fn blame<'a>(&'a self, scope: &Scope<'a>) -> Option<Blame<'a>> {
        scope.fuelled(Limits::DEFAULT.blame_fuel, || explain(self.frame(scope), &self.0.lowered.root))
    }

    /// An evaluation of this program; the variables of its macros live in the arena.
    pub(super) fn frame<'a, 's>(&'a self, scope: &'s Scope<'a>) -> Frame<'a, 's> {
        let locals = match self.0.lowered.slots {
            0 => &[],
            slots => &*scope.arena().alloc_slice_fill_with(slots, |_| Cell::new(Value::Null)),
        };
        Frame { scope, locals, memo: [const { Cell::new(None) }; Memo::COUNT] }
    }

    pub(super) fn root(&self) -> &Expr {
        &self.0.lowered.root
    }

    /// How deep evaluation recurses.
    pub(super) fn depth(&self) -> usize {
        self.0.lowered.depth
    }

    /// Whether the expression refers to the variable or function `name` (`repo`, `tags`, `variables`);
    /// lazy variables are not followed.
    pub fn uses(&self, name: &str) -> bool {
        self.0.lowered.uses.iter().any(|used| **used == *name)
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.0.source
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:?})", self.0.source)
    }
}
