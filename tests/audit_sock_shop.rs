//! A real shop, rendered from an overlay, applied to a real API server and changed as people change things.

#![cfg(feature = "kubernetes")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod apiserver;
#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/git.rs"]
mod git;
#[path = "support/live.rs"]
mod live;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;

use apiserver::run::trueup;
use apiserver::{Server, findings};
use git::git;
use serde_json::{Value, json};
use tree::{tree, write};

const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base, scaler.yaml]
images:
- name: weaveworksdemos/carts
  newTag: 0.4.9
replicas:
- name: front-end
  count: 2
labels:
- pairs: {environment: prod}
configMapGenerator:
- name: shop
  namespace: sock-shop
  literals:
  - banner=welcome
patches:
- path: orders.yaml
";

const ORDERS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: sock-shop}
spec:
  template:
    spec:
      containers:
      - name: orders
        env:
        - name: LOG_LEVEL
          value: info
";

const SCALER: &str = "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: queue-master, namespace: sock-shop}
spec:
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: queue-master}
";

/// What [`by_hand`] does: file, rule, line, resource, path, manager. A variable that was set beside another
/// makes an eleventh.
const CHANGES: &[&str] = &[
    "base/02-carts-svc.yml drift/changed :7 sock-shop/Service/carts metadata.annotations[\"prometheus.io/scrape\"] kubectl-annotate",
    "base/11-orders-dep.yaml drift/added :22 sock-shop/Deployment/orders spec.template.spec.containers[name=orders].env[name=TRACE] kubectl-set",
    "base/24-shipping-svc.yaml drift/missing :3 sock-shop/Service/shipping  ",
    "base/26-user-svc.yaml drift/changed :15 sock-shop/Service/user spec.ports[port=80,protocol=TCP].targetPort kubectl-patch",
    "overlays/prod/kustomization.yaml drift/release :1 sock-shop/HelmRelease/redis  ",
    "overlays/prod/kustomization.yaml drift/shadow :1 sock-shop/ConfigMap/mine  kubectl-create",
    "overlays/prod/kustomization.yaml drift/changed :6 sock-shop/Deployment/carts spec.template.spec.containers[name=carts].image kubectl-edit",
    "overlays/prod/kustomization.yaml drift/changed :9 sock-shop/Deployment/front-end spec.replicas kubectl",
    "overlays/prod/kustomization.yaml drift/changed :11 sock-shop/Deployment/user metadata.labels.environment kubectl-label",
    "overlays/prod/kustomization.yaml drift/changed :16 sock-shop/ConfigMap/shop-88gt5f29k2 data.banner kubectl-edit",
    "overlays/prod/orders.yaml drift/changed :11 sock-shop/Deployment/orders spec.template.spec.containers[name=orders].env[name=LOG_LEVEL].value kubectl-set",
];

