//! Objects as `kubectl kustomize` prints them: keys sorted, scalars resolved, quoted where the Go YAML
//! library quotes (`sigs.k8s.io/yaml`, emitterc.go), so that two renderings can be compared with `diff`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::tree::{Tree, Value};
use crate::model::{Scalar, Schema, scalar::resolve_plain};

/// Appends the objects as one YAML stream.
pub fn stream<'t>(objects: impl IntoIterator<Item = &'t Tree>, out: &mut String) {
    for (index, object) in objects.into_iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        document(object, out);
    }
}

/// Appends one document, ended by a line break.
pub fn document(tree: &Tree, out: &mut String) {
    match &tree.value {
        Value::Map(entries) if !entries.is_empty() => map(entries, 0, true, out),
        Value::List(items) if !items.is_empty() => list(items, 0, out),
        _ => {
            leaf(tree, 0, out);
            out.push('\n');
        }
    }
}

/// The entries of a mapping at `indent`; the first continues a line that has begun unless `fresh`.
fn map(entries: &[(Tree, Tree)], indent: usize, fresh: bool, out: &mut String) {
    let mut sorted: Vec<&(Tree, Tree)> = entries.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| natural(a.text().unwrap_or_default(), b.text().unwrap_or_default()));
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        if index > 0 || fresh {
            spaces(indent, out);
        }
        // A key is text, whatever it looks like.
        text(key.text().unwrap_or_default(), indent, true, out);
        out.push(':');
        match &value.value {
            Value::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                map(entries, indent + 2, true, out);
            }
            Value::List(items) if !items.is_empty() => {
                out.push('\n');
                list(items, indent, out);
            }
            _ => {
                out.push(' ');
                leaf(value, indent, out);
                out.push('\n');
            }
        }
    }
}

fn list(items: &[Tree], indent: usize, out: &mut String) {
    for item in items {
        spaces(indent, out);
        out.push_str("- ");
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => map(entries, indent + 2, false, out),
            Value::List(inner) if !inner.is_empty() => {
                let mut nested = String::new();
                list(inner, indent + 2, &mut nested);
                out.push_str(nested.trim_start_matches(' '));
            }
            _ => {
                leaf(item, indent, out);
                out.push('\n');
            }
        }
    }
}

fn leaf(tree: &Tree, indent: usize, out: &mut String) {
    match (&tree.value, tree.scalar()) {
        (Value::List(_), _) => out.push_str("[]"),
        (Value::Map(_), _) => out.push_str("{}"),
        (_, Some(Scalar::Str(string))) => text(string, indent, false, out),
        (_, Some(Scalar::Bool(value))) => out.push_str(if value { "true" } else { "false" }),
        // Writing to a String cannot fail.
        (_, Some(Scalar::Int(value))) => write!(out, "{value}").unwrap_or_default(),
        (_, Some(Scalar::Float(value))) => write!(out, "{value}").unwrap_or_default(),
        (_, Some(Scalar::Null) | None) => out.push_str("null"),
    }
}

/// How the Go library writes a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether the Go library writes `text` without quotes, so that what replaces a part of it is read anew.
pub(super) fn is_written_plain(text: &str) -> bool {
    quoting(text, false) == Quoting::Plain
}

fn quoting(text: &str, is_key: bool) -> Quoting {
    if text.is_empty() {
        return Quoting::Double;
    }
    let shape = Shape::of(text);
    let double_only = shape.special || shape.space_before_break;
    if text.contains('\n') {
        let block = !double_only && !shape.trailing_space && !is_key;
        return if block { Quoting::Literal } else { Quoting::Double };
    }
    let looks_like_text =
        matches!(resolve_plain(text, Schema::Kubernetes), Scalar::Str(_)) && !is_lookalike(text);
    match () {
        () if double_only || !looks_like_text => Quoting::Double,
        () if shape.indicators || shape.leading_space || shape.trailing_space => Quoting::Single,
        () => Quoting::Plain,
    }
}

