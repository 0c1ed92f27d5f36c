//! granit-parser's events, written into the arena.
//!
//! Events only, no third-party loader: nothing here recurses on user input, and the parser bounds
//! nesting at 255 levels. Aliases stay shared; merge keys (`<<`) are written out, within a budget.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Range, StrInput, Tag};

use super::{Parsed, Problem, ProblemKind, keys, merge, offset};
use crate::model::{Comment, Data, Document, NodeId, NodeRef, Schema, Span, Style};

/// The most nodes a document may have with its aliases and merge keys written out.
const MAX_EXPANDED: u64 = 1_000_000;

/// The deepest it may be then: readers of documents may recurse.
const MAX_DEPTH: u32 = 512;

/// The most comment lines in a row where the parser must look past them; its own 96 are too few for
/// commented-out blocks, and each costs some hundred bytes.
const MAX_COMMENTS: usize = 1 << 16;

/// The most parse errors reported in one file; each is in a document of its own.
const MAX_ERRORS: usize = 5;

/// Where the first parse error of a text is.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    pub(super) at: usize,
    /// Whether it is a quoted scalar that goes on at its parent's indentation.
    pub(super) underindented_quote: bool,
}

/// Reads a stream of documents and tells the first parse error apart.
pub(super) fn read(text: &str) -> (Parsed<'_>, Option<Failure>) {
    let mut options = granit_parser::options! {};
    options.max_buffered_comment_events = MAX_COMMENTS;
    // Looking out for comments costs 8 % of the time; three files in four have no `#` at all.
    options.emit_comments = memchr::memchr(b'#', text.as_bytes()).is_some();
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader::new(text);
    let mut failure = None;
    let mut errors = 0;
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, range)) => reader.event(event, &range),
            Err(error) => {
                errors += 1;
                reader.abandon_document();
                failure.get_or_insert(Failure {
                    at: error.marker().byte_offset().unwrap_or_default(),
                    underindented_quote: *error.kind() == ErrorKind::InvalidQuotedScalarIndent,
                });
                if errors <= MAX_ERRORS {
                    reader.parsed.problems.push(parse_error(text, &error));
                }
                if !recover(&mut parser) {
                    break;
                }
            }
        }
    }
    reader.parsed.comments.sort_by_key(|comment| comment.span.start);
    (reader.parsed, failure)
}

/// Steps to the next document, if there is one.
fn recover<'s>(parser: &mut Parser<'s, StrInput<'s>>) -> bool {
    parser.proceed_next_document().unwrap_or(false)
}

fn parse_error(text: &str, error: &ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(text.len());
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let advice = match error.kind() {
        ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => {
            "indent with spaces"
        }
        ErrorKind::UnclosedQuotedScalar => "close the quote",
        ErrorKind::UnknownAnchor => "define the anchor before its alias",
        ErrorKind::MappingValueNotAllowed => "quote a value that holds `: `, or check the indentation",
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            "write it as an escape in double quotes"
        }
        ErrorKind::UnexpectedCharacter { .. } => "quote the value",
        ErrorKind::RecursionLimitExceeded => "flatten it to at most 255 levels",
        _ => "nothing in this document was checked",
    };
    Problem {
        kind: ProblemKind::ParseError,
        message: format!("not valid YAML: {}; {advice}", error.kind()),
        span: Span::new(offset(at), offset(at + width)),
    }
}

/// A sequence or a mapping whose end has not been read.
struct Open<'s> {
    start: usize,
    /// Where its children begin among the pending ones.
    first: usize,
    tag: Option<Cow<'s, str>>,
    anchor: usize,
    /// Whether a plain `<<` stands among its children.
    merges: bool,
}

