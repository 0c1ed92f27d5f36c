//! `trueup audit` as a user runs it: dumps of every kind, trueup.yaml, revisions, exit codes.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/git.rs"]
mod git;
#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use git::git;
use json::json;
use run::trueup;
use serde_json::Value;
use tree::tree;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: n}\ndata: {level: info}\n";

fn folder() -> tempfile::TempDir {
    tree(&[("git/map.yaml", MAP), ("live.yaml", &MAP.replace("info", "debug"))])
}

/// Runs `trueup audit git` in `folder`; the JSON report and the exit code.
fn audit(folder: &Path, args: &[&str]) -> (Value, i32) {
    let output = trueup(folder, &[&["audit", "git", "--format", "json"], args].concat());
    (json(&output), output.status.code().unwrap())
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect()
}

#[test]
fn the_report_holds_to_its_schema() {
    let folder = folder();
    let (report, code) = audit(folder.path(), &["--live", "live.yaml"]);
    assert_eq!((rules(&report), code), (vec!["drift/changed"], 1));
    let change = &report["changes"][0];
    assert_eq!((change["path"].as_str(), change["kind"].as_str()), (Some("data.level"), Some("changed")));
    let schema: Value = serde_json::from_str(trueup::report::JSON_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|problem| problem.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_kind_of_dump_is_read() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\", \"namespace\": \"n\"}, \"data\": {\"level\": \"debug\"}}";
    fs::write(
        at("list.json"),
        format!("{{\"kind\": \"ConfigMapList\", \"apiVersion\": \"v1\", \"items\": [{json}]}}"),
    )
    .unwrap();
    fs::write(
        at("list.yaml"),
        format!(
            "apiVersion: v1\nitems:\n- {}kind: List\n",
            MAP.replace("info", "debug").replace('\n', "\n  ").trim_end_matches(' ')
        ),
    )
    .unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(json.as_bytes()).unwrap();
    fs::write(at("one.json.gz"), packed.finish().unwrap()).unwrap();
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for path in [
        "resources/configmaps/namespaces/n/a.json",
        "resources/configmaps/v1-preferredversion/namespaces/n/a.json",
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(json.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, path, json.as_bytes()).unwrap();
    }
    fs::write(at("velero.tar.gz"), archive.into_inner().unwrap().finish().unwrap()).unwrap();
    fs::create_dir(at("dump")).unwrap();
    fs::copy(at("live.yaml"), at("dump/live.yaml")).unwrap();
    for dump in ["live.yaml", "list.json", "list.yaml", "one.json.gz", "velero.tar.gz", "dump"] {
        let (report, code) = audit(folder.path(), &["--live", dump]);
        assert_eq!((rules(&report), code), (vec!["drift/changed"], 1), "{dump}: {report:#}");
    }
}

#[test]
fn what_could_not_be_told_exits_with_3() {
    let folder = folder();
    fs::write(
        folder.path().join("other.yaml"),
        MAP.replace("ConfigMap", "Service").replace("data: {level: info}", "spec: {}"),
    )
    .unwrap();
    // A dump of Services says nothing about ConfigMaps, and one that is cut short about nothing at all.
    fs::write(folder.path().join("cut.json"), "{\"kind\": \"List\", \"items\": [{\"kind\": ").unwrap();
    for dump in ["cut.json", "none.json"] {
        let (report, code) = audit(folder.path(), &["--live", dump]);
        assert_eq!((rules(&report), code), (vec![], 3), "{dump}: {report:#}");
    }
    let (report, code) = audit(folder.path(), &["--live", "other.yaml"]);
    assert_eq!((rules(&report), code), (vec!["drift/shadow"], 1));
    let (report, _) = audit(folder.path(), &["--live", "other.yaml", "--live-complete"]);
    assert_eq!(rules(&report), ["drift/shadow", "drift/missing"]);
}

#[test]
fn suppressions_name_fields_and_end() {
    let folder = folder();
    let suppress = |until: &str, field: &str| {
        let text = format!(
            "suppressions:\n- policy: drift/changed\n  resources: [n/ConfigMap/a]\n  fields: [\"{field}\"]\n  reason: being debugged\n  until: {until}\n"
        );
        fs::write(folder.path().join("git/trueup.yaml"), text).unwrap();
        let (report, code) = audit(folder.path(), &["--live", "live.yaml"]);
        (rules(&report).len(), report["suppressed"].as_array().unwrap().len(), code)
    };
    assert_eq!(suppress("2999-01-01", "data.*"), (0, 1, 0));
    assert_eq!(suppress("2001-01-01", "data.*"), (1, 0, 1));
    assert_eq!(suppress("2999-01-01", "spec.*"), (1, 0, 1));
    // They are nothing to the linter, which looks for no drift.
    let output = trueup(folder.path(), &["lint", "git"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn an_earlier_report_tells_what_is_new() {
    let folder = folder();
    let (report, _) = audit(folder.path(), &["--live", "live.yaml"]);
    fs::write(folder.path().join("before.json"), report.to_string()).unwrap();
    fs::write(
        folder.path().join("later.yaml"),
        MAP.to_owned() + "---\n" + &MAP.replace("name: a", "name: b"),
    )
    .unwrap();
    let (report, _) = audit(folder.path(), &["--live", "later.yaml", "--previous", "before.json"]);
    assert_eq!(report["audit"]["trend"][0]["state"], "new");
    assert_eq!(report["audit"]["resolved"][0]["rule"], "drift/changed");
    let (report, _) = audit(folder.path(), &["--live", "live.yaml", "--previous", "before.json"]);
    assert_eq!(report["audit"]["trend"][0]["state"], "persisting");
}

#[test]
fn a_revision_is_audited_without_a_checkout() {
    let folder = folder();
    let root = folder.path().join("git");
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "one"]);
    fs::write(folder.path().join("git/map.yaml"), MAP.replace("info", "debug")).unwrap();
    let (report, code) = audit(folder.path(), &["--live", "live.yaml"]);
    assert_eq!((rules(&report), code), (vec![], 0), "{report:#}");
    let (report, code) = audit(folder.path(), &["--live", "live.yaml", "--ref", "HEAD"]);
    assert_eq!((rules(&report), code), (vec!["drift/changed"], 1), "{report:#}");
    assert_eq!(report["findings"][0]["line"], 4);
}

#[test]
fn overlays_are_audited_as_they_are_applied() {
    let folder = folder();
    let at = |name: &str| folder.path().join("git").join(name);
    fs::create_dir_all(at("prod")).unwrap();
    fs::create_dir_all(at("base")).unwrap();
    fs::rename(at("map.yaml"), at("base/map.yaml")).unwrap();
    fs::write(at("base/kustomization.yaml"), "resources: [map.yaml]\n").unwrap();
    fs::write(at("prod/kustomization.yaml"), "resources: [../base]\nnamespace: prod\n").unwrap();
    fs::write(
        folder.path().join("live.yaml"),
        MAP.replace("info", "debug").replace("namespace: n", "namespace: prod"),
    )
    .unwrap();
    let (report, code) = audit(folder.path(), &["--live", "live.yaml"]);
    assert_eq!((rules(&report), code), (vec!["drift/changed"], 1), "{report:#}");
    assert_eq!(report["findings"][0]["file"], "git/base/map.yaml");
    assert_eq!(report["findings"][0]["resource"], "prod/ConfigMap/a");
}

#[test]
fn the_output_of_another_renderer_is_taken() {
    let folder = folder();
    fs::write(folder.path().join("rendered.yaml"), MAP.replace("info", "warn")).unwrap();
    let (report, _) = audit(folder.path(), &["--live", "live.yaml", "--rendered", "rendered.yaml"]);
    assert_eq!(report["findings"][0]["file"], "rendered.yaml");
    assert_eq!(report["changes"][0]["desired"], "\"warn\"");
}

#[test]
fn the_ignore_rules_of_argo_and_flux_are_honoured() {
    let folder = folder();
    let write = |text: &str| fs::write(folder.path().join("git/app.yaml"), text).unwrap();
    let app = |rule: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: x, namespace: argocd}}\nspec: {{ignoreDifferences: [{{kind: ConfigMap, {rule}}}]}}\n"
        )
    };
    let found = |live: &str| {
        let (report, _) = audit(folder.path(), &["--live", live, "--render", "none"]);
        rules(&report).iter().filter(|rule| **rule == "drift/changed").count()
    };
    write(&app("jsonPointers: [/data/level]"));
    assert_eq!(found("live.yaml"), 0);
    write(&app("jqPathExpressions: [.data.level]"));
    assert_eq!(found("live.yaml"), 0);
    write(&app("name: other, jsonPointers: [/data/level]"));
    assert_eq!(found("live.yaml"), 1);
    write(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x, namespace: n}\nspec: {driftDetection: {ignore: [{paths: [/data/level], target: {kind: ConfigMap}}]}}\n",
    );
    assert_eq!(found("live.yaml"), 0);
    write("");
    let note =
        MAP.replace("name: a,", "name: a, annotations: {client.lifecycle.config.k8s.io/mutation: ignore},");
    fs::write(folder.path().join("noted.yaml"), note.replace("info", "debug")).unwrap();
    assert_eq!(found("noted.yaml"), 0);
}

#[test]
fn the_record_of_a_helm_release_is_read() {
    let folder = folder();
    let release = "{\"name\": \"web\", \"namespace\": \"n\", \"version\": 3, \"info\": {\"status\": \"deployed\"}, \"chart\": {\"metadata\": {\"name\": \"nginx\", \"version\": \"1.2.3\"}}, \"manifest\": \"---\\napiVersion: v1\\nkind: Service\\nmetadata: {name: web}\\n\"}";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(release.as_bytes()).unwrap();
    let data = STANDARD.encode(STANDARD.encode(packed.finish().unwrap()));
    let mark = "labels: {app.kubernetes.io/managed-by: Helm}, annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: n}";
    let live = format!(
        "{MAP}---\napiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\nmetadata: {{name: sh.helm.release.v1.web.v3, namespace: n, labels: {{owner: helm}}}}\ndata: {{release: {data}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: n, {mark}}}\n"
    );
    fs::write(folder.path().join("live.yaml"), live).unwrap();
    let (report, _) = audit(folder.path(), &["--live", "live.yaml"]);
    assert_eq!(rules(&report), ["drift/release"], "{report:#}");
    let message = report["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("chart nginx 1.2.3, revision 3, deployed"), "{message}");
}
