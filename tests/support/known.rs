//! Lists of what comes out otherwise than expected.

use std::collections::BTreeMap;

/// The rows of a list, each with its reason after a tab; `#` begins a comment.
pub fn rows(list: &'static str) -> BTreeMap<&'static str, &'static str> {
    list.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap_or_else(|| panic!("no reason given: {line}")))
        .collect()
}
