//! An audit of a real API server: what is applied and left alone, what people change, what cannot be read.

#![cfg(feature = "kubernetes")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands, and says when it is skipped"
)]

mod apiserver;

use std::fs;
use std::path::{Path, PathBuf};

use apiserver::Server;
use serde_json::Value;

const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
  labels: {team: cart}
spec:
  replicas: 2
  selector: {matchLabels: {app: cart}}
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers:
      - name: cart
        image: registry.example.com/cart:1.0
        env:
        - name: STAGE
          value: prod
        resources:
          limits: {cpu: 1000m, memory: 1024Mi}
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports:
  - port: 80
    targetPort: 8080
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cart, namespace: shop}
data:
  level: info
---
apiVersion: v1
kind: Secret
metadata: {name: cart, namespace: shop}
stringData:
  token: not-a-real-token
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: cart, namespace: shop}
rules:
- apiGroups: [\"\"]
  resources: [configmaps]
  verbs: [get]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: cart, namespace: shop}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: cart}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: scaled, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: scaled}}
  template:
    metadata: {labels: {app: scaled}}
    spec: {containers: [{name: scaled, image: \"registry.example.com/scaled:1\"}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaled, namespace: shop}
spec:
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}
";

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/cart";

#[test]
fn the_audit_of_a_real_server() {
    let Some(assets) = apiserver::assets() else { return };
    let server = Server::start(&assets);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    fs::write(&file, SHOP).unwrap();
    let git = file.to_str().unwrap();

    apply_all(&server, SHOP);
    let (report, code) = server.audit("admin", &[git]);
    assert_eq!(findings(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);

    by_hand(&server);
    let (report, code) = server.audit("admin", &[git]);
    assert_eq!(code, 1);
    assert_eq!(findings(&report), TEN_CHANGES, "{report:#}");

    nothing_is_missing_that_could_not_be_read(&server, git);
    a_dead_api_is_a_gap(&server, git);
    many_pages(&server, git);
    the_corpus(&server);
}

/// What [`by_hand`] does: rule, line in Git, resource, path, manager.
const TEN_CHANGES: &[&str] = &[
    "drift/shadow :1 shop/ConfigMap/mine  kubectl-create",
    "drift/changed :10 shop/Deployment/cart metadata.labels.team kubectl-label",
    "drift/changed :12 shop/Deployment/cart spec.replicas kubectl",
    "drift/added :18 shop/Deployment/cart spec.template.spec.containers[name=debug] kubectl-client-side-apply",
    "drift/changed :20 shop/Deployment/cart spec.template.spec.containers[name=cart].image kubectl-edit",
    "drift/added :21 shop/Deployment/cart spec.template.spec.containers[name=cart].env[name=DEBUG] kubectl-set",
    "drift/changed :36 shop/Service/cart spec.ports[port=80,protocol=TCP].targetPort kubectl-patch",
    "drift/changed :42 shop/ConfigMap/cart data.level kubectl-edit",
    "drift/changed :48 shop/Secret/cart data.token kubectl-edit",
    "drift/missing :59 shop/PodDisruptionBudget/cart  ",
];

fn by_hand(server: &Server) {
    let container = |fields: &str| {
        format!("{{\"spec\": {{\"template\": {{\"spec\": {{\"containers\": [{fields}]}}}}}}}}")
    };
    let patch = |path: &str, change: &str, manager| server.patch(path, change, manager);
    patch(
        DEPLOYMENT,
        &container("{\"name\": \"cart\", \"image\": \"registry.example.com/cart:hotfix\"}"),
        "kubectl-edit",
    );
    patch(&format!("{DEPLOYMENT}/scale"), "{\"spec\": {\"replicas\": 5}}", "kubectl");
    patch(DEPLOYMENT, "{\"metadata\": {\"labels\": {\"team\": \"other\"}}}", "kubectl-label");
    patch(
        DEPLOYMENT,
        &container("{\"name\": \"cart\", \"env\": [{\"name\": \"DEBUG\", \"value\": \"1\"}]}"),
        "kubectl-set",
    );
    patch(
        DEPLOYMENT,
        &container("{\"name\": \"debug\", \"image\": \"busybox\"}"),
        "kubectl-client-side-apply",
    );
    patch(
        "/api/v1/namespaces/shop/services/cart",
        "{\"spec\": {\"ports\": [{\"port\": 80, \"targetPort\": 9090}]}}",
        "kubectl-patch",
    );
    patch("/api/v1/namespaces/shop/configmaps/cart", "{\"data\": {\"level\": \"debug\"}}", "kubectl-edit");
    patch(
        "/api/v1/namespaces/shop/secrets/cart",
        "{\"data\": {\"token\": \"aHVudGVyMg==\"}}",
        "kubectl-edit",
    );
    server.delete("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart");
    server.create(
        "/api/v1/namespaces/shop/configmaps",
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"mine\"}, \"data\": {\"a\": \"b\"}}",
        "kubectl-create",
    );
    // And what nobody needs to know: an autoscaler at work, and the status of a rollout.
    let scaled = "/apis/apps/v1/namespaces/shop/deployments/scaled";
    patch(&format!("{scaled}/scale"), "{\"spec\": {\"replicas\": 7}}", "kube-controller-manager");
    patch(&format!("{scaled}/status"), "{\"status\": {\"replicas\": 7}}", "kube-controller-manager");
    patch(
        scaled,
        "{\"metadata\": {\"annotations\": {\"deployment.kubernetes.io/revision\": \"2\"}}}",
        "kube-controller-manager",
    );
}

fn nothing_is_missing_that_could_not_be_read(server: &Server, git: &str) {
    server.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "{\"apiVersion\": \"rbac.authorization.k8s.io/v1\", \"kind\": \"ClusterRole\", \"metadata\": {\"name\": \"auditor\"},
          \"rules\": [{\"apiGroups\": [\"\", \"apps\", \"policy\"], \"resources\": [\"configmaps\", \"services\", \"namespaces\", \"deployments\"], \"verbs\": [\"list\"]}]}",
        "kustomize-controller",
    );
    server.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "{\"apiVersion\": \"rbac.authorization.k8s.io/v1\", \"kind\": \"ClusterRoleBinding\", \"metadata\": {\"name\": \"auditor\"},
          \"roleRef\": {\"apiGroup\": \"rbac.authorization.k8s.io\", \"kind\": \"ClusterRole\", \"name\": \"auditor\"},
          \"subjects\": [{\"apiGroup\": \"rbac.authorization.k8s.io\", \"kind\": \"User\", \"name\": \"auditor\"}]}",
        "kustomize-controller",
    );
    let (report, _) = server.audit("auditor", &[git]);
    let found = findings(&report);
    assert!(!found.iter().any(|it| it.contains("missing") || it.contains("Secret")), "{found:#?}");
    assert!(found.iter().any(|it| it.contains("ConfigMap/cart data.level")), "{found:#?}");
    let gaps = report["gaps"].to_string();
    assert!(gaps.contains("forbidden (403)") && gaps.contains("PodDisruptionBudget"), "{gaps}");
}

fn a_dead_api_is_a_gap(server: &Server, git: &str) {
    server.create(
        "/apis/apiregistration.k8s.io/v1/apiservices",
        "{\"apiVersion\": \"apiregistration.k8s.io/v1\", \"kind\": \"APIService\", \"metadata\": {\"name\": \"v1.dead.example.com\"},
          \"spec\": {\"group\": \"dead.example.com\", \"version\": \"v1\", \"groupPriorityMinimum\": 100, \"versionPriority\": 100,
          \"insecureSkipTLSVerify\": true, \"service\": {\"name\": \"gone\", \"namespace\": \"shop\"}}}",
        "kubectl-create",
    );
    let folder = tempfile::tempdir().unwrap();
    fs::copy(git, folder.path().join("shop.yaml")).unwrap();
    fs::write(
        folder.path().join("dead.yaml"),
        "apiVersion: dead.example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n",
    )
    .unwrap();
    let started = std::time::Instant::now();
    let (report, _) = server.audit("admin", &[folder.path().to_str().unwrap()]);
    assert!(started.elapsed().as_secs() < 60, "a dead API holds the audit up");
    assert!(!findings(&report).iter().any(|it| it.contains("Thing")), "{report:#}");
    assert!(report["gaps"].to_string().contains("dead.example.com"), "{:#}", report["gaps"]);
    server.delete("/apis/apiregistration.k8s.io/v1/apiservices/v1.dead.example.com");
}

fn many_pages(server: &Server, git: &str) {
    for number in 0..1200 {
        let object = format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {{\"name\": \"many-{number}\"}}}}"
        );
        server.create("/api/v1/namespaces/default/configmaps", &object, "kubectl-create");
    }
    let (report, _) = server.audit("admin", &[git]);
    let many = findings(&report).iter().filter(|it| it.contains("ConfigMap/many-")).count();
    assert_eq!(many, 1200);
    let rows = report["audit"]["coverage"].as_array().unwrap();
    let maps = rows.iter().find(|row| row["kind"] == "ConfigMap").unwrap();
    assert!(maps["live"].as_u64().unwrap() > 1200, "{maps}");
}

/// A real shop, applied and audited at once.
fn the_corpus(server: &Server) {
    let corpus =
        std::env::var_os("TRUEUP_CORPUS").map_or_else(|| "target/shared/corpus".into(), PathBuf::from);
    let folder = corpus.join("gitops/sock-shop/deploy/kubernetes/manifests");
    if !folder.is_dir() {
        assert!(std::env::var_os("TRUEUP_REQUIRE_CORPUS").is_none(), "no corpus");
        return;
    }
    let files = yaml_files(&folder);
    // Namespaces first, as every tool does.
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for namespaces in [true, false] {
        for text in texts.iter().filter(|text| text.contains("kind: Namespace") == namespaces) {
            apply_all(server, text);
        }
    }
    let (report, _) = server.audit("admin", &[folder.to_str().unwrap()]);
    let found: Vec<String> = findings(&report)
        .into_iter()
        .filter(|it| !it.contains("many-") && !it.contains("shop/") || it.contains("sock-shop/"))
        .collect();
    let own: Vec<&String> =
        found.iter().filter(|it| it.contains("sock-shop") || it.contains("missing")).collect();
    assert_eq!(own, Vec::<&String>::new(), "{found:#?}");
    let rows = report["audit"]["coverage"].as_array().unwrap();
    let compared: u64 = rows.iter().map(|row| row["compared"].as_u64().unwrap()).sum();
    assert!(compared > 25, "only {compared} compared");
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "yaml" || it == "yml"));
    files.sort();
    files
}

