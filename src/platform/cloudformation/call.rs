//! How a call of an intrinsic function is written.
//!
//! Both spellings mean the same: the tag `!Ref X` and the mapping with one key `{"Ref": "X"}`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use crate::model::NodeRef;

/// An intrinsic function and its argument.
#[derive(Clone, Copy, Debug)]
pub struct Call<'d> {
    /// The name without `!` or `Fn::`.
    pub name: &'d str,
    /// Its argument; of a tagged call the node that carries the tag.
    pub argument: NodeRef<'d>,
    /// Whether it is written as a tag.
    pub tagged: bool,
}

impl<'d> Call<'d> {
    /// The call that a node is; `None` for plain data.
    pub fn of(node: NodeRef<'d>) -> Option<Self> {
        match node.tag().and_then(|tag| tag.strip_prefix('!')) {
            Some(name) if !name.starts_with('!') && !name.is_empty() => {
                Some(Self { name, argument: node, tagged: true })
            }
            _ => Self::spelled_out(node),
        }
    }

    /// The call that the content of a node is, whatever its tag: of `!Base64 {"Fn::Sub": …}` the inner one.
    pub fn spelled_out(node: NodeRef<'d>) -> Option<Self> {
        let (key, argument) = node.entries().next().filter(|_| node.len() == 1)?;
        let name = match key.text()? {
            name @ "Ref" => name,
            // A condition's name; IAM statements have a `Condition` too, which is a mapping.
            name @ "Condition" if argument.text().is_some() => name,
            name => name.strip_prefix("Fn::")?,
        };
        Some(Self { name, argument, tagged: false })
    }
}

/// A part of the text of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubPart<'t> {
    /// Text as it is.
    Text(&'t str),
    /// The name in `${name}`.
    Variable(&'t str),
    /// The text that `${!text}` writes as `${text}`.
    Escaped(&'t str),
}

/// The parts of a text of `Fn::Sub`, in order; what is not closed is text.
pub fn sub_parts(text: &str) -> impl Iterator<Item = SubPart<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let inner = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'));
        if let Some((name, after)) = inner.filter(|(name, _)| !name.contains("${")) {
            rest = after;
            let escaped = name.strip_prefix('!');
            return Some(escaped.map_or_else(|| SubPart::Variable(name.trim()), SubPart::Escaped));
        }
        // A sign that opens nothing is text, so the search begins behind the first character.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let open = rest[first..].find("${").map_or(rest.len(), |at| first + at);
        let (plain, after) = rest.split_at(open);
        rest = after;
        (!plain.is_empty()).then_some(SubPart::Text(plain))
    })
}

#[cfg(test)]
mod tests {
    use super::SubPart::*;
    use super::*;

    #[test]
    fn a_text_has_parts() {
        let parts = |text| sub_parts(text).collect::<Vec<_>>();
        assert_eq!(parts("a-${B.C}${ D }"), [Text("a-"), Variable("B.C"), Variable("D")]);
        assert_eq!(parts("${!x} $5 ${"), [Escaped("x"), Text(" $5 "), Text("${")]);
        assert_eq!(parts("é${A}$"), [Text("é"), Variable("A"), Text("$")]);
        assert_eq!(parts("${ ${A}"), [Text("${ "), Variable("A")]);
        assert_eq!(parts(""), []);
    }
}
