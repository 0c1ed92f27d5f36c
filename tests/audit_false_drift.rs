//! The thirty ways in which tools report drift where there is none, one test each, and beside most of them
//! what must still be found.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod audit_support;

use audit_support::{audit, changes, told};

/// An object around `body`, whose lines belong below its kind.
fn object(api_version: &str, kind: &str, body: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a, namespace: n}}\n{body}\n")
}

fn quiet(declared: &str, live: &str) {
    let found = changes(declared, live);
    assert!(found.is_empty(), "{found:#?}");
}

fn finds(declared: &str, live: &str, expected: &[&str]) {
    assert_eq!(changes(declared, live), expected);
}

fn deployment(container: &str) -> String {
    object(
        "apps/v1",
        "Deployment",
        &format!("spec: {{template: {{spec: {{containers: [{{name: web, {container}}}]}}}}}}"),
    )
}

const CONTAINER: &str = "spec.template.spec.containers[name=web]";

#[test]
fn cause_01_fields_the_server_defaulted() {
    let live = "image: a, imagePullPolicy: Always, terminationMessagePath: /dev/termination-log";
    quiet(&deployment("image: a"), &deployment(live));
    finds(&deployment("image: a"), &deployment("image: b"), &[&format!("changed {CONTAINER}.image")]);
}

#[test]
fn cause_02_empty_declared_and_absent_live() {
    quiet(
        &deployment("image: a, resources: {limits: {}}, args: [], tty: false, stdin: null"),
        &deployment("image: a"),
    );
    // An empty value of a text map, and the fields that mean something by being there.
    finds(&object("v1", "ConfigMap", "data: {a: ''}"), &object("v1", "ConfigMap", ""), &["absent data"]);
    finds(
        &object("v1", "ConfigMap", "data: {a: '', b: x}"),
        &object("v1", "ConfigMap", "data: {b: x}"),
        &["absent data.a"],
    );
    let policy = |peers: &str| object("networking.k8s.io/v1", "NetworkPolicy", &format!("spec: {{{peers}}}"));
    finds(&policy("podSelector: {}"), &policy("x: 1"), &["absent spec.podSelector"]);
    quiet(&policy("podSelector: {}"), &policy("podSelector: {matchLabels: {}}"));
}

#[test]
fn cause_03_quantities() {
    let limits = |text: &str| {
        deployment(&format!("resources: {{limits: {{cpu: {text}}}, requests: {{memory: 1024Mi}}}}"))
    };
    quiet(&limits("1000m"), &limits("1").replace("1024Mi", "1Gi"));
    quiet(&limits("0.5"), &limits("500m"));
    finds(&limits("1"), &limits("2"), &[&format!("changed {CONTAINER}.resources.limits.cpu")]);
    let quota = |text: &str| object("v1", "ResourceQuota", &format!("spec: {{hard: {{pods: {text}}}}}"));
    quiet(&quota("1k"), &quota("\"1000\""));
}

#[test]
fn cause_04_ports_as_text_and_as_numbers() {
    let service =
        |port: &str| object("v1", "Service", &format!("spec: {{ports: [{{port: 80, targetPort: {port}}}]}}"));
    quiet(&service("\"80\""), &service("80"));
    finds(&service("http"), &service("80"), &["changed spec.ports[port=80,protocol=TCP].targetPort"]);
}

#[test]
fn cause_05_secrets_as_text_and_as_base64() {
    let secret = |body: &str| object("v1", "Secret", body);
    quiet(&secret("stringData: {a: hello}"), &secret("data: {a: aGVsbG8=}"));
    quiet(&secret("data:\n  a: |\n    aGVs\n    bG8="), &secret("data: {a: aGVsbG8=}"));
    quiet(&secret("data: {a: null}"), &secret("type: Opaque"));
    finds(&secret("stringData: {a: hello}"), &secret("data: {a: b3RoZXI=}"), &["changed data.a"]);
    quiet(
        &object("v1", "ConfigMap", "binaryData:\n  a: |\n    aGVs\n    bG8="),
        &object("v1", "ConfigMap", "binaryData: {a: aGVsbG8=}"),
    );
}

