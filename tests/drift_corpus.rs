//! The comparison on real pairs: Argo CD's own fixtures with their verdicts, and what kubectl-neat makes of
//! live objects.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod audit_support;
#[path = "support/corpus.rs"]
mod corpus;

use std::fs;
use std::path::Path;

use audit_support::changes as compare_texts;

#[test]
fn the_verdicts_are_those_of_argo_cd() {
    let Some(corpus) = corpus::with("live") else { return };
    let folder = corpus.join("live/argocd-diff");
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for line in fs::read_to_string(folder.join("expected.jsonl")).unwrap().lines() {
        let expected: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = |key: &str| read(&folder.join(expected[key].as_str().unwrap()));
        let changes = compare_texts(&file("config"), &file("live"));
        pairs += 1;
        if changes.is_empty() == expected["drift"].as_bool().unwrap() {
            wrong.push(format!("{line}\n  {changes:#?}"));
        }
        println!("{} {changes:#?}", expected["config"]);
    }
    assert!(pairs >= 12, "only {pairs} pairs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_kubectl_neat_leaves_is_no_drift() {
    let Some(corpus) = corpus::with("live") else { return };
    let folder = corpus.join("live/kubectl-neat");
    let mut pairs = 0;
    for name in ["pod1", "role", "secret1"] {
        for raw in ["raw.json", "raw.yaml"] {
            let neat = read(&folder.join(format!("{name}-neat.json")));
            let changes = compare_texts(&neat, &read(&folder.join(format!("{name}-{raw}"))));
            assert!(changes.is_empty(), "{name} {raw}: {changes:#?}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, 6);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
