//! The evaluator: nodes of a template to values, within a budget of steps, bytes and depth.
//!
//! Plain data, `Ref`, `Fn::GetAtt` and maps stand here; the functions that need nothing but their arguments
//! are in `functions`, the rest of what asks the template in `conditions`, `lookups` and `loops`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::budget::Budget;
use super::functions;
use super::why::{Known, misused, named};
use crate::aws::{Node, Value};
use crate::model::{NodeId, NodeRef, Scalar};
use crate::platform::Call;
use crate::stacks::{Environment, Given};

/// The value of a loop's variable.
pub(super) type Binding<'d> = (Cow<'d, str>, Cow<'d, str>);

/// A condition's definition and the loops around it.
pub(super) type Definition<'d> = (NodeRef<'d>, Vec<Binding<'d>>);

/// Evaluates nodes of one template.
pub(super) struct Machine<'d, 'e> {
    /// The template.
    pub root: NodeRef<'d>,
    /// What is known besides the template.
    pub environment: &'e Environment<'e>,
    /// What may still be spent.
    pub budget: Budget,
    /// The conditions by name, loops expanded.
    pub conditions: HashMap<Cow<'d, str>, Definition<'d>>,
    /// What conditions have come to; one that is being evaluated is unknown to itself.
    pub judged: HashMap<Cow<'d, str>, Option<bool>>,
    /// The variables of the loops around, innermost last.
    pub bindings: Vec<Binding<'d>>,
}