#[test]
fn cause_06_replicas_of_what_is_autoscaled() {
    let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: n}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}\n";
    let deployment =
        |replicas: u8| object("apps/v1", "Deployment", &format!("spec: {{replicas: {replicas}}}"));
    quiet(&deployment(1), &(deployment(4) + scaler));
    quiet(&(deployment(1) + scaler), &(deployment(4) + scaler));
    finds(&deployment(1), &deployment(4), &["changed spec.replicas"]);
    let keda = "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: k, namespace: n}\nspec: {scaleTargetRef: {name: a}}\n";
    quiet(&(deployment(1) + keda), &(deployment(4) + keda));
    // Who writes through the scale subresource scales, unless it is a person.
    let by_manager = |manager: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  namespace: n\n  managedFields:\n  - {{manager: {manager}, operation: Update, subresource: scale, time: \"2026-01-01T00:00:00Z\", fieldsV1: {{\"f:spec\": {{\"f:replicas\": {{}}}}}}}}\nspec: {{replicas: 4}}\n"
        )
    };
    quiet(&deployment(1), &by_manager("kube-controller-manager"));
    finds(&deployment(1), &by_manager("kubectl"), &["changed spec.replicas"]);
}

#[test]
fn cause_07_sidecars_that_webhooks_inject() {
    let live = object(
        "apps/v1",
        "Deployment",
        "spec: {template: {spec: {containers: [{name: istio-proxy, image: x}, {name: web, image: a, env: [{name: INJECTED, value: x}]}]}}}",
    );
    quiet(&deployment("image: a"), &live);
    let gone = object(
        "apps/v1",
        "Deployment",
        "spec: {template: {spec: {containers: [{name: istio-proxy, image: x}]}}}",
    );
    finds(&deployment("image: a"), &gone, &[&format!("absent {CONTAINER}")]);
}

#[test]
fn cause_08_status() {
    quiet(
        &object("v1", "Service", "status: {loadBalancer: {}}\nspec: {}"),
        &object("v1", "Service", "status: {loadBalancer: {ingress: [{ip: 1.1.1.1}]}}\nspec: {}"),
    );
}

#[test]
fn cause_09_injected_ca_bundles() {
    let hooks = |bundle: &str, note: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {{name: a, annotations: {{{note}}}}}\nwebhooks: [{{name: h.x, clientConfig: {{caBundle: {bundle}}}}}]\n"
        )
    };
    quiet(&hooks("\"\"", ""), &hooks("LS0tLS1CRUdJTiBD", ""));
    quiet(&hooks("Cg==", ""), &hooks("LS0tLS1CRUdJTiBD", ""));
    let injected = "cert-manager.io/inject-ca-from: n/c";
    quiet(&hooks("LS0tLS1CRUdJTiBB", injected), &hooks("LS0tLS1CRUdJTiBD", injected));
    finds(
        &hooks("LS0tLS1CRUdJTiBB", ""),
        &hooks("LS0tLS1CRUdJTiBD", ""),
        &["changed webhooks[name=h.x].clientConfig.caBundle"],
    );
}

#[test]
fn cause_10_null_creation_timestamps() {
    let declared = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: n, creationTimestamp: null}\nspec: {template: {metadata: {creationTimestamp: null}}, volumeClaimTemplates: [{metadata: {name: d, creationTimestamp: null}}]}\n";
    let live = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: n, creationTimestamp: \"2026-01-01T00:00:00Z\"}\nspec: {template: {metadata: {}}, volumeClaimTemplates: [{metadata: {name: d}}]}\n";
    quiet(declared, live);
}

#[test]
fn cause_11_what_the_server_drops_from_definitions() {
    let definition = |body: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: xs.e.io}}\nspec: {{group: e.io, names: {{kind: X, plural: xs}}, {body}}}\n"
        )
    };
    quiet(
        &(definition("preserveUnknownFields: false") + "status: {conditions: [], storedVersions: []}\n"),
        &definition("conversion: {strategy: None}")
            .replace("plural: xs", "plural: xs, singular: x, listKind: XList"),
    );
}

#[test]
fn cause_12_secrets_of_service_accounts() {
    quiet(
        &object("v1", "ServiceAccount", "secrets: [{name: own}]\nimagePullSecrets: [{name: pull}]"),
        &object(
            "v1",
            "ServiceAccount",
            "secrets: [{name: a-token-x}, {name: own}]\nimagePullSecrets: [{name: dockercfg}, {name: pull}]",
        ),
    );
}

