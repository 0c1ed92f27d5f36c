//! A real kube-apiserver with its etcd, for the length of a test.

#![allow(dead_code, reason = "each test program uses its part")]

#[path = "../support/json.rs"]
mod json;
#[path = "../support/run.rs"]
pub mod run;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use json::json;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;
use trueup::model::NodeRef;

use crate::live;

/// The folder of the programs: `KUBEBUILDER_ASSETS`, or what `tests/envtest.sh` has built; `None` where
/// there is neither and none is required.
pub fn assets() -> Option<PathBuf> {
    let built = || {
        let folders = fs::read_dir("target/envtest").ok()?;
        folders.filter_map(Result::ok).map(|it| it.path()).find(|it| it.join("kube-apiserver").exists())
    };
    let found = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from).or_else(built);
    live::or_skip(found, "no kube-apiserver; tests/envtest.sh builds one")
}

/// A running server. It ends with the value.
pub struct Server {
    children: Vec<Child>,
    folder: tempfile::TempDir,
    port: u16,
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Server {
    /// Starts both and waits until they answer.
    pub fn start(assets: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let [etcd, etcd_peer, secure] = ports();
        let key = at("sa.key");
        let made = Command::new("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048").output().unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::write(at("tokens.csv"), "admin,admin,admin,system:masters\nauditor,auditor,auditor\n").unwrap();
        let log = |name: &str| Stdio::from(fs::File::create(at(name)).unwrap());
        let mut children = vec![
            Command::new(assets.join("etcd"))
                .arg("--data-dir")
                .arg(at("etcd"))
                .args(["--unsafe-no-fsync", "--log-level=error"])
                .arg(format!("--listen-client-urls=http://127.0.0.1:{etcd}"))
                .arg(format!("--advertise-client-urls=http://127.0.0.1:{etcd}"))
                .arg(format!("--listen-peer-urls=http://127.0.0.1:{etcd_peer}"))
                .stdout(Stdio::null())
                .stderr(log("etcd.log"))
                .spawn()
                .unwrap(),
        ];
        children.push(
            Command::new(assets.join("kube-apiserver"))
                .arg(format!("--etcd-servers=http://127.0.0.1:{etcd}"))
                .arg(format!("--cert-dir={}", at("certs").display()))
                .arg(format!("--secure-port={secure}"))
                .args(["--bind-address=127.0.0.1", "--service-cluster-ip-range=10.0.0.0/24"])
                .args([
                    "--service-account-issuer=https://kubernetes.default.svc",
                    "--authorization-mode=RBAC",
                ])
                .args(["--disable-admission-plugins=ServiceAccount", "--allow-privileged=true"])
                .arg(format!("--service-account-key-file={}", key.display()))
                .arg(format!("--service-account-signing-key-file={}", key.display()))
                .arg(format!("--token-auth-file={}", at("tokens.csv").display()))
                .stdout(Stdio::null())
                .stderr(log("apiserver.log"))
                .spawn()
                .unwrap(),
        );
        fs::write(at("kubeconfig"), kubeconfig(secure)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let config = Kubeconfig::read_from(at("kubeconfig")).unwrap();
            let mut config =
                Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap();
            config.default_retry = false;
            Client::try_from(config).unwrap()
        });
        let server = Self { children, folder, port: secure, runtime, client };
        server.wait();
        server
    }

