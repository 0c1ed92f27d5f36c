//! Bounds of one evaluation: aliases, loops and substitutions can make a small template large.

use super::why::{Known, Why};

/// How many nodes are looked at; the largest template CloudFormation takes (1 MiB) has a tenth of them.
const MAX_STEPS: u32 = 500_000;
/// How much text is made; a template's own text is not counted.
const MAX_BYTES: usize = 16 << 20;
/// How deep values and conditions are nested.
const MAX_DEPTH: u32 = 128;

/// Why nothing more is evaluated.
pub(super) const TOO_LARGE: &str = "a template too large to evaluate";

/// What may still be spent.
#[derive(Debug)]
pub(super) struct Budget {
    steps: u32,
    bytes: usize,
    depth: u32,
    spent: bool,
}

impl Budget {
    pub fn new() -> Self {
        Self { steps: MAX_STEPS, bytes: MAX_BYTES, depth: MAX_DEPTH, spent: false }
    }

    /// Takes a step.
    pub fn step<'d>(&mut self) -> Known<'d, ()> {
        match self.steps.checked_sub(1) {
            Some(left) => self.steps = left,
            None => return Err(self.end()),
        }
        Ok(())
    }

    /// Takes a step further down, which [`Self::leave`] ends when it is granted.
    pub fn enter<'d>(&mut self) -> Known<'d, ()> {
        self.step()?;
        self.depth = self.depth.checked_sub(1).ok_or("a value nested too deep to evaluate")?;
        Ok(())
    }

    /// Goes back up.
    pub fn leave(&mut self) {
        self.depth += 1;
    }

    /// Makes a text of so many bytes.
    pub fn bytes<'d>(&mut self, count: usize) -> Known<'d, ()> {
        match self.bytes.checked_sub(count) {
            Some(left) => self.bytes = left,
            None => return Err(self.end()),
        }
        Ok(())
    }

    /// Whether something was left out because steps or bytes have run out.
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// From now on nothing is evaluated: what is left is as large as what was refused.
    fn end<'d>(&mut self) -> Why<'d> {
        (self.steps, self.bytes, self.spent) = (0, 0, true);
        TOO_LARGE.into()
    }
}
