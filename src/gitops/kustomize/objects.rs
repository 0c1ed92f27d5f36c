//! What a file or an inline text holds: objects, as the reference reads them.

use super::fault::{Fault, Outcome};
use super::folded;
use super::resource::{Resource, text_at};
use super::scalars::{check as check_scalars, settle};
use crate::gitops::tree::Value;
use crate::gitops::{Origin, SourceFile, Sources, Tree};
use crate::model::{Span, Style};
use crate::syntax::{self, Parsed, Problem};

/// The documents of a file, unless a part of it cannot be read.
pub(super) fn documents(file: &SourceFile) -> Outcome<&[Tree]> {
    let origin = Origin { file: file.id, span: Span::default(), maker: None };
    check(&file.problems, file.templated, |span| Origin { span, ..origin })?;
    Ok(&file.documents)
}

/// The documents in a text that stands in a kustomization.
pub(super) fn inline(sources: &Sources<'_>, text: &Tree) -> Outcome<Vec<Tree>> {
    let written = text.text().unwrap_or_default();
    let Some(syntax) = syntax::for_file("inline.yaml") else { return Ok(Vec::new()) };
    let Parsed { mut documents, problems, templated, .. } = syntax.parse(written);
    let places = Places::new(sources, text);
    check(&problems, templated, |span| Origin { span: places.of(span), ..text.origin })?;
    for document in &mut documents {
        document.move_spans(|span| places.of(span));
    }
    let roots = documents.iter().filter_map(crate::model::Document::root);
    Ok(roots.map(|root| Tree::read(root, text.origin.file)).collect())
}

/// Refuses a patch that starts as JSON and is none, although it may be YAML.
pub(super) fn check_json(text: &str, blamed: &Tree) -> Outcome<()> {
    let is_json =
        |text: &str| syntax::for_file("patch.json").is_none_or(|json| json.parse(text).problems.is_empty());
    if text.starts_with('[') && !is_json(text) {
        return Err(Fault::at(blamed, "a patch that starts with `[` has to be JSON"));
    }
    Ok(())
}

fn check(problems: &[Problem], templated: bool, origin: impl Fn(Span) -> Origin) -> Outcome<()> {
    if templated {
        let reason = "this is a text template, not YAML".to_owned();
        return Err(Fault { at: Some(origin(Span::default())), ..Fault::new(reason) });
    }
    match problems.first() {
        Some(problem) => Err(Fault { at: Some(origin(problem.span)), ..Fault::new(&*problem.message) }),
        None => Ok(()),
    }
}

/// Where the lines of an inline text stand in its file.
struct Places {
    whole: Span,
    /// Start of a line in the text, and of the same line in the file.
    lines: Vec<(u32, u32)>,
}

impl Places {
    fn new(sources: &Sources<'_>, text: &Tree) -> Self {
        let lines = lines(sources, text).unwrap_or_default();
        Self { whole: text.origin.span, lines }
    }

    /// The place in the file; that of the whole text where the lines are not the file's.
    fn of(&self, span: Span) -> Span {
        let place = |at: u32| {
            let line = self.lines.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
            self.lines.get(line).map(|(start, there)| there + (at - start))
        };
        match (place(span.start), place(span.end)) {
            (Some(start), Some(end)) => Span { start, end },
            _ => self.whole,
        }
    }
}

/// The lines of a literal block scalar, which are its file's with the indentation taken off.
fn lines(sources: &Sources<'_>, text: &Tree) -> Option<Vec<(u32, u32)>> {
    let Value::Scalar(written, Style::Literal, _) = &text.value else { return None };
    let file = sources.file(text.origin.file)?;
    let from = text.origin.span.start as usize;
    let rest = file.text.get(from..)?;
    // The span starts at the header or, where that is left out, at the text.
    let header = if rest.starts_with('|') { rest.find('\n')? + 1 } else { 0 };
    let start_of_line = file.text.get(..from + header)?.rfind('\n').map_or(0, |at| at + 1);
    let mut at = start_of_line;
    let mut inside = 0;
    let mut lines = Vec::new();
    for line in written.split_inclusive('\n') {
        let there = file.text.get(at..)?.split_inclusive('\n').next().unwrap_or_default();
        let bare = line.trim_end_matches('\n');
        let there_bare = there.trim_end_matches(['\n', '\r']);
        let indent = there_bare.strip_suffix(bare)?.len();
        lines.push((u32::try_from(inside).ok()?, u32::try_from(at + indent).ok()?));
        inside += line.len();
        at += there.len();
    }
    Some(lines)
}

/// The objects among `documents`, lists of objects written out.
pub(super) fn resources(documents: &[Tree]) -> Outcome<Vec<Resource>> {
    let mut queue: std::collections::VecDeque<Tree> = documents.iter().cloned().collect();
    let mut resources = Vec::new();
    while let Some(mut tree) = queue.pop_front() {
        if tree.is_null() || tree.is_map() && tree.entries().is_empty() {
            continue;
        }
        if !tree.is_map() {
            return Err(Fault::at(&tree, "an object is expected here, with `kind` and `metadata.name`"));
        }
        let kind = text_at(&tree, "kind");
        if kind.is_empty() {
            return Err(Fault::at(&tree, "this object has no `kind`"));
        }
        if kind.ends_with("List") {
            // Of a list of objects, its items count; they come after what is already waiting.
            match tree.get("items") {
                Some(items) if items.is_list() => {
                    let mut items = items.clone();
                    // The reference writes the items down and reads them again, unless the list is alone.
                    if kind != "List" || documents.len() > 1 {
                        check_scalars(&items)?;
                        folded::forget(&mut items);
                    }
                    if let Value::List(items) = items.value {
                        queue.extend(items);
                    }
                    continue;
                }
                Some(items) if items.is_null() => continue,
                Some(items) => return Err(Fault::at(items, "the `items` of a list have to be a list")),
                None => {}
            }
        } else if tree.get("metadata").is_none_or(|metadata| text_at(metadata, "name").is_empty()) {
            return Err(Fault::at(&tree, format!("this {kind} has no `metadata.name`")));
        }
        settle(&mut tree)?;
        resources.push(Resource::new(tree));
    }
    Ok(resources)
}
