//! Explains a result: which node of the document made it what it is.
//!
//! The expression is walked again knowing its value, on failure only. Two questions take turns:
//! *why* is this boolean true or false, and *where* does this value come from. Only nodes of the
//! [subject](super::Scope::subject) are answers; parameters and other documents are not to blame.

use std::cell::RefCell;

use super::comprehension::{Element, Range};
use super::error::Error;
use super::eval::Frame;
use super::ir::{Expr, Loop, LoopKind, Otherwise};
use super::scope::Limits;
use super::value::Value;
use crate::model::{NodeRef, Span};

/// The node that made a result what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blame<'a> {
    /// The node.
    pub node: NodeRef<'a>,
    /// Whether something is missing, and `node` is its nearest existing parent.
    pub missing: bool,
    /// A part of the node's text, when only a part is to blame.
    pub span: Option<Span>,
}

/// Explains the result of an expression.
pub fn explain<'a>(frame: Frame<'a, '_>, expr: &'a Expr) -> Option<Blame<'a>> {
    let walk = Walk { frame, bound: RefCell::default(), depth: 0 };
    walk.cause(expr)
}

/// A walk over one expression.
struct Walk<'a, 's> {
    frame: Frame<'a, 's>,
    /// What `cel.bind` gave to the slots in force.
    bound: RefCell<Vec<(usize, &'a Expr)>>,
    /// How deep the expressions are that lazy variables led through.
    depth: usize,
}

impl<'a> Walk<'a, '_> {
    /// Why a condition is what it is, or where any other value comes from.
    fn cause(&self, expr: &'a Expr) -> Option<Blame<'a>> {
        match self.eval(expr) {
            Ok(Value::Bool(value)) => self.why(expr, value),
            _ => self.source(expr),
        }
    }

    fn eval(&self, expr: &'a Expr) -> Result<Value<'a>, Error<'a>> {
        self.frame.eval(expr).map(|value| self.frame.scope.resolve(value))
    }

    fn is(&self, expr: &'a Expr, wanted: bool) -> bool {
        matches!(self.eval(expr), Ok(Value::Bool(value)) if value == wanted)
    }

    /// Why a boolean expression is `value`.
    fn why(&self, expr: &'a Expr, value: bool) -> Option<Blame<'a>> {
        match expr {
            // What settled it: a false operand of `&&`, a true one of `||`.
            Expr::And(operands) if !value => self.settled(operands, false),
            Expr::Or(operands) if value => self.settled(operands, true),
            Expr::And(operands) | Expr::Or(operands) => {
                self.best(operands.iter().map(|operand| self.why(operand, value)))
            }
            Expr::Not(operand) => self.why(operand, !value),
            Expr::Conditional(parts) => {
                let branch = if self.is(&parts[0], true) { &parts[1] } else { &parts[2] };
                self.why(branch, value).or_else(|| self.cause(&parts[0]))
            }
            Expr::Has(operand, ..) if !value => self.nearest(operand),
            Expr::Has(operand, name, _) => {
                let found = self.frame.field(self.frame.eval(operand).ok()?, name).ok()?;
                self.node(found).or_else(|| self.source(operand))
            }
            Expr::In(pair) => self.why_in(&pair[0], &pair[1], value),
            Expr::Loop(each) => self.why_loop(each, value),
            Expr::Lazy(index) => {
                let (walk, root) = self.definition(*index)?;
                walk.why(root, value)
            }
            Expr::Bind(bind) => self.within_bind(bind.slot, &bind.value, || self.why(&bind.body, value)),
            _ => self.source(expr),
        }
    }

    fn settled(&self, operands: &'a [Expr], value: bool) -> Option<Blame<'a>> {
        operands.iter().filter(|operand| self.is(operand, value)).find_map(|operand| self.why(operand, value))
    }

    fn why_in(&self, item: &'a Expr, range: &'a Expr, value: bool) -> Option<Blame<'a>> {
        let item = self.source(item).filter(|found| !found.missing);
        item.or_else(|| {
            let mut found = self.whole(range)?;
            found.missing |= !value && found.node.is_mapping();
            Some(found)
        })
    }

    fn why_loop(&self, each: &'a Loop, value: bool) -> Option<Blame<'a>> {
        let elements = || self.elements(each);
        match (each.kind, value) {
            // One element settled it.
            (LoopKind::All, false) | (LoopKind::Exists, true) => {
                let broke = |element: Element<'a>| {
                    self.enter(each, element);
                    if !self.is(&each.body, value) {
                        return None;
                    }
                    Some(self.why(&each.body, value).or_else(|| self.node(element.content)))
                };
                elements().into_iter().find_map(broke).flatten().or_else(|| self.source(&each.range))
            }
            // No single one did: it is the whole range, or what the predicate looked at instead.
            (LoopKind::All | LoopKind::Exists | LoopKind::ExistsOne, _) => {
                let looked_at = |element: Element<'a>| {
                    self.enter(each, element);
                    self.cause(&each.body)
                };
                self.whole(&each.range).or_else(|| self.best(elements().into_iter().map(looked_at)))
            }
            _ => self.source_of_loop(each),
        }
    }

    /// Where the value of an expression comes from.
    fn source(&self, expr: &'a Expr) -> Option<Blame<'a>> {
        match self.frame.eval(expr) {
            Ok(value) => {
                if let Some(found) = self.node(value) {
                    return Some(found);
                }
            }
            Err(
                Error::NoSuchKey { parent: Some(node), .. } | Error::IndexOutOfBounds { parent: Some(node) },
            ) if self.frame.scope.is_subject(node) => {
                return Some(missing(node));
            }
            Err(_) => {}
        }
        self.source_within(expr)
    }

    /// Where a list as a whole comes from, when no element of it is to blame.
    fn whole(&self, range: &'a Expr) -> Option<Blame<'a>> {
        match range {
            Expr::Lazy(index) => {
                let (walk, root) = self.definition(*index)?;
                walk.whole(root)
            }
            // The answer of a host is made of pieces; what counts is where it is written.
            Expr::Host(..) if !matches!(self.frame.eval(range), Ok(Value::Node(_))) => {
                self.source_within(range)
            }
            _ => self.source(range),
        }
    }

    /// Where a value that is itself no node comes from: from the parts of its expression.
    fn source_within(&self, expr: &'a Expr) -> Option<Blame<'a>> {
        match expr {
            Expr::Literal(_) | Expr::Pattern(_) | Expr::Type(_) | Expr::Variable(_) => None,
            Expr::Local(slot) => self.source_of_binding(*slot),
            Expr::Lazy(index) => {
                let (walk, root) = self.definition(*index)?;
                walk.cause(root)
            }
            Expr::Field(operand, ..) | Expr::OptionalField(operand, _) => self.nearest(operand),
            Expr::Index(pair) | Expr::OptionalIndex(pair) => self.nearest(&pair[0]),
            Expr::Has(operand, ..) | Expr::Not(operand) | Expr::Negate(operand) => self.source(operand),
            Expr::And(operands) | Expr::Or(operands) => self.best(operands.iter().map(|it| self.source(it))),
            Expr::Conditional(parts) => {
                let branch = if self.is(&parts[0], true) { &parts[1] } else { &parts[2] };
                self.source(branch).or_else(|| self.cause(&parts[0]))
            }
            Expr::Equal(_, pair) | Expr::Compare(_, pair) | Expr::In(pair) | Expr::Arithmetic(_, pair) => {
                self.best(pair.iter().map(|operand| self.source(operand)))
            }
            Expr::List(items) => self.best(items.iter().map(|(item, _)| self.source(item))),
            Expr::Map(entries) => self.best(entries.iter().map(|(_, value, _)| self.source(value))),
            Expr::Call(_, args) => self.best(args.iter().map(|arg| self.cause(arg))),
            Expr::Host(function, args) => {
                let values: Vec<Value<'a>> =
                    args.iter().filter_map(|arg| self.frame.eval(arg).ok()).collect();
                let origin = self.frame.scope.host().origin(function, &values);
                let origin = origin.and_then(|node| self.node(Value::Node(node)));
                origin.or_else(|| self.best(args.iter().map(|arg| self.source(arg))))
            }
            Expr::Loop(each) => self.source_of_loop(each),
            Expr::Bind(bind) => self.within_bind(bind.slot, &bind.value, || self.cause(&bind.body)),
            Expr::OrElse(otherwise, pair) => {
                let absent = matches!(self.frame.eval(&pair[0]), Ok(Value::Optional(None)));
                let fallback = || if absent { self.source(&pair[1]) } else { None };
                match otherwise {
                    Otherwise::Value => self.source(&pair[0]).or_else(fallback),
                    Otherwise::Optional => self.best([self.source(&pair[0]), fallback()]),
                }
            }
            Expr::OptionalMap(map) => self.source(&map.target),
        }
    }

    /// Where a variable of `cel.bind` has its value from. The value knows only the variables around it: those
    /// of the loops in it may be in the same slots.
    fn source_of_binding(&self, slot: usize) -> Option<Blame<'a>> {
        let at = self.bound.borrow().iter().rposition(|(known, _)| *known == slot)?;
        let hidden = self.bound.borrow_mut().split_off(at);
        let (_, value) = *hidden.first()?;
        let bound = self.frame.local(slot);
        let found = self.source(value);
        self.frame.set_local(slot, bound);
        self.bound.borrow_mut().extend(hidden);
        found
    }

    /// A list made by a loop comes from its first surviving element.
    fn source_of_loop(&self, each: &'a Loop) -> Option<Blame<'a>> {
        let survived = |element: Element<'a>| {
            self.enter(each, element);
            match &each.filter {
                None => Some(self.source(&each.body)),
                Some(filter) if !self.is(filter, true) => None,
                Some(filter) => Some(self.source(&each.body).or_else(|| self.why(filter, true))),
            }
        };
        let first = self.elements(each).into_iter().find_map(survived).flatten();
        first.or_else(|| self.source(&each.range))
    }

    /// What exists of `operand`, in which something is missing.
    fn nearest(&self, operand: &'a Expr) -> Option<Blame<'a>> {
        self.source(operand).map(|found| missing(found.node))
    }

    fn elements(&self, each: &'a Loop) -> Vec<Element<'a>> {
        let range = self.eval(&each.range).ok().and_then(Range::of);
        range.map_or_else(Vec::new, |range| range.elements(each.pairs).collect())
    }

    fn enter(&self, each: &Loop, element: Element<'a>) {
        self.frame.set_local(each.slot, element.first);
        if let Some(second) = element.second {
            self.frame.set_local(each.slot + 1, second);
        }
    }

    fn within_bind<T>(&self, slot: usize, value: &'a Expr, walk: impl FnOnce() -> Option<T>) -> Option<T> {
        self.frame.set_local(slot, self.frame.eval(value).ok()?);
        self.bound.borrow_mut().push((slot, value));
        let found = walk();
        self.bound.borrow_mut().pop();
        found
    }

    /// The definition of a lazy variable, to go on in; `None` when the walk is too deep already.
    fn definition(&self, index: usize) -> Option<(Walk<'a, '_>, &'a Expr)> {
        let program = self.frame.scope.lazy_program(index)?;
        let depth = self.depth + program.depth();
        let walk = Walk { frame: program.frame(self.frame.scope), bound: RefCell::default(), depth };
        (depth <= Limits::DEFAULT.stack / 2).then_some((walk, program.root()))
    }

    /// The node a value is or begins with, when it belongs to the subject.
    fn node(&self, value: Value<'a>) -> Option<Blame<'a>> {
        let node = match value {
            Value::Node(node) | Value::Unknown(Some(node)) => node,
            Value::Optional(Some(value)) => return self.node(*value),
            Value::List([first, ..]) => return self.node(*first),
            _ => return None,
        };
        self.frame.scope.is_subject(node).then_some(Blame { node, missing: false, span: None })
    }

    /// Of several nodes the deepest; what is there goes before what is missing.
    fn best(&self, found: impl IntoIterator<Item = Option<Blame<'a>>>) -> Option<Blame<'a>> {
        // To know how deep a node is its document is searched, which is paid for.
        let rank = |found: &Blame<'a>| {
            self.frame.scope.spend(found.node.document.node_count() as u64 / 16).ok()?;
            let depth = found.node.place().map_or(0, |place| place.path.0.len());
            Some((!found.missing, depth))
        };
        let mut best: Option<(Blame<'a>, Option<(bool, usize)>)> = None;
        for found in found.into_iter().flatten() {
            let Some((known, known_rank)) = &mut best else {
                best = Some((found, None));
                continue;
            };
            let (Some(of_known), Some(of_found)) = (known_rank.or_else(|| rank(known)), rank(&found)) else {
                break;
            };
            *known_rank = Some(of_known);
            if of_known < of_found {
                best = Some((found, Some(of_found)));
            }
        }
        best.map(|(found, _)| found)
    }
}

fn missing(node: NodeRef<'_>) -> Blame<'_> {
    Blame { node, missing: true, span: None }
}
