//! Any file as one text, for policies about what may stand in no file whatever its form.
//!
//! No document is recognised as a text: whoever reads a file offers it as one besides.

use crate::model::document::Data;
use crate::model::{Document, Format, Platform, Resource, Schema, Span, Style};

/// A file as one text. Its kind is `Manifest` when the file holds resources of another platform, and
/// `Text` when it does not.
pub struct Text;

impl Text {
    /// A document that holds `text` and nothing else; a byte of the text is a byte of the document.
    pub fn document(text: &str) -> Document<'_> {
        let mut document = Document::new(0, Schema::Json);
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let root = document.push(Data::Scalar(text.into(), Style::Literal), Span::new(0, end), None);
        document.set_root(root);
        document
    }

    /// The only resource of such a document.
    pub fn resource<'d>(document: &'d Document<'d>, is_manifest: bool) -> Option<Resource<'d>> {
        let kind = if is_manifest { "Manifest" } else { "Text" };
        Some(Resource::whole(&Text, document.root()?, kind))
    }
}

impl Platform for Text {
    fn format(&self) -> Format {
        Format("text")
    }

    fn claims(&self, _file: &str, _document: &Document<'_>) -> bool {
        false
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        out.extend(Self::resource(document, false));
    }
}