/// Applies every document as Flux does.
fn apply_all(server: &Server, text: &str) {
    for document in text.split("\n---").filter(|document| document.contains("kind:")) {
        let document = document.trim_start_matches("---");
        let parsed = trueup::syntax::for_file("x.yaml").unwrap().parse(document);
        for root in parsed.documents.iter().filter_map(trueup::model::Document::root) {
            let field = |path: &[&str]| {
                root.descend(path).and_then(trueup::model::NodeRef::text).unwrap_or_default().to_owned()
            };
            let (version, kind) = (field(&["apiVersion"]), field(&["kind"]));
            let base =
                if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
            let plural = match kind.as_str() {
                "NetworkPolicy" => "networkpolicies".to_owned(),
                kind => format!("{}s", kind.to_lowercase()),
            };
            let namespace = match field(&["metadata", "namespace"]) {
                namespace if namespace.is_empty() => String::new(),
                namespace => format!("/namespaces/{namespace}"),
            };
            let path = format!("{base}{namespace}/{plural}/{}", field(&["metadata", "name"]));
            server.apply(&path, document, "kustomize-controller");
        }
    }
}

/// `rule :line resource path manager`, in the order of the report.
fn findings(report: &Value) -> Vec<String> {
    let changes = report["changes"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let change = changes.iter().find(|change| change["fingerprint"] == finding["fingerprint"]);
            let (path, manager) = match change {
                Some(change) => (text(&change["path"]), text(&change["manager"])),
                None => {
                    let message = text(&finding["message"]);
                    let manager = message.split("made by ").nth(1).and_then(|rest| rest.split(' ').next());
                    (String::new(), manager.unwrap_or_default().to_owned())
                }
            };
            let (rule, resource) = (text(&finding["rule"]), text(&finding["resource"]));
            format!("{rule} :{} {resource} {path} {manager}", finding["line"])
        })
        .collect()
}
