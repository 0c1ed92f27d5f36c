//! Policies of ours in the words of the API server: an exported policy says of every example what the
//! policy itself says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod export_support;
#[path = "support/run.rs"]
mod run;

use export_support::{load, verdict};
use run::trueup;
use trueup::lint::policies::Library;
use trueup::model::Verdict;
use trueup::policy::{Expect, Policy};
use trueup::syntax;

/// Built-in policies that an API server can run.
const EXPORTED: [&str; 11] = [
    "gitops/k8s-selector-matches-template",
    "hygiene/k8s-cluster-admin",
    "hygiene/k8s-privilege-escalation",
    "hygiene/k8s-read-only-root-fs",
    "hygiene/k8s-resources",
    "hygiene/k8s-run-as-non-root",
    "naming/env-var-names",
    "naming/k8s-name-pattern",
    "naming/k8s-recommended-labels",
    "tagging/k8s-owner-annotation",
    "tagging/k8s-required-labels",
];

/// Policies that use what no built-in one does.
const OTHERS: [&str; 4] = [
    r#"
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: pinned-image}
spec:
  id: acme/pinned-image
  title: Images name a version
  category: naming
  severity: high
  match: [{format: kubernetes, kinds: [Pod, Deployment, batch/*/CronJob]}]
  params:
    type: object
    properties:
      registries: {type: array, items: {type: string}, default: ['ghcr.io/acme/**', docker.io/library/nginx]}
  validations:
  - each: containers(object).filter(container, has(container.image))
    expression: item.image.contains('@sha256:') || item.image.matches(':[0-9][^/]*$')
    messageExpression: "'image `' + item.image + '` names no version'"
  - each: containers(object)
    expression: params.registries.exists(r, glob(item.image.split(':')[0], r))
  examples:
  - expect: fail
    input: |
      {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {
        containers: [{name: a, image: 'ghcr.io/acme/a/b:1'}, {name: b, image: 'ghcr.io/acme/b:latest'}]}}}}
  - expect: fail
    input: |
      {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: 'quay.io/a:1'}]}}
  - expect: pass
    input: |
      {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {
        initContainers: [{name: a, image: 'docker.io/library/nginx:1.25'}]}}
  - expect: fail
    input: |
      {apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: {spec: {template: {spec: {
        containers: [{name: a, image: 'ghcr.io/acme/x'}]}}}}}}
"#,
    r#"
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: replicas}
spec:
  id: acme/replicas
  title: Enough replicas, and not too many
  category: naming
  severity: low
  match: [{format: kubernetes, kinds: [apps/v1/Deployment]}]
  matchConditions:
  - {name: not-exempt, expression: '!params.exempt.exists(n, glob(resource.namespace, n)) && variables.known'}
  params:
    type: object
    properties:
      least: {type: integer, default: 2}
      limits: {type: object, default: {prod: 9, dev: small, test: 1}}
      exempt: {type: array, items: {type: string}, default: [sandbox-*, tmp]}
  variables:
  - {name: known, expression: "resource.format == 'kubernetes' && has(object.spec.replicas)"}
  - {name: unused, expression: secrets.sensitiveName(resource.name)}
  - {name: limit, expression: "params.limits[?resource.namespace].orValue(5)"}
  validations:
  - expression: object.spec.replicas >= params.least && (type(variables.limit) != int || object.spec.replicas <= variables.limit)
    message: |-
      it wants
      some replicas
  examples:
  - {expect: fail, input: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 1}}'}
  - {expect: fail, input: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 6}}'}
  - {expect: pass, input: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: dev}, spec: {replicas: 6}}'}
  - {expect: pass, input: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: tmp}, spec: {replicas: 1}}'}
  - {expect: pass, input: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: sandbox-1}, spec: {replicas: 1}}'}
"#,
    r"
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: flag}
spec:
  id: acme/flag
  title: It is switched on
  category: naming
  severity: medium
  match: [{format: kubernetes, kinds: [Widget]}]
  validations:
  - expression: object.spec.on
    messageExpression: object.spec.why
  examples:
  - {expect: fail, message: because, input: '{apiVersion: acme.dev/v1, kind: Widget, metadata: {name: a}, spec: {on: false, why: because}}'}
  - {expect: pass, input: '{apiVersion: acme.dev/v1, kind: Widget, metadata: {name: a}, spec: {on: true}}'}
",
    r"
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: names}
spec:
  id: acme/names
  title: Names of names
  category: naming
  severity: critical
  match: [{format: kubernetes}]
  validations:
  - each: object.?spec.?lists.orValue([]).map(item_, item_.names).flatten()
    expression: item.startsWith('a') && !object.spec.lists.exists(item_, item_.name == item)
  examples:
  - {expect: fail, input: '{apiVersion: v1, kind: X, metadata: {name: a}, spec: {lists: [{name: c, names: [a]}, {name: d, names: [b]}]}}'}
  - {expect: pass, input: '{apiVersion: v1, kind: X, metadata: {name: a}, spec: {lists: [{name: c, names: [a]}, {name: d, names: []}]}}'}
  - {expect: fail, input: '{apiVersion: v1, kind: X, metadata: {name: a}, spec: {lists: [{name: ab, names: [ab]}]}}'}
",
];

fn policy(text: &str) -> Policy {
    let document = syntax::for_file("x.yaml").unwrap().parse(text).documents.remove(0).into_owned();
    Policy::load(document).unwrap()
}

/// Judges the examples of a policy by what it is exported as.
fn examples_agree(policy: &Policy) {
    let id = &policy.rule.id;
    let mut judged = 0;
    for example in &policy.definition().examples {
        let policy = match example.params {
            None => policy.clone(),
            Some(params) => policy.configured(None, Some(policy.document().node(params))).unwrap(),
        };
        let exported = policy.to_admission().unwrap_or_else(|reason| panic!("{id}: {reason}"));
        let loaded = load(&exported.yaml);
        let (came_out, why) = verdict(&loaded, &example.file, &example.input);
        let agrees = match example.expect {
            Expect::Fail => came_out == Some(Verdict::Fail),
            // A value that is filled in later is known by then.
            Expect::Pass if example.input.contains("${") => came_out != Some(Verdict::Fail),
            Expect::Pass => matches!(came_out, None | Some(Verdict::Pass | Verdict::Skip)),
            // What a file cannot tell is told at admission, so these say nothing of an exported policy.
            Expect::Skip | Expect::Unknown => continue,
        };
        // Objects of other formats, and patches before they are merged, never reach an API server.
        if !example.input.contains("apiVersion") || example.files.iter().any(|file| file.contains("kustom")) {
            continue;
        }
        let (expect, name) = (example.expect, &example.name);
        assert!(
            agrees,
            "{id}, {name}: expected {expect:?}, came out {came_out:?} ({why})\n{}",
            exported.yaml
        );
        // A message that needs a flattened list is not exported; the title stands in for it.
        let says = example.message.as_deref().filter(|_| exported.yaml.contains("messageExpression"));
        let says = says.unwrap_or_default();
        assert!(why.contains(says) || came_out != Some(Verdict::Fail), "{id}, {name}: said {why}");
        judged += 1;
    }
    assert!(judged >= 1, "{id}: only {judged} examples are about objects");
}

#[test]
fn an_exported_policy_says_the_same() {
    let mut exported = Vec::new();
    for policy in Library::builtin().unwrap().iter() {
        match policy.to_admission() {
            Ok(_) => {
                exported.push(policy.rule.id.clone());
                examples_agree(policy);
            }
            Err(reason) => assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}"),
        }
    }
    for id in EXPORTED {
        assert!(exported.iter().any(|found| found == id), "{id} is no longer exported");
    }
    for text in OTHERS {
        examples_agree(&policy(text));
    }
}

#[test]
fn only_words_of_the_api_server_are_left() {
    let library = Library::builtin().unwrap();
    let ours = library.iter().cloned().chain(OTHERS.map(policy));
    for exported in ours.filter_map(|policy| policy.to_admission().ok()) {
        for word in ["params", "resource.", "glob(", "tags", "flatten", "containers(", "secrets.", "unused"] {
            let used =
                exported.yaml.lines().filter(|line| !line.contains(": ")).any(|line| line.contains(word));
            assert!(!used, "{word}: {}", exported.yaml);
        }
    }
}

#[test]
fn what_the_api_server_cannot_answer_is_refused() {
    let reason = |expression: &str| {
        let text = format!(
            "apiVersion: trueup.dev/v1alpha1\nkind: Policy\nmetadata: {{name: x}}\nspec:\n  id: acme/x\n  title: X\n  \
             category: naming\n  match: [{{format: kubernetes, kinds: [Pod]}}]\n  validations:\n  - expression: >-\n      \
             {expression}\n"
        );
        policy(&text).to_admission().unwrap_err()
    };
    assert_eq!(
        reason("size(secrets.scan(object.a)) == 0"),
        "`secrets.scan` has no counterpart in the API server"
    );
    assert_eq!(reason("repo.role == 'app'"), "`repo.role` has no counterpart in the API server");
    assert_eq!(reason("resource.file == 'x'"), "`resource.file` has no counterpart in the API server");
    assert_eq!(reason("object.a.distinct() == object.a"), "`distinct` is no function of the API server");
    assert_eq!(reason("base64.decode(object.a) == b'x'"), "`base64.decode` is no function of the API server");
    assert!(reason("glob('x', object.a)").starts_with("`glob` with a pattern that depends on the object"));
}

#[test]
fn the_command_writes_files_with_configured_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let config = "version: 1\npolicies:\n  tagging/k8s-required-labels:\n    params: {required: [owner]}\n";
    std::fs::write(folder.path().join("trueup.yaml"), config).unwrap();
    let output = trueup(folder.path(), &["policies", "export", "--to", "vap", "--output", "out"]);
    let notes = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{notes}");
    assert!(
        notes.contains("secrets/k8s-env-literal is not exported: `value.kind` has no counterpart"),
        "{notes}"
    );
    let labels = std::fs::read_to_string(folder.path().join("out/tagging-k8s-required-labels.yaml")).unwrap();
    assert!(labels.contains("['owner']"), "{labels}");
    let library = Library::builtin().unwrap();
    let runs = library.iter().filter(|policy| policy.enabled && policy.to_admission().is_ok()).count();
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), runs);

    let one = trueup(folder.path(), &["policies", "export", "--to", "vap", "naming/k8s-name-pattern"]);
    let yaml = String::from_utf8(one.stdout).unwrap();
    assert_eq!(yaml.matches("kind: ValidatingAdmissionPolicy\n").count(), 1, "{yaml}");
    let refused = trueup(folder.path(), &["policies", "export", "--to", "vap", "secrets/k8s-env-literal"]);
    assert_eq!(refused.status.code(), Some(2));
}
