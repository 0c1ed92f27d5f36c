//! Why something is refused, before it is known which build it belongs to; and typed access to the mappings
//! of a kustomization, in which a field nobody knows is such a reason.

use crate::gitops::tree::Value;
use crate::gitops::{Origin, Tree};
use crate::model::{Scalar, Style};

/// Why something cannot be rendered.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The value that is to blame; the kustomization's file as a whole when there is none.
    pub at: Option<Origin>,
    /// One sentence for a user.
    pub reason: String,
    /// Whether it may only follow from what is missing for another reason.
    pub is_consequence: bool,
}

/// A value, or why there is none.
pub(super) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// Blames `tree`.
    pub(super) fn at(tree: &Tree, reason: impl Into<String>) -> Self {
        Self { at: Some(tree.origin), reason: reason.into(), is_consequence: false }
    }

    /// Blames no value in particular.
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { at: None, reason: reason.into(), is_consequence: false }
    }

    /// The same, but silent where something is missing already.
    pub(super) fn consequence(self) -> Self {
        Self { is_consequence: true, ..self }
    }

    /// The same, blaming `tree` where it blames nothing yet.
    pub(super) fn or_at(self, tree: &Tree) -> Self {
        Self { at: self.at.or(Some(tree.origin)), ..self }
    }
}

/// The fields of a mapping, all of them known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'t> {
    tree: &'t Tree,
}

impl<'t> Fields<'t> {
    /// The fields of `tree`; null has none.
    pub(super) fn of(tree: &'t Tree, known: &[&str]) -> Outcome<Self> {
        if !tree.is_null() && !tree.is_map() {
            return Err(Fault::at(tree, "a mapping is expected here"));
        }
        for (key, _) in tree.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                return Err(Fault::at(key, format!("`{name}` is not a field that is rendered here")));
            }
        }
        Ok(Self { tree })
    }

    /// The fields of `tree`, known or not.
    pub(super) fn any(tree: &'t Tree) -> Self {
        Self { tree }
    }

    /// A field that is there and not null.
    pub(super) fn get(self, key: &str) -> Option<&'t Tree> {
        self.tree.get(key).filter(|value| !value.is_null())
    }

    /// A field that holds text; `None` when it is empty.
    pub(super) fn text(self, key: &str) -> Outcome<Option<&'t Tree>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        Ok(Some(text(value)?).filter(|text| !text.is_empty()).map(|_| value))
    }

    /// The text of a field; empty when it is not there.
    pub(super) fn string(self, key: &str) -> Outcome<&'t str> {
        self.get(key).map_or(Ok(""), text)
    }

    /// A field that holds a list.
    pub(super) fn list(self, key: &str) -> Outcome<&'t [Tree]> {
        match self.get(key) {
            Some(value) if !value.is_list() => Err(Fault::at(value, format!("`{key}` has to be a list"))),
            value => Ok(value.map_or(&[], Tree::items)),
        }
    }

    /// A field that holds a list of texts.
    pub(super) fn texts(self, key: &str) -> Outcome<&'t [Tree]> {
        let items = self.list(key)?;
        items.iter().try_for_each(|item| text(item).map(drop))?;
        Ok(items)
    }

    /// A field that maps names to texts.
    pub(super) fn pairs(self, key: &str) -> Outcome<&'t [(Tree, Tree)]> {
        let Some(value) = self.get(key) else { return Ok(&[]) };
        if !value.is_map() {
            return Err(Fault::at(value, format!("`{key}` has to be a mapping")));
        }
        value.entries().iter().try_for_each(|(key, value)| text(key).and(text(value)).map(drop))?;
        Ok(value.entries())
    }

    /// A field that is true or false.
    pub(super) fn flag(self, key: &str) -> Outcome<bool> {
        match self.get(key).map(|value| (value, value.scalar())) {
            None => Ok(false),
            Some((_, Some(Scalar::Bool(flag)))) => Ok(flag),
            Some((value, _)) => Err(Fault::at(value, format!("`{key}` has to be true or false"))),
        }
    }

    /// A field that is a whole number.
    pub(super) fn int(self, key: &str) -> Outcome<Option<i64>> {
        match self.get(key).map(|value| (value, value.scalar())) {
            None => Ok(None),
            Some((_, Some(Scalar::Int(number)))) => Ok(Some(number)),
            Some((value, _)) => Err(Fault::at(value, format!("`{key}` has to be a whole number"))),
        }
    }
}

/// The text of a value that has to be text.
pub(super) fn text(tree: &Tree) -> Outcome<&str> {
    match tree.as_str() {
        Some(text) if !is_letter(tree) => Ok(text),
        _ => Err(Fault::at(tree, "text is expected here; put it in quotes")),
    }
}

/// Whether it is a bare `y` or `n`, a boolean to go-yaml v2, which reads kustomizations and JSON patches.
pub(super) fn is_letter(tree: &Tree) -> bool {
    matches!(&tree.value, Value::Scalar(text, Style::Plain, None) if matches!(&**text, "y" | "Y" | "n" | "N"))
}
