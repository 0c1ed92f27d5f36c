//! An audit of a real API server: what is applied and left alone, what people change, what cannot be read.

#![cfg(feature = "kubernetes")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands, and says when it is skipped"
)]

mod apiserver;
#[path = "support/live.rs"]
mod live;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::process::Command;

use apiserver::{Server, findings, trueup_audit};
use serde_json::Value;
use tree::{tree, write};

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

    server.apply_all(SHOP, "kustomize-controller");
    let (report, code) = server.audit("admin", &[git]);
    assert_eq!(findings(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);

    by_hand(&server);
    let (report, code) = server.audit("admin", &[git]);
    assert_eq!(code, 1);
    assert_eq!(findings(&report), TEN_CHANGES, "{report:#}");

    nothing_is_missing_that_could_not_be_read(&server, git);
    a_dead_api_is_a_gap(&server, git);
    clusters_by_name(&server);
    in_a_pod(&server, git);
    many_pages(&server, git);
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

/// The manifests of README.md, applied; and an audit with what a pod of its `CronJob` has to go by.
fn in_a_pod(server: &Server, git: &str) {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let manifests = blocks.into_iter().find(|block| block.contains("kind: CronJob")).unwrap();
    let namespace = "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"trueup\"}}";
    server.create("/api/v1/namespaces", namespace, "kustomize-controller");
    server.apply_all(manifests, "kustomize-controller");
    let asked = "{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenRequest\", \"spec\": {\"audiences\": []}}";
    let token = server
        .request("POST", "/api/v1/namespaces/trueup/serviceaccounts/trueup/token", "application/json", asked)
        .unwrap();
    let token: Value = serde_json::from_str(&token).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("token", token["status"]["token"].as_str().unwrap());
    write("namespace", "trueup");
    fs::copy(server.certificate(), folder.path().join("ca.crt")).unwrap();
    let script = "mount -t tmpfs tmpfs /run && d=/run/secrets/kubernetes.io/serviceaccount && mkdir -p $d \
                  && cp \"$1\"/* $d && exec \"$2\" audit \"$3\" --no-config --cluster --format json";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .args([env!("CARGO_BIN_EXE_trueup"), git])
        .env("HOME", folder.path())
        .env_remove("KUBECONFIG")
        .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .env("KUBERNETES_SERVICE_PORT", server.port().to_string())
        .output();
    // Folders of one's own are not to be had everywhere.
    let is_refused = |said: &[u8]| String::from_utf8_lossy(said).contains("unshare");
    let Some(output) = output.ok().filter(|output| !is_refused(&output.stderr)) else {
        return println!("skipped: a pod needs unshare, and leave to use it");
    };
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["audit"]["targets"], serde_json::json!(["in-cluster"]));
    assert!(findings(&report).iter().any(|it| it.contains("ConfigMap/cart data.level")), "{report:#}");
    assert!(!report["gaps"].to_string().contains("forbidden"), "{:#}", report["gaps"]);
}

/// Clusters that trueup.yaml names, each with a folder of its own; one of them is not there.
fn clusters_by_name(server: &Server) {
    let map = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{level: info}}\n"
        )
    };
    let config = "audit:
  clusters:
  - {name: east, kubeconfig: kubeconfig, path: east}
  - {name: west, context: auditor, kubeconfig: kubeconfig, path: ./west/, noSecrets: true}
  - {name: gone, kubeconfig: gone, path: west}
";
    let folder = tree(&[
        ("kubeconfig", &fs::read_to_string(server.kubeconfig()).unwrap()),
        ("gone", &apiserver::kubeconfig(1)),
        ("east/map.yaml", &map("cart")),
        ("west/map.yaml", &(map("cart") + "---\n" + &map("west"))),
        ("trueup.yaml", config),
    ]);
    let declared = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let declared = findings.filter(|it| !it["file"].as_str().unwrap().ends_with("trueup.yaml"));
        declared
            .map(|it| format!("{} {} {}", it["target"].as_str().unwrap(), it["rule"], it["message"]))
            .collect()
    };
    let git = folder.path().to_str().unwrap();
    let (report, _) = trueup_audit(&[git]);
    let level = |target: &str| {
        format!(
            "{target} \"drift/changed\" \"shop/ConfigMap/cart in {target}: `data.level` is \\\"debug\\\", Git says \\\"info\\\"; last written by kubectl-edit at "
        )
    };
    let found = declared(&report);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with(&level("east")) && found[1].starts_with(&level("west")), "{found:#?}");
    assert_eq!(found[2], "west \"drift/missing\" \"shop/ConfigMap/west in west is declared and not live\"");
    let fingerprints: Vec<&Value> =
        report["changes"].as_array().unwrap().iter().map(|change| &change["fingerprint"]).collect();
    assert!(fingerprints[0] != fingerprints[1], "{fingerprints:?}");
    let gaps = report["gaps"].to_string();
    assert!(gaps.contains("\"gone\"") && gaps.contains("it does not answer"), "{gaps}");
    assert!(gaps.contains("\"west: Secret\"") && !gaps.contains("east: "), "{gaps}");
    let rows =
        report["audit"]["coverage"].as_array().unwrap().iter().filter(|row| row["kind"] == "ConfigMap");
    let rows: Vec<String> = rows.map(|row| format!("{} {}", row["target"], row["declared"])).collect();
    assert_eq!(rows, ["\"east\" 1", "\"gone\" 2", "\"west\" 2"]);
    assert_eq!(report["audit"]["targets"], serde_json::json!(["east", "west", "gone"]));
    // What is accepted in one of them.
    let accepted = "suppressions: [{policy: drift/changed, targets: [ea*], reason: being tried out}]\nignore: [drift/missing]\n";
    write(folder.path(), "trueup.yaml", &(config.to_owned() + accepted));
    let (report, _) = trueup_audit(&[git]);
    let found = declared(&report);
    assert!(found.len() == 1 && found[0].starts_with(&level("west")), "{found:#?}");
    // One of them by its name; a name of a context besides.
    let kubeconfig = server.kubeconfig();
    let (report, _) = trueup_audit(&[git, "--cluster=west"]);
    assert_eq!(declared(&report), found);
    let (report, _) = trueup_audit(&[
        git,
        "--cluster=east",
        "--cluster=admin",
        "--kubeconfig",
        kubeconfig.to_str().unwrap(),
    ]);
    assert_eq!(report["audit"]["targets"], serde_json::json!(["east", "admin"]));
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
