//! `trueup audit --live-policies`: the policies of the repository over what is live.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;

use json::json;
use run::trueup;
use serde_json::Value;
use tree::tree;

const CONFIG: &str = "\
select: [hygiene/k8s-run-as-non-root, naming/k8s-name-pattern, 'secrets/*', repo-separation, policies/replicas]
policyPaths: [policies]
";

const POLICY: &str = "\
apiVersion: trueup.dev/v1alpha1
kind: Policy
metadata: {name: replicas}
spec:
  id: policies/replicas
  title: Deployments are few
  category: hygiene
  severity: medium
  rationale: Many cost much.
  remediation: Take fewer.
  match: [{format: kubernetes, kinds: [Deployment]}]
  validations:
  - expression: object.spec.replicas <= 3
    message: more than 3 replicas
  examples:
  - {expect: pass, input: \"apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: a}\\nspec: {replicas: 1}\"}
";

const GIT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: init
        securityContext: {runAsNonRoot: true}
      - name: cart
        securityContext:
          runAsNonRoot: true
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: accepted, namespace: shop}
spec:
  # trueup: ignore[policies/replicas] reason=\"a sale\"
  replicas: 9
  template: {spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a}]}}
";

/// The second container may run as root since somebody edited it; beside it stands what nobody declared.
const LIVE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
  uid: u1
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"password\": \"Vq7-kestrel-51\"}'
spec:
  replicas: 5
  template:
    spec:
      containers:
      - name: cart
        securityContext: {runAsNonRoot: false}
      - name: init
        securityContext: {runAsNonRoot: true}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: accepted, namespace: shop}
spec:
  replicas: 9
  template: {spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a}]}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: cart-1
  namespace: shop
  ownerReferences: [{kind: Deployment, name: cart, uid: u1, controller: true}]
spec: {template: {spec: {containers: [{name: cart}]}}}
---
apiVersion: v1
kind: Secret
metadata: {name: Token, namespace: shop}
data: {token: VnE3LWtlc3RyZWwtNTE=}
";

fn folder() -> tempfile::TempDir {
    tree(&[
        ("git/trueup.yaml", CONFIG),
        ("git/policies/replicas.yaml", POLICY),
        ("git/cart.yaml", GIT),
        ("live.yaml", LIVE),
    ])
}

fn audit(folder: &Path, args: &[&str]) -> Value {
    let output =
        trueup(folder, &[&["audit", "git", "--live", "live.yaml", "--format", "json"], args].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("kestrel") && !text.contains("VnE3LWtlc3RyZWwtNTE"), "{text}");
    json(&output)
}

/// `file:line rule resource` of the findings of policies.
fn told(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap().iter();
    let of_policies = findings.filter(|finding| !finding["rule"].as_str().unwrap().starts_with("drift/"));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    of_policies
        .map(|it| {
            format!("{}:{} {} {}", text(it, "file"), it["line"], text(it, "rule"), text(it, "resource"))
        })
        .collect()
}

#[test]
fn live_objects_are_judged_where_they_are_declared() {
    let folder = folder();
    let report = audit(folder.path(), &["--live-policies"]);
    assert_eq!(
        told(&report["findings"]),
        [
            "git/cart.yaml:5 policies/replicas shop/Deployment/cart",
            "git/cart.yaml:13 hygiene/k8s-run-as-non-root shop/Deployment/cart",
            "git/trueup.yaml:1 naming/k8s-name-pattern shop/Secret/Token",
        ]
    );
    assert_eq!(told(&report["suppressed"]), ["git/cart.yaml:20 policies/replicas shop/Deployment/accepted"]);
    let message =
        report["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "policies/replicas").unwrap();
    assert_eq!(message["message"], "shop/Deployment/cart in live.yaml: more than 3 replicas");
    assert!(report["summary"]["failed"].as_u64().unwrap() >= 4, "{:#}", report["summary"]);
    assert_eq!(told(&audit(folder.path(), &[])["findings"]), Vec::<String>::new());
}

#[test]
fn policies_of_the_api_server_judge_live_objects_too() {
    let folder = folder();
    let native = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
  validations: [{expression: 'object.spec.replicas < 5', message: at most 4}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few}
spec: {policyName: few, validationActions: [Deny]}
";
    fs::write(folder.path().join("git/few.yaml"), native).unwrap();
    fs::write(folder.path().join("git/trueup.yaml"), "select: ['vap/*']\n").unwrap();
    fs::remove_dir_all(folder.path().join("git/policies")).unwrap();
    let report = audit(folder.path(), &["--live-policies"]);
    assert_eq!(
        told(&report["findings"]),
        ["git/cart.yaml:5 vap/few shop/Deployment/cart", "git/cart.yaml:20 vap/few shop/Deployment/accepted"]
    );
}
