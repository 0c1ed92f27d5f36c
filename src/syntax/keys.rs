//! Duplicate keys, found alike in every syntax.

use std::collections::HashSet;

use super::{Problem, ProblemKind};
use crate::model::{Document, NodeId};

/// Up to this many entries, comparing every pair is faster than hashing each key.
const FEW: usize = 24;

/// The most problems of a file to which a duplicate key is still added: enough to see what is wrong.
const MANY: usize = 100;

/// Reports every key of `pairs` (keys and values in turn) that an earlier one equals, as text.
///
/// Keys that are collections are not compared: no format we judge has them.
pub(super) fn report_duplicates(document: &Document<'_>, pairs: &[NodeId], problems: &mut Vec<Problem>) {
    let mut report = |key: NodeId| {
        if problems.len() >= MANY {
            return;
        }
        problems.push(Problem {
            kind: ProblemKind::DuplicateKey,
            message: "this key is given twice; readers disagree on which value counts: remove one".to_owned(),
            span: document.node(key).span(),
        });
    };
    let keys = pairs.iter().copied().step_by(2);
    if pairs.len() <= FEW * 2 {
        for (position, key) in keys.clone().enumerate().skip(1) {
            let text = document.node(key).text();
            if text.is_some() && keys.clone().take(position).any(|other| document.node(other).text() == text)
            {
                report(key);
            }
        }
    } else {
        let mut seen = HashSet::with_capacity(pairs.len() / 2);
        for key in keys {
            if document.node(key).text().is_some_and(|text| !seen.insert(text)) {
                report(key);
            }
        }
    }
}
