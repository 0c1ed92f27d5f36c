//! Places in a text: bytes for machines, lines and columns for people.

/// A half-open range of bytes, `start..end`, in the decoded (UTF-8) text of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The text the span covers; empty when the span does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A line and a column, both from 1; columns count characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A range between two positions; `end` is one past the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

impl Region {
    /// The first character of a file: where findings about a whole file point.
    pub const START: Self =
        Self { start: Position { line: 1, column: 1 }, end: Position { line: 1, column: 1 } };
}

/// The byte offset of every line start, built only for files that need line numbers.
///
/// A line ends after `\n`, after `\r\n`, or after a lone `\r`, as in YAML 1.2 §5.4.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the line starts of `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                continue;
            }
            starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
        }
        Self { starts }
    }

    /// The line (from 1) that holds byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start <= offset)).unwrap_or(u32::MAX)
    }

    /// The line and column of byte `offset` in `text`.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let before = text.get(start..offset as usize).unwrap_or_default();
        let before = if start == 0 { before.trim_start_matches('\u{feff}') } else { before };
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX) + 1;
        Position { line, column }
    }

    /// The region of `span` in `text`.
    pub fn region(&self, text: &str, span: Span) -> Region {
        Region { start: self.position(text, span.start), end: self.position(text, span.end) }
    }

    /// The span of line `line` (from 1) without its line break.
    pub fn line_span(&self, text: &str, line: u32) -> Span {
        let index = (line as usize).saturating_sub(1);
        let Some(&start) = self.starts.get(index) else { return Span::default() };
        let end = self.starts.get(index + 1).map_or(text.len(), |&next| next as usize);
        let body = text.get(start as usize..end).unwrap_or_default();
        let trimmed = body.trim_end_matches(['\n', '\r']);
        Span::new(start, start + u32::try_from(trimmed.len()).unwrap_or(0))
    }

    /// How many lines the text has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "a: é\r\nb: 日本\rc: x";
        let lines = LineIndex::new(text);
        let at = u32::try_from(text.find('本').unwrap()).unwrap();
        assert_eq!(lines.position(text, at), Position { line: 2, column: 5 });
        let at = u32::try_from(text.find('x').unwrap()).unwrap();
        assert_eq!(lines.position(text, at), Position { line: 3, column: 4 });
        assert_eq!(lines.line_span(text, 1).of(text), "a: é");
    }
}
