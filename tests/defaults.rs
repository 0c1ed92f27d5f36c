//! Kubernetes defaulting: what is added, what stays as it was written, and where added nodes point.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use serde_json::{Map, Value, json};
use trueup::model::{Document, NodeRef, Resource, Scalar};
use trueup::platform::{self, CustomSchemas, Defaulted};
use trueup::syntax;

/// Reads `text` and hands over its documents and their resources.
fn with_resources<T>(text: &str, check: impl FnOnce(&[Document<'_>], &[Resource<'_>]) -> T) -> T {
    let mut documents = syntax::for_file("x.yaml").unwrap().parse(text).documents;
    let platforms: Vec<_> = documents
        .iter_mut()
        .map(|document| {
            let platform = platform::recognise("x.yaml", document).unwrap();
            platform.prepare(document);
            platform
        })
        .collect();
    let documents = &documents[..];
    let mut resources = Vec::new();
    for (document, platform) in documents.iter().zip(platforms) {
        platform.resources(document, &mut resources);
    }
    check(documents, &resources)
}

/// The one object of `text` with its defaults.
fn defaulted(text: &str) -> Value {
    with_resources(text, |documents, resources| {
        match Defaulted::new(&documents[0], resources, &CustomSchemas::default()) {
            Some(defaulted) => plain(defaulted.resource(&resources[0]).body),
            None => plain(resources[0].body),
        }
    })
}

fn plain(node: NodeRef<'_>) -> Value {
    match node.scalar() {
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Bool(flag)) => flag.into(),
        Some(Scalar::Int(number)) => number.into(),
        Some(Scalar::Float(number)) => number.into(),
        Some(Scalar::Str(text)) => text.into(),
        None if node.is_sequence() => node.items().map(plain).collect(),
        None => {
            let entry =
                |(key, value): (NodeRef<'_>, NodeRef<'_>)| (key.text().unwrap().to_owned(), plain(value));
            Value::Object(node.entries().map(entry).collect::<Map<_, _>>())
        }
    }
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  hostNetwork: true
  schedulerName: null
  volumes:
  - {name: none}
  - {name: path, hostPath: {path: /x}}
  - {name: token, projected: {sources: [{serviceAccountToken: {path: t}}]}}
  containers:
  - name: a
    image: nginx
    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}
    ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP, hostPort: 5353}]
    env: [{name: N, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    livenessProbe: {timeoutSeconds: 0, failureThreshold: 9, httpGet: {port: 80, path: /live}}
  - {name: b, image: 'reg:5000/app:1.2', imagePullPolicy: Never}
  - {name: c, image: 'reg:5000/app@sha256:0'}
";

#[test]
fn a_pod() {
    let pod = defaulted(POD);
    assert_eq!(
        pod["spec"],
        json!({
            "restartPolicy": "Never",
            "hostNetwork": true,
            "schedulerName": "default-scheduler",
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
            "enableServiceLinks": true,
            "volumes": [
                {"name": "none", "emptyDir": {}},
                {"name": "path", "hostPath": {"path": "/x", "type": ""}},
                {"name": "token", "projected": {
                    "defaultMode": 420,
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}],
                }},
            ],
            "containers": [
                {
                    "name": "a", "image": "nginx", "imagePullPolicy": "Always",
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                    "resources": {
                        "limits": {"cpu": 1, "memory": "1Gi"},
                        "requests": {"cpu": "500m", "memory": "1Gi"},
                    },
                    "ports": [
                        {"containerPort": 80, "protocol": "TCP", "hostPort": 80},
                        {"containerPort": 53, "protocol": "UDP", "hostPort": 5353},
                    ],
                    "env": [{"name": "N", "valueFrom": {
                        "fieldRef": {"fieldPath": "metadata.name", "apiVersion": "v1"},
                    }}],
                    "livenessProbe": {
                        "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1,
                        "failureThreshold": 9,
                        "httpGet": {"port": 80, "path": "/live", "scheme": "HTTP"},
                    },
                },
                {
                    "name": "b", "image": "reg:5000/app:1.2", "imagePullPolicy": "Never",
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                },
                {
                    "name": "c", "image": "reg:5000/app@sha256:0", "imagePullPolicy": "IfNotPresent",
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                },
            ],
        })
    );
}

