//! A property as far as Git knows it: plain data, or *unknown* and why, each part with the node it is
//! written at.

use std::borrow::Cow;

use crate::model::NodeId;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'d> {
    /// The value.
    pub value: Value<'d>,
    /// The node of the template that says so: of a resolved `!Ref` the reference, not what it names.
    pub at: NodeId,
}

/// What a property is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'d> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(Cow<'d, str>),
    /// A text.
    Text(Cow<'d, str>),
    /// Items in order.
    List(Vec<Node<'d>>),
    /// Entries in order, no key twice.
    Map(Vec<(Cow<'d, str>, Node<'d>)>),
    /// `AWS::NoValue`: as if it were not written. Never within a list or a map, which leave it out.
    Absent,
    /// What only the deployment knows; why.
    Unknown(Cow<'d, str>),
}

impl<'d> Node<'d> {
    /// The entry of a map under `key`.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text of a text, a number or a boolean, as CloudFormation hands it on.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[(Cow<'d, str>, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Whether the value, or any part of it, is not known.
    pub fn has_unknown(&self) -> bool {
        match &self.value {
            Value::Unknown(_) => true,
            Value::List(items) => items.iter().any(Self::has_unknown),
            Value::Map(entries) => entries.iter().any(|(_, node)| node.has_unknown()),
            _ => false,
        }
    }
}