#[test]
fn ten_changes_to_the_shop() {
    let Some(assets) = apiserver::assets() else { return };
    let Some(shop) = shop() else { return };
    let server = Server::start(&assets);
    let overlay = shop.path().join("overlays/prod");
    server.apply_all(&render(&overlay), "kustomize-controller");
    let (report, code) = server.audit("admin", &[overlay.to_str().unwrap()]);
    assert_eq!(findings(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);
    let rows = report["audit"]["coverage"].as_array().unwrap();
    let compared: u64 = rows.iter().map(|row| row["compared"].as_u64().unwrap()).sum();
    assert_eq!(compared, 31, "{rows:#?}");

    by_hand(&server);
    let (report, code) = server.audit("admin", &[overlay.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert_eq!(with_files(&report, shop.path()), CHANGES);
}

/// A repository of the corpus's manifests with an overlay; `None` where there is no corpus.
fn shop() -> Option<tempfile::TempDir> {
    let manifests = "gitops/sock-shop/deploy/kubernetes/manifests";
    let files = fs::read_dir(corpus::with(manifests)?.join(manifests)).unwrap();
    let shop = tree(&[
        ("overlays/prod/kustomization.yaml", OVERLAY),
        ("overlays/prod/orders.yaml", ORDERS),
        ("overlays/prod/scaler.yaml", SCALER),
    ]);
    git(shop.path(), &["init", "-q"]);
    let mut names = Vec::new();
    for file in files.map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        write(shop.path(), &format!("base/{name}"), &fs::read_to_string(file.path()).unwrap());
        names.push(name);
    }
    names.sort();
    write(shop.path(), "base/kustomization.yaml", &format!("resources: [{}]\n", names.join(", ")));
    Some(shop)
}

fn render(overlay: &Path) -> String {
    let output = trueup(Path::new("."), &["render", overlay.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn by_hand(server: &Server) {
    let deployment = |name: &str| format!("/apis/apps/v1/namespaces/sock-shop/deployments/{name}");
    let core = |rest: &str| format!("/api/v1/namespaces/sock-shop/{rest}");
    let container = |name: &str, fields: &str| {
        format!(
            "{{\"spec\": {{\"template\": {{\"spec\": {{\"containers\": [{{\"name\": \"{name}\", {fields}}}]}}}}}}}}"
        )
    };
    // kubectl edit, scale, label, set env, patch, annotate.
    let hotfix = "\"image\": \"weaveworksdemos/carts:0.4.9-hotfix\"";
    server.patch(&deployment("carts"), &container("carts", hotfix), "kubectl-edit");
    server.patch(&format!("{}/scale", deployment("front-end")), "{\"spec\": {\"replicas\": 5}}", "kubectl");
    server.patch(
        &deployment("user"),
        "{\"metadata\": {\"labels\": {\"environment\": \"test\"}}}",
        "kubectl-label",
    );
    let env =
        "\"env\": [{\"name\": \"LOG_LEVEL\", \"value\": \"debug\"}, {\"name\": \"TRACE\", \"value\": \"1\"}]";
    server.patch(&deployment("orders"), &container("orders", env), "kubectl-set");
    server.patch(
        &core("services/user"),
        "{\"spec\": {\"ports\": [{\"port\": 80, \"targetPort\": 8081}]}}",
        "kubectl-patch",
    );
    server.patch(
        &core("services/carts"),
        "{\"metadata\": {\"annotations\": {\"prometheus.io/scrape\": \"false\"}}}",
        "kubectl-annotate",
    );
    // What a generator made, under the name it gave.
    let maps = server.request("GET", &core("configmaps"), "", "").unwrap();
    let maps: Value = serde_json::from_str(&maps).unwrap();
    let names = maps["items"].as_array().unwrap().iter().map(|map| map["metadata"]["name"].as_str().unwrap());
    let shop = names.into_iter().find(|name| name.starts_with("shop-")).unwrap();
    server.patch(
        &core(&format!("configmaps/{shop}")),
        "{\"data\": {\"banner\": \"closed\"}}",
        "kubectl-edit",
    );
    server.delete(&core("services/shipping"));
    server.create(
        &core("configmaps"),
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"mine\"}, \"data\": {\"a\": \"b\"}}",
        "kubectl-create",
    );
    // A chart installed by hand: its record, and what it made.
    let redis = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "redis", "labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {
            "meta.helm.sh/release-name": "redis", "meta.helm.sh/release-namespace": "sock-shop"}},
        "spec": {"ports": [{"port": 6379}]},
    });
    server.create(&core("services"), &redis.to_string(), "helm");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {"name": "sh.helm.release.v1.redis.v1", "labels": {"owner": "helm"}},
        "data": {"release": record()},
    });
    server.create(&core("secrets"), &secret.to_string(), "helm");
    // And what nobody needs to know: an autoscaler at work, a rollout, what controllers make of it.
    let scaled = deployment("queue-master");
    let by = "kube-controller-manager";
    server.patch(&format!("{scaled}/scale"), "{\"spec\": {\"replicas\": 7}}", by);
    server.patch(&format!("{scaled}/status"), "{\"status\": {\"replicas\": 7}}", by);
    server.patch(
        &scaled,
        "{\"metadata\": {\"annotations\": {\"deployment.kubernetes.io/revision\": \"2\"}}}",
        by,
    );
    let owner = server.request("GET", &scaled, "", "").unwrap();
    let owner: Value = serde_json::from_str(&owner).unwrap();
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "queue-master-1", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "queue-master", "controller": true,
            "uid": owner["metadata"]["uid"]}]},
        "spec": {"selector": owner["spec"]["selector"], "template": owner["spec"]["template"]},
    });
    server.create("/apis/apps/v1/namespaces/sock-shop/replicasets", &set.to_string(), by);
}

/// The data of the Secret in which Helm records a release.
fn record() -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let release = json!({
        "name": "redis", "namespace": "sock-shop", "version": 1, "info": {"status": "deployed"},
        "chart": {"metadata": {"name": "redis", "version": "18.1.0"}}, "manifest": "",
    });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, release.to_string().as_bytes()).unwrap();
    STANDARD.encode(STANDARD.encode(packed.finish().unwrap()))
}

/// The findings, each behind its file in the repository.
fn with_files(report: &Value, root: &Path) -> Vec<String> {
    let files = report["findings"].as_array().unwrap().iter().map(|finding| {
        let file = finding["file"].as_str().unwrap();
        file.strip_prefix(root.to_str().unwrap()).unwrap_or(file).trim_start_matches('/').to_owned()
    });
    files.zip(findings(report)).map(|(file, finding)| format!("{file} {finding}")).collect()
}