/// An object and a part of what it becomes: every entry of the part must be there, and `null` must not.
const CASES: &[(&str, &str)] = &[
    (
        "{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: [{name: a, image: 'a:1',
          resources: {limits: {cpu: 1}}}]}}}}",
        "{spec: {replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600,
          strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 25%, maxSurge: 25%}},
          template: {spec: {restartPolicy: Always, enableServiceLinks: null,
            containers: [{imagePullPolicy: IfNotPresent, resources: {limits: {cpu: 1}, requests: null}}]}}}}",
    ),
    (
        "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 0, strategy: {type: Recreate}}}",
        "{spec: {replicas: 0, strategy: {type: Recreate, rollingUpdate: null}}}",
    ),
    (
        "{apiVersion: apps/v1, kind: StatefulSet, spec: {updateStrategy: {type: RollingUpdate},
          volumeClaimTemplates: [{spec: {}}]}}",
        "{spec: {podManagementPolicy: OrderedReady, updateStrategy: {rollingUpdate: null},
          persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain},
          volumeClaimTemplates: [{spec: {volumeMode: Filesystem}}]}}",
    ),
    (
        "{apiVersion: apps/v1, kind: StatefulSet, spec: {}}",
        "{spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}}}",
    ),
    (
        "{apiVersion: batch/v1, kind: Job, spec: {parallelism: 2, podFailurePolicy: {rules: [
          {onPodConditions: [{type: X}]}]}, template: {metadata: {labels: {a: b}}, spec: {}}}}",
        "{metadata: {labels: {a: b}}, spec: {parallelism: 2, completions: null, backoffLimit: 6,
          completionMode: NonIndexed, suspend: false, podReplacementPolicy: Failed,
          podFailurePolicy: {rules: [{onPodConditions: [{status: 'True'}]}]}}}",
    ),
    (
        "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {}}}}}}",
        "{spec: {concurrencyPolicy: Allow, suspend: false, successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 1, jobTemplate: {spec: {backoffLimit: null,
          template: {spec: {dnsPolicy: ClusterFirst}}}}}}",
    ),
    (
        "{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, ports: [{port: 80}, {port: 1, targetPort: h}]}}",
        "{spec: {sessionAffinity: None, externalTrafficPolicy: Cluster, internalTrafficPolicy: Cluster,
          allocateLoadBalancerNodePorts: true,
          ports: [{protocol: TCP, targetPort: 80}, {protocol: TCP, targetPort: h}]}}",
    ),
    (
        "{apiVersion: v1, kind: Service, spec: {type: ExternalName, sessionAffinity: ClientIP}}",
        "{spec: {internalTrafficPolicy: null, externalTrafficPolicy: null,
          sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}}}",
    ),
    (
        "{apiVersion: v1, kind: Namespace, metadata: {name: n, labels: {a: b}}}",
        "{metadata: {labels: {a: b, kubernetes.io/metadata.name: n}}, status: {phase: Active}}",
    ),
    (
        "{apiVersion: v1, kind: LimitRange, spec: {limits: [
          {type: Container, max: {cpu: 2}, min: {memory: 1Mi}, default: {memory: 2Mi}}, {type: Pod, max: {cpu: 1}}]}}",
        "{spec: {limits: [{default: {memory: 2Mi, cpu: 2}, defaultRequest: {memory: 2Mi, cpu: 2}},
          {default: null}]}}",
    ),
    (
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {egress: [{ports: [{port: 53}]}]}}",
        "{spec: {policyTypes: [Ingress, Egress], egress: [{ports: [{protocol: TCP}]}]}}",
    ),
    (
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, roleRef: {kind: Role, name: r},
          subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s}]}",
        "{roleRef: {apiGroup: rbac.authorization.k8s.io},
          subjects: [{apiGroup: rbac.authorization.k8s.io}, {apiGroup: null}]}",
    ),
    (
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {behavior: {scaleUp: {policies: [
          {type: Pods, value: 1, periodSeconds: 60}]}}}}",
        "{spec: {minReplicas: 1,
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}],
          behavior: {scaleUp: {selectPolicy: Max, policies: [{value: 1}]},
                     scaleDown: {policies: [{type: Percent, value: 100}]}}}}",
    ),
    (
        "{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [
          {name: a, rules: [{operations: ['*']}], clientConfig: {service: {name: s}}}]}",
        "{webhooks: [{failurePolicy: Fail, matchPolicy: Equivalent, namespaceSelector: {}, timeoutSeconds: 10,
          reinvocationPolicy: Never, rules: [{scope: '*'}], clientConfig: {service: {port: 443}}}]}",
    ),
    ("{apiVersion: storage.k8s.io/v1, kind: StorageClass}", "{reclaimPolicy: Delete, volumeBindingMode: Immediate}"),
    ("{apiVersion: v1, kind: Secret, type: ''}", "{type: Opaque}"),
    ("{apiVersion: v1, kind: PersistentVolumeClaim, spec: {volumeMode: Block}}", "{spec: {volumeMode: Block}}"),
];

