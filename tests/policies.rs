//! The built-in policies: they load, and every example in them comes out as it says.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/run.rs"]
mod run;

use run::trueup;
use trueup::lint::policies::Library;
use trueup::lint::selftest;
use trueup::policy::Expect;

#[test]
fn every_example_comes_out_as_it_says() {
    let library = Library::builtin().unwrap();
    let outcomes: Vec<_> = library.iter().flat_map(selftest::run).collect();
    let broken: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| {
            outcome
                .problem
                .as_ref()
                .map(|problem| format!("{}: {}: {problem}", outcome.policy, outcome.example))
        })
        .collect();
    assert!(broken.is_empty(), "{} of {}:\n{}", broken.len(), outcomes.len(), broken.join("\n"));
    assert!(outcomes.len() >= 36, "only {} examples ran", outcomes.len());
}

#[test]
fn every_policy_teaches() {
    for policy in Library::builtin().unwrap().iter() {
        let id = &policy.rule.id;
        let definition = policy.definition();
        let has = |expect| definition.examples.iter().any(|example| example.expect == expect);
        assert!(has(Expect::Fail), "{id} has no example that fails");
        assert!(has(Expect::Pass), "{id} has no example that passes");
        assert!(!definition.rationale.is_empty(), "{id} does not say why");
        assert!(!definition.remediation.is_empty(), "{id} does not say what to do");
        assert_eq!(id.split('/').next(), Some(policy.rule.category.as_str()), "{id} is in another category");
    }
}

#[test]
fn none_that_is_on_by_default_looks_at_other_objects() {
    // One that does has every file of the tree read, also where only ten are staged.
    let library = Library::builtin().unwrap();
    let wide = library.iter().filter(|policy| policy.enabled && policy.looks_around());
    assert_eq!(wide.map(|policy| policy.rule.id.as_str()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn those_on_by_default_are_known_without_reading_all() {
    let library = Library::builtin().unwrap();
    let all: Vec<&str> = library.iter().map(|policy| policy.rule.id.as_str()).collect();
    let on = library.iter().filter(|policy| policy.enabled).map(|policy| policy.rule.id.as_str());
    let by_default = Library::on_by_default().unwrap();
    assert_eq!(
        by_default.iter().map(|policy| policy.rule.id.as_str()).collect::<Vec<_>>(),
        on.collect::<Vec<_>>()
    );
    let mut ids: Vec<&str> = by_default.ids().collect();
    ids.sort_unstable();
    assert_eq!(ids, all);
}

#[test]
fn every_file_holds_the_policy_of_its_name() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut files = Vec::new();
    pages(&root, &root, &mut files);
    let mut named: Vec<String> = files.iter().map(|(name, _)| name.replace(".yaml", "")).collect();
    named.sort();
    let library = Library::builtin().unwrap();
    // The library is sorted by id.
    assert_eq!(library.iter().map(|policy| policy.rule.id.as_str()).collect::<Vec<_>>(), named);
}

#[test]
fn the_pages_are_those_of_the_policies() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policies");
    let folder = tempfile::tempdir().unwrap();
    let written = trueup(folder.path(), &["policies", "docs", "."]);
    assert!(written.status.success(), "{written:?}");
    let (mut kept, mut now) = (Vec::new(), Vec::new());
    pages(&root, &root, &mut kept);
    pages(folder.path(), folder.path(), &mut now);
    let differs: Vec<&str> = now
        .iter()
        .filter(|page| !kept.contains(page))
        .chain(kept.iter().filter(|page| !now.contains(page)))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(differs.is_empty(), "run `trueup policies docs docs/policies`: {differs:?}");
}

fn pages(root: &std::path::Path, folder: &std::path::Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(root, &path, out);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            out.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
