//! Charts that a real helm has installed into a real API server: one that Git asks for, one that it does not.

#![cfg(feature = "kubernetes")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod apiserver;
mod helm_program;
#[path = "support/live.rs"]
mod live;
#[path = "support/tree.rs"]
mod tree;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use apiserver::{Server, findings};
use tree::tree;

const TEMPLATE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'registry.example.com/web:1'}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {ports: [{port: 80}], selector: {app: web}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ randAlphaNum 24 }}}
---
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: try, image: busybox}]}
";

/// The definition of Flux's `HelmRelease`, as far as the server needs it.
const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: helmreleases.helm.toolkit.fluxcd.io}
spec:
  group: helm.toolkit.fluxcd.io
  scope: Namespaced
  names: {kind: HelmRelease, plural: helmreleases, singular: helmrelease, listKind: HelmReleaseList}
  versions:
  - name: v2
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const DECLARED: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  targetNamespace: shop
  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: charts}}}
  values: {replicas: 2}
";

fn install(server: &Server, path: &OsString, chart: &Path, release: &str) {
    let output = Command::new("helm")
        .args(["install", release])
        .arg(chart)
        .args(["--namespace", "shop", "--set", "replicas=2", "--kubeconfig"])
        .arg(server.kubeconfig())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn installed_charts_are_held_against_their_records() {
    let (Some(assets), Some(path)) = (apiserver::assets(), helm_program::path_with_helm()) else { return };
    let server = Server::start(&assets);
    let folder = tree(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n"),
        ("chart/values.yaml", "replicas: 1\n"),
        ("chart/templates/all.yaml", TEMPLATE),
        ("git/kustomization.yaml", "resources: [web.yaml]\n"),
        ("git/web.yaml", DECLARED),
    ]);
    let git = folder.path().join("git");
    let git = git.to_str().unwrap();
    server.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION, "flux");
    server.wait_for("/apis/helm.toolkit.fluxcd.io/v2/helmreleases");
    server.apply_all(DECLARED, "kustomize-controller");
    install(&server, &path, &folder.path().join("chart"), "shop-web");
    let (report, code) = server.audit("admin", &[git]);
    assert_eq!(findings(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);

    let deployment = "/apis/apps/v1/namespaces/shop/deployments/shop-web";
    server.patch(&format!("{deployment}/scale"), "{\"spec\": {\"replicas\": 5}}", "kubectl");
    server.delete("/api/v1/namespaces/shop/services/shop-web");
    install(&server, &path, &folder.path().join("chart"), "mine");
    let (report, _) = server.audit("admin", &[git]);
    assert_eq!(
        findings(&report),
        [
            "drift/release :1 shop/HelmRelease/mine  ",
            "drift/changed :6 shop/Deployment/shop-web spec.replicas kubectl",
            "drift/missing :6 shop/Service/shop-web  ",
        ]
    );
    let release = report["findings"][0]["message"].as_str().unwrap();
    assert!(release.contains("chart web 1.2.3, revision 1, deployed; 3 objects"), "{release}");
}
