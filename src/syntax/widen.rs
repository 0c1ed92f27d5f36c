//! Reads files whose quoted scalars go on at their parent's own indentation.
//!
//! YAML 1.2 forbids it (§7.3), libyaml and with it `kubectl` and `CloudFormation` accept it, and files
//! pasted from a live cluster have it. Indenting such a line further changes no value, since the
//! blanks at the start of a continuation line are folded away; the spans are then moved back.

use std::borrow::Cow;

use super::{Parsed, events, offset};
use crate::model::{Comment, Document, Span};

/// What is inserted; a line that needs more is widened again.
const BLANKS: &str = "                                                                ";

/// Each retry reads the file again, so both the lines and the size of a file are bounded.
const MAX_LINES: usize = 64;
const MAX_BYTES: usize = 1 << 20;

/// Reads `text` with its under-indented lines widened, the first of which fails at byte `at`.
///
/// `None` when that does not help.
pub(super) fn read_widened(text: &str, at: usize) -> Option<Parsed<'static>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut widened = text.to_owned();
    let mut inserted = vec![at];
    for _ in 0..MAX_LINES {
        let at = *inserted.last()?;
        if !widened.is_char_boundary(at) {
            return None;
        }
        widened.insert_str(at, BLANKS);
        let (parsed, failure) = events::read(&widened);
        match failure {
            // The parser stops at the first line it cannot read, so the lines come in order.
            Some(failure) if failure.underindented_quote && failure.at > at => inserted.push(failure.at),
            Some(failure) if failure.underindented_quote => return None,
            _ => return Some(moved_back(parsed, &inserted)),
        }
    }
    None
}

/// `inserted` holds where blanks stand in the widened text, ascending.
fn moved_back(parsed: Parsed<'_>, inserted: &[usize]) -> Parsed<'static> {
    let original = |at: u32| {
        let at = at as usize;
        let before = inserted.partition_point(|&insertion| insertion < at);
        let whole = inserted.partition_point(|&insertion| insertion + BLANKS.len() <= at);
        // Inside an insertion: where it was made.
        let at = if before > whole { inserted.get(whole).copied().unwrap_or(at) } else { at };
        offset(at.saturating_sub(whole * BLANKS.len()))
    };
    let place = |span: Span| Span::new(original(span.start), original(span.end));
    let mut documents: Vec<_> = parsed.documents.into_iter().map(Document::into_owned).collect();
    for document in &mut documents {
        document.move_spans(place);
    }
    let mut problems = parsed.problems;
    for problem in &mut problems {
        problem.span = place(problem.span);
    }
    let owned = |comment: Comment<'_>| Comment {
        text: Cow::Owned(comment.text.into_owned()),
        span: place(comment.span),
    };
    Parsed {
        documents,
        comments: parsed.comments.into_iter().map(owned).collect(),
        problems,
        templated: parsed.templated,
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::for_file;

    #[test]
    fn values_and_spans_are_those_of_the_file() {
        let text = "# c\na:\n  b: \"one\n  two\n\n  three\"\n  d: 'x\n\ny' # e\nf: g\n";
        let parsed = for_file("a.yaml").unwrap().parse(text);
        assert_eq!(parsed.problems, []);
        let root = parsed.documents[0].root().unwrap();
        let a = root.get("a").unwrap();
        assert_eq!(a.get("b").unwrap().text(), Some("one two\nthree"));
        assert_eq!(a.get("b").unwrap().span().of(text), "\"one\n  two\n\n  three\"");
        assert_eq!(a.get("d").unwrap().text(), Some("x\ny"));
        assert_eq!(a.get("d").unwrap().span().of(text), "'x\n\ny'");
        assert_eq!(root.get("f").unwrap().span().of(text), "g");
        assert_eq!(parsed.comments[1].span.of(text), "# e");
    }

    #[test]
    fn an_open_quote_is_reported_where_it_opens() {
        let parsed = for_file("a.yaml").unwrap().parse("a: 'x\n");
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(parsed.problems[0].span.start, 3);
    }
}
