//! Bytes to [`Document`]s with spans; the only room that knows how a file is written.
//!
//! Reading never fails as a whole: what cannot be read becomes a [`Problem`] with a place, and the
//! rest of the file and of the run goes on. What is deliberately absent: file access (`collect`),
//! the meaning of a document (`platform`), and any loader that recurses on user input.
//!
//! A new syntax is one file here and one line in [`SYNTAXES`].

mod decode;
mod events;
mod json;
mod keys;
mod merge;
mod template;
mod toml;
mod widen;
mod yaml;

use crate::model::{Comment, Document, Span};

pub use decode::{MAX_BYTES, decode};
pub use template::is_chart_template;

/// What a syntax made of one file.
#[derive(Debug, Default)]
pub struct Parsed<'s> {
    /// The documents that could be read, in order; a broken one is left out but keeps its index.
    pub documents: Vec<Document<'s>>,
    /// The comments of the whole file, in order.
    pub comments: Vec<Comment<'s>>,
    /// What is wrong with the text, in order of reading.
    pub problems: Vec<Problem>,
    /// Whether the file is a text template (Helm, Jinja, gotmpl) and none of it was read.
    pub templated: bool,
}

impl Parsed<'_> {
    /// Whether a part of the file, or all of it, could not be read.
    pub fn has_parse_error(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind == ProblemKind::ParseError)
    }
}

/// Something wrong with the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which mistake.
    pub kind: ProblemKind,
    /// What is wrong and what to do; free of document text and of control characters.
    pub message: String,
    /// Where, in the decoded text.
    pub span: Span,
}

/// The mistakes a reader reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A document, or the whole file, could not be read.
    ParseError,
    /// A key is given twice in one mapping; both are kept.
    DuplicateKey,
    /// Aliases or merge keys form a cycle or expand beyond all reason; the document is left out.
    AliasExpansion,
}

/// A way to write documents down.
pub trait Syntax: Sync {
    /// Its name, such as `yaml`.
    fn name(&self) -> &'static str;
    /// File extensions it goes by, lower case and without the dot.
    fn extensions(&self) -> &'static [&'static str];
    /// Reads a decoded text.
    fn parse<'s>(&self, text: &'s str) -> Parsed<'s>;
}

/// Every syntax.
pub static SYNTAXES: &[&dyn Syntax] = &[&yaml::Yaml, &json::Json];

/// TOML, which only those who know what to look for read.
pub static TOML: &dyn Syntax = &toml::Toml;

/// The syntax a file is written in, judged by its extension.
pub fn for_file(path: &str) -> Option<&'static dyn Syntax> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    // Kustomize takes its file without an ending, too.
    let extension = if name == "Kustomization" { "yaml" } else { name.rsplit_once('.')?.1 };
    let knows = |syntax: &dyn Syntax| syntax.extensions().iter().any(|e| e.eq_ignore_ascii_case(extension));
    SYNTAXES.iter().copied().find(|syntax| knows(*syntax))
}

/// A byte offset as spans keep it; texts are at most [`MAX_BYTES`] long.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_choose_the_syntax() {
        let name = |path| for_file(path).map(Syntax::name);
        assert_eq!(name("a/b.yaml"), Some("yaml"));
        assert_eq!(name("a.d/B.YML"), Some("yaml"));
        assert_eq!(name("stack.template"), Some("yaml"));
        assert_eq!(name("stack.template.json"), Some("json"));
        assert_eq!(name("a.d/Makefile"), None);
        assert_eq!(name("apps/Kustomization"), Some("yaml"));
        assert_eq!(name("a.tf"), None);
    }
}
