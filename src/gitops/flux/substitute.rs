//! `spec.postBuild` of a Flux Kustomization over finished objects.
//!
//! Flux substitutes in the printed YAML, not in values, so a text that is printed without quotes is
//! read anew afterwards: `"${REPLICAS}"` becomes a number.

use std::collections::BTreeMap;

use super::expand::expand;
use crate::gitops::print::is_written_plain;
use crate::gitops::tree::{Maker, Origin, Tree, Value};
use crate::model::Document;
use crate::syntax;

/// The variables of a Kustomization.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Name to value, where the value is known.
    pub known: BTreeMap<String, String>,
    /// Whether there may be more, in objects that are not in Git.
    pub open: bool,
}

impl Variables {
    /// Whether there is anything to substitute: without variables Flux leaves the text alone.
    pub fn any(&self) -> bool {
        self.open || !self.known.is_empty()
    }
}

/// What went wrong in an object.
#[derive(Debug)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What.
    pub message: String,
    /// Whether Flux would refuse the object; otherwise a value is merely unknown.
    pub is_fatal: bool,
}

/// Fills in the variables of `object`, except where its label or annotation forbids it.
pub fn substitute(object: &mut Tree, variables: &Variables, problems: &mut Vec<Problem>) {
    const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";
    let is_off = |field: &str| {
        object
            .descend(&["metadata", field, SWITCH])
            .and_then(Tree::text)
            .is_some_and(|value| value == "disabled")
    };
    if !variables.any() || is_off("labels") || is_off("annotations") {
        return;
    }
    walk(object, variables, problems);
}

fn walk(tree: &mut Tree, variables: &Variables, problems: &mut Vec<Problem>) {
    match &mut tree.value {
        Value::Scalar(text, ..) if !text.contains("${") => {}
        Value::Scalar(text, _, tag) => {
            let is_text = tag.as_deref().is_none_or(|tag| tag.ends_with("str"));
            match expand(text, &|name| variables.known.get(name).cloned()) {
                Ok(expanded) => {
                    for name in expanded.missing {
                        let message = format!("the variable `{name}` has no value in Git");
                        problems.push(Problem { origin: tree.origin, message, is_fatal: false });
                    }
                    if !expanded.changed {
                        return;
                    }
                    let reread = is_text && is_written_plain(text);
                    let origin = Origin { maker: Some(Maker::Substitution), ..tree.origin };
                    *tree = if reread {
                        read(&expanded.text, origin)
                    } else {
                        Tree::string(expanded.text, origin)
                    };
                }
                Err(message) => problems.push(Problem { origin: tree.origin, message, is_fatal: true }),
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| walk(item, variables, problems)),
        Value::Map(entries) => {
            for (key, value) in entries {
                walk(key, variables, problems);
                walk(value, variables, problems);
            }
        }
    }
}

/// What a text that stands without quotes is read as.
fn read(text: &str, origin: Origin) -> Tree {
    let simple = |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+' | '=' | '@' | '$' | '(' | ')')
    };
    if text.chars().all(simple) {
        return Tree::plain(text, origin);
    }
    let Some(syntax) = syntax::for_file("value.yaml") else { return Tree::string(text, origin) };
    let parsed = syntax.parse(text);
    let root = parsed.documents.first().and_then(Document::root);
    match root.filter(|_| !parsed.has_parse_error() && parsed.documents.len() == 1) {
        Some(root) => {
            let mut tree = Tree::read(root, origin.file);
            tree.give_origin(origin);
            tree
        }
        None => Tree::string(text, origin),
    }
}

/// The variables of `spec.postBuild`: those of `substituteFrom`, looked up by `find` (kind, name), then the
/// inline ones, which win.
pub fn variables<'t>(post_build: &Tree, find: &dyn Fn(&str, &str) -> Option<&'t Tree>) -> Variables {
    let mut variables = Variables::default();
    for reference in post_build.get("substituteFrom").map(Tree::items).unwrap_or_default() {
        let text = |key| reference.get(key).and_then(Tree::text).unwrap_or_default();
        match find(text("kind"), text("name")).map(data) {
            Some(Some(data)) => variables.known.extend(data),
            _ => variables.open = true,
        }
    }
    for (key, value) in post_build.get("substitute").map(Tree::entries).unwrap_or_default() {
        if let (Some(key), Some(value)) = (key.text(), value.text()) {
            variables.known.insert(key.to_owned(), without_breaks(value));
        }
    }
    variables
}

/// The values of a ConfigMap or a Secret; `None` when they are not to be known from Git.
fn data(object: &Tree) -> Option<Vec<(String, String)>> {
    // What SOPS has encrypted is decrypted in the cluster.
    if object.get("sops").is_some() {
        return None;
    }
    let is_secret = object.get("kind").and_then(Tree::text) == Some("Secret");
    let mut values = Vec::new();
    for (field, is_encoded) in [("data", is_secret), ("stringData", false)] {
        for (key, value) in object.get(field).map(Tree::entries).unwrap_or_default() {
            let (Some(key), Some(value)) = (key.text(), value.text()) else { continue };
            let value = if is_encoded { decode(value)? } else { value.to_owned() };
            if !value.contains("ENC[") {
                values.push((key.to_owned(), without_breaks(&value)));
            }
        }
    }
    Some(values)
}

fn decode(text: &str) -> Option<String> {
    use base64::Engine as _;
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
    String::from_utf8(bytes).ok()
}

fn without_breaks(text: &str) -> String {
    text.replace('\n', "")
}
