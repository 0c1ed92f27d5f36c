//! The way to a part of an object, with list items named by their keys where they have any:
//! `spec.containers[name=web].image`. Positions differ between declared and live, keys do not.

use std::fmt::Write as _;

use crate::model::NodeRef;

/// One step of a path.
#[derive(Clone, Debug)]
pub enum Step<'d> {
    /// Into a mapping.
    Field(&'d str),
    /// Into a list.
    Item {
        /// The position in the live list, or in the declared one when it is not live.
        index: usize,
        /// The keys that name it; empty where only the position does.
        keys: Vec<(&'d str, &'d str)>,
        /// The live item.
        live: Option<NodeRef<'d>>,
    },
}

/// The text of a path, as reports show it.
pub fn display(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Field(name) if plain(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            // Writing to a String cannot fail.
            Step::Field(name) => write!(out, "[\"{name}\"]").unwrap_or_default(),
            Step::Item { index, keys, .. } if keys.is_empty() => write!(out, "[{index}]").unwrap_or_default(),
            Step::Item { keys, .. } => {
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(out, "[{}]", keys.join(",")).unwrap_or_default();
            }
        }
    }
    out
}

/// The path as a JSON pointer (RFC 6901) into the live object.
pub fn pointer(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        match step {
            Step::Field(name) => out.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Item { index, .. } => out.push_str(&index.to_string()),
        }
    }
    out
}

/// The field names of a path, list items left out.
pub fn fields<'p, 'd>(path: &'p [Step<'d>]) -> impl DoubleEndedIterator<Item = &'d str> + use<'p, 'd> {
    path.iter().filter_map(|step| match step {
        Step::Field(name) => Some(*name),
        Step::Item { .. } => None,
    })
}

/// Whether the fields of a path end with `suffix`.
pub fn ends_with(path: &[Step<'_>], suffix: &[&str]) -> bool {
    let mut fields = fields(path).rev();
    suffix.iter().rev().all(|wanted| fields.next() == Some(wanted))
}

/// Whether the fields of a path are exactly `whole`.
pub fn is(path: &[Step<'_>], whole: &[&str]) -> bool {
    fields(path).eq(whole.iter().copied())
}

fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_named_by_their_keys() {
        let item = |keys| Step::Item { index: 1, keys, live: None };
        let path = [
            Step::Field("metadata"),
            Step::Field("annotations"),
            Step::Field("a.b/c"),
            item(vec![("port", "53"), ("protocol", "UDP")]),
            item(Vec::new()),
        ];
        assert_eq!(display(&path), r#"metadata.annotations["a.b/c"][port=53,protocol=UDP][1]"#);
        assert_eq!(pointer(&path), "/metadata/annotations/a.b~1c/1/1");
        assert!(ends_with(&path, &["annotations", "a.b/c"]));
        assert!(!is(&path, &["annotations", "a.b/c"]));
    }
}
