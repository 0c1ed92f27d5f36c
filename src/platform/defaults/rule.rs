//! The words the tables of defaults are written in: a type is a list of rules, a rule fills one field.
//!
//! Rules of a type apply in order, and a later one sees what an earlier one wrote, as the statements of
//! a Go function do. Deliberately absent: applying them, which is `write`.

use crate::model::{NodeRef, Scalar};

/// The defaults of one API type.
pub(super) type Type = &'static [Rule];

/// A condition on the object that holds the field, as it stood before the type's own rules.
pub(super) type Condition = fn(NodeRef<'_>) -> bool;

/// How one field gets its default.
pub(super) struct Rule {
    /// The field's name.
    pub field: &'static str,
    /// When the rule applies; `None` for always.
    pub when: Option<Condition>,
    /// What the field becomes.
    pub value: Value,
}

/// What a field becomes. The constructors below say each in full.
pub(super) enum Value {
    Text(&'static str),
    Plain(&'static str),
    NonZero(&'static str),
    Blank,
    Empty,
    Texts(&'static [&'static str]),
    Objects(&'static [Type]),
    Same(&'static str),
    Of(&'static [&'static str]),
    Entries(&'static [&'static str]),
    Entry(&'static str, &'static [&'static str]),
    Struct(Type),
    Optional(Type),
    Each(Type),
    Zero,
}

impl Value {
    /// Whether the API server takes a written `node` for absent: its Go type cannot tell the two apart.
    pub fn is_unset(&self, node: NodeRef<'_>) -> bool {
        let scalar = node.scalar();
        let blank = scalar == Some(Scalar::Str(""));
        match self {
            _ if scalar == Some(Scalar::Null) => true,
            Self::Text(_) => blank,
            Self::NonZero(_) | Self::Same(_) => blank || scalar == Some(Scalar::Int(0)),
            Self::Texts(_) | Self::Objects(_) => node.is_sequence() && node.len() == 0,
            Self::Of(_) => node.is_mapping() && node.len() == 0,
            Self::Zero => blank || matches!(scalar, Some(Scalar::Int(0) | Scalar::Bool(false))),
            _ => false,
        }
    }
}

const fn rule(field: &'static str, value: Value) -> Rule {
    Rule { field, when: None, value }
}

/// `rule`, where `condition` holds.
pub(super) const fn when(condition: Condition, rule: Rule) -> Rule {
    Rule { when: Some(condition), ..rule }
}

/// A text, where there is none or an empty one.
pub(super) const fn text(field: &'static str, text: &'static str) -> Rule {
    rule(field, Value::Text(text))
}

/// A number or a boolean, where there is none.
pub(super) const fn plain(field: &'static str, literal: &'static str) -> Rule {
    rule(field, Value::Plain(literal))
}

/// A number, where there is none or zero.
pub(super) const fn non_zero(field: &'static str, literal: &'static str) -> Rule {
    rule(field, Value::NonZero(literal))
}

/// The empty text, where there is none.
pub(super) const fn blank(field: &'static str) -> Rule {
    rule(field, Value::Blank)
}

/// `{}`, where there is nothing.
pub(super) const fn empty(field: &'static str) -> Rule {
    rule(field, Value::Empty)
}

/// A list of texts, where there is none or an empty one.
pub(super) const fn texts(field: &'static str, texts: &'static [&'static str]) -> Rule {
    rule(field, Value::Texts(texts))
}

/// A list of objects that consist of defaults, where there is none or an empty one.
pub(super) const fn objects(field: &'static str, objects: &'static [Type]) -> Rule {
    rule(field, Value::Objects(objects))
}

/// The value of the field `sibling`, where there is none, an empty one or zero.
pub(super) const fn same(field: &'static str, sibling: &'static str) -> Rule {
    rule(field, Value::Same(sibling))
}

/// The map at `path` of the whole object, where there is none or an empty one.
pub(super) const fn of(field: &'static str, path: &'static [&'static str]) -> Rule {
    rule(field, Value::Of(path))
}

/// The entries of the maps in the fields `siblings` that the field's own map lacks.
pub(super) const fn entries(field: &'static str, siblings: &'static [&'static str]) -> Rule {
    rule(field, Value::Entries(siblings))
}

/// An entry `key` with the value at `path` of the whole object, where the field's map lacks it.
pub(super) const fn entry(field: &'static str, key: &'static str, path: &'static [&'static str]) -> Rule {
    rule(field, Value::Entry(key, path))
}

/// The defaults of a struct, which is there even where nobody wrote it.
pub(super) const fn structure(field: &'static str, of: Type) -> Rule {
    rule(field, Value::Struct(of))
}

/// The defaults of a struct behind a pointer: only where it is written.
pub(super) const fn optional(field: &'static str, of: Type) -> Rule {
    rule(field, Value::Optional(of))
}

/// Nothing, where there is zero, `false` or an empty text, which the API server's Go types leave out.
pub(super) const fn unless_zero(field: &'static str) -> Rule {
    rule(field, Value::Zero)
}

/// The defaults of every item of a list.
pub(super) const fn each(field: &'static str, of: Type) -> Rule {
    rule(field, Value::Each(of))
}

/// Whether the field is written and not null.
pub(super) fn has(object: NodeRef<'_>, field: &str) -> bool {
    object.get(field).is_some_and(|node| node.scalar() != Some(Scalar::Null))
}

/// The text of the field; empty when it has none.
pub(super) fn word<'d>(object: NodeRef<'d>, field: &str) -> &'d str {
    object.get(field).and_then(NodeRef::as_str).unwrap_or_default()
}
