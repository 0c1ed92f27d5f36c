//! YAML's merge keys, `<<: *defaults` (<https://yaml.org/type/merge.html>).
//!
//! YAML 1.2 dropped them, yet every reader of the files we judge follows them. A `<<` that is quoted,
//! tagged, or names anything but mappings is an ordinary key.

use std::collections::HashSet;

use crate::model::{Document, NodeId, NodeRef, Style};

/// The keys and values `pairs` stand for: their own, then those merged into them.
///
/// A key of the mapping itself wins, then that of the earlier source. Every entry and every source
/// looked at costs one of `budget`; `None` when that does not suffice.
pub(super) fn write_out(document: &Document<'_>, pairs: &[NodeId], budget: &mut u64) -> Option<Vec<NodeId>> {
    let mut written = Vec::with_capacity(pairs.len());
    let mut sources = Vec::new();
    let mut seen = HashSet::new();
    for pair in pairs.chunks_exact(2) {
        let &[key, value] = pair else { continue };
        let (name, named) = (document.node(key), document.node(value));
        if is_merge_key(name) {
            *budget = budget.checked_sub(named.len() as u64 + 1)?;
            if let Some(found) = mappings(named) {
                sources.extend(found);
                continue;
            }
        }
        written.extend([key, value]);
        seen.extend(name.text());
    }
    for source in sources {
        *budget = budget.checked_sub(source.len() as u64)?;
        for (key, value) in source.entries() {
            if key.text().is_none_or(|text| seen.insert(text)) {
                written.extend([key.id, value.id]);
            }
        }
    }
    Some(written)
}

fn is_merge_key(key: NodeRef<'_>) -> bool {
    key.text() == Some("<<") && key.style() == Some(Style::Plain) && key.tag().is_none()
}

/// The mappings that the value of a merge key names, if it names nothing else.
fn mappings(value: NodeRef<'_>) -> Option<Vec<NodeRef<'_>>> {
    if value.is_mapping() {
        return Some(vec![value]);
    }
    (value.is_sequence() && value.items().all(NodeRef::is_mapping)).then(|| value.items().collect())
}

#[cfg(test)]
mod tests {
    use crate::model::NodeRef;
    use crate::syntax::{ProblemKind, for_file};

    #[test]
    fn own_keys_win_then_earlier_sources() {
        let text =
            "- &a {x: 1, y: 1}\n- &b {x: 2, z: 2}\n- {<<: [*a, *b], y: 3}\n- {\"<<\": *a}\n- {<<: 1}\n";
        let parsed = for_file("a.yaml").unwrap().parse(text);
        let root = parsed.documents[0].root().unwrap();
        let merged = root.item(2).unwrap();
        let value = |key| merged.get(key).and_then(NodeRef::text);
        assert_eq!((value("x"), value("y"), value("z")), (Some("1"), Some("3"), Some("2")));
        assert_eq!(merged.len(), 3);
        assert!(root.item(3).unwrap().get("<<").is_some());
        assert!(root.item(4).unwrap().get("<<").is_some());
    }

    #[test]
    fn merging_is_bounded() {
        let keys = (0..2000).map(|key| format!("k{key}: 1")).collect::<Vec<_>>().join(", ");
        let text = format!("- &a {{{keys}}}\n{}", "- {<<: *a}\n".repeat(2000));
        let problems = for_file("a.yaml").unwrap().parse(&text).problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::AliasExpansion);
        let text = format!("- &a [{}{{}}]\n{}", "{}, ".repeat(2000), "- {<<: *a}\n".repeat(2000));
        assert_eq!(for_file("a.yaml").unwrap().parse(&text).problems.len(), 1);
    }
}