#[test]
fn other_kinds() {
    for (written, part) in CASES {
        let part = syntax::for_file("x.yaml").unwrap().parse(part).documents.remove(0);
        let (found, part) = (defaulted(written), plain(part.root().unwrap()));
        assert!(includes(&found, &part), "{found:#} has not {part:#}");
    }
}

fn includes(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| includes(whole.get(key).unwrap_or(&Value::Null), part))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| includes(whole, part))
        }
        _ => whole == part,
    }
}

#[test]
fn kinds_without_defaults_are_not_copied() {
    for text in ["{apiVersion: v1, kind: ConfigMap}", "{apiVersion: example.com/v1, kind: Deployment}"] {
        with_resources(text, |documents, resources| {
            assert!(Defaulted::new(&documents[0], resources, &CustomSchemas::default()).is_none());
        });
    }
}

#[test]
fn an_added_node_points_at_what_holds_it() {
    let text = "apiVersion: v1\nkind: Service\nspec:\n  ports:\n  - port: 80\n";
    with_resources(text, |documents, resources| {
        let copy = Defaulted::new(&documents[0], resources, &CustomSchemas::default()).unwrap();
        let service = copy.resource(&resources[0]);
        assert_eq!(service.header.span().of(text), "Service");

        let port = service.body.descend(&["spec", "ports"]).unwrap().item(0).unwrap();
        let written = documents[0].node(copy.origin(port.id));
        assert_eq!(written.span().of(text).trim_end(), "port: 80");
        let protocol = port.get("protocol").unwrap();
        assert_eq!(documents[0].node(copy.origin(protocol.id)), written);
        assert_eq!(
            (protocol.span().start, protocol.span().end),
            (written.span().start, written.span().start)
        );
        // The target port was written, as the port.
        assert_eq!(port.get("targetPort").unwrap().span().of(text), "80");

        let affinity = service.body.descend(&["spec", "sessionAffinity"]).unwrap();
        assert_eq!(documents[0].node(copy.origin(affinity.id)), resources[0].body.get("spec").unwrap());
    });
}

#[test]
fn what_a_placeholder_decides_stays_open() {
    let pod = defaulted("{apiVersion: v1, kind: Pod, spec: {containers: [{image: 'app:${TAG}'}]}}");
    assert_eq!(pod["spec"]["containers"][0]["imagePullPolicy"], "app:${TAG}");
}

#[test]
fn an_alias_gains_only_what_its_place_gives() {
    let text = "apiVersion: v1\nkind: List\nitems:\n\
        - {apiVersion: v1, kind: ConfigMap, data: &spec {type: x}}\n\
        - {apiVersion: v1, kind: Service, spec: *spec}\n\
        - {apiVersion: v1, kind: Pod, spec: *spec}\n";
    with_resources(text, |documents, resources| {
        let copy = Defaulted::new(&documents[0], resources, &CustomSchemas::default()).unwrap();
        let objects: Vec<_> = resources.iter().map(|resource| plain(copy.resource(resource).body)).collect();
        assert_eq!(objects[0]["data"], json!({"type": "x"}));
        assert_eq!(objects[1]["spec"], json!({"type": "x", "sessionAffinity": "None"}));
        assert_eq!(objects[2]["spec"]["dnsPolicy"], "ClusterFirst");
        assert_eq!(objects[2]["spec"]["sessionAffinity"], Value::Null);
        assert_eq!(plain(copy.resource(&resources[1]).body.document.root().unwrap())["items"][1], objects[1]);
    });
}

#[test]
fn aliases_do_not_multiply_the_work() {
    use std::fmt::Write as _;
    let mut text = "apiVersion: v1\nkind: Pod\nx:\n- &c {name: c, ports: [".to_owned();
    text.push_str(&"{},".repeat(900));
    text.push_str("]}\nspec:\n  containers:\n");
    for _ in 0..500 {
        writeln!(text, "  - *c").unwrap();
    }
    with_resources(&text, |documents, resources| {
        let copy = Defaulted::new(&documents[0], resources, &CustomSchemas::default()).unwrap();
        let nodes = copy.resource(&resources[0]).body.document.node_count();
        assert!(nodes < 200 * documents[0].node_count(), "{nodes}");
    });
}

const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.com
  names: {kind: Widget}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            default: {}
            properties:
              size: {default: 3}
              ratio: {default: 0.5}
              mode: {default: 'yes'}
              none: {nullable: true, default: x}
              gone: {default: y}
              parts: {items: {properties: {on: {default: true}}}}
              extra: {additionalProperties: {default: {a: 1}, properties: {b: {default: 2}}}}
";

fn defaulted_widget(widget: &str) -> Value {
    with_resources(&format!("{DEFINITION}---\n{widget}"), |documents, resources| {
        let mut schemas = CustomSchemas::default();
        for resource in resources {
            schemas.add(resource.body);
        }
        let copy = Defaulted::new(&documents[1], resources, &schemas).unwrap();
        plain(copy.resource(&resources[1]).body)
    })
}

