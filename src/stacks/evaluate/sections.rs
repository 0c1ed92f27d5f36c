//! The sections of a template, entry by entry: conditions, resources, outputs.

use std::borrow::Cow;
use std::collections::HashMap;

use super::budget::{Budget, TOO_LARGE};
use super::loops::Each;
use super::machine::Machine;
use super::why::{Known, Why, named};
use super::{Declared, Evaluated, Output, Resource, macros, sam};
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
    let macros = macros::of(root);
    for name in macros.adding.iter().chain(&macros.changing) {
        let reason = "a macro, which only the deployment runs, may add to the template".to_owned();
        evaluated.gaps.push(Gap { subject: shortened(name), reason });
        evaluated.open = true;
    }
    let mut gaps = Vec::new();
    machine.section("Resources", &mut gaps, &mut |machine, logical, key, body| {
        if logical.starts_with("Fn::") {
            evaluated.open = true;
            return Err("a macro, which only the deployment runs".into());
        }
        let Some(mut resource) = machine.resource(logical, key, body)? else { return Ok(()) };
        if let Some(name) = macros.changing {
            resource.properties.value = Value::Unknown(named("the macro", name));
        }
        if resource.kind.ends_with("::MODULE") {
            evaluated.generators.push(resource.logical);
            return Err("a module, whose resources stand in the registry".into());
        }
        let Some(made) = sam::transform(&resource) else {
            evaluated.resources.push(resource);
            return Ok(());
        };
        evaluated.generators.push(resource.logical);
        evaluated.resources.extend(made.resources);
        made.rest.map_or(Ok(()), |rest| Err(rest.into()))
    });
    // A loop that was not expanded may stand for any id.
    evaluated.open |= gaps.iter().any(|gap: &Gap| gap.subject.starts_with("Fn::ForEach::"));
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
        let Some(kind) = body.get("Type").and_then(NodeRef::as_str).filter(|kind| kind.contains("::")) else {
            return Err("a resource without a type".into());
        };
        let kind = self.looped(kind)?;
        let Some(condition) = self.declared(body) else { return Ok(None) };
        let mut properties = match body.get("Properties") {
            Some(properties) => self.value(properties),
            None => Node { value: Value::Map(Vec::new()), at: body.id },
        };
        let sam = kind.strip_prefix("AWS::Serverless::");
        if let Some(globals) = sam.and_then(|kind| self.root.descend(&["Globals", kind])) {
            properties = sam::merged(self.value(globals), properties);
        }
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
    Gap { subject: shortened(subject.text().unwrap_or_default()), reason: format!("not expanded: {why}") }
}

/// A name as far as gaps show it.
fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}
