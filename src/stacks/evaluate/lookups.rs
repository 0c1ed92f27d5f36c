//! `Fn::Sub` and `Fn::FindInMap`.

use super::functions::text;
use super::machine::{Machine, moved};
use super::why::{Known, misused, named};
use crate::aws::{Node, Value};
use crate::model::NodeId;
use crate::platform::{Call, SubPart, sub_parts};

impl<'d> Machine<'d, '_> {
    /// `Fn::Sub`: a text, or a list of a text and a map of further variables.
    pub(super) fn substitution(&mut self, call: Call<'d>) -> Known<'d> {
        let argument = call.argument;
        let (template, variables) = match argument.item(0) {
            Some(template) => (template, argument.item(1)),
            None => (argument, None),
        };
        let template = self.looped(template.text().ok_or(misused("Fn::Sub"))?)?;
        // Of the variables only those that the text names are evaluated.
        let variables = variables.filter(|variables| variables.is_mapping());
        let mut made = String::new();
        for part in sub_parts(&template) {
            let before = made.len();
            match part {
                SubPart::Text(text) => made.push_str(text),
                SubPart::Escaped(text) => made.extend(["${", text, "}"]),
                SubPart::Variable(name) => match variables.and_then(|variables| variables.get(name)) {
                    Some(variable) => made.push_str(text(&self.value(variable))?),
                    None => {
                        let value = match name.split_once('.') {
                            Some((resource, attribute)) => self.attribute_of(resource, attribute)?,
                            None => self.reference(name)?,
                        };
                        made.push_str(text(&Node { value, at: argument.id })?);
                    }
                },
            }
            self.budget.bytes(made.len() - before)?;
        }
        Ok(Value::Text(made.into()))
    }

    /// `Fn::FindInMap`: `[Map, Key, Key]`, and with the language extensions a `DefaultValue`.
    pub(super) fn find_in_map(&mut self, call: Call<'d>, at: NodeId) -> Known<'d, Node<'d>> {
        let argument = call.argument;
        let mut keys = Vec::with_capacity(3);
        for item in argument.items().take(3) {
            keys.push(self.value(item));
        }
        let [map, top, second] = keys.as_slice() else { return Err(misused("Fn::FindInMap")) };
        let (map, top, second) = (text(map)?, text(top)?, text(second)?);
        if let Some(found) = self.root.descend(&["Mappings", map, top, second]) {
            let value = self.value(found).value;
            return Ok(Node { value: moved(value, at), at });
        }
        match argument.item(3).and_then(|options| options.get("DefaultValue")) {
            Some(default) if self.root.descend(&["Mappings", "Fn::Transform"]).is_none() => {
                Ok(self.value(default))
            }
            _ => Err(named("the mapping", &format!("{map}.{top}.{second}"))),
        }
    }
}
