//! Cuts YAML as kubectl and people write it into objects without holding more than one: documents, and the
//! items of lists.
//!
//! Cuts at lines only: `---`, and the dashes of the list under a top-level `items:`. Nothing inside an item
//! can stand as far left as its dash. Deliberately absent: flow lists over several lines (`items: [`), whose
//! document is read as a whole.

use std::io::BufRead;

use super::StreamError;
use super::json_stream::{ListHead, MAX_OBJECT};

/// Calls `visit` with the text of every object in `input`.
pub fn read(
    mut input: impl BufRead,
    visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
) -> Result<(), StreamError> {
    let mut cutter = Cutter { text: String::new(), list: List::Outside, head: ListHead::default() };
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line may be as long as an object; longer ones are no line of a dump.
        let read = std::io::Read::take(&mut input, MAX_OBJECT as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if cutter.text.len() + read > MAX_OBJECT {
            return Err(StreamError::TooLarge);
        }
        let line = std::str::from_utf8(&line).map_err(|_| StreamError::Shape("the text is not UTF-8"))?;
        cutter.line(line, visit)?;
    }
    cutter.finish(visit)
}

/// Where a line stands.
#[derive(Clone, Copy)]
enum List {
    Outside,
    /// Behind `items:`, before its first item.
    Opened,
    /// Among items whose dashes are that far indented.
    Items(usize),
}

struct Cutter {
    /// The document, or the item, so far.
    text: String,
    list: List,
    head: ListHead,
}

impl Cutter {
    fn line(
        &mut self,
        line: &str,
        visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed.starts_with("--- ") {
            return self.finish(visit);
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = &trimmed[indent.min(trimmed.len())..];
        let is_dash = content == "-" || content.starts_with("- ");
        match self.list {
            List::Outside if indent == 0 && trimmed == "items:" => {
                // What stands before belongs to the list, and of it only the head is of use.
                self.note_head();
                self.text.clear();
                self.list = List::Opened;
            }
            List::Opened if is_dash => {
                self.list = List::Items(indent);
                self.start_item(line, indent);
            }
            List::Items(at) if is_dash && indent == at => {
                self.emit(visit)?;
                self.start_item(line, indent);
            }
            List::Opened | List::Items(_)
                if indent == 0 && !content.is_empty() && !content.starts_with('#') =>
            {
                self.emit(visit)?;
                self.list = List::Outside;
                // The rest of the list's own fields.
                self.text.push_str("#list\n");
                self.text.push_str(line);
            }
            List::Outside | List::Opened | List::Items(_) => self.text.push_str(line),
        }
        Ok(())
    }

    fn start_item(&mut self, line: &str, indent: usize) {
        self.text.clear();
        self.text.push_str(&line[..indent]);
        self.text.push(' ');
        self.text.push_str(&line[indent + 1..]);
    }

    fn note_head(&mut self) {
        for line in self.text.lines() {
            if let Some(kind) = line.strip_prefix("kind:") {
                kind.trim().clone_into(&mut self.head.kind);
            } else if let Some(version) = line.strip_prefix("apiVersion:") {
                version.trim().clone_into(&mut self.head.api_version);
            }
        }
    }

    fn emit(
        &mut self,
        visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        if !self.text.trim().is_empty() {
            visit(&self.text, &self.head)?;
        }
        self.text.clear();
        Ok(())
    }

    fn finish(
        &mut self,
        visit: &mut dyn FnMut(&str, &ListHead) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        if self.text.starts_with("#list\n") {
            self.text.clear();
        }
        self.emit(visit)?;
        self.list = List::Outside;
        self.head = ListHead::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        read(text.as_bytes(), &mut |text, _| {
            out.push(text.to_owned());
            Ok(())
        })
        .unwrap();
        out
    }

    #[test]
    fn documents_and_items_are_cut() {
        let text = "a: 1\n---\napiVersion: v1\nitems:\n- a: 2\n  b: |\n    - x\n- a: 3\nkind: List\nmetadata: {}\n---\na: 4\n";
        assert_eq!(cut(text), ["a: 1\n", "  a: 2\n  b: |\n    - x\n", "  a: 3\n", "a: 4\n"]);
        let indented = "kind: List\nitems:\n  - a: 2\n    b: 1\n  - a: 3\n";
        assert_eq!(cut(indented), ["    a: 2\n    b: 1\n", "    a: 3\n"]);
        assert_eq!(cut("kind: List\nitems: []\n"), ["kind: List\nitems: []\n"]);
    }
}
