//! Charts rendered by a real `helm template`: what Flux and Argo CD give to it, and what is unknown.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod helm_program;
#[path = "support/json.rs"]
mod json;
#[path = "support/live.rs"]
mod live;
#[path = "support/program.rs"]
mod program;
#[path = "support/tree.rs"]
mod tree;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Output;

use helm_program::path_with_helm;
use json::json;
use serde_json::Value;
use tree::tree;

const CHART: &[(&str, &str)] = &[
    ("trueup.yaml", "version: 1\nrepo: {role: gitops, name: fleet}\n"),
    ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n"),
    (
        "charts/web/values.yaml",
        "replicas: 1\nimage: {repository: registry.example.com/web, tag: latest}\ntoken: ''\n",
    ),
    ("charts/web/values-prod.yaml", "image: {tag: '2.0'}\nreplicas: 7\n"),
    (
        "charts/web/templates/all.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"
        env:
        - {name: API_TOKEN, value: {{ .Values.token | quote }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Namespace }}-web}
rules: []
---
apiVersion: v1
kind: Pod
metadata: {name: try, annotations: {helm.sh/hook: test}}
",
    ),
];

const FLUX: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/dev, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: flux-system}
data:
  values.yaml: |
    replicas: 5
    image: {tag: '3.0'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  targetNamespace: shop
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {kind: GitRepository, name: flux-system}
      valuesFiles: [charts/web/values.yaml, charts/web/values-prod.yaml]
  valuesFrom:
  - {kind: ConfigMap, name: web-values}
  - {kind: ConfigMap, name: other, optional: true}
  values:
    replicas: 3
";

const ARGO: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {server: 'https://kubernetes.default.svc', namespace: edge}
  source:
    repoURL: https://example.com/shop/fleet.git
    path: charts/web
    helm:
      releaseName: edge-web
      valueFiles: [values-prod.yaml]
      values: |
        token: Vq7-kestrel-51
      parameters:
      - {name: image.tag, value: '4.0', forceString: true}
";

fn trueup(folder: &Path, path: &OsString, arguments: &[&str]) -> Output {
    program::command().args(arguments).current_dir(folder).env("PATH", path).output().unwrap()
}

/// Every object that a chart makes: where its release is declared, and itself.
fn of_charts(report: &Value) -> Vec<(String, &Value)> {
    let roots = report["roots"].as_array().unwrap().iter();
    let objects = roots
        .flat_map(|root| root["objects"].as_array().unwrap())
        .filter(|object| object["provenance"]["/metadata/name"]["maker"] == "chart");
    objects
        .map(|object| {
            let place = &object["provenance"]["/metadata/name"];
            (format!("{}:{}", place["file"].as_str().unwrap(), place["line"]), &object["object"])
        })
        .collect()
}

#[test]
fn releases_are_rendered_with_what_flux_and_argo_give_them() {
    let Some(path) = path_with_helm() else { return };
    let folder =
        tree(&[CHART, &[("clusters/dev/flux.yaml", FLUX), ("clusters/dev/argo.yaml", ARGO)]].concat());
    let report = json(&trueup(folder.path(), &path, &["render", "--helm", "--format", "json"]));
    let told: Vec<String> = of_charts(&report)
        .iter()
        .map(|(place, object)| {
            let text = |pointer: &str| object.pointer(pointer).map(ToString::to_string).unwrap_or_default();
            format!(
                "{place} {} {} {} {} {}",
                text("/kind"),
                text("/metadata/namespace"),
                text("/metadata/name"),
                text("/spec/replicas"),
                text("/spec/template/spec/containers/0/image"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "clusters/dev/argo.yaml:8 \"ClusterRole\"  \"edge-web\"  ",
            "clusters/dev/argo.yaml:8 \"Deployment\" \"edge\" \"edge-web\" 7 \"registry.example.com/web:4.0\"",
            "clusters/dev/flux.yaml:16 \"ClusterRole\"  \"shop-web\"  ",
            "clusters/dev/flux.yaml:16 \"Deployment\" \"shop\" \"shop-web\" 3 \"registry.example.com/web:3.0\"",
        ]
    );
    let output = trueup(folder.path(), &path, &["render", "--explain"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("clusters/dev/flux.yaml:16:18: charts are rendered only with --helm"), "{text}");
}

#[test]
fn what_a_chart_makes_is_judged_where_it_is_asked_for() {
    let Some(path) = path_with_helm() else { return };
    let folder = tree(&[CHART, &[("clusters/dev/argo.yaml", ARGO)]].concat());
    let lint = ["lint", "--format", "concise", "--select", "secrets/k8s-env-literal"];
    let output = trueup(folder.path(), &path, &[&lint[..], &["--helm"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("clusters/dev/argo.yaml:8:11: high[secrets/k8s-env-literal]"), "{text}");
    assert!(!text.contains("kestrel"), "{text}");
    let output = trueup(folder.path(), &path, &lint);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn what_is_another_each_time_is_unknown() {
    let Some(path) = path_with_helm() else { return };
    let secret = "\
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: edge, labels: {chart: web}}
stringData: {password: {{ randAlphaNum 24 }}, user: admin}
";
    let folder = tree(
        &[CHART, &[("clusters/dev/argo.yaml", ARGO), ("charts/web/templates/secret.yaml", secret)]].concat(),
    );
    let report =
        json(&trueup(folder.path(), &path, &["render", "--helm", "--show-secrets", "--format", "json"]));
    let objects = of_charts(&report);
    let (_, made) = objects.iter().find(|(_, object)| object["kind"] == "Secret").unwrap();
    assert_eq!(made["stringData"], serde_json::json!({"password": "{{ generated }}", "user": "admin"}));
    // Live it has some value, which is no drift.
    let live = "apiVersion: v1\nkind: Secret\nmetadata: {name: web, namespace: edge, labels: {chart: other}}\ndata: {password: eA==, user: YWRtaW4=}\n";
    fs::write(folder.path().join("live.txt"), live).unwrap();
    let report =
        json(&trueup(folder.path(), &path, &["audit", "--helm", "--live", "live.txt", "--format", "json"]));
    let changes: Vec<&str> =
        report["changes"].as_array().unwrap().iter().map(|change| change["path"].as_str().unwrap()).collect();
    assert_eq!(changes, ["metadata.labels.chart"], "{report:#}");
    // A chart that is another as a whole is unknown as a whole.
    fs::write(
        folder.path().join("charts/web/templates/secret.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: { {{ randAlpha 8 }}: x}\n",
    )
    .unwrap();
    let output = trueup(folder.path(), &path, &["render", "--helm", "--explain"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("argo.yaml:8:11: it is another each time it is rendered"), "{text}");
}

#[test]
fn what_cannot_be_evaluated_is_unknown_with_the_reason() {
    let Some(path) = path_with_helm() else { return };
    let told = |files: &[(&str, &str)]| {
        let folder = tree(&[CHART, files].concat());
        let output = trueup(folder.path(), &path, &["render", "--helm", "--explain"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let flux = |from: &str, to: &str| {
        assert!(FLUX.contains(from), "{from}");
        told(&[("clusters/dev/flux.yaml", &FLUX.replace(from, to))])
    };
    let argo = |from: &str, to: &str| {
        assert!(ARGO.contains(from), "{from}");
        told(&[("clusters/dev/argo.yaml", &ARGO.replace(from, to))])
    };
    for (text, reason) in [
        (
            flux("kind: ConfigMap, name: web-values}", "kind: Secret, name: x}"),
            "the Secret `x`, which is not evaluated",
        ),
        (flux("name: web-values}", "name: x}"), "the ConfigMap `x`, which is not in Git"),
        (flux("[charts/web/values.yaml, ", "["), "leave out the chart's own values.yaml"),
        (
            flux(
                "sourceRef: {kind: GitRepository, name: flux-system}
      values",
                "sourceRef: {kind: HelmRepository, name: x}
      values",
            ),
            "its chart is not in this repository",
        ),
        (argo("'4.0'", "$ARGOCD_APP_REVISION"), "the parameter `image.tag` is filled in by Argo CD"),
        (argo("[values-prod.yaml]", "[gone.yaml]"), "`charts/web/gone.yaml` is no file of the work tree"),
        (argo("token: Vq7-kestrel-51", "- a"), "its values are no mapping in YAML"),
        (
            argo("releaseName: edge-web", "fileParameters: [{name: a, path: b}]"),
            "`fileParameters` of a chart",
        ),
    ] {
        assert!(text.contains(reason), "{reason}: {text}");
    }
    // What helm says itself.
    let needy = "apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies: [{name: redis, version: 1.0.0, repository: 'https://example.com'}]\n";
    let text = told(&[("clusters/dev/argo.yaml", ARGO), ("charts/web/Chart.yaml", needy)]);
    assert!(
        text.contains("unknown: clusters/dev/argo.yaml:8:11: helm: Error: ") && text.contains("redis"),
        "{text}"
    );
    let bad = ("charts/web/templates/bad.yaml", "a: [{{ .Values.token }}\n");
    let text = told(&[("clusters/dev/argo.yaml", ARGO), bad]);
    assert!(text.contains("helm: Error: YAML parse error on web/templates/bad.yaml"), "{text}");
}
