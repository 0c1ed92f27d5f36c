//! What every fuzz target of a syntax does: read the bytes, then touch all that was read.

use trueup::syntax::{decode, for_file};

/// Reads `bytes` as the file `name` and visits every node.
///
/// # Panics
/// When a span does not lie in the text: that, a crash or a hang is what we are looking for.
pub fn read(name: &str, bytes: &[u8]) {
    let Ok(text) = decode(bytes.to_vec()) else { return };
    let Some(syntax) = for_file(name) else { return };
    let parsed = syntax.parse(&text);
    let inside = |span: trueup::model::Span| text.get(span.start as usize..span.end as usize).is_some();
    assert!(parsed.comments.iter().all(|comment| inside(comment.span)));
    assert!(parsed.problems.iter().all(|problem| inside(problem.span)));
    for document in &parsed.documents {
        let mut nodes = Vec::from_iter(document.root());
        // Aliases make a document larger than its arena, and a search for a place is linear.
        for visited in 0..document.node_count() * 2 {
            let Some(node) = nodes.pop() else { break };
            assert!(inside(node.span()));
            std::hint::black_box(node.scalar());
            if visited < 100 {
                std::hint::black_box(node.place());
            }
            nodes.extend(node.items());
            nodes.extend(node.entries().flat_map(|(key, value)| [key, value]));
        }
    }
}
