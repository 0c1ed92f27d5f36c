//! `match` and `exclude` (<https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/>).

use crate::model::NodeRef;
use crate::model::decode::Result;
use crate::policy::native::labels::LabelSelector;
use crate::policy::native::matching::{KindPattern, Test};
use crate::policy::native::reading::{items, texts};

/// The filters of a block, and whether all of them or any must match.
struct Filters<'w> {
    all: bool,
    list: Vec<NodeRef<'w>>,
}

/// Which kinds take the place of Pod in a derived rule.
#[derive(Clone, Copy)]
pub(super) enum Kinds<'k> {
    /// None: the kinds are those written.
    Written,
    /// These, with their API groups.
    Instead(&'k [(&'static str, &'static str)]),
}

/// Reads a block; one without a filter matches nothing.
pub(super) fn read(block: NodeRef<'_>, kinds: Kinds<'_>) -> Result<Test> {
    let filters = filters(block)?;
    let parts = filters.list.iter().map(|part| filter(*part, kinds)).collect::<Result<Vec<_>>>()?;
    Ok(if filters.all && !parts.is_empty() { Test::All(parts) } else { Test::Any(parts) })
}

/// The kinds a block names.
pub(super) fn kinds(block: NodeRef<'_>) -> Result<Vec<String>> {
    let filters = filters(block)?;
    Ok(filters.list.iter().flat_map(|part| texts(part.descend(&["resources", "kinds"]))).collect())
}

/// Whether rules for the makers of Pods may be derived: the block asks for nothing that a Pod and its
/// maker would answer differently.
pub(super) fn can_derive(block: NodeRef<'_>) -> Result<bool> {
    Ok(filters(block)?.list.iter().all(|part| {
        let Some(resources) = part.get("resources") else { return true };
        let asks =
            ["name", "names", "selector", "annotations"].iter().any(|key| resources.get(key).is_some());
        let kinds = texts(resources.get("kinds"));
        let mixed = kinds.len() > 1 && kinds.iter().any(|kind| is_pod(kind));
        !asks && !mixed
    }))
}

/// Whether a kind as written means Pods.
pub(super) fn is_pod(kind: &str) -> bool {
    let (pattern, part) = pattern(kind);
    pattern.kind == "Pod" && part.is_empty()
}

fn filters(block: NodeRef<'_>) -> Result<Filters<'_>> {
    for (key, all) in [("any", false), ("all", true)] {
        let list: Vec<_> = items(block.get(key), key)?.collect();
        if !list.is_empty() {
            return Ok(Filters { all, list });
        }
    }
    // The form before `any` and `all`: one filter.
    let is_filter = FILTER.iter().any(|key| block.get(key).is_some());
    Ok(Filters { all: false, list: is_filter.then_some(block).into_iter().collect() })
}

/// The keys of a filter.
const FILTER: [&str; 4] = ["resources", "subjects", "roles", "clusterRoles"];

fn filter(filter: NodeRef<'_>, instead: Kinds<'_>) -> Result<Test> {
    let mut parts = Vec::new();
    for key in &FILTER[1..] {
        if filter.get(key).is_some_and(|list| list.len() > 0) {
            parts.push(Test::Unknowable("who makes the request is not known here".to_owned()));
        }
    }
    let Some(resources) = filter.get("resources") else { return Ok(Test::All(parts)) };
    let written = texts(resources.get("kinds"));
    match instead {
        Kinds::Instead(kinds) if written.iter().any(|kind| is_pod(kind)) => {
            let kinds = kinds.iter().map(|(group, kind)| {
                let pattern = KindPattern {
                    group: (*group).to_owned(),
                    version: String::new(),
                    kind: (*kind).to_owned(),
                };
                Test::Kind(pattern)
            });
            parts.push(Test::Any(kinds.collect()));
        }
        _ if written.is_empty() => {}
        _ => parts.push(Test::Any(written.iter().filter_map(|kind| test(kind)).collect())),
    }
    let mut names = texts(resources.get("names"));
    names.extend(resources.get("name").and_then(NodeRef::text).map(str::to_owned));
    if !names.is_empty() {
        parts.push(Test::Name(names));
    }
    let namespaces = texts(resources.get("namespaces"));
    if !namespaces.is_empty() {
        parts.push(Test::Namespace(namespaces));
    }
    let operations = texts(resources.get("operations"));
    if !operations.is_empty() {
        parts.push(Test::Operation(operations));
    }
    for (key, value) in resources.get("annotations").into_iter().flat_map(NodeRef::entries) {
        let text = |node: NodeRef<'_>| node.text().unwrap_or_default().to_owned();
        parts.push(Test::Annotation { key: text(key), value: text(value) });
    }
    if let Some(node) = resources.get("selector") {
        parts.push(selector(node, Test::Labels)?);
    }
    if let Some(node) = resources.get("namespaceSelector") {
        parts.push(selector(node, Test::NamespaceLabels)?);
    }
    Ok(Test::All(parts))
}

/// A selector; Kyverno allows wildcards in it, which labels of the API do not know.
fn selector(node: NodeRef<'_>, test: fn(LabelSelector) -> Test) -> Result<Test> {
    let wild = |node: NodeRef<'_>| node.text().is_some_and(|text| text.contains(['*', '?']));
    let mut labels = node.get("matchLabels").into_iter().flat_map(NodeRef::entries);
    if labels.any(|(key, value)| wild(key) || wild(value)) {
        return Ok(Test::Unknowable("selectors with wildcards are not evaluated".to_owned()));
    }
    Ok(test(LabelSelector::read(node)?))
}

/// The test for a kind as written; `None` for a subresource, which no file holds.
fn test(kind: &str) -> Option<Test> {
    let (pattern, part) = pattern(kind);
    matches!(part.as_str(), "" | "*").then_some(Test::Kind(pattern))
}

/// Reads `Kind`, `version/Kind`, `group/version/Kind`, each with an optional `/subresource` or, as it was
/// once written, `.subresource`.
fn pattern(kind: &str) -> (KindPattern, String) {
    let parts: Vec<&str> = kind.split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        [group, version, rest @ ..] if !rest.is_empty() && is_version(version) => (*group, *version, rest),
        [version, rest @ ..] if !rest.is_empty() && is_version(version) => ("*", *version, rest),
        rest => ("*", "*", rest),
    };
    let (kind, part) = match rest {
        [kind, part, ..] => (*kind, *part),
        [kind] => kind.split_once('.').unwrap_or((kind, "")),
        [] => ("", ""),
    };
    let pattern = KindPattern { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
    (pattern, part.to_owned())
}

/// `v1`, `v2beta3`, or a wildcard in its place.
fn is_version(text: &str) -> bool {
    let mut rest = text.strip_prefix('v').unwrap_or_default().bytes();
    text == "*" || rest.next().is_some_and(|first| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_in_every_spelling() {
        let read = |text| {
            let (pattern, part) = pattern(text);
            format!("{} {} {} {part}", pattern.group, pattern.version, pattern.kind)
        };
        assert_eq!(read("Pod"), "* * Pod ");
        assert_eq!(read("v1/Pod"), "* v1 Pod ");
        assert_eq!(read("apps/v1/Deployment"), "apps v1 Deployment ");
        assert_eq!(read("apps/*/Deployment/scale"), "apps * Deployment scale");
        assert_eq!(read("*/*/*"), "* * * ");
        assert_eq!(read("*/Node"), "* * Node ");
        assert_eq!(read("Pod/exec"), "* * Pod exec");
        assert_eq!(read("Pod.status"), "* * Pod status");
        assert_eq!(read("*"), "* * * ");
    }
}
