//! The AWS Organizations tag policies that trueup.yaml names: read before anything is judged, so that a mistake
//! in one ends the run instead of hiding what it would have found.

use std::sync::Arc;

use crate::collect::{InputFile, Project};
use crate::model::decode::DecodeError;
use crate::model::{LineIndex, Position, Span};
use crate::policy::TagPolicy;
use crate::syntax;

/// A mistake in a file, and where.
pub(super) struct Mistake {
    pub file: String,
    pub at: Position,
    pub message: String,
}

/// The tag policies of a project, merged in the order they are named; `None` when it names none.
pub(super) fn load(project: &Project) -> Result<Option<Arc<TagPolicy>>, Mistake> {
    let names = &project.config.tag_policies;
    if names.is_empty() {
        return Ok(None);
    }
    let mut policy = TagPolicy::default();
    for name in names {
        let wrong = |at, message| Mistake { file: project.display(name).to_string(), at, message };
        let start = Position { line: 1, column: 1 };
        // A path that leaves the repository has no place in it; only its own files are read.
        let mut input = InputFile::named(name);
        input.path = project.root.join(name);
        let bytes = project.read(&input).map_err(|problem| wrong(start, problem))?;
        let text = syntax::decode(bytes).map_err(|problem| wrong(start, problem.message))?;
        add(name, &text, &mut policy).map_err(|problem| {
            wrong(LineIndex::new(&text).position(&text, problem.span.start), problem.message)
        })?;
    }
    Ok(Some(Arc::new(policy)))
}

/// Adds the tag policy in a text.
pub(super) fn add(file: &str, text: &str, policy: &mut TagPolicy) -> Result<(), DecodeError> {
    let problem = |message: &str, span| DecodeError { message: message.to_owned(), span };
    let Some(syntax) = syntax::for_file(file) else {
        return Err(problem("a tag policy is a JSON or YAML file", Span::default()));
    };
    let parsed = syntax.parse(text);
    if let Some(first) = parsed.problems.first() {
        return Err(problem(&first.message, first.span));
    }
    match parsed.documents.first().and_then(crate::model::Document::root) {
        Some(root) => policy.add(root),
        None => Err(problem("the file is empty", Span::default())),
    }
}