#[test]
fn a_custom_resource_has_the_defaults_of_its_schema() {
    let widget = defaulted_widget(
        "{apiVersion: example.com/v1, kind: Widget, spec: {size: 4, none: null, gone: null,
          parts: [{on: false}, {}], extra: {k: null, l: {b: 5}}}}",
    );
    assert_eq!(
        widget["spec"],
        json!({
            "size": 4, "ratio": 0.5, "mode": "yes", "none": null, "gone": "y",
            "parts": [{"on": false}, {"on": true}],
            "extra": {"k": {"a": 1, "b": 2}, "l": {"b": 5}},
        })
    );
    let bare = defaulted_widget("{apiVersion: example.com/v1, kind: Widget}");
    assert_eq!(bare["spec"], json!({"size": 3, "ratio": 0.5, "mode": "yes", "none": "x", "gone": "y"}));
}

/// Every object of the cases, whole, and with each of its parts left out or made null in turn.
fn variants() -> Vec<String> {
    let mut variants = Vec::new();
    for text in CASES.iter().map(|(written, _)| *written).chain([POD]) {
        let whole = with_resources(text, |_, resources| plain(resources[0].body));
        variants.push(whole.to_string());
        let parts = pointers(&whole).into_iter();
        for pointer in parts.filter(|pointer| pointer != "/apiVersion" && pointer != "/kind") {
            let (parent, last) = pointer.rsplit_once('/').unwrap();
            let mut variant = whole.clone();
            *variant.pointer_mut(&pointer).unwrap() = Value::Null;
            variants.push(variant.to_string());
            match variant.pointer_mut(parent).unwrap() {
                Value::Object(entries) => drop(entries.remove(last)),
                Value::Array(items) => drop(items.remove(last.parse().unwrap())),
                _ => {}
            }
            variants.push(variant.to_string());
        }
    }
    variants
}

/// The JSON pointers of everything inside `value`.
fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (format!("/{key}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (format!("/{at}"), item)).collect(),
        _ => Vec::new(),
    };
    let below = |(step, value): (String, &Value)| {
        let deeper = pointers(value).into_iter().map(|rest| format!("{step}{rest}")).collect::<Vec<_>>();
        std::iter::once(step).chain(deeper)
    };
    children.into_iter().flat_map(below).collect()
}

#[test]
fn defaulting_again_adds_nothing() {
    for text in variants() {
        let once = defaulted(&text);
        assert_eq!(defaulted(&once.to_string()), once, "{text}");
    }
}

#[test]
fn what_is_written_stays_as_it_is() {
    for text in variants() {
        with_resources(&text, |documents, resources| {
            let copy = Defaulted::new(&documents[0], resources, &CustomSchemas::default());
            for resource in resources {
                if let Some(copy) = &copy {
                    keeps(resource.body, copy.resource(resource).body);
                }
            }
        });
    }
}

/// Every written value that the API server does not take for absent has its text and its span.
fn keeps(written: NodeRef<'_>, copy: NodeRef<'_>) {
    assert_eq!((written.text(), written.span()), (copy.text(), copy.span()));
    for (key, value) in written.entries() {
        let unset = matches!(
            value.scalar(),
            Some(Scalar::Null | Scalar::Int(0) | Scalar::Bool(false) | Scalar::Str(""))
        ) || (value.is_sequence() && value.len() == 0);
        match copy.get(key.text().unwrap()) {
            Some(found) if !unset || found.scalar() == Some(Scalar::Bool(false)) => keeps(value, found),
            Some(_) => {}
            None => assert!(unset, "{:?} is gone", key.text()),
        }
    }
    for (written, copy) in written.items().zip(copy.items()) {
        keeps(written, copy);
    }
}

#[test]
fn what_a_go_type_writes_differently_is_as_it_writes_it() {
    let role = |rules: &str| {
        let kind = "apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}";
        defaulted(&format!("{{{kind}{rules}}}"))["rules"].clone()
    };
    assert_eq!(role(""), Value::Null);
    assert_eq!(role(", rules: []"), json!([]));
    let pod = defaulted(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostPID: false, hostIPC: true, containers: [
          {name: a, image: 'a:1', ports: [{containerPort: 80, hostPort: 0}, {containerPort: 81, hostPort: 81}]}]}}",
    );
    let ports = &pod["spec"]["containers"][0]["ports"];
    assert_eq!((ports[0].get("hostPort"), &ports[1]["hostPort"]), (None, &json!(81)));
    assert_eq!((pod["spec"].get("hostPID"), &pod["spec"]["hostIPC"]), (None, &json!(true)));
}
