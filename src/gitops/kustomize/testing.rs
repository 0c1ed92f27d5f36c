//! Trees from text and back, for tests.

use crate::gitops::Tree;
use crate::gitops::tree::{FileId, Value};
use crate::syntax;

/// The first document of a YAML text.
pub(super) fn tree(text: &str) -> Tree {
    let parsed = syntax::for_file("test.yaml").expect("YAML").parse(text);
    Tree::read(parsed.documents[0].root().expect("a document"), FileId(0))
}

/// A tree in one line, without quotes.
pub(super) fn show(tree: &Tree) -> String {
    match &tree.value {
        Value::Scalar(text, ..) => text.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}:{}", show(key), show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}
