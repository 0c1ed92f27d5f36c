//! `trueup render`, and `trueup lint` over what it renders: Flux, Argo CD, Helm, overlays.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;
#[path = "support/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::process::Output;

use json::json;
use run::trueup;
use snapbox::{Data, assert_data_eq};
use tree::tree;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn assert_prints(output: &Output, expected: &'static str) {
    assert_data_eq!(stdout(output), Data::text(expected));
}

const CART: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  replicas: 1
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
      - name: cart
        image: shop/cart:1.0.0
        env:
        - name: LOG_LEVEL
          value: info
";

/// A cluster as `flux bootstrap` leaves it, with two folders it applies.
const FLUX: &[(&str, &str)] = &[
    ("trueup.yaml", "version: 1\nrepo: {role: gitops, name: fleet}\n"),
    (".sourceignore", "drafts/\n"),
    (
        "clusters/dev/flux-system/gotk-sync.yaml",
        "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: 'ssh://git@example.com/shop/fleet'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  path: ./clusters/dev
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
",
    ),
    (
        "clusters/dev/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {replicas: '3', region: eu-north-1}\n",
    ),
    (
        "clusters/dev/apps.yaml",
        "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: apps
  prune: true
  targetNamespace: shop
  sourceRef: {kind: GitRepository, name: flux-system}
  commonMetadata:
    labels: {owner: platform}
  images:
  - {name: shop/web, newTag: 2.1.0}
  postBuild:
    substitute: {tier: gold}
    substituteFrom:
    - {kind: ConfigMap, name: settings}
",
    ),
    ("apps/drafts/broken.yaml", "not: an object\n"),
    (
        "apps/web/web.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    tier: ${tier}
    region: ${region:=nowhere}
    zone: ${zone}
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
      - name: web
        image: shop/web:2.0.0
      - name: proxy
        image: shop/proxy:1.0.0 # {\"$imagepolicy\": \"flux-system:proxy\"}
",
    ),
];

#[test]
fn a_cluster_is_rendered_as_flux_applies_it() {
    let folder = tree(FLUX);
    let output = trueup(folder.path(), &["render", "--cluster-path", "clusters/dev"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = stdout(&output);
    let web = printed.split("---\n").find(|object| object.contains("name: web")).unwrap().to_owned();
    assert_data_eq!(
        web,
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    region: eu-north-1
    tier: gold
    zone: ${zone}
  labels:
    owner: platform
  name: web
  namespace: shop
spec:
  replicas: 3
  template:
    spec:
      containers:
      - image: shop/web:2.1.0
        name: web
      - image: shop/proxy:1.0.0
        name: proxy
"
    );
    let explained = trueup(folder.path(), &["render", "--explain"]);
    assert_prints(
        &explained,
        "\
clusters/dev
  Flux Kustomization flux-system/flux-system: 4 objects from clusters/dev
  Flux Kustomization flux-system/apps: 1 object from apps
    unknown: apps/web/web.yaml:8:11: the variable `zone` has no value in Git
2 roots, 5 objects, 0 refused, 1 unknown
",
    );
}

#[test]
fn a_value_remembers_who_set_it() {
    let folder = tree(FLUX);
    let output = trueup(folder.path(), &["render", "--format", "json"]);
    let report = json(&output);
    let roots = report["roots"].as_array().unwrap();
    let apps = roots.iter().find(|root| root["name"] == "flux-system/apps").unwrap();
    let provenance = &apps["objects"][0]["provenance"];
    let place = |pointer: &str| {
        let value = &provenance[pointer];
        let maker = value["maker"].as_str().unwrap_or("-");
        format!("{}:{} {maker}", value["file"].as_str().unwrap(), value["line"])
    };
    assert_eq!(place("/metadata/name"), "apps/web/web.yaml:4 -");
    assert_eq!(place("/metadata/namespace"), "clusters/dev/apps.yaml:7 namespace");
    assert_eq!(place("/metadata/labels/owner"), "clusters/dev/apps.yaml:10 metadata");
    assert_eq!(place("/spec/replicas"), "apps/web/web.yaml:10 substitution");
    assert_eq!(place("/spec/template/spec/containers/0/image"), "clusters/dev/apps.yaml:12 image");
    assert_eq!(provenance["/spec/template/spec/containers/1/image"]["imagePolicy"], "flux-system:proxy");
}

#[test]
fn what_lies_elsewhere_is_unknown_and_what_is_missing_is_refused() {
    let folder = tree(&[
        ("trueup.yaml", "version: 1\nrepo: {role: gitops, name: fleet}\n"),
        (
            "apps.yaml",
            "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: artifact, namespace: flux-system}
spec: {path: ./prod, sourceRef: {kind: OCIRepository, name: shop}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: gone, namespace: flux-system}
spec: {path: ./gone, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: edge, namespace: flux-system}
spec:
  path: ./edge
  kubeConfig: {secretRef: {name: edge-kubeconfig}}
  sourceRef: {kind: GitRepository, name: flux-system}
",
        ),
        (
            "edge/release.yaml",
            "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: redis, namespace: edge}
spec: {chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: charts}}}}
",
        ),
    ]);
    let output = trueup(folder.path(), &["render", "--explain"]);
    assert_eq!(output.status.code(), Some(3));
    assert_prints(
        &output,
        "\
.
  Flux Kustomization flux-system/artifact: 0 objects
    unknown: apps.yaml:4:14: what the OCIRepository `shop` holds is not in Git
  Flux Kustomization flux-system/gone: 0 objects
    refused: apps.yaml:9:14: the path `gone` is no folder of this repository
  Flux Kustomization flux-system/edge: 1 object from edge, sent to another cluster (edge-kubeconfig)
  Helm release edge/redis: 0 objects
    unknown: edge/release.yaml:3:18: its chart is not in this repository
4 roots, 1 object, 1 refused, 2 unknown
",
    );
}

