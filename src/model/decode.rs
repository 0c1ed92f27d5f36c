//! Reads our own files (policies, trueup.yaml) out of a document, with errors that name a line.
//!
//! A small typed reader instead of serde: every mistake points at the key that holds it, and an
//! unknown key comes with the nearest known one.

use super::document::NodeRef;
use super::scalar::Scalar;
use super::span::Span;

/// A mistake in a file of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// What is wrong and what would be right.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// The result of reading a part of a file.
pub type Result<T> = std::result::Result<T, DecodeError>;

/// A mistake at `node`.
pub fn error<T>(node: NodeRef<'_>, message: impl Into<String>) -> Result<T> {
    Err(DecodeError { message: message.into(), span: node.span() })
}

/// The fields of a mapping, of which only those in `known` may occur.
#[derive(Clone, Copy)]
pub struct Fields<'d> {
    node: NodeRef<'d>,
    what: &'static str,
}

impl<'d> Fields<'d> {
    /// Checks that `node` is a mapping with none but `known` keys, each at most once.
    ///
    /// # Errors
    /// When it is no mapping, or has an unknown or repeated key.
    pub fn of(node: NodeRef<'d>, what: &'static str, known: &[&str]) -> Result<Self> {
        if !node.is_mapping() {
            return error(node, format!("{what} must be a mapping"));
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in node.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let hint = did_you_mean(name, known.iter().copied());
                return error(key, format!("unknown key `{name}` in {what}{hint}"));
            }
            if seen.contains(&name) {
                return error(key, format!("key `{name}` is given twice in {what}"));
            }
            seen.push(name);
        }
        Ok(Self { node, what })
    }

    /// The mapping itself.
    pub fn node(&self) -> NodeRef<'d> {
        self.node
    }

    /// The value under `key`, nulls left out.
    pub fn get(&self, key: &str) -> Option<NodeRef<'d>> {
        self.node.get(key).filter(|value| value.scalar() != Some(Scalar::Null))
    }

    /// The value under `key`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn required(&self, key: &str) -> Result<NodeRef<'d>> {
        match self.get(key) {
            Some(value) => Ok(value),
            None => error(self.node, format!("{} needs `{key}`", self.what)),
        }
    }

    /// The text under `key`.
    ///
    /// # Errors
    /// When it is there and is no text.
    pub fn text(&self, key: &str) -> Result<Option<&'d str>> {
        self.get(key).map(|value| text(value, key)).transpose()
    }

    /// The boolean under `key`.
    ///
    /// # Errors
    /// When it is there and is no boolean.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.scalar() {
            Some(Scalar::Bool(flag)) => Ok(Some(flag)),
            _ => error(value, format!("`{key}` must be true or false")),
        }
    }

    /// The list of texts under `key`; empty when it is missing.
    ///
    /// # Errors
    /// When it is there and is no list of texts.
    pub fn texts(&self, key: &str) -> Result<Vec<&'d str>> {
        self.items(key)?.map(|item| text(item, key)).collect()
    }

    /// The items of the list under `key`; none when it is missing.
    ///
    /// # Errors
    /// When it is there and is no list.
    pub fn items(&self, key: &str) -> Result<impl Iterator<Item = NodeRef<'d>> + use<'d>> {
        let list = self.get(key);
        if let Some(value) = list.filter(|value| !value.is_sequence()) {
            return error(value, format!("`{key}` must be a list"));
        }
        Ok(list.into_iter().flat_map(NodeRef::items))
    }

    /// One of a closed set of words under `key`.
    ///
    /// # Errors
    /// When it is there and is none of them.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let given = text(value, key)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
            return Ok(Some(*meaning));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = did_you_mean(given, known.iter().copied());
        error(value, format!("`{key}` must be one of {}, not `{given}`{hint}", known.join(", ")))
    }
}

/// The text of a scalar, whatever it resolves to (`version: 1` is text `1`).
///
/// # Errors
/// When `node` is no scalar.
pub fn text<'d>(node: NodeRef<'d>, what: &str) -> Result<&'d str> {
    match node.text() {
        Some(text) => Ok(text),
        None => error(node, format!("`{what}` must be text")),
    }
}

/// The text of a scalar that says something.
///
/// # Errors
/// When it is no text, or a blank one.
pub fn filled(node: NodeRef<'_>, what: &str) -> Result<String> {
    match text(node, what)? {
        given if given.trim().is_empty() => error(node, format!("`{what}` must not be empty")),
        given => Ok(given.to_owned()),
    }
}

/// `; did you mean …?` when one of `known` is close to `given`, else nothing.
pub fn did_you_mean<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(given, known).map_or_else(String::new, |best| format!("; did you mean `{best}`?"))
}

/// The known word nearest to `given`, when it is near enough to be meant.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let given_lower = given.to_lowercase();
    known
        .into_iter()
        .map(|word| (distance(&given_lower, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= word.len().max(given.len()) / 3)
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein distance, counting bytes: the words are short and ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered() {
        let known = ["policies", "include", "exclude"];
        assert_eq!(did_you_mean("polices", known), "; did you mean `policies`?");
        assert_eq!(did_you_mean("zzz", known), "");
    }
}