impl<'d> Machine<'d, '_> {
    /// The value of a node.
    pub fn value(&mut self, node: NodeRef<'d>) -> Node<'d> {
        // A loop among the entries of a map is no call, even when it is the only one.
        let call = Call::of(node).filter(|call| !call.name.starts_with("ForEach::"));
        self.within(node, |machine| match call {
            Some(call) => machine.call(call, node),
            None => Ok(machine.plain(node)),
        })
    }

    /// The argument of a call; the tag of a tagged one is not read again.
    pub fn argument(&mut self, call: Call<'d>) -> Node<'d> {
        if !call.tagged {
            return self.value(call.argument);
        }
        self.within(call.argument, |machine| match Call::spelled_out(call.argument) {
            Some(inner) => machine.call(inner, call.argument),
            None => Ok(machine.plain(call.argument)),
        })
    }

    fn within(
        &mut self,
        node: NodeRef<'d>,
        evaluate: impl FnOnce(&mut Self) -> Known<'d, Node<'d>>,
    ) -> Node<'d> {
        let result = self.budget.enter().and_then(|()| {
            let result = evaluate(self);
            self.budget.leave();
            result
        });
        match result {
            Ok(Node { value: Value::Text(text), at }) if text.contains("{{resolve:") => {
                Node { value: Value::Unknown(functions::dynamic_reference(&text)), at }
            }
            Ok(node) => node,
            Err(why) => Node { value: Value::Unknown(why), at: node.id },
        }
    }

    fn call(&mut self, call: Call<'d>, at: NodeRef<'d>) -> Known<'d, Node<'d>> {
        let here = |value| Node { value, at: at.id };
        match call.name {
            "Ref" => {
                let argument = self.argument(call);
                self.reference(functions::text(&argument)?).map(here)
            }
            "GetAtt" => self.attribute(call).map(here),
            "Sub" => self.substitution(call).map(here),
            "If" => self.branch(call),
            "FindInMap" => self.find_in_map(call, at.id),
            "Condition" if !call.tagged => Ok(self.plain(at)),
            "Transform" => {
                let macro_name = call.argument.get("Name").and_then(NodeRef::text).unwrap_or_default();
                Err(named("the macro", macro_name))
            }
            _ => {
                let argument = self.argument(call);
                functions::call(call.name, argument, at.id, &mut self.budget)
            }
        }
    }

    /// Plain data: a scalar, a list, a map.
    fn plain(&mut self, node: NodeRef<'d>) -> Node<'d> {
        let value = if node.is_sequence() {
            let mut items = Vec::new();
            for item in node.items() {
                let item = self.value(item);
                if item.value != Value::Absent {
                    items.push(item);
                }
            }
            Value::List(items)
        } else if node.is_mapping() {
            self.map(node).unwrap_or_else(Value::Unknown)
        } else {
            self.scalar(node).unwrap_or_else(Value::Unknown)
        };
        Node { value, at: node.id }
    }

    fn map(&mut self, node: NodeRef<'d>) -> Known<'d> {
        let mut entries: Vec<(Cow<'d, str>, Node<'d>)> = Vec::with_capacity(node.len());
        for (key, body) in node.entries() {
            self.entry(key, body, &mut |machine, key, _, body| {
                if key.starts_with("Fn::") {
                    // What a macro or a misplaced function makes of the map is not known.
                    return Err(named("the result of", &key));
                }
                let value = machine.value(body);
                if value.value != Value::Absent {
                    entries.push((key, value));
                }
                Ok(())
            })?;
        }
        // Of a key that is given twice the last counts.
        if !functions::distinct(&entries) {
            let mut seen = HashSet::new();
            let mut last: Vec<_> =
                entries.into_iter().rev().filter(|(key, _)| seen.insert(key.clone())).collect();
            last.reverse();
            entries = last;
        }
        Ok(Value::Map(entries))
    }

    fn scalar(&mut self, node: NodeRef<'d>) -> Known<'d> {
        let text = node.text().unwrap_or_default();
        Ok(match node.scalar() {
            None | Some(Scalar::Null) => Value::Null,
            Some(Scalar::Bool(flag)) => Value::Bool(flag),
            Some(Scalar::Int(_) | Scalar::Float(_)) => Value::Number(Cow::Borrowed(text)),
            Some(Scalar::Str(_)) => Value::Text(self.looped(text)?),
        })
    }

    /// What `Ref name` is.
    pub fn reference(&mut self, name: &str) -> Known<'d> {
        if let Some((_, value)) = self.bindings.iter().rev().find(|(variable, _)| variable == name) {
            let value = value.clone();
            self.budget.bytes(value.len())?;
            return Ok(Value::Text(value));
        }
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            if pseudo == "NoValue" {
                return Ok(Value::Absent);
            }
            return match self.environment.pseudo(pseudo) {
                Some(Ok(value)) => self.owned(value.into_owned()),
                Some(Err(why)) => Err(why.into()),
                None => Err(named("the pseudo parameter", name)),
            };
        }
        if let Some(parameter) = self.root.descend(&["Parameters", name]) {
            return self.parameter(name, parameter);
        }
        match (self.environment.physical)(name, None) {
            Some(id) => self.owned(id),
            None => Err(named("the id of", name)),
        }
    }

    /// What `name.attribute` is.
    pub fn attribute_of(&mut self, name: &str, attribute: &str) -> Known<'d> {
        match (self.environment.physical)(name, Some(attribute)) {
            Some(value) => self.owned(value),
            None => Err(named("the", &format!("{attribute} of {name}"))),
        }
    }

    /// `Fn::GetAtt`: `[Name, Attribute]`, or `Name.Attribute` as YAML also takes it.
    fn attribute(&mut self, call: Call<'d>) -> Known<'d> {
        let argument = self.argument(call);
        if let Some((name, attribute)) = argument.text().and_then(|text| text.split_once('.')) {
            return self.attribute_of(name, attribute);
        }
        let [name, attribute] = argument.items() else { return Err(misused("Fn::GetAtt")) };
        self.attribute_of(functions::text(name)?, functions::text(attribute)?)
    }

    /// The value of a declared parameter.
    fn parameter(&mut self, name: &str, declaration: NodeRef<'d>) -> Known<'d> {
        let field = |key| declaration.get(key).and_then(NodeRef::text);
        let of = field("Type").unwrap_or("String");
        if field("NoEcho").is_some_and(|flag| flag.eq_ignore_ascii_case("true")) {
            return Err(named("the hidden parameter", name));
        }
        let value: Cow<'d, str> = match self.environment.parameters.get(name) {
            Some(Given::Text(text)) => Cow::Owned(text.clone()),
            Some(Given::Unknown(why)) => return Err(Cow::Owned(why.clone())),
            None => match declaration.get("Default").map(|default| (default.text(), default.scalar())) {
                Some((_, Some(Scalar::Bool(flag)))) => Cow::Borrowed(if flag { "true" } else { "false" }),
                Some((Some(text), _)) => Cow::Borrowed(text),
                _ => return Err(named("the parameter", name)),
            },
        };
        if of.starts_with("AWS::SSM::Parameter::Value") {
            return Err(named("the SSM parameter", &value));
        }
        self.budget.bytes(value.len())?;
        Ok(if of.starts_with("List<") || of == "CommaDelimitedList" {
            Value::List(functions::split(&value, ",", self.root.id, &mut self.budget, str::trim)?)
        } else {
            Value::Text(value)
        })
    }

    /// A computed text.
    pub fn owned(&mut self, text: String) -> Known<'d> {
        self.budget.bytes(text.len())?;
        Ok(Value::Text(Cow::Owned(text)))
    }
}

/// The same value, all of it written at `at`.
pub(super) fn moved(mut value: Value<'_>, at: NodeId) -> Value<'_> {
    match &mut value {
        Value::List(items) => {
            for item in items {
                item.at = at;
                item.value = moved(std::mem::replace(&mut item.value, Value::Null), at);
            }
        }
        Value::Map(entries) => {
            for (_, node) in entries {
                node.at = at;
                node.value = moved(std::mem::replace(&mut node.value, Value::Null), at);
            }
        }
        _ => {}
    }
    value
}