#[test]
fn cause_13_bound_and_expanded_claims() {
    let claim = |body: &str, size: &str| {
        object(
            "v1",
            "PersistentVolumeClaim",
            &format!("spec: {{{body}resources: {{requests: {{storage: {size}}}}}}}"),
        )
    };
    quiet(
        &claim("volumeName: \"\", ", "1Gi"),
        &claim("volumeName: pv-1, storageClassName: gp3, volumeMode: Filesystem, ", "2Gi"),
    );
    finds(&claim("", "2Gi"), &claim("", "1Gi"), &["changed spec.resources.requests.storage"]);
}

#[test]
fn cause_14_environment_variables_given_twice() {
    let env = |list: &str| deployment(&format!("env: [{list}]"));
    quiet(&env("{name: A, value: x}, {name: A, value: y}"), &env("{name: A, value: y}"));
    quiet(&env("{name: A, value: x}, {name: A, value: y}"), &env("{name: A, value: x}, {name: A, value: y}"));
    finds(
        &env("{name: A, value: y}"),
        &env("{name: A, value: z}"),
        &[&format!("changed {CONTAINER}.env[name=A].value")],
    );
}

#[test]
fn cause_15_the_order_of_lists() {
    let env = |list: &str| deployment(&format!("env: [{list}]"));
    quiet(&env("{name: A, value: x}, {name: B, value: y}"), &env("{name: B, value: y}, {name: A, value: x}"));
    let scaler = |metrics: &str| {
        object("autoscaling/v2", "HorizontalPodAutoscaler", &format!("spec: {{metrics: [{metrics}]}}"))
    };
    quiet(
        &scaler("{type: Resource, resource: {name: cpu}}, {type: Resource, resource: {name: memory}}"),
        &scaler("{type: Resource, resource: {name: memory}}, {type: Resource, resource: {name: cpu}}"),
    );
    // The order of init containers is a value of its own; that of arguments too.
    let pod = |list: &str| object("v1", "Pod", &format!("spec: {{initContainers: [{list}]}}"));
    finds(&pod("{name: a}, {name: b}"), &pod("{name: b}, {name: a}"), &["changed spec.initContainers"]);
    finds(
        &deployment("args: [a, b]"),
        &deployment("args: [b, a]"),
        &[&format!("changed {CONTAINER}.args[0]"), &format!("changed {CONTAINER}.args[1]")],
    );
}

#[test]
fn cause_16_another_version_of_the_api() {
    let declared = object(
        "autoscaling/v2beta2",
        "HorizontalPodAutoscaler",
        "spec: {targetCPUUtilizationPercentage: 50}",
    );
    let live = object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {metrics: []}");
    let report = audit(&declared, &live);
    assert!(told(&report).is_empty(), "{:#?}", told(&report));
    assert!(
        report.gaps.iter().any(|gap| gap.reason.contains("only its labels and annotations")),
        "{:?}",
        report.gaps
    );
    let old = object("extensions/v1beta1", "Ingress", "spec: {}");
    assert!(told(&audit(&old, &object("networking.k8s.io/v1", "Ingress", "spec: {}"))).is_empty());
}

#[test]
fn cause_17_aggregated_cluster_roles() {
    let role = |body: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: a}}\n{body}\n"
        )
    };
    let aggregation = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n";
    let rules = "rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]";
    quiet(&role(&format!("{aggregation}rules: []")), &role(&format!("{aggregation}{rules}")));
    finds(&role("rules: []"), &role(rules), &["changed rules"]);
}

#[test]
fn cause_18_what_a_service_is_allocated() {
    let service = |body: &str| {
        object("v1", "Service", &format!("spec: {{{body}ports: [{{port: 80, nodePort: 30080}}]}}"))
    };
    quiet(
        &service("clusterIP: \"\", healthCheckNodePort: 0, ").replace("nodePort: 30080", "nodePort: null"),
        &service(
            "clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilies: [IPv4], healthCheckNodePort: 31000, ",
        ),
    );
    finds(&service("clusterIP: None, "), &service("clusterIP: 10.0.0.1, "), &["changed spec.clusterIP"]);
}

#[test]
fn cause_19_finalizers_of_controllers() {
    let object = |list: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: n, finalizers: [{list}]}}\n")
    };
    quiet(&object("a.io/x"), &object("service.kubernetes.io/load-balancer-cleanup, a.io/x"));
    finds(&object("a.io/x"), &object("b.io/y"), &["absent metadata.finalizers[0]"]);
}

#[test]
fn cause_20_annotations_of_machines() {
    let object = |notes: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a, namespace: n, annotations: {{{notes}}}}}\n"
        )
    };
    quiet(
        &object("deployment.kubernetes.io/revision: \"3\", own: x"),
        &object("deployment.kubernetes.io/revision: \"9\", own: x, field.cattle.io/publicEndpoints: y"),
    );
    finds(&object("own: x"), &object("own: y"), &["changed metadata.annotations.own"]);
}

