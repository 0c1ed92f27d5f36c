//! What one evaluation costs, here and in the `cel` crate's own evaluator, in alternating rounds.
//!
//! `cargo bench --bench cel`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../tests/support/no_host.rs"]
mod no_host;

use std::hint::black_box;
use std::time::Instant;

use bumpalo::Bump;
use no_host::NoHost;
use trueup::cel::{Environment, Scope, Value};
use trueup::model::scalar::Schema;
use trueup::model::{Data, Document, NodeId, Span, Style};

const EXPRESSIONS: [&str; 5] = [
    "has(object.spec.replicas) && object.spec.replicas >= 2",
    "object.spec.template.spec.containers.all(c, has(c.resources) && has(c.resources.limits))",
    "object.?spec.?template.?spec.?securityContext.?runAsNonRoot.orValue(true)",
    "object.spec.template.spec.containers.all(c, c.image.startsWith('ghcr.io/acme/'))",
    "object.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
];

/// A Deployment of three containers, about 2.5 KB as YAML.
fn deployment() -> serde_json::Value {
    let container = |name: &str| {
        serde_json::json!({
            "name": name,
            "image": format!("ghcr.io/acme/{name}:1.2.3"),
            "args": ["--port", "8080", "--log-level", "info"],
            "env": [
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "REGION", "value": "eu-central-1"},
            ],
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "resources": {
                "requests": {"cpu": "100m", "memory": "128Mi"},
                "limits": {"cpu": "500m", "memory": "256Mi"},
            },
            "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true},
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10},
        })
    };
    serde_json::json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "payments-api",
            "namespace": "payments",
            "labels": {"app.kubernetes.io/name": "payments-api", "team": "payments"},
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app.kubernetes.io/name": "payments-api"}},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "payments-api"}},
                "spec": {
                    "serviceAccountName": "payments-api",
                    "securityContext": {"runAsNonRoot": true},
                    "containers": [container("api"), container("proxy"), container("metrics")],
                },
            },
        },
    })
}

/// The same as a document.
fn push(document: &mut Document<'static>, json: &serde_json::Value) -> NodeId {
    let data = match json {
        serde_json::Value::Array(items) => {
            let items: Vec<NodeId> = items.iter().map(|item| push(document, item)).collect();
            Data::Sequence(document.push_children(&items))
        }
        serde_json::Value::Object(entries) => {
            let mut children = Vec::new();
            for (key, value) in entries {
                children.push(push(document, &serde_json::Value::String(key.clone())));
                children.push(push(document, value));
            }
            Data::Mapping(document.push_children(&children))
        }
        serde_json::Value::String(text) => Data::Scalar(text.clone().into(), Style::DoubleQuoted),
        other => Data::Scalar(other.to_string().into(), Style::Plain),
    };
    document.push(data, Span::default(), None)
}

/// Nanoseconds of one call, over enough calls to measure.
fn time(mut call: impl FnMut()) -> f64 {
    const CALLS: u32 = 20_000;
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let json = deployment();
    let mut document = Document::default();
    document.schema = Schema::Kubernetes;
    let root = push(&mut document, &json);
    document.set_root(root);

    let mut environment = Environment::new();
    let object = environment.variable("object");
    println!("{:>8} {:>8} {:>6}  expression", "ns", "cel ns", "ratio");
    for source in EXPRESSIONS {
        let program = environment.compile(source).expect("it compiles");
        let theirs = cel::Env::stdlib().compile(source).ok();
        let mut context = cel::Context::default();
        context.add_variable("object", &json).expect("it converts");

        let (mut own, mut other) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            // As their context is, a scope is made once for many evaluations.
            let arena = Bump::new();
            let mut scope = Scope::new(&arena, &NoHost, &[]);
            scope.set(object, Value::Node(document.node(root)));
            own.push(time(|| {
                let _ = black_box(program.evaluate(&scope));
            }));
            if let Some(theirs) = &theirs {
                other.push(time(|| drop(black_box(theirs.execute(&context)))));
            }
        }
        let own = median(own);
        let other = if other.is_empty() { f64::NAN } else { median(other) };
        println!("{own:>8.0} {other:>8.0} {:>6.1}  {source}", other / own);
    }
}