/// What the Go library looks for in a text (`yaml_emitter_analyze_scalar`).
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "as many questions as the Go library asks")]
struct Shape {
    indicators: bool,
    special: bool,
    leading_space: bool,
    trailing_space: bool,
    space_before_break: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self {
            indicators: text.starts_with("---") || text.starts_with("..."),
            leading_space: text.starts_with(' '),
            trailing_space: text.ends_with(' '),
            ..Self::default()
        };
        let mut before = None;
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            let spaced = chars.peek().is_none_or(|next| matches!(next, ' ' | '\n' | '\t' | '\r'));
            shape.indicators |= match char {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`' => before.is_none() || (char == '#' && matches!(before, Some(' ' | '\n' | '\t'))),
                ':' => spaced,
                '?' | '-' => before.is_none() && spaced,
                _ => false,
            };
            shape.special |= !is_printable(char);
            shape.space_before_break |= char == '\n' && before == Some(' ');
            before = Some(char);
        }
        shape
    }
}

fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Texts that only some readers take for something else: YAML 1.1 booleans, sexagesimals, dates, `1_000`.
fn is_lookalike(text: &str) -> bool {
    const WORDS: [&str; 6] = ["y", "Y", "n", "N", "<<", "="];
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is_date = digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && bytes.iter().all(|b| {
            b.is_ascii_digit() || matches!(b, b'-' | b':' | b'T' | b't' | b'Z' | b'z' | b'.' | b'+' | b' ')
        });
    let unsigned = text.trim_start_matches(['+', '-']);
    let is_sexagesimal = unsigned.contains(':')
        && unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'_'));
    let plain_number = text.replace('_', "");
    let is_grouped = plain_number.len() < text.len()
        && !matches!(resolve_plain(&plain_number, Schema::Kubernetes), Scalar::Str(_));
    let is_binary = unsigned.starts_with("0b")
        && unsigned.len() > 2
        && unsigned[2..].bytes().all(|b| matches!(b, b'0' | b'1' | b'_'));
    WORDS.contains(&text) || is_date || is_sexagesimal || is_grouped || is_binary
}

fn text(text: &str, indent: usize, is_key: bool, out: &mut String) {
    match quoting(text, is_key) {
        Quoting::Plain => out.push_str(text),
        Quoting::Single => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
        Quoting::Double => double_quoted(text, out),
        Quoting::Literal => literal(text, indent, out),
    }
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            char if is_printable(char) => out.push(char),
            // Writing to a String cannot fail.
            char if u32::from(char) <= 0xff => write!(out, "\\x{:02X}", u32::from(char)).unwrap_or_default(),
            char if u32::from(char) <= 0xffff => {
                write!(out, "\\u{:04X}", u32::from(char)).unwrap_or_default();
            }
            char => write!(out, "\\U{:08X}", u32::from(char)).unwrap_or_default(),
        }
    }
    out.push('"');
}

fn literal(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    match text.strip_suffix('\n') {
        None => out.push('-'),
        Some(rest) if rest.is_empty() || rest.ends_with('\n') => out.push('+'),
        Some(_) => {}
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(indent + 2, out);
            out.push_str(line);
        }
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// The order of keys: as people count, `a2` before `a10` (the Go library's `keyList.Less`).
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(left, right)| left != right) else {
        return a.len().cmp(&b.len());
    };
    let (left, right) = (a[at], b[at]);
    let in_number = at > 0 && a[at - 1].is_ascii_digit();
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left.cmp(&right),
        (true, false) if in_number => return Ordering::Less,
        (false, true) if in_number => return Ordering::Greater,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Behind a digit other than zero, a zero counts.
    let before = a[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    let leading = if before.clone().any(|c| *c != '0') { "1" } else { "" };
    let number = |chars: &[char]| {
        let run: String = chars[at..].iter().take_while(|c| c.is_ascii_digit()).collect();
        let value = format!("{leading}{run}");
        let value = value.trim_start_matches('0').to_owned();
        (value.len(), value, run.len())
    };
    number(&a).cmp(&number(&b)).then(left.cmp(&right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::tree::FileId;
    use crate::model::Document;
    use crate::syntax;

    fn printed(yaml: &str) -> String {
        let parsed = syntax::for_file("a.yaml").unwrap().parse(yaml);
        let trees: Vec<Tree> = parsed
            .documents
            .iter()
            .filter_map(Document::root)
            .map(|root| Tree::read(root, FileId(0)))
            .collect();
        let mut out = String::new();
        stream(&trees, &mut out);
        out
    }

    #[test]
    fn keys_are_sorted_and_scalars_resolved() {
        assert_eq!(
            printed("b: on\na:\n  - x: 0644\n    c: [1, [2, 3]]\n  - {}\nc: \"5\"\nd: 'a: b'\ne: ~\n"),
            "a:\n- c:\n  - 1\n  - - 2\n    - 3\n  x: 420\n- {}\nb: true\nc: \"5\"\nd: 'a: b'\ne: null\n"
        );
    }

    #[test]
    fn texts_are_quoted_as_the_go_library_quotes() {
        for (text, expected) in [
            ("plain text", "plain text"),
            ("${VAR}", "${VAR}"),
            ("", "\"\""),
            ("true", "\"true\""),
            ("y", "\"y\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("1:30", "\"1:30\""),
            ("*", "'*'"),
            ("a: b", "'a: b'"),
            ("a:b", "a:b"),
            ("a #b", "'a #b'"),
            ("- a", "'- a'"),
            ("-a", "-a"),
            ("tab\there", "\"tab\\there\""),
            ("a,b", "a,b"),
            ("it's", "it's"),
        ] {
            let mut out = String::new();
            super::text(text, 0, false, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn lines_become_a_literal_block() {
        assert_eq!(
            printed("a: \"x\\n\\ny\\n\"\nb: \"x\\ny\"\nc: \"x\\n\\n\"\n"),
            "a: |\n  x\n\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\n"
        );
        assert_eq!(printed("a: \"x \\ny\"\n"), "a: \"x \\ny\"\n");
    }

    #[test]
    fn numbers_in_keys_are_counted() {
        let mut keys = vec!["a10", "a2", "a", "b1", "a02"];
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(keys, ["a", "a2", "a02", "a10", "b1"]);
    }
}
