//! A finished, sorted `model::Report` in, bytes out.
//!
//! A new format is one file and one line in [`FORMATS`]. What is deliberately absent: filtering, sorting,
//! exit codes, files and terminals. A renderer writes what it is given, and the same report gives the same
//! bytes.

mod concise;
mod format;
mod github;
mod json;
mod json_audit;
mod json_writer;
mod line_hash;
mod prose;
mod sarif;
mod summary;
mod text;

pub use format::{Context, Format, Style};
pub use json::JSON_SCHEMA;
pub use line_hash::line_hashes;

/// Every format, the default one first.
pub static FORMATS: &[&dyn Format] =
    &[&text::Text, &concise::Concise, &json::Json, &sarif::Sarif, &github::GitHub];

/// The format called `name`.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().find(|format| format.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in FORMATS {
            assert_eq!(by_name(format.name()).map(Format::name), Some(format.name()));
        }
        assert!(by_name("yaml").is_none());
    }
}