#[test]
fn cause_21_claim_templates() {
    let set = |template: &str| {
        object(
            "apps/v1",
            "StatefulSet",
            &format!(
                "spec: {{volumeClaimTemplates: [{{{template}metadata: {{name: d}}, spec: {{accessModes: [ReadWriteOnce]}}}}]}}"
            ),
        )
    };
    quiet(
        &set("apiVersion: v1, kind: PersistentVolumeClaim, status: {}, "),
        &set("").replace("accessModes", "volumeMode: Filesystem, accessModes"),
    );
    finds(
        &set(""),
        &set("").replace("Once", "Many"),
        &["changed spec.volumeClaimTemplates[metadata.name=d].spec.accessModes[0]"],
    );
}

#[test]
fn cause_22_hooks_that_come_and_go() {
    let job = |note: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a, namespace: n, annotations: {{{note}}}}}\n"
        )
    };
    for note in ["helm.sh/hook: pre-install", "helm.sh/hook: test", "argocd.argoproj.io/hook: PreSync"] {
        assert!(told(&audit(&job(note), "")).is_empty(), "{note}");
    }
    assert_eq!(told(&audit(&job("a: b"), "")), ["drift/missing n/Job/a"]);
}

#[test]
fn cause_23_what_a_job_is_given_and_jobs_that_expire() {
    let job = |body: &str| object("batch/v1", "Job", body);
    quiet(
        &job("spec: {template: {metadata: {labels: {a: b}}}}"),
        &job(
            "spec: {selector: {matchLabels: {controller-uid: x}}, template: {metadata: {labels: {a: b, controller-uid: x, job-name: a}}}}",
        ),
    );
    assert!(told(&audit(&job("spec: {ttlSecondsAfterFinished: 60}"), "")).is_empty());
}

#[test]
fn cause_24_subjects_and_rules_of_roles() {
    let binding = |subject: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: a, namespace: n}}\nroleRef: {{kind: Role, name: r}}\nsubjects: [{subject}]\n"
        )
    };
    quiet(
        &binding("{kind: User, name: u}"),
        &binding("{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}")
            .replace("name: r}", "name: r, apiGroup: rbac.authorization.k8s.io}"),
    );
    quiet(
        &binding("{kind: ServiceAccount, name: s, apiGroup: \"\"}"),
        &binding("{kind: ServiceAccount, name: s, namespace: n}"),
    );
    let role = |rules: &str| object("rbac.authorization.k8s.io/v1", "Role", rules);
    quiet(&role("rules: null"), &role("rules: []"));
    quiet(
        &role("rules: [{verbs: [get, list], resources: [pods], apiGroups: [\"\"]}]"),
        &role("rules: [{verbs: [list, get], resources: [pods], apiGroups: [\"\"]}]"),
    );
    finds(
        &role("rules: [{verbs: [get], resources: [pods]}]"),
        &role("rules: [{verbs: [get, delete], resources: [pods]}]"),
        &["changed rules[0].verbs"],
    );
}

#[test]
fn cause_25_fields_that_a_controller_writes() {
    let declared = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\nwebhooks: [{name: h.x, failurePolicy: Ignore}]\n";
    let live = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata:\n  name: a\n  managedFields:\n  - {manager: pilot-discovery, operation: Update, time: \"2026-01-01T00:00:00Z\", fieldsV1: {\"f:webhooks\": {'k:{\"name\":\"h.x\"}': {\"f:failurePolicy\": {}}}}}\nwebhooks: [{name: h.x, failurePolicy: Fail}]\n";
    let report = audit(declared, live);
    let rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule.id.as_str()).collect();
    assert_eq!(rules, ["drift/contested"]);
}

#[test]
fn cause_26_names_with_a_hash() {
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: n}}\ndata: {{a: b}}\n")
    };
    let live = map("conf-7f8gk2m9t4") + "---\n" + &map("conf-bcdfghk245");
    // The older generation is nobody's shadow.
    assert!(told(&audit(&map("conf-7f8gk2m9t4"), &live)).is_empty());
    assert_eq!(
        told(&audit(&map("conf-7f8gk2m9t4"), &map("other"))),
        ["drift/shadow n/ConfigMap/other", "drift/missing n/ConfigMap/conf-7f8gk2m9t4"]
    );
}