struct Reader<'s> {
    text: &'s str,
    parsed: Parsed<'s>,
    document: Document<'s>,
    /// How many documents have begun.
    begun: u32,
    in_document: bool,
    /// Children of all open collections, those of the innermost last.
    pending: Vec<NodeId>,
    open: Vec<Open<'s>>,
    /// Nodes by the parser's anchor number; an anchor still open is not in it.
    anchors: HashMap<usize, NodeId>,
    has_aliases: bool,
    /// Entries that merge keys may still look at in this document.
    merge_budget: u64,
    /// Why the document is left out at its end.
    rejected: Option<Problem>,
}

impl<'s> Reader<'s> {
    fn new(text: &'s str) -> Self {
        Self {
            text,
            parsed: Parsed::default(),
            document: Document::default(),
            begun: 0,
            in_document: false,
            pending: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            has_aliases: false,
            merge_budget: MAX_EXPANDED,
            rejected: None,
        }
    }

    fn event(&mut self, event: Event<'s>, range: &Range) {
        let start = range.start.byte_offset().unwrap_or_default();
        let end = range.end.byte_offset().unwrap_or(start);
        match event {
            Event::DocumentStart(..) => self.begin_document(),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, range),
            Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => {
                let tag = tag.map(|tag| self.tag(&tag, range));
                self.open.push(Open { start, first: self.pending.len(), tag, anchor, merges: false });
            }
            Event::SequenceEnd => self.close(end, false),
            Event::MappingEnd => self.close(end, true),
            Event::Alias(anchor) => self.alias(anchor, Span::new(offset(start), offset(end))),
            Event::Comment(text, _) => {
                let span = Span::new(offset(start), offset(end));
                self.parsed.comments.push(Comment { text, span });
            }
            _ => {}
        }
    }

    fn begin_document(&mut self) {
        self.document = Document::new(self.begun, Schema::Core);
        self.begun = self.begun.saturating_add(1);
        self.in_document = true;
        self.pending.clear();
        self.open.clear();
        self.anchors.clear();
        self.has_aliases = false;
        self.merge_budget = MAX_EXPANDED;
        self.rejected = None;
    }

    fn end_document(&mut self) {
        self.in_document = false;
        let mut document = std::mem::take(&mut self.document);
        if let Some(&root) = self.pending.first() {
            let node = document.node(root);
            // A document without content comes as an empty scalar.
            if !(node.span().start == node.span().end && node.tag().is_none()) {
                document.set_root(root);
            }
        }
        if self.rejected.is_none() && self.has_aliases {
            let (nodes, depth) = document.expanded_size();
            if nodes > MAX_EXPANDED || depth > MAX_DEPTH {
                self.reject(document.root().map(NodeRef::span).unwrap_or_default(), TOO_LARGE);
            }
        }
        match self.rejected.take() {
            Some(problem) => self.parsed.problems.push(problem),
            None => self.parsed.documents.push(document),
        }
    }

    /// Leaves out the document in which a parse error is; its index stays taken.
    fn abandon_document(&mut self) {
        if !std::mem::replace(&mut self.in_document, false) {
            self.begun = self.begun.saturating_add(1);
        }
    }

    fn reject(&mut self, span: Span, message: &str) {
        self.rejected.get_or_insert_with(|| Problem {
            kind: ProblemKind::AliasExpansion,
            message: message.to_owned(),
            span,
        });
    }

    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'s, Tag>>,
        range: &Range,
    ) {
        let mut start = range.start.byte_offset().unwrap_or_default();
        let mut end = range.end.byte_offset().unwrap_or(start);
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let mut text = text;
        if style == Style::Plain {
            if start == end {
                // A value that is not there comes as `~`.
                text = Cow::Borrowed("");
            } else if text == "<<"
                && let Some(open) = self.open.last_mut()
            {
                open.merges = true;
            }
        } else if style.is_block() {
            end = start + self.text.get(start..end).unwrap_or_default().trim_end().len();
            start = block_header(self.text, start).unwrap_or(start);
        }
        let tag = tag.map(|tag| self.tag(&tag, range));
        let id = self.document.push(Data::Scalar(text, style), Span::new(offset(start), offset(end)), tag);
        self.add(id, anchor);
    }

    /// The tag as written, but for the core schema's, which become `!!str` and the like.
    fn tag(&self, tag: &Tag, range: &Range) -> Cow<'s, str> {
        let core = tag.core_suffix().map(|name| format!("!!{name}"));
        let written = range.tag_span().and_then(|span| span.slice(self.text));
        match (core, written) {
            (core, Some(written)) if core.as_deref().is_none_or(|core| core == written) => {
                Cow::Borrowed(written)
            }
            (Some(core), _) => Cow::Owned(core),
            (None, _) => Cow::Owned(tag.original()),
        }
    }

    fn add(&mut self, id: NodeId, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.pending.push(id);
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        self.has_aliases = true;
        let data = if let Some(&target) = self.anchors.get(&anchor) {
            Data::Alias(target)
        } else {
            self.reject(span, "this alias stands inside its own anchor; write the value out");
            Data::Scalar(Cow::Borrowed(""), Style::Plain)
        };
        let id = self.document.push(data, span, None);
        self.pending.push(id);
    }

    fn close(&mut self, end: usize, mapping: bool) {
        let Some(Open { start, first, tag, anchor, merges }) = self.open.pop() else { return };
        let flow = matches!(self.text.as_bytes().get(start), Some(b'{' | b'['));
        let children = self.pending.get(first..).unwrap_or_default();
        let span = self.span(start, end, flow, children);
        let data = if mapping {
            if flow && self.is_action(start, children) {
                self.parsed.templated = true;
            }
            keys::report_duplicates(&self.document, children, &mut self.parsed.problems);
            if merges {
                let pairs = self.pending.split_off(first);
                match merge::write_out(&self.document, &pairs, &mut self.merge_budget) {
                    Some(pairs) => self.pending.extend(pairs),
                    None => self.reject(span, TOO_LARGE),
                }
            }
            Data::Mapping(self.document.push_children(self.pending.get(first..).unwrap_or_default()))
        } else {
            Data::Sequence(self.document.push_children(children))
        };
        self.pending.truncate(first);
        let id = self.document.push(data, span, tag);
        self.add(id, anchor);
    }

    /// A flow collection has its brackets; a block ends with its last child, since the parser only
    /// notices the end at the next token.
    fn span(&self, start: usize, end: usize, flow: bool, children: &[NodeId]) -> Span {
        let last = children.last().map(|&id| self.document.raw_span(id));
        let end = last.filter(|_| !flow).map_or(offset(end), |last| last.end);
        Span::new(offset(start), end.max(offset(start)))
    }

    /// Whether a flow mapping is really `{{ … }}`: its first key is a mapping from the next byte on.
    fn is_action(&self, start: usize, children: &[NodeId]) -> bool {
        let Some(&key) = children.first() else { return false };
        let key = self.document.node(key);
        let name = key.entries().next().and_then(|(name, _)| name.style());
        key.span().start == offset(start + 1) && name == Some(Style::Plain)
    }
}