    fn wait(&self) {
        let until = Instant::now() + Duration::from_mins(2);
        while self.request("GET", "/readyz", "", "").is_err() {
            let log = fs::read_to_string(self.folder.path().join("apiserver.log")).unwrap_or_default();
            assert!(Instant::now() < until, "the server is not ready:\n{log}");
            std::thread::sleep(Duration::from_millis(300));
        }
        // The namespace is made after the server is ready.
        while self.request("GET", "/api/v1/namespaces/default", "", "").is_err() {
            assert!(Instant::now() < until, "the server makes no namespaces");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until something is served at a path.
    pub fn wait_for(&self, path: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.request("GET", path, "", "").is_err() {
            assert!(Instant::now() < until, "nothing is served at {path}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The kubeconfig, with the contexts `admin` and `auditor`.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The port it serves at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What its certificate is signed by.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certs/apiserver.crt")
    }

    /// Sends a request and gives the text of the answer.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        content: &str,
        body: &str,
    ) -> Result<String, kube::Error> {
        self.runtime.block_on(async {
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", content)
                .header("accept", "application/json")
                .body(body.as_bytes().to_vec())
                .unwrap();
            self.client.request_text(request).await
        })
    }

    /// Applies an object as a manager does.
    pub fn apply(&self, path: &str, object: &str, manager: &str) {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.request("PATCH", &path, "application/apply-patch+yaml", object)
            .unwrap_or_else(|problem| panic!("{path}: {problem}"));
    }

    /// Merges a change into an object as a manager does.
    pub fn patch(&self, path: &str, change: &str, manager: &str) {
        let kind = if path.contains("/apis/e.io/") { "merge-patch" } else { "strategic-merge-patch" };
        let path = format!("{path}?fieldManager={manager}");
        self.request("PATCH", &path, &format!("application/{kind}+json"), change)
            .unwrap_or_else(|problem| panic!("{path}: {problem}"));
    }

    /// Makes an object as a manager does.
    pub fn create(&self, path: &str, object: &str, manager: &str) {
        let path = format!("{path}?fieldManager={manager}");
        self.request("POST", &path, "application/yaml", object)
            .unwrap_or_else(|problem| panic!("{path}: {problem}"));
    }

    /// Deletes an object.
    pub fn delete(&self, path: &str) {
        self.request("DELETE", path, "application/json", "")
            .unwrap_or_else(|problem| panic!("{path}: {problem}"));
    }

    /// Applies every document of `text` as a manager does.
    pub fn apply_all(&self, text: &str, manager: &str) {
        for document in text.split("\n---").filter(|document| document.contains("kind:")) {
            let document = document.trim_start_matches("---");
            let parsed = trueup::syntax::for_file("x.yaml").unwrap().parse(document);
            for root in parsed.documents.iter().filter_map(trueup::model::Document::root) {
                self.apply(&address(root), document, manager);
            }
        }
    }

    /// Runs `trueup audit` on the cluster; gives the report and the exit code.
    pub fn audit(&self, context: &str, args: &[&str]) -> (Value, i32) {
        let cluster = format!("--cluster={context}");
        let kubeconfig = self.kubeconfig();
        let on = ["--no-config", &cluster, "--kubeconfig", kubeconfig.to_str().unwrap()];
        trueup_audit(&[&on, args].concat())
    }
}

/// Runs `trueup audit`; gives the report and the exit code.
pub fn trueup_audit(args: &[&str]) -> (Value, i32) {
    let output = run::trueup(Path::new("."), &[&["audit", "--format", "json"], args].concat());
    (json(&output), output.status.code().unwrap())
}

/// Where the API serves an object.
fn address(object: NodeRef<'_>) -> String {
    let field = |path: &[&str]| object.descend(path).and_then(NodeRef::text).unwrap_or_default();
    let (version, kind) = (field(&["apiVersion"]), field(&["kind"]));
    let base = if version.contains('/') { "apis" } else { "api" };
    let plural = match kind.to_lowercase() {
        kind if kind.ends_with('y') => format!("{}ies", kind.trim_end_matches('y')),
        kind => format!("{kind}s"),
    };
    let namespace = match field(&["metadata", "namespace"]) {
        "" => String::new(),
        namespace => format!("/namespaces/{namespace}"),
    };
    format!("/{base}/{version}{namespace}/{plural}/{}", field(&["metadata", "name"]))
}

/// `rule :line resource path manager` of every finding, in the order of the report.
pub fn findings(report: &Value) -> Vec<String> {
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

fn ports() -> [u16; 3] {
    // Held together, so that no two are the same.
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A kubeconfig for the server at `port`.
pub fn kubeconfig(port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: admin\n\
         clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:{port}\", insecure-skip-tls-verify: true}}}}]\n\
         users: [{{name: admin, user: {{token: admin}}}}, {{name: auditor, user: {{token: auditor}}}}]\n\
         contexts: [{{name: admin, context: {{cluster: c, user: admin}}}}, {{name: auditor, context: {{cluster: c, user: auditor}}}}]\n"
    )
}
