//! Audits of clusters that answer badly: lists that expire, kinds that cannot be listed, old servers; and the
//! ways in which a client may say who it is.

#![cfg(feature = "kubernetes")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;
mod stub;

use std::fs;
use std::process::Output;

use json::json;
use run::trueup;
use serde_json::{Value, json};
use stub::{Answer, Request, Stub, discovery, page, status};

/// `ConfigMap`s of these names in the namespace `n`, declared as a [`page`] gives them.
fn maps(names: &[&str]) -> String {
    let each = names.iter().map(|name| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: n}}\ndata: {{a: b}}\n"
        )
    });
    each.collect()
}

/// Runs an audit of `declared` against the stub; its output.
fn audited(stub: &Stub, user: &str, declared: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("git.yaml"), declared).unwrap();
    fs::write(folder.path().join("kubeconfig"), stub.kubeconfig(user)).unwrap();
    let arguments =
        ["audit", "git.yaml", "--no-config", "--cluster", "--kubeconfig", "kubeconfig", "--format", "json"];
    trueup(folder.path(), &arguments)
}

/// The findings as `rule resource`, and the gaps as one text.
fn audit(stub: &Stub, declared: &str) -> (Vec<String>, String) {
    let output = audited(stub, "token: t", declared);
    let report = json(&output);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.map(|it| format!("{} {}", text(&it["rule"]), text(&it["resource"])));
    (told.collect(), report["gaps"].to_string())
}

/// A server of `ConfigMap`s alone, whose lists `list` answers.
fn of_maps(mut list: impl FnMut(&Request) -> Answer + Send + 'static) -> Stub {
    Stub::start(move |request| match request.place() {
        "/api" => (200, discovery(&["/v1/ConfigMap/configmaps"])),
        "/apis" => (200, discovery(&[])),
        _ => list(request),
    })
}

#[test]
fn a_list_that_expires_goes_on_where_the_server_offers_to() {
    let stub = of_maps(|request| match request.path.split_once("continue=").map(|(_, token)| token) {
        None => (200, page(&["a"], Some("one"))),
        Some("one") => status(410, "Expired", Some("two+/=")),
        Some("two%2b%2f%3d") => (200, page(&["b"], None)),
        Some(token) => panic!("{token}"),
    });
    assert_eq!(audit(&stub, &maps(&["a", "b"])), (vec![], "[]".to_owned()));
}

#[test]
fn a_list_that_expires_is_begun_anew_once() {
    let mut expired = false;
    let stub = of_maps(move |request| match request.path.contains("continue=") {
        false => (200, page(&["a"], Some("one"))),
        true if expired => (200, page(&["b"], None)),
        true => {
            expired = true;
            status(410, "Expired", None)
        }
    });
    // What came twice counts once.
    let (found, gaps) = audit(&stub, &maps(&["a", "b", "c"]));
    assert_eq!((found, &*gaps), (vec!["drift/missing n/ConfigMap/c".to_owned()], "[]"));
}

#[test]
fn a_list_that_always_expires_is_a_gap() {
    let stub = of_maps(|request| {
        if request.path.contains("continue=") {
            status(410, "Expired", None)
        } else {
            (200, page(&["a"], Some("one")))
        }
    });
    let (found, gaps) = audit(&stub, &maps(&["a", "b"]));
    assert_eq!(found, Vec::<String>::new());
    assert!(gaps.contains("changed faster than it could be read (410)"), "{gaps}");
    assert!(gaps.contains("ConfigMap could not be listed to the end"), "{gaps}");
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let mut asked = 0;
    let stub = of_maps(move |_| {
        asked += 1;
        if asked < 3 { status(429, "TooManyRequests", None) } else { (200, page(&["a"], None)) }
    });
    assert_eq!(audit(&stub, &maps(&["a"])), (vec![], "[]".to_owned()));
}

#[test]
fn a_kind_that_cannot_be_listed_is_a_gap_and_the_others_are_audited() {
    let cases: [(u16, &str); 5] = [
        (401, "the cluster does not know who asks (401)"),
        (403, "listing it is forbidden (403); the role needs `list` on it"),
        (404, "the kind is gone (404)"),
        (405, "it cannot be listed (405)"),
        (503, "its server is unavailable (503)"),
    ];
    for (code, reason) in cases {
        let stub = Stub::start(move |request| match request.place() {
            "/api" => (200, discovery(&["/v1/ConfigMap/configmaps"])),
            "/apis" => (200, discovery(&["e.io/v1/Thing/things"])),
            "/api/v1/configmaps" => (200, page(&["a"], None)),
            _ => status(code, "no", None),
        });
        let declared =
            maps(&["a", "b"]) + "---\napiVersion: e.io/v1\nkind: Thing\nmetadata: {name: t, namespace: n}\n";
        let (found, gaps) = audit(&stub, &declared);
        assert_eq!(found, ["drift/missing n/ConfigMap/b"], "{code}");
        assert!(gaps.contains("\"Thing.e.io\"") && gaps.contains(reason), "{code}: {gaps}");
    }
}

#[test]
fn an_answer_that_is_cut_short_is_a_gap() {
    let stub = of_maps(|_| (200, json!("no list")));
    let (found, gaps) = audit(&stub, &maps(&["a"]));
    assert_eq!(found, Vec::<String>::new());
    assert!(gaps.contains("not audited"), "{gaps}");
}

#[test]
fn a_server_without_aggregated_discovery_is_asked_group_by_group() {
    let resources = |kind: &str, plural: &str| json!({"kind": "APIResourceList", "resources": [{"name": plural, "kind": kind, "verbs": ["list"]}]});
    let stub = Stub::start(move |request| match request.place() {
        "/api" => (200, json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => (
            200,
            json!({"kind": "APIGroupList", "groups": [{"name": "dead.io", "versions": [{"version": "v1"}]}]}),
        ),
        "/api/v1" => (200, resources("ConfigMap", "configmaps")),
        "/api/v1/configmaps" => (200, page(&["a"], None)),
        _ => status(503, "dead", None),
    });
    let declared =
        maps(&["a", "b"]) + "---\napiVersion: dead.io/v1\nkind: Thing\nmetadata: {name: t, namespace: n}\n";
    let (found, gaps) = audit(&stub, &declared);
    assert_eq!(found, ["drift/missing n/ConfigMap/b"]);
    assert!(gaps.contains("the server of dead.io does not answer"), "{gaps}");
}

#[test]
fn a_plugin_says_who_asks() {
    let stub = of_maps(|_| (200, page(&["a"], None)));
    let plugin = |script: &str| {
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}'], interactiveMode: Never}}"
        )
    };
    let credential = "echo \"{\\\"apiVersion\\\": \\\"client.authentication.k8s.io/v1\\\", \\\"kind\\\": \\\"ExecCredential\\\", \\\"status\\\": {\\\"token\\\": \\\"from-a-plugin\\\"}}\"";
    let output = audited(&stub, &plugin(credential), &maps(&["a"]));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let requests = stub.requests();
    assert!(!requests.is_empty());
    for request in &requests {
        assert_eq!(request.header("authorization"), "Bearer from-a-plugin", "{}", request.path);
    }
    // One that fails ends the run before anything is asked.
    let output = audited(&stub, &plugin("exit 7"), &maps(&["a"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: cannot tell how to reach the cluster: "), "{said}");
    assert_eq!(stub.requests().len(), requests.len());
}

#[test]
fn a_server_that_is_not_there_ends_the_run() {
    let stub = Stub::start(|_| status(500, "no", None));
    let output = audited(&stub, "token: t", &maps(&["a"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the cluster stub does not answer"), "{said}");
}
