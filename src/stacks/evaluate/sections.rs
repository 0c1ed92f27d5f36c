//! The sections of a template, entry by entry: conditions, resources, outputs.

use std::borrow::Cow;
use std::collections::HashMap;

use super::budget::{Budget, TOO_LARGE};
use super::loops::Each;
use super::machine::Machine;
use super::why::{Known, Why};
use super::{Declared, Evaluated, Output, Resource};
use crate::aws::{Node, Value};
use crate::model::{Gap, NodeRef};
use crate::stacks::Environment;

/// Evaluates the template `root`.
pub(super) fn template<'d>(root: NodeRef<'d>, environment: &Environment<'_>) -> Evaluated<'d> {
    let mut machine = Machine {
        root,
        environment,
        budget: Budget::new(),
        conditions: HashMap::new(),
        judged: HashMap::new(),
        bindings: Vec::new(),
    };
    let mut evaluated = Evaluated::default();
    let mut conditions = HashMap::new();
    machine.section("Conditions", &mut evaluated.gaps, &mut |machine, name, _, body| {
        conditions.insert(name, (body, machine.bindings.clone()));
        Ok(())
    });
    machine.conditions = conditions;
    let mut gaps = Vec::new();
    machine.section("Resources", &mut gaps, &mut |machine, logical, key, body| {
        evaluated.resources.extend(machine.resource(logical, key, body)?);
        Ok(())
    });
    machine.section("Outputs", &mut gaps, &mut |machine, name, _, body| {
        evaluated.outputs.extend(machine.output(name, body));
        Ok(())
    });
    evaluated.gaps.append(&mut gaps);
    evaluated
}

impl<'d> Machine<'d, '_> {
    /// Calls `each` with every entry of a section; one that cannot be expanded is a gap.
    fn section(&mut self, name: &str, gaps: &mut Vec<Gap>, each: Each<'_, 'd, Self>) {
        let Some(section) = self.root.get(name) else { return };
        for (key, body) in section.entries() {
            if let Err(why) = self.entry(key, body, each) {
                gaps.push(gap(key, &why));
            }
            if self.budget.is_spent() {
                let reason = format!("not evaluated to the end: {TOO_LARGE}");
                gaps.push(Gap { subject: name.to_owned(), reason });
                return;
            }
        }
    }

    fn resource(
        &mut self,
        logical: Cow<'d, str>,
        key: NodeRef<'d>,
        body: NodeRef<'d>,
    ) -> Known<'d, Option<Resource<'d>>> {
        if logical.starts_with("Fn::") {
            return Err("a macro, which only the deployment runs".into());
        }
        let Some(kind) = body.get("Type").and_then(NodeRef::as_str).filter(|kind| kind.contains("::")) else {
            return Err("a resource without a type".into());
        };
        let kind = self.looped(kind)?;
        let Some(condition) = self.declared(body) else { return Ok(None) };
        let properties = match body.get("Properties") {
            Some(properties) => self.value(properties),
            None => Node { value: Value::Map(Vec::new()), at: body.id },
        };
        let policy = body.get("DeletionPolicy").map(|policy| self.value(policy).value);
        Ok(Some(Resource {
            logical,
            kind,
            header: key.id,
            body: body.id,
            properties,
            condition,
            deletion_policy: match policy {
                Some(Value::Text(policy)) => Some(policy),
                _ => None,
            },
            asset: body.descend(&["Metadata", "aws:asset:path"]).and_then(NodeRef::text),
        }))
    }

    fn output(&mut self, name: Cow<'d, str>, body: NodeRef<'d>) -> Option<Output<'d>> {
        let condition = self.declared(body)?;
        let value = self.value(body.get("Value")?);
        let export = body.descend(&["Export", "Name"]).map(|export| self.value(export));
        Some(Output { name, value, export, condition })
    }

    /// Whether a body with a `Condition` is there; `None` when it is not.
    fn declared(&mut self, body: NodeRef<'d>) -> Option<Declared> {
        let Some(condition) = body.get("Condition").and_then(NodeRef::text) else {
            return Some(Declared::Always);
        };
        let Ok(condition) = self.looped(condition) else {
            return Some(Declared::Maybe(condition.to_owned()));
        };
        match self.holds(&condition) {
            Some(true) => Some(Declared::Always),
            Some(false) => None,
            None => Some(Declared::Maybe(condition.into_owned())),
        }
    }
}

fn gap(subject: NodeRef<'_>, why: &Why<'_>) -> Gap {
    let subject = subject.text().unwrap_or_default();
    Gap { subject: subject.chars().take(80).collect(), reason: format!("not expanded: {why}") }
}