const TOO_LARGE: &str = "its aliases or merge keys expand beyond a million nodes or 512 levels; write less of it \
                         by reference";

/// Where the `|` or `>` of a block scalar stands whose content begins at `content`.
fn block_header(text: &str, content: usize) -> Option<usize> {
    let before = text.get(..content)?.trim_end();
    let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    before.get(line..)?.match_indices(['|', '>']).map(|(at, _)| line + at).find(|&at| {
        let rest = before.get(at + 1..).unwrap_or_default();
        let rest = rest.trim_start_matches(['-', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        let blank = rest.trim_start();
        blank.is_empty() || (blank.starts_with('#') && blank.len() < rest.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Document<'_> {
        let (mut parsed, _) = read(text);
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.documents.len(), 1);
        parsed.documents.remove(0)
    }

    fn kinds(text: &str) -> Vec<ProblemKind> {
        read(text).0.problems.iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn spans_are_of_the_value_alone() {
        let text = "a: !Ref &x 'it'\nb:\n  - c: 1\n  -\n  - {d: e}\nf: |-\n  g\n\n  h\n\ni: >2 # j\n   k\n";
        let document = only(text);
        let root = document.root().unwrap();
        let slice = |key| root.get(key).unwrap().span().of(text);
        assert_eq!(slice("a"), "'it'");
        assert_eq!(root.get("a").unwrap().tag(), Some("!Ref"));
        assert_eq!(slice("b"), "- c: 1\n  -\n  - {d: e}");
        assert_eq!(root.get("b").unwrap().item(2).unwrap().span().of(text), "{d: e}");
        assert_eq!(slice("f"), "|-\n  g\n\n  h");
        assert_eq!(slice("i"), ">2 # j\n   k");
        assert_eq!(root.span().of(text), text.trim_end());
    }

    #[test]
    fn missing_values_are_empty_and_empty_documents_count() {
        let text = "---\n# nothing\n---\na:\n---\n";
        let (parsed, _) = read(text);
        let counted: Vec<_> = parsed.documents.iter().map(|d| (d.index, d.is_empty())).collect();
        assert_eq!(counted, [(0, true), (1, false), (2, true)]);
        assert_eq!(parsed.documents[1].root().unwrap().get("a").unwrap().text(), Some(""));
        assert_eq!(parsed.comments[0].span.of(text), "# nothing");
    }

    #[test]
    fn aliases_are_shared_and_bounded() {
        assert_eq!(only("a: &x [1]\nb: *x\n").root().unwrap().get("b").unwrap().len(), 1);
        assert_eq!(kinds("a: &x [*x]\n---\nb: 1\n"), [ProblemKind::AliasExpansion]);
        // Each level names the one before it: twice (width), then once (depth).
        let width = levels(30, |below| format!("[*a{below}, *a{below}]"));
        assert_eq!(kinds(&width), [ProblemKind::AliasExpansion]);
        let depth = levels(600, |below| format!("[*a{below}]"));
        assert_eq!(kinds(&depth), [ProblemKind::AliasExpansion]);
    }

    fn levels(count: usize, level: impl Fn(usize) -> String) -> String {
        let items = (1..count).map(|at| format!("- &a{at} {}", level(at - 1)));
        std::iter::once("- &a0 [1]".to_owned()).chain(items).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn duplicate_keys_are_kept_and_reported() {
        for count in [2, 100] {
            let others = (0..count).map(|key| format!("k{key}: 1")).collect::<Vec<_>>().join("\n");
            let text = format!("a: 1\n{others}\n\"a\": 2\n");
            let (parsed, _) = read(&text);
            assert_eq!(parsed.problems.len(), 1);
            assert_eq!(parsed.problems[0].kind, ProblemKind::DuplicateKey);
            assert_eq!(parsed.problems[0].span.of(&text), "\"a\"");
            assert_eq!(parsed.documents[0].root().unwrap().get("a").unwrap().text(), Some("2"));
        }
    }

    #[test]
    fn reading_goes_on_at_the_next_document() {
        let text = "a: 1\n---\nb: [1\n---\nc: 1\n";
        let (parsed, _) = read(text);
        let indexes: Vec<_> = parsed.documents.iter().map(|document| document.index).collect();
        assert_eq!(indexes, [0, 2]);
        assert_eq!(kinds(text), [ProblemKind::ParseError]);
        assert_eq!(kinds(&"a: ]\n---\n".repeat(9)).len(), MAX_ERRORS);
    }

    #[test]
    fn line_breaks_of_every_kind_end_a_line() {
        for text in ["a: b\r\nc: |\r\n  d\r\n", "a: b\rc: |\r  d\r"] {
            let document = only(text);
            let root = document.root().unwrap();
            assert_eq!(root.get("a").unwrap().text(), Some("b"));
            assert_eq!(root.get("c").unwrap().text(), Some("d\n"));
        }
    }
}