#[test]
fn applications_and_their_sets_are_followed() {
    let folder = tree(&[
        ("trueup.yaml", "version: 1\nrepo: {role: gitops, name: fleet}\n"),
        (
            "argo/set.yaml",
            "\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - git:
      repoURL: https://example.com/shop/fleet.git
      directories:
      - path: apps/*
      - {path: apps/old, exclude: true}
  template:
    metadata: {name: 'app-{{ .path.basename }}'}
    spec:
      destination: {server: 'https://kubernetes.default.svc', namespace: '{{.path.basename}}'}
      source:
        repoURL: https://example.com/shop/fleet.git
        path: '{{ .path.path }}'
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: redis, namespace: argocd}
spec:
  destination: {server: 'https://kubernetes.default.svc', namespace: redis}
  source: {repoURL: 'https://charts.example.com', chart: redis, targetRevision: 1.0.0}
",
        ),
        ("apps/cart/cart.yaml", CART),
        (
            "apps/cart/role.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cart}\n",
        ),
        ("apps/old/cart.yaml", CART),
    ]);
    let output = trueup(folder.path(), &["render", "--explain"]);
    assert_prints(
        &output,
        "\
argo
  Argo CD ApplicationSet argocd/apps: 1 object
  Argo CD Application argocd/app-cart: 2 objects from apps/cart
  Argo CD Application argocd/redis: 0 objects
    unknown: argo/set.yaml:25:58: the chart `redis` is not in this repository
3 roots, 3 objects, 0 refused, 1 unknown
",
    );
    let printed = stdout(&trueup(folder.path(), &["render"]));
    assert!(printed.contains("  name: cart\n  namespace: cart\n"), "{printed}");
    assert!(printed.contains("kind: ClusterRole\nmetadata:\n  name: cart\n"), "{printed}");
}

const BASE: &str = "resources: [cart.yaml]\n";

#[test]
fn one_cause_is_one_finding_however_many_overlays_show_it() {
    let leaky = CART.replace("LOG_LEVEL", "DB_PASSWORD").replace("value: info", "value: Vq7-kestrel-51");
    let folder = tree(&[
        ("trueup.yaml", "version: 1\n"),
        ("base/kustomization.yaml", BASE),
        ("base/cart.yaml", &leaky),
        ("dev/kustomization.yaml", "resources: [../base]\nnamePrefix: dev-\n"),
        ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
    ]);
    let report = json(&trueup(folder.path(), &["lint", "--format", "json"]));
    let secrets: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "secrets/k8s-env-literal")
        .collect();
    assert_eq!(secrets.len(), 1, "{report}");
    assert_eq!(
        (secrets[0]["file"].as_str(), secrets[0]["line"].as_u64()),
        (Some("base/cart.yaml"), Some(16))
    );
    assert_eq!(secrets[0]["related"][0]["file"], "prod/kustomization.yaml");
    // The base alone shows as much.
    let alone = json(&trueup(folder.path(), &["lint", "--format", "json", "--render", "none"]));
    let count = |report: &serde_json::Value| report["findings"].as_array().unwrap().len();
    assert!(count(&alone) >= 1);
}

#[test]
fn what_an_overlay_sets_is_found_in_the_overlay() {
    let patch = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  template:
    spec:
      containers:
      - name: cart
        env:
        - name: API_TOKEN
          value: Vq7-kestrel-51-long
";
    let folder = tree(&[
        ("trueup.yaml", "version: 1\n"),
        ("base/kustomization.yaml", BASE),
        ("base/cart.yaml", CART),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches:\n- path: patch.yaml\nsecretGenerator:\n- name: db\n  literals: [password=Vq7-kestrel-51]\n",
        ),
        ("prod/patch.yaml", patch),
    ]);
    let output = trueup(folder.path(), &["lint", "--format", "concise", "--select", "secrets/*"]);
    let printed = stdout(&output);
    assert!(printed.contains("prod/patch.yaml:11:18: high[secrets/k8s-env-literal]"), "{printed}");
    // A generator's literal and the Secret it becomes are one secret.
    assert_eq!(printed.matches("prod/kustomization.yaml:6:").count(), 1, "{printed}");
    assert!(!printed.contains("kestrel"), "{printed}");
}

#[test]
fn labels_that_an_overlay_gives_are_there() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let folder = tree(&[
        (
            "trueup.yaml",
            "version: 1\npolicies: {tagging/k8s-required-labels: {params: {required: [team, environment]}}}\n",
        ),
        (
            "kustomization.yaml",
            "resources: [ns.yaml]\nlabels:\n- pairs: {team: shop, environment: dev, owner: shop}\n",
        ),
        ("ns.yaml", namespace),
    ]);
    let lint = |arguments: &[&str]| {
        let all: Vec<&str> = ["lint", "--format", "concise", "--select", "tagging/k8s-required-labels"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        stdout(&trueup(folder.path(), &all))
    };
    assert!(lint(&["--render", "none"]).contains("ns.yaml:3:"));
    assert_eq!(lint(&[]), "");
}

#[test]
fn a_suppression_holds_where_the_finding_is_written() {
    let leaky = CART.replace("LOG_LEVEL", "DB_PASSWORD").replace(
        "value: info",
        "value: Vq7-kestrel-51 # trueup: ignore[secrets/k8s-env-literal] reason=\"a fixture\"",
    );
    let folder = tree(&[
        ("trueup.yaml", "version: 1\n"),
        ("base/kustomization.yaml", BASE),
        ("base/cart.yaml", &leaky),
        ("dev/kustomization.yaml", "resources: [../base]\nnamespace: dev\n"),
    ]);
    let output = trueup(folder.path(), &["lint", "--format", "json", "--select", "secrets/*"]);
    let report = json(&output);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(report["summary"]["suppressed"], 1, "{report}");
}

#[test]
fn secrets_are_masked_unless_asked_for() {
    let folder = tree(&[(
        "kustomization.yaml",
        "secretGenerator:\n- name: db\n  literals: [password=Vq7-kestrel-51]\ngeneratorOptions: {disableNameSuffixHash: true}\n",
    )]);
    let masked = stdout(&trueup(folder.path(), &["render", "."]));
    assert!(masked.contains("password: ‹redacted›"), "{masked}");
    let shown = stdout(&trueup(folder.path(), &["render", "--show-secrets", "."]));
    assert!(shown.contains("password: VnE3LWtlc3RyZWwtNTE="), "{shown}");
}

#[test]
fn what_is_refused_is_judged_as_it_stands() {
    let leaky = CART.replace("LOG_LEVEL", "DB_PASSWORD").replace("value: info", "value: Vq7-kestrel-51");
    let folder = tree(&[
        ("trueup.yaml", "version: 1\n"),
        ("kustomization.yaml", "resources: [cart.yaml, 'https://example.com/base?ref=v1']\nhelmCharts: []\n"),
        ("cart.yaml", &leaky),
    ]);
    let rendered = trueup(folder.path(), &["render", "--explain"]);
    assert_eq!(rendered.status.code(), Some(3));
    assert!(stdout(&rendered).contains("refused: kustomization.yaml:1:24:"), "{}", stdout(&rendered));
    let output = trueup(folder.path(), &["lint", "--format", "concise", "--select", "secrets/*"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("cart.yaml:16:18: high[secrets/k8s-env-literal]"));
}

/// Every value of every object stands on the line it is said to come from, or something made it.
#[test]
fn every_value_is_written_where_its_provenance_points() {
    let mut folders = vec![tree(FLUX)];
    for repository in ["gitops/flux2-kustomize-helm-example", "gitops/sock-shop"] {
        if let Some(corpus) = corpus::with(repository) {
            let copy = tree(&[("trueup.yaml", "version: 1\n")]);
            copy_tree(&corpus.join(repository), copy.path());
            folders.push(copy);
        }
    }
    let mut checked = 0;
    for folder in &folders {
        let report = json(&trueup(folder.path(), &["render", "--format", "json"]));
        let objects =
            report["roots"].as_array().unwrap().iter().flat_map(|root| root["objects"].as_array().unwrap());
        for object in objects {
            for (pointer, place) in object["provenance"].as_object().unwrap() {
                let value = object["object"].pointer(pointer).unwrap();
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                checked += 1;
                if place.get("maker").is_some() || value.is_null() || text == "‹redacted›" {
                    continue;
                }
                let source = fs::read_to_string(folder.path().join(place["file"].as_str().unwrap())).unwrap();
                let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
                let rest: Vec<&str> = source.lines().skip(line - 1).collect();
                // A block of several lines begins on the line after its sign.
                let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
                let first: String = first.chars().take(20).collect();
                let near = rest.iter().take(3).any(|line| line.contains(&first))
                    || is_written_otherwise(&rest, value);
                assert!(near, "{pointer}: `{text}` is not on line {line} of {}", place["file"]);
            }
        }
    }
    assert!(checked > 20);
}

/// Booleans, numbers and escaped texts have several spellings.
fn is_written_otherwise(lines: &[&str], value: &serde_json::Value) -> bool {
    let line = lines.first().copied().unwrap_or_default();
    match value {
        serde_json::Value::Bool(_) => {
            ["on", "off", "yes", "no", "True", "False"].iter().any(|word| line.contains(word))
        }
        serde_json::Value::Number(_) => line.contains('0'),
        _ => line.contains('\\') || line.contains("''"),
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
