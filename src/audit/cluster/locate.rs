//! From a declared node to the line of Git that a finding points at.

use super::desired::{Declared, Desired, DesiredFile};
use crate::lint::place::{Show, Source};
use crate::model::{Location, NodeRef, Path};

/// The line of a node of a declared object, and the path of the node in its document.
pub(super) fn node(desired: &Desired, object: &Declared, node: NodeRef<'_>, hide: bool) -> (Location, Path) {
    let Some(document) = desired.documents.get(object.document) else { return (nowhere(), Path::default()) };
    let place = node.place();
    let is_word = node.style().is_some_and(|style| !style.is_block());
    let key = place.as_ref().and_then(|place| place.key);
    // A collection is shown by its key, an item by its first one, an object by its kind.
    let shown = if node.id == object.body {
        document.document.node(object.header)
    } else if is_word {
        node
    } else {
        key.or_else(|| node.entries().next().map(|(key, _)| key)).unwrap_or(node)
    };
    let (file, span) = document.place(shown.id);
    let location = desired.files.get(file).map_or_else(nowhere, |file| {
        source(file).locate(span, if hide { Show::HideMark } else { Show::Line })
    });
    (location, place.map(|place| place.path).unwrap_or_default())
}

/// The line that introduces a declared object.
pub(super) fn header(desired: &Desired, object: &Declared) -> (Location, Path) {
    match desired.body(object) {
        Some(body) => node(desired, object, body, false),
        None => (nowhere(), Path::default()),
    }
}

/// The file of a declared object, from the repository's root.
pub(super) fn file_of<'d>(desired: &'d Desired, object: &Declared) -> &'d str {
    let document = desired.documents.get(object.document);
    let file = document.and_then(|document| desired.files.get(document.place(object.header).0));
    file.map_or("", |file| file.in_repo.as_str())
}

fn source(file: &DesiredFile) -> Source<'_> {
    Source::new(file.display.clone(), &file.in_repo, &file.text)
}

fn nowhere() -> Location {
    crate::lint::place::whole_file("".into())
}
