//! Builds documents for the unit tests of this room, out of JSON. Short tags, comments and styles need
//! a reader: those are tested in `tests/platform.rs`.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::{Data, Document, NodeId, NodeRef, Resource, Span, Style};

use super::recognise;

/// The document that `text`, which is JSON, describes.
pub(super) fn document(text: &str) -> Document<'static> {
    let mut document = Document::default();
    let root = add(&mut document, &serde_json::from_str(text).unwrap());
    document.set_root(root);
    document
}

/// Prepares `document` as its platform does and hands its resources to `check`.
pub(super) fn with_resources(file: &str, text: &str, check: impl FnOnce(&[Resource<'_>])) {
    let mut document = document(text);
    let platform = recognise(file, &document).expect("a platform claims the document");
    platform.prepare(&mut document);
    let mut resources = Vec::new();
    platform.resources(&document, &mut resources);
    check(&resources);
}

/// The node at a path of keys, where a number is an index.
pub(super) fn at<'d>(node: NodeRef<'d>, path: &str) -> NodeRef<'d> {
    path.split('/').fold(node, |node, step| {
        let child = step.parse().ok().and_then(|index| node.item(index)).or_else(|| node.get(step));
        child.unwrap_or_else(|| panic!("no {step} in {path}"))
    })
}

fn add(document: &mut Document<'static>, value: &Value) -> NodeId {
    let (text, style) = match value {
        Value::Array(items) => {
            let ids: Vec<_> = items.iter().map(|item| add(document, item)).collect();
            let children = document.push_children(&ids);
            return document.push(Data::Sequence(children), Span::default(), None);
        }
        Value::Object(entries) => {
            let mut ids = Vec::new();
            for (key, value) in entries {
                let key = Data::Scalar(Cow::Owned(key.clone()), Style::DoubleQuoted);
                ids.push(document.push(key, Span::default(), None));
                ids.push(add(document, value));
            }
            let children = document.push_children(&ids);
            return document.push(Data::Mapping(children), Span::default(), None);
        }
        Value::String(text) => (text.clone(), Style::DoubleQuoted),
        other => (other.to_string(), Style::Plain),
    };
    document.push(Data::Scalar(Cow::Owned(text), style), Span::default(), None)
}
