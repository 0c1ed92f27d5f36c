//! From nodes to locations: the one line a finding points at, safe to print.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Options;
use crate::cel::Blame;
use crate::model::{Finding, LineIndex, Location, NodeRef, Path, Region, Resource, Snippet, Span, Style};
use crate::{report, secrets};

/// A text being checked, under the name findings use.
pub struct Source<'s> {
    /// The name.
    pub file: Arc<str>,
    /// Its path from the repository's root.
    pub in_repo: &'s str,
    /// The text.
    pub text: &'s str,
    lines: OnceCell<LineIndex>,
}

/// How much of a line a snippet may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// All but what looks like a secret.
    Line,
    /// Not the marked part.
    HideMark,
    /// Nothing after the marked part, which is a key.
    UpToMark,
    /// Nothing.
    Nothing,
}

impl<'s> Source<'s> {
    /// A source whose lines are not counted before a finding needs them.
    pub fn new(file: Arc<str>, in_repo: &'s str, text: &'s str) -> Self {
        Self { file, in_repo, text, lines: OnceCell::new() }
    }

    /// Its lines.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.text))
    }

    /// The location of the part of `span` that stands on its first line.
    pub fn locate(&self, span: Span, show: Show) -> Location {
        self.locate_hiding(span, show, &[])
    }

    /// The same; no byte of `secret` is shown, whatever it looks like.
    pub fn locate_hiding(&self, span: Span, show: Show, secret: &[Span]) -> Location {
        let lines = self.lines();
        let line = lines.line(span.start);
        let whole = lines.line_span(self.text, line);
        let start = span.start.min(whole.end);
        let end = span.end.clamp(start, whole.end);
        let region = lines.region(self.text, Span::new(start, end));
        let mark = (start - whole.start) as usize..(end - whole.start) as usize;
        let line_text = whole.of(self.text);
        let snippet = match show {
            Show::Nothing => None,
            _ => {
                let shown = if show == Show::UpToMark { &line_text[..mark.end] } else { line_text };
                let on_line = |span: &Span| {
                    let offset = |at: u32| (at.clamp(whole.start, whole.end) - whole.start) as usize;
                    offset(span.start).min(shown.len())..offset(span.end).min(shown.len())
                };
                let secret = secret.iter().map(on_line).collect();
                let (text, mark) = secrets::redact(shown, mark, show == Show::HideMark, secret);
                Some(Snippet { text, mark })
            }
        };
        Location { file: self.file.clone(), region, snippet }
    }
}

/// The location of a file as a whole: its first line, without showing it.
pub fn whole_file(file: Arc<str>) -> Location {
    Location { file, region: Region::START, snippet: None }
}

/// The bytes to point at.
pub struct Pointer<'d> {
    /// The node whose file they are in.
    pub node: NodeRef<'d>,
    /// Where they are.
    pub span: Span,
    /// The path of the node they belong to.
    pub path: Path,
    /// Whether they are a value, not a key that stands for what it holds.
    pub is_value: bool,
}

/// What to point at for a blamed node, which stands in `file`.
pub fn point_at<'d>(blame: &Blame<'d>, resource: &Resource<'d>, file: &str) -> Pointer<'d> {
    // A `!Ref` to a parameter that carries its value is mended at the parameter.
    let node = if blame.missing { blame.node } else { resource.platform.source(blame.node) };
    let Some(place) = node.place() else { return point_at_resource(resource) };
    if let Some(span) = blame.span.and_then(|part| bytes_of(node, part, file)) {
        return Pointer { node, span, path: place.path, is_value: true };
    }
    let plain = node.style().is_some_and(|style| !style.is_block()) && !blame.missing;
    if plain && node.span().start < node.span().end {
        return Pointer { node, span: node.span(), path: place.path, is_value: true };
    }
    // What is missing, a block of text and a collection are shown by the key that holds them.
    let shown = match place.key {
        _ if node == resource.body => resource.header,
        Some(key) => key,
        None => first_key(node),
    };
    Pointer { node: shown, span: shown.span(), path: place.path, is_value: false }
}

/// Where the first line of a part of a node's text stands in its file; `None` where the text is not written as it reads.
fn bytes_of(node: NodeRef<'_>, part: Span, file: &str) -> Option<Span> {
    let (text, written) = (node.text()?, node.span().of(file));
    let wanted = part.of(text).lines().next()?;
    let start = if written == text {
        part.start
    } else if node.style() == Some(Style::Literal) {
        in_block(written, text, part.start)?
    } else {
        // A quote stands before it.
        part.start + 1
    };
    let start = node.span().start.checked_add(start)?;
    let found = Span::new(start, start.checked_add(u32::try_from(wanted.len()).ok()?)?);
    (found.of(file) == wanted).then_some(found)
}

/// The byte of a `|` block, its header and indentation counted, at which the byte `at` of its text stands.
fn in_block(written: &str, text: &str, at: u32) -> Option<u32> {
    let before = text.get(..at as usize)?;
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
    let reads = text.split('\n').nth(line)?;
    // The header has the first line to itself.
    let (starts, _) = written.match_indices('\n').nth(line)?;
    let stands = written.get(starts + 1..)?.lines().next()?;
    u32::try_from(starts + 1 + stands.len().checked_sub(reads.len())? + column).ok()
}

/// What to point at when nothing narrower is known: the line that introduces the resource.
pub fn point_at_resource<'d>(resource: &Resource<'d>) -> Pointer<'d> {
    let path = resource.header.place().map(|place| place.path).unwrap_or_default();
    Pointer { node: resource.header, span: resource.header.span(), path, is_value: false }
}

/// The first key of a list's item: one word instead of the whole item.
fn first_key(node: NodeRef<'_>) -> NodeRef<'_> {
    node.entries().next().map_or(node, |(key, _)| key)
}

/// Computes GitHub's hashes of the lines that findings in `text` point at, when they are wanted.
pub(super) fn hash_lines(findings: &mut [Finding], text: &str, options: &Options) {
    if !options.line_hashes || findings.is_empty() {
        return;
    }
    let wanted: BTreeSet<u32> = findings.iter().map(|finding| finding.location.region.start.line).collect();
    let hashes = report::line_hashes(text, &wanted);
    for finding in findings {
        finding.line_hash = hashes.get(&finding.location.region.start.line).cloned();
    }
}
