//! Native policies at the command line: given, found in the tree, selected, suppressed, wrong.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;

use run::trueup;
use tree::tree as folder;

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas, annotations: {policies.kyverno.io/title: Few replicas}}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {env: test}}
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 5, message: too many}
";

const OBJECTS: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {env: test}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 6
";

const REGO: &str = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8smost}
spec: {targets: [{target: admission.k8s.gatekeeper.sh, rego: 'package most'}]}
";

/// The lines of `--format concise` and the exit code.
fn concise(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["lint", "--no-builtin", "--format", "concise"], arguments].concat();
    let output = trueup(folder, &arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_policy_is_found_in_the_tree_or_given() {
    let tree = folder(&[("tree/policy.yaml", POLICY), ("tree/app.yaml", OBJECTS)]);
    let (code, found, _) = concise(tree.path(), &["tree"]);
    assert_eq!(code, Some(1), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.starts_with("tree/app.yaml:9:13:") && found.contains("vap/replicas"), "{found}");
    // Given and in the tree: once.
    assert_eq!(concise(tree.path(), &["--policies", "tree/policy.yaml", "tree"]).1, found);
    let apart = folder(&[("policies/p.yaml", POLICY), ("app/app.yaml", OBJECTS)]);
    assert_eq!(concise(apart.path(), &["app"]).1, "");
    let given = concise(apart.path(), &["--policies", "policies", "app"]).1;
    assert_eq!(given, found.replace("tree/", "app/"));
}

#[test]
fn it_is_named_like_any_rule() {
    let ignored =
        OBJECTS.replace("replicas: 6", "replicas: 6 # trueup: ignore[vap/replicas] reason=\"load test\"");
    let config = "policies: {vap/replicas: {severity: low}}\n";
    let tree = folder(&[("p.yaml", POLICY), ("app.yaml", OBJECTS), ("ignored.yaml", &ignored)]);
    assert!(!concise(tree.path(), &["ignored.yaml", "p.yaml"]).1.contains("vap/"));
    assert!(concise(tree.path(), &["--ignore", "vap/*", "app.yaml", "p.yaml"]).1.is_empty());
    let (code, _, problem) = concise(tree.path(), &["--select", "vap/replica", "app.yaml", "p.yaml"]);
    assert_eq!(code, Some(2));
    assert!(problem.contains("did you mean `vap/replicas`"), "{problem}");
    fs::write(tree.path().join("trueup.yaml"), config).unwrap();
    assert_eq!(concise(tree.path(), &["app.yaml", "p.yaml"]).0, Some(0));
    let page = trueup(tree.path(), &["explain", "vap/replicas", "--policies", "p.yaml"]);
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.starts_with("# vap/replicas\n\nFew replicas\n"), "{page}");
    let list = trueup(tree.path(), &["policies", "list", "--no-builtin", "--policies", "p.yaml"]);
    assert_eq!(String::from_utf8(list.stdout).unwrap(), "vap/replicas  medium    Few replicas\n");
}

#[test]
fn its_page_shows_the_expressions() {
    let folder = folder(&[("policy.yaml", POLICY)]);
    let output = trueup(folder.path(), &["explain", "--policies", "policy.yaml", "vap/replicas"]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(
        page.contains("## What must hold\n\ntoo many:\n\n```cel\nobject.spec.replicas <= 5\n```\n"),
        "{page}"
    );
}

#[test]
fn what_is_not_evaluated_is_noted_and_what_is_wrong_is_no_pass() {
    let tree = folder(&[("rego.yaml", REGO), ("app.yaml", OBJECTS)]);
    let (code, _, note) = concise(tree.path(), &["."]);
    assert_eq!(code, Some(0));
    assert_eq!(note.matches("ConstraintTemplate k8smost is not evaluated: it is written in Rego").count(), 1);
    let wrong = POLICY.replace("expression:", "expresion:");
    let tree = folder(&[("wrong.yaml", &wrong), ("app.yaml", OBJECTS)]);
    let (code, _, _) = concise(tree.path(), &["."]);
    assert_eq!(code, Some(3));
    let (code, _, problem) = concise(tree.path(), &["--policies", "wrong.yaml", "app.yaml"]);
    assert_eq!(code, Some(2));
    assert!(problem.contains("wrong.yaml:10:5: `expression` is missing"), "{problem}");
}

/// As at admission: the API server has set what the author left out, and a finding about that points at
/// what the author wrote.
#[test]
fn policies_see_the_defaults_of_the_api_server() {
    let few = OBJECTS.replace("spec:\n  replicas: 6\n", "spec: {}\n");
    let at_least_two = POLICY.replace("object.spec.replicas <= 5", "object.spec.replicas >= 2");
    let tree = folder(&[("few.yaml", &few), ("most.yaml", POLICY), ("least/least.yaml", &at_least_two)]);
    let (code, findings, notes) = concise(tree.path(), &["few.yaml", "--policies", "most.yaml"]);
    assert_eq!((code, findings.as_str()), (Some(0), ""), "{notes}");
    let (code, findings, _) = concise(tree.path(), &["few.yaml", "--policies", "least"]);
    assert_eq!(code, Some(1));
    assert!(findings.starts_with("few.yaml:8:1: medium[vap/replicas] too many"), "{findings}");
}
