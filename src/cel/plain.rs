//! The short way for what policies mostly ask: whether a field is there, and how it compares with a literal.
//!
//! Every step on this way is a plain node of a document, and handing on nodes is several times cheaper than
//! handing on values and errors. Where a step is anything else these functions say nothing (`None`), and the
//! expression is evaluated as any other.

use std::cell::Cell;

use super::access::node_of;
use super::ast::Literal;
use super::eval::Frame;
use super::ir::{Expr, Memo, Through};
use super::number::Answer;
use super::value::Value;
use crate::model::{NodeRef, Scalar};

impl<'a> Frame<'a, '_> {
    /// Evaluates a condition; what is no boolean is an error with the answer as it is, its content resolved.
    pub fn condition(&self, expr: &'a Expr) -> Result<bool, Answer<'a>> {
        if let Some(value) = self.at_once(expr) {
            return Ok(value);
        }
        match self.eval(expr).map(|value| self.scope.resolve(value)) {
            Ok(Value::Bool(value)) => Ok(value),
            other => Err(other),
        }
    }

    /// The truth of a condition about plain nodes and literals.
    fn at_once(&self, expr: &'a Expr) -> Option<bool> {
        match expr {
            Expr::Has(operand, name, memo) => self.present(operand, name, *memo),
            Expr::Compare(comparison, pair) => match (&pair[1], self.scalar(&pair[0])?) {
                (Expr::Literal(Literal::Int(b)), Scalar::Int(a)) => Some(comparison.holds(a.cmp(b))),
                _ => None,
            },
            Expr::Equal(wanted, pair) => {
                let Expr::Literal(literal) = &pair[1] else { return None };
                let same = match (literal, self.scalar(&pair[0])?) {
                    (Literal::Str(b), Scalar::Str(a)) => {
                        self.scope.spend_bytes(a.len().min(b.len())).ok()?;
                        *a == **b
                    }
                    (Literal::Bool(b), Scalar::Bool(a)) => a == *b,
                    (Literal::Int(b), Scalar::Int(a)) => a == *b,
                    _ => return None,
                };
                Some(same == *wanted)
            }
            _ => None,
        }
    }

    /// The content of a plain scalar.
    fn scalar(&self, expr: &'a Expr) -> Option<Scalar<'a>> {
        let node = match expr {
            Expr::Field(operand, name, memo) => self.selected(operand, name, *memo, Through::Fields)?,
            Expr::Local(slot) => node_of(self.local(*slot))?,
            _ => return None,
        };
        if self.scope.host().indirect(node) { None } else { node.scalar() }
    }

    /// `has(operand.name)`.
    pub fn present(&self, operand: &'a Expr, name: &str, memo: Memo) -> Option<bool> {
        let memo = self.memo.get(usize::from(memo.0));
        if memo.is_some_and(|memo| memo.get().is_some()) {
            return Some(true);
        }
        let found = self.member(self.searched(operand, Through::Optionals)?, name);
        remember(memo, found);
        Some(found.is_some())
    }

    /// The node `operand.name` leads to.
    pub fn selected(
        &self,
        operand: &'a Expr,
        name: &str,
        memo: Memo,
        through: Through,
    ) -> Option<NodeRef<'a>> {
        let memo = self.memo.get(usize::from(memo.0));
        if let Some(known) = memo.and_then(Cell::get) {
            return Some(known);
        }
        let found = self.member(self.searched(operand, through)?, name);
        remember(memo, found);
        found
    }

    /// The field of a node.
    pub fn member(&self, node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
        node.get(name).filter(|found| self.scope.keeps_nulls() || !found.is_null())
    }

    /// The node in which a field is looked for, which is paid for.
    fn searched(&self, operand: &'a Expr, through: Through) -> Option<NodeRef<'a>> {
        let node = match operand {
            Expr::Field(inner, name, memo) => self.selected(inner, name, *memo, through)?,
            Expr::OptionalField(inner, name) if through == Through::Optionals => {
                self.selected(inner, name, Memo::NONE, through)?
            }
            Expr::Local(slot) => node_of(self.local(*slot))?,
            Expr::Variable(slot) => node_of(self.scope.variable(*slot).ok()?)?,
            _ => return None,
        };
        if self.scope.host().indirect(node) {
            return None;
        }
        if let cost @ 1.. = node.len() as u64 / 16 {
            self.scope.spend(cost).ok()?;
        }
        Some(node)
    }
}

fn remember<'a>(memo: Option<&Cell<Option<NodeRef<'a>>>>, found: Option<NodeRef<'a>>) {
    if let Some(memo) = memo {
        memo.set(found);
    }
}
