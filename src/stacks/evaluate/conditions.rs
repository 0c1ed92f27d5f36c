//! Conditions in three values: true, false, and not known.

use std::borrow::Cow;

use super::functions::equal;
use super::machine::Machine;
use super::why::{Known, misused, named};
use crate::aws::Node;
use crate::model::{NodeRef, Scalar};
use crate::platform::Call;

impl<'d> Machine<'d, '_> {
    /// Whether the condition `name` holds; `None` when that is not known.
    pub fn holds(&mut self, name: &str) -> Option<bool> {
        if let Some(known) = self.judged.get(name) {
            return *known;
        }
        let (definition, bindings) = self.conditions.get(name)?.clone();
        // While it is being judged it is not known, so that a circle comes to an end.
        let name = Cow::Owned(name.to_owned());
        self.judged.insert(Cow::clone(&name), None);
        let around = std::mem::replace(&mut self.bindings, bindings);
        let truth = self.truth(definition);
        self.bindings = around;
        self.judged.insert(name, truth);
        truth
    }

    /// What a condition function comes to.
    fn truth(&mut self, node: NodeRef<'d>) -> Option<bool> {
        self.budget.enter().ok()?;
        let truth = match Call::of(node) {
            Some(call) => self.judge(call),
            None => match node.scalar() {
                Some(Scalar::Bool(flag)) => Some(flag),
                _ => None,
            },
        };
        self.budget.leave();
        truth
    }

    fn judge(&mut self, call: Call<'d>) -> Option<bool> {
        let mut parts = call.argument.items();
        match call.name {
            "Equals" => {
                let (one, other) = (parts.next()?, parts.next()?);
                equal(&self.value(one), &self.value(other))
            }
            "And" => self.fold(parts, false),
            "Or" => self.fold(parts, true),
            "Not" => parts.next().and_then(|part| self.truth(part)).map(|truth| !truth),
            "Condition" => {
                let name = self.looped(call.argument.text()?).ok()?;
                self.holds(&name)
            }
            _ => None,
        }
    }

    /// `Fn::Or` when one `decisive` part is enough and true, `Fn::And` when it is false.
    fn fold(&mut self, parts: impl Iterator<Item = NodeRef<'d>>, decisive: bool) -> Option<bool> {
        let mut all_known = true;
        for part in parts {
            match self.truth(part) {
                Some(truth) if truth == decisive => return Some(decisive),
                Some(_) => {}
                None => all_known = false,
            }
        }
        all_known.then_some(!decisive)
    }

    /// `Fn::If`: the branch, or what both come to where the condition is not known.
    pub(super) fn branch(&mut self, call: Call<'d>) -> Known<'d, Node<'d>> {
        let mut parts = call.argument.items();
        let (Some(condition), Some(yes), Some(no)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(misused("Fn::If"));
        };
        let name = self.looped(condition.text().ok_or(misused("Fn::If"))?)?;
        match self.holds(&name) {
            Some(true) => Ok(self.value(yes)),
            Some(false) => Ok(self.value(no)),
            None => {
                let (yes, no) = (self.value(yes), self.value(no));
                if equal(&yes, &no) == Some(true) { Ok(yes) } else { Err(named("the condition", &name)) }
            }
        }
    }
}
