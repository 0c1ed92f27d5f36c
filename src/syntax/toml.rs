//! TOML, for the few configuration files of other tools that are written in it.
//!
//! Deliberately not among `SYNTAXES`: no policy judges TOML, so the walk has no reason to read it.

use std::borrow::Cow;
use std::ops::Range;

use toml_edit::{Array, Item, Key, TableLike, Value};

use super::{Parsed, Problem, ProblemKind, Syntax, offset};
use crate::model::{Data, Document, NodeId, Schema, Span, Style};

/// TOML 1.1, by `toml_edit`, which bounds its depth.
pub(super) struct Toml;

impl Syntax for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["toml"]
    }

    fn parse<'s>(&self, text: &'s str) -> Parsed<'s> {
        let parsed = match toml_edit::Document::parse(text) {
            Ok(parsed) => parsed,
            Err(problem) => {
                // The message without the snippet that `Display` shows.
                let message: String = problem.message().chars().filter(|c| !c.is_control()).collect();
                let span = span(problem.span());
                let problem = Problem { kind: ProblemKind::ParseError, message, span };
                return Parsed { problems: vec![problem], ..Parsed::default() };
            }
        };
        let mut document = Document::new(0, Schema::Json);
        let root = table(&mut document, parsed.as_table(), Some(0..text.len()));
        document.set_root(root);
        Parsed { documents: vec![document], ..Parsed::default() }
    }
}

fn item(document: &mut Document<'_>, item: &Item, key: &Key) -> NodeId {
    let place = item.span().or_else(|| key.span());
    match item {
        Item::None => document.push(Data::Scalar("null".into(), Style::Plain), span(place), None),
        Item::Value(item) => value(document, item, place),
        Item::Table(item) => table(document, item, place),
        Item::ArrayOfTables(items) => {
            let items: Vec<NodeId> =
                items.iter().map(|item| table(document, item, item.span().or(place.clone()))).collect();
            let children = document.push_children(&items);
            document.push(Data::Sequence(children), span(place), None)
        }
    }
}

fn value(document: &mut Document<'_>, value: &Value, place: Option<Range<usize>>) -> NodeId {
    let (text, style) = match value {
        Value::String(text) => (text.value().clone(), Style::DoubleQuoted),
        Value::Integer(number) => (number.value().to_string(), Style::Plain),
        Value::Float(number) => (number.value().to_string(), Style::Plain),
        Value::Boolean(flag) => (flag.value().to_string(), Style::Plain),
        Value::Datetime(time) => (time.value().to_string(), Style::DoubleQuoted),
        Value::Array(items) => return array(document, items, place),
        Value::InlineTable(inline) => return table(document, inline, place),
    };
    document.push(Data::Scalar(Cow::Owned(text), style), span(place), None)
}

fn array(document: &mut Document<'_>, items: &Array, place: Option<Range<usize>>) -> NodeId {
    let items: Vec<NodeId> =
        items.iter().map(|item| value(document, item, item.span().or(place.clone()))).collect();
    let children = document.push_children(&items);
    document.push(Data::Sequence(children), span(place), None)
}

fn table(document: &mut Document<'_>, table: &dyn TableLike, place: Option<Range<usize>>) -> NodeId {
    let mut entries = Vec::with_capacity(table.len() * 2);
    for (name, _) in table.iter() {
        let Some((key, content)) = table.get_key_value(name) else { continue };
        let text = Data::Scalar(Cow::Owned(name.to_owned()), Style::Plain);
        entries.push(document.push(text, span(key.span()), None));
        entries.push(item(document, content, key));
    }
    let children = document.push_children(&entries);
    document.push(Data::Mapping(children), span(place), None)
}

fn span(place: Option<Range<usize>>) -> Span {
    place.map(|place| Span::new(offset(place.start), offset(place.end))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_mappings_with_places() {
        let text = "version = 0.1\n[prod.deploy.parameters]\nstack_name = \"shop\"\ntags = ['a', {b = true}]\n[[x]]\ny = 1\n";
        let parsed = Toml.parse(text);
        let root = parsed.documents[0].root().unwrap();
        let parameters = root.descend(&["prod", "deploy", "parameters"]).unwrap();
        let (key, name) = parameters.entry("stack_name").unwrap();
        assert_eq!(
            (key.span().of(text), name.as_str(), name.span().of(text)),
            ("stack_name", Some("shop"), "\"shop\"")
        );
        assert_eq!(parameters.get("tags").unwrap().item(1).unwrap().get("b").unwrap().text(), Some("true"));
        assert_eq!(root.get("x").unwrap().item(0).unwrap().get("y").unwrap().text(), Some("1"));
    }

    #[test]
    fn mistakes_have_a_place() {
        let parsed = Toml.parse("a = 1\nb =\n");
        assert!(parsed.documents.is_empty() && parsed.has_parse_error());
        assert_eq!(parsed.problems[0].span.start, 9);
        assert!(Toml.parse(&"[".repeat(100_000)).has_parse_error());
        assert!(Toml.parse(&format!("a = {}", "[".repeat(100_000))).has_parse_error());
    }
}
