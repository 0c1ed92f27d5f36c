//! A difference in words, and values as a message may show them: short, and without secrets.

use crate::drift::Change;
use crate::model::{ChangeKind, NodeRef, Scalar};
use crate::secrets::{MARK, redact_text, sensitive_name};

/// How much of a value is shown.
const LENGTH: usize = 80;

/// What a message about a difference says besides the difference.
pub(super) struct Told<'t> {
    /// The live object.
    pub object: &'t str,
    /// Who declares it: Git, or a release of Helm.
    pub by: &'t str,
    /// The declared value.
    pub desired: Option<&'t str>,
    /// The live one.
    pub live: Option<&'t str>,
    /// Whether neither is shown.
    pub secret: bool,
    /// Whether the live object says who wrote what.
    pub attributed: bool,
}

impl Told<'_> {
    /// What is otherwise, and who made it so.
    pub fn difference(&self, change: &Change<'_>) -> String {
        let (object, by, path) = (self.object, self.by, &change.path);
        let or_nothing = |value: Option<&str>| value.unwrap_or("nothing").to_owned();
        let mut message = match change.kind {
            ChangeKind::Changed if self.secret || self.desired == self.live => {
                format!("{object}: the live value of `{path}` is not the declared one")
            }
            ChangeKind::Changed => {
                let (live, desired) = (or_nothing(self.live), or_nothing(self.desired));
                format!("{object}: `{path}` is {live}, {by} says {desired}")
            }
            ChangeKind::Absent => format!("{object}: `{path}` is declared and not live"),
            ChangeKind::StaleOwned => {
                format!("{object}: `{path}` is still live, and {by} no longer declares it")
            }
            ChangeKind::ForeignAdded => format!("{object}: `{path}` was added, and {by} does not declare it"),
        };
        match (&change.writer, change.kind) {
            (Some(writer), _) => message.extend(["; last written by ", &writer.to_string()]),
            (None, ChangeKind::Absent) => {}
            (None, _) if self.attributed => message.push_str("; who wrote it is not recorded"),
            (None, _) => message.push_str("; attribution unavailable: the live state has no managedFields"),
        }
        message
    }
}

/// The value of a node at `path`, in the flow style of YAML.
pub(super) fn shown(node: NodeRef<'_>, path: &str, secret: bool) -> String {
    if secret || is_sensitive(path) {
        return MARK.to_owned();
    }
    let mut out = String::new();
    write(node, 0, &mut out);
    // One name beside one value is enough to see a secret by.
    let last = path.rsplit(['.', '[']).next().unwrap_or_default().trim_end_matches([']', '"']);
    let line = format!("{last}: {out}");
    let clean = redact_text(&line);
    clean.strip_prefix(last).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&clean).to_owned()
}

/// Whether a name on the path promises a secret: a field's, or that of an environment variable.
pub(super) fn is_sensitive(path: &str) -> bool {
    path.split(['.', '[', ']', '"', '=', ',']).any(|part| !part.is_empty() && sensitive_name(part))
        && (path.rsplit('.').next() == Some("value") || path.ends_with(']') || !path.contains("containers["))
}

fn write(node: NodeRef<'_>, depth: usize, out: &mut String) {
    if out.chars().count() > LENGTH || depth > 16 {
        if !out.ends_with('…') {
            out.push('…');
        }
        return;
    }
    if node.is_mapping() {
        let hides = node.get("name").and_then(NodeRef::text).is_some_and(sensitive_name);
        out.push('{');
        for (position, (key, value)) in node.entries().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            let name = key.text().unwrap_or_default();
            out.push_str(name);
            out.push_str(": ");
            if sensitive_name(name) || (hides && name == "value") {
                out.push_str(MARK);
            } else {
                write(value, depth + 1, out);
            }
        }
        out.push('}');
    } else if node.is_sequence() {
        out.push('[');
        for (position, item) in node.items().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            write(item, depth + 1, out);
        }
        out.push(']');
    } else {
        scalar(node, out);
    }
}

fn scalar(node: NodeRef<'_>, out: &mut String) {
    let text = node.text().unwrap_or_default();
    let is_text = matches!(node.scalar(), Some(Scalar::Str(_)));
    let first = text.lines().next().unwrap_or_default();
    let short: String = first.chars().take(LENGTH).collect();
    let cut = short.len() < text.trim_end().len();
    let quote = if is_text { "\"" } else { "" };
    out.push_str(quote);
    out.push_str(&short);
    out.push_str(if cut { "…" } else { "" });
    out.push_str(quote);
}
