//! `Fn::ForEach` of the language extensions: entries that are written once and stand for many.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;

use super::functions::text;
use super::machine::Machine;
use super::why::{Known, misused};
use crate::aws::Value;
use crate::model::NodeRef;

/// What happens with an entry: its key as it comes out, the key's node, the body.
pub(super) type Each<'f, 'd, M> =
    &'f mut dyn FnMut(&mut M, Cow<'d, str>, NodeRef<'d>, NodeRef<'d>) -> Known<'d, ()>;

impl<'d> Machine<'d, '_> {
    /// Calls `each` with an entry of a mapping, or with all that it stands for when it is a loop.
    pub fn entry(&mut self, key: NodeRef<'d>, body: NodeRef<'d>, each: Each<'_, 'd, Self>) -> Known<'d, ()> {
        self.budget.step()?;
        let name = key.text().unwrap_or_default();
        if !name.starts_with("Fn::ForEach::") {
            let name = self.looped(name)?;
            return each(self, name, key, body);
        }
        self.budget.enter()?;
        let result = self.turns(body, each);
        self.budget.leave();
        result
    }

    fn turns(&mut self, body: NodeRef<'d>, each: Each<'_, 'd, Self>) -> Known<'d, ()> {
        let mut parts = body.items();
        let (Some(variable), Some(collection), Some(output)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(misused("Fn::ForEach"));
        };
        let variable = variable.text().ok_or(misused("Fn::ForEach"))?;
        let items = match self.value(collection).value {
            Value::List(items) => items,
            Value::Unknown(why) => return Err(why),
            _ => return Err(misused("Fn::ForEach")),
        };
        for item in &items {
            let value = text(item)?.to_owned();
            self.budget.bytes(value.len())?;
            self.bindings.push((Cow::Borrowed(variable), Cow::Owned(value)));
            let result = output.entries().try_for_each(|(key, body)| self.entry(key, body, each));
            self.bindings.pop();
            result?;
        }
        Ok(())
    }

    /// A text of the template with the variables of the loops around it: `${Name}`, and `&{Name}` for the
    /// value without what a logical id may not have.
    pub fn looped(&mut self, text: &'d str) -> Known<'d, Cow<'d, str>> {
        if self.bindings.is_empty() || !text.contains('{') {
            return Ok(Cow::Borrowed(text));
        }
        let mut made = Cow::Borrowed(text);
        for (variable, value) in self.bindings.iter().rev() {
            for (sign, bare) in [("$", false), ("&", true)] {
                let placeholder = format!("{sign}{{{variable}}}");
                if made.contains(&placeholder) {
                    let value = if bare { bare_value(value) } else { Cow::Borrowed(value.as_ref()) };
                    self.budget.bytes(made.len())?;
                    self.budget.bytes(made.matches(&placeholder).count() * value.len())?;
                    made = Cow::Owned(made.replace(&placeholder, &value));
                }
            }
        }
        Ok(made)
    }
}

fn bare_value(value: &str) -> Cow<'_, str> {
    Cow::Owned(value.chars().filter(char::is_ascii_alphanumeric).collect())
}