#[test]
fn cause_27_namespaces_that_are_not_written() {
    let map = |meta: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{meta}}}\ndata: {{a: b}}\n")
    };
    assert!(told(&audit(&map(""), &map(", namespace: shop"))).is_empty());
    let role = |meta: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: a{meta}}}\n")
    };
    assert!(told(&audit(&role(", namespace: shop"), &role(""))).is_empty());
    // Which of two is meant cannot be told, so neither is compared and neither is missing.
    let two = map(", namespace: n1") + "---\n" + &map(", namespace: n2");
    let report = audit(&map(""), &two);
    assert!(told(&report).is_empty(), "{:?}", told(&report));
    assert!(report.gaps.iter().any(|gap| gap.reason.contains("names no namespace")));
}

#[test]
fn cause_28_numbers_lines_and_booleans() {
    let custom = |body: &str| object("e.io/v1", "X", &format!("spec: {{{body}}}"));
    quiet(&custom("a: 1.0, b: on"), &custom("a: 1, b: true"));
    quiet(
        &object("v1", "ConfigMap", "data:\n  a: |\n    x\n    y"),
        &object("v1", "ConfigMap", "data:\n  a: |-\n    x\n    y"),
    );
    let volume = |mode: &str| {
        object(
            "v1",
            "Pod",
            &format!("spec: {{volumes: [{{name: v, configMap: {{name: c, defaultMode: {mode}}}}}]}}"),
        )
    };
    quiet(&volume("0644"), &volume("420"));
    finds(&volume("0644"), &volume("384"), &["changed spec.volumes[name=v].configMap.defaultMode"]);
}

#[test]
fn cause_29_secrets_that_a_dump_hides() {
    let secret = |value: &str| object("v1", "Secret", &format!("data: {{a: {value}}}"));
    for hidden in ["++++++++", "REDACTED", "<hidden>", "'*** (after)'"] {
        let report = audit(&secret("aGVsbG8="), &secret(hidden));
        assert!(told(&report).is_empty(), "{hidden}: {:?}", told(&report));
        assert_eq!(report.summary.unknown, 1, "{hidden}");
    }
}

#[test]
fn cause_30_images_in_short_and_with_a_digest() {
    quiet(&deployment("image: nginx"), &deployment("image: docker.io/library/nginx:latest"));
    quiet(&deployment("image: ghcr.io/a/b:1"), &deployment("image: ghcr.io/a/b:1@sha256:0000"));
    finds(
        &deployment("image: ghcr.io/a/b:1"),
        &deployment("image: ghcr.io/a/b:2"),
        &[&format!("changed {CONTAINER}.image")],
    );
}

#[test]
fn values_that_are_filled_in_later_are_unknown() {
    let report = audit(&deployment("image: \"${IMAGE}\""), &deployment("image: a"));
    assert!(told(&report).is_empty());
    assert_eq!(report.summary.unknown, 1);
}

#[test]
fn a_secret_is_never_shown() {
    let secret = |value: &str| object("v1", "Secret", &format!("stringData: {{password: {value}}}"));
    let live = object("v1", "Secret", "data: {password: aHVudGVyMg==}");
    let report = audit(&secret("correct-horse"), &live);
    let text = format!("{report:?}");
    assert_eq!(report.findings.len(), 1);
    for hidden in ["correct-horse", "hunter2", "aHVudGVyMg"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let env = |value: &str| deployment(&format!("env: [{{name: DB_PASSWORD, value: {value}}}]"));
    let report = audit(&env("correct-horse"), &env("hunter2"));
    let text = format!("{report:?}");
    assert!(!text.contains("correct-horse") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_kind_that_was_not_asked_for_is_not_missing() {
    use trueup::audit::{self, Desired, Options, Target};
    let mut desired = Desired::default();
    desired.add_text(
        "git.yaml".into(),
        "git.yaml",
        object("apps/v1", "Deployment", "")
            + "---\n"
            + &object("v1", "Service", "")
            + "---\n"
            + &object("v1", "Service", "").replace("namespace: n", "namespace: other"),
    );
    let live = object("apps/v1", "Deployment", "");
    let live = trueup::state::read_stream("live", &mut live.as_bytes(), &|_| true);
    let target = Target::new("live".into(), false, desired.into(), live);
    let report = audit::run(&[], &[target], None, &Options::default()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.gaps.len(), 2, "{:?}", report.gaps);
}
