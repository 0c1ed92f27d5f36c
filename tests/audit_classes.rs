//! What a live object is taken for: every row of the list of what each cluster has, the children of other
//! objects, and what is left, which somebody made and nobody declared.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod audit_support;

use audit_support::{audit, audit_with, told};
use trueup::audit::Options;

/// A live object of `kind` at `place` (`namespace/name` or a name), with further fields of its metadata and
/// of itself.
fn live(kind: &str, place: &str, meta: &str, body: &str) -> String {
    let (version, kind) = kind.rsplit_once('/').map_or(("v1", kind), |(version, kind)| (version, kind));
    let place = match place.split_once('/') {
        Some((namespace, name)) => format!("namespace: \"{namespace}\", name: \"{name}\""),
        None => format!("name: \"{place}\""),
    };
    format!("---\napiVersion: {version}\nkind: {kind}\nmetadata: {{{place}{meta}}}\n{body}\n")
}

fn is_shadow(objects: &str) -> bool {
    told(&audit("", objects)).iter().any(|told| told.starts_with("drift/shadow"))
}

/// One test per row: a live object that every cluster has, by kind, place, metadata and body.
macro_rules! system_default {
    ($($name:ident: $kind:expr, $place:expr, $meta:expr, $body:expr;)*) => {
        $(#[test]
        fn $name() {
            let found = told(&audit("", &live($kind, $place, $meta, $body)));
            assert!(found.is_empty(), "{found:?}");
        })*
    };
}

const RBAC: &str = "rbac.authorization.k8s.io/v1/ClusterRole";
const BINDING: &str = "rbac.authorization.k8s.io/v1/ClusterRoleBinding";
const FLOW: &str = "flowcontrol.apiserver.k8s.io/v1/FlowSchema";
const LEVEL: &str = "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration";

system_default! {
    namespace_default: "Namespace", "default", "", "";
    namespace_kube_system: "Namespace", "kube-system", "", "";
    namespace_kube_public: "Namespace", "kube-public", "", "";
    namespace_kube_node_lease: "Namespace", "kube-node-lease", "", "";
    namespace_of_gke: "Namespace", "gke-managed-system", "", "";
    namespace_of_gmp: "Namespace", "gmp-public", "", "";
    namespace_of_openshift: "Namespace", "openshift-ingress", "", "";
    namespace_openshift: "Namespace", "openshift", "", "";
    namespace_of_amazon: "Namespace", "amazon-cloudwatch", "", "";
    namespace_of_azure: "Namespace", "azure-arc", "", "";
    namespace_of_aks: "Namespace", "aks-command", "", "";
    namespace_calico_system: "Namespace", "calico-system", "", "";
    namespace_calico_apiserver: "Namespace", "calico-apiserver", "", "";
    namespace_tigera_operator: "Namespace", "tigera-operator", "", "";
    namespace_of_cattle: "Namespace", "cattle-fleet-system", "", "";
    config_map_kube_root_ca: "ConfigMap", "n/kube-root-ca.crt", "", "";
    config_map_openshift_service_ca: "ConfigMap", "n/openshift-service-ca.crt", "", "";
    config_map_istio_ca_root_cert: "ConfigMap", "n/istio-ca-root-cert", "", "";
    config_map_of_istio_by_label: "ConfigMap", "n/istio-x", ", labels: {istio.io/config: \"true\"}", "";
    service_account_default: "ServiceAccount", "n/default", "", "";
    service_kubernetes: "Service", "default/kubernetes", "", "";
    endpoints_kubernetes: "Endpoints", "default/kubernetes", "", "";
    endpoint_slice_kubernetes: "discovery.k8s.io/v1/EndpointSlice", "default/kubernetes", "", "";
    service_cidr_kubernetes: "networking.k8s.io/v1/ServiceCIDR", "kubernetes", "", "";
    kind_event: "Event", "n/x", "", "";
    kind_lease: "coordination.k8s.io/v1/Lease", "n/x", "", "";
    kind_node: "Node", "x", "", "";
    kind_component_status: "ComponentStatus", "x", "", "";
    kind_csi_node: "storage.k8s.io/v1/CSINode", "x", "", "";
    kind_volume_attachment: "storage.k8s.io/v1/VolumeAttachment", "x", "", "";
    kind_endpoint_slice: "discovery.k8s.io/v1/EndpointSlice", "n/x", "", "";
    kind_controller_revision: "apps/v1/ControllerRevision", "n/x", "", "";
    kind_csi_storage_capacity: "storage.k8s.io/v1/CSIStorageCapacity", "n/x", "", "";
    kind_token_review: "authentication.k8s.io/v1/TokenReview", "x", "", "";
    kind_local_subject_access_review: "authorization.k8s.io/v1/LocalSubjectAccessReview", "n/x", "", "";
    kind_self_subject_access_review: "authorization.k8s.io/v1/SelfSubjectAccessReview", "x", "", "";
    kind_self_subject_rules_review: "authorization.k8s.io/v1/SelfSubjectRulesReview", "x", "", "";
    kind_self_subject_review: "authentication.k8s.io/v1/SelfSubjectReview", "x", "", "";
    kind_subject_access_review: "authorization.k8s.io/v1/SubjectAccessReview", "x", "", "";
    kind_certificate_signing_request: "certificates.k8s.io/v1/CertificateSigningRequest", "x", "", "";
    kind_certificate_request: "cert-manager.io/v1/CertificateRequest", "n/x", "", "";
    kind_order: "acme.cert-manager.io/v1/Order", "n/x", "", "";
    kind_challenge: "acme.cert-manager.io/v1/Challenge", "n/x", "", "";
    kind_pod_metrics: "metrics.k8s.io/v1beta1/PodMetrics", "n/x", "", "";
    kind_node_metrics: "metrics.k8s.io/v1beta1/NodeMetrics", "x", "", "";
    kind_cilium_identity: "cilium.io/v2/CiliumIdentity", "x", "", "";
    kind_cilium_endpoint_slice: "cilium.io/v2alpha1/CiliumEndpointSlice", "x", "", "";
    kind_cilium_node: "cilium.io/v2/CiliumNode", "x", "", "";
    kind_cilium_endpoint: "cilium.io/v2/CiliumEndpoint", "n/x", "", "";
    kind_ipam_block: "crd.projectcalico.org/v1/IPAMBlock", "x", "", "";
    kind_block_affinity: "crd.projectcalico.org/v1/BlockAffinity", "x", "", "";
    kind_ipam_handle: "crd.projectcalico.org/v1/IPAMHandle", "x", "", "";
    kind_ipam_config: "crd.projectcalico.org/v1/IPAMConfig", "x", "", "";
    kind_cluster_information: "crd.projectcalico.org/v1/ClusterInformation", "x", "", "";
    kind_cluster_policy_report: "wgpolicyk8s.io/v1alpha2/ClusterPolicyReport", "x", "", "";
    kind_admission_report: "kyverno.io/v1alpha2/AdmissionReport", "n/x", "", "";
    kind_background_scan_report: "kyverno.io/v1alpha2/BackgroundScanReport", "n/x", "", "";
    kind_cluster_admission_report: "kyverno.io/v1alpha2/ClusterAdmissionReport", "x", "", "";
    kind_cluster_background_scan_report: "kyverno.io/v1alpha2/ClusterBackgroundScanReport", "x", "", "";
    kind_cluster_report_of_kyverno: "reports.kyverno.io/v1/ClusterEphemeralReport", "x", "", "";
    kind_report_of_any_group: "aquasecurity.reports.example.com/v1/VulnerabilityReport", "n/x", "", "";
    kind_policy_report: "wgpolicyk8s.io/v1alpha2/PolicyReport", "n/x", "", "";
    kind_report_of_kyverno: "reports.kyverno.io/v1/EphemeralReport", "n/x", "", "";
    kind_update_request: "kyverno.io/v2/UpdateRequest", "n/x", "", "";
    kind_vertical_pod_autoscaler_checkpoint: "autoscaling.k8s.io/v1/VerticalPodAutoscalerCheckpoint", "n/x", "", "";
    kind_resource_slice: "resource.k8s.io/v1/ResourceSlice", "x", "", "";
    kind_storage_version: "internal.apiserver.k8s.io/v1alpha1/StorageVersion", "x", "", "";
    kind_ip_address: "networking.k8s.io/v1/IPAddress", "10.0.0.1", "", "";
    cluster_trust_bundle: "certificates.k8s.io/v1beta1/ClusterTrustBundle", "kubernetes.io:x:y", "", "";
    role_by_bootstrapping: RBAC, "x", ", labels: {kubernetes.io/bootstrapping: rbac-defaults}", "";
    role_by_autoupdate: RBAC, "x", ", annotations: {rbac.authorization.kubernetes.io/autoupdate: \"true\"}", "";
    role_system: RBAC, "system:node", "", "";
    role_cluster_admin: RBAC, "cluster-admin", "", "";
    role_admin: RBAC, "admin", "", "";
    role_edit: RBAC, "edit", "", "";
    role_system_in_a_namespace: "rbac.authorization.k8s.io/v1/Role", "n/system:controller:x", "", "";
    role_of_kubeadm_in_a_namespace: "rbac.authorization.k8s.io/v1/Role", "n/kubeadm:config", "", "";
    role_view: RBAC, "view", "", "";
    role_of_kubeadm: RBAC, "kubeadm:get-nodes", "", "";
    binding_of_kubeadm: BINDING, "kubeadm:cluster-admins", "", "subjects: [{kind: Group, name: \"kubeadm:cluster-admins\"}]";
    binding_of_a_controller: BINDING, "system:x", "", "subjects: [{kind: ServiceAccount, name: x, namespace: kube-system}]";
    binding_of_the_server: BINDING, "system:node-proxier", "", "subjects: [{kind: User, name: \"system:kube-proxy\"}]";
    api_service_automanaged: "apiregistration.k8s.io/v1/APIService", "v1.x", ", labels: {kube-aggregator.kubernetes.io/automanaged: onstart}", "spec: {service: {name: s}}";
    api_service_without_service: "apiregistration.k8s.io/v1/APIService", "v1.", "", "spec: {}";
    flow_schema_autoupdated: FLOW, "x", ", annotations: {apf.kubernetes.io/autoupdate-spec: \"true\"}", "";
    flow_schema_exempt: FLOW, "exempt", "", "";
    flow_schema_catch_all: FLOW, "catch-all", "", "";
    flow_schema_system: FLOW, "system-nodes", "", "";
    flow_schema_global_default: FLOW, "global-default", "", "";
    flow_schema_workload: FLOW, "workload-leader-election", "", "";
    flow_schema_kube: FLOW, "kube-scheduler", "", "";
    flow_schema_service_accounts: FLOW, "service-accounts", "", "";
    flow_schema_probes: FLOW, "probes", "", "";
    flow_schema_endpoint_controller: FLOW, "endpoint-controller", "", "";
    priority_level_autoupdated: LEVEL, "x", ", annotations: {apf.kubernetes.io/autoupdate-spec: \"true\"}", "";
    priority_level_exempt: LEVEL, "exempt", "", "";
    priority_level_catch_all: LEVEL, "catch-all", "", "";
    priority_level_system: LEVEL, "system", "", "";
    priority_level_leader_election: LEVEL, "leader-election", "", "";
    priority_level_node_high: LEVEL, "node-high", "", "";
    priority_level_workload: LEVEL, "workload-low", "", "";
    priority_level_global_default: LEVEL, "global-default", "", "";
    priority_class_system: "scheduling.k8s.io/v1/PriorityClass", "system-node-critical", "", "";
    storage_class_gp2: "storage.k8s.io/v1/StorageClass", "gp2", "", "";
    storage_class_standard: "storage.k8s.io/v1/StorageClass", "standard", "", "";
    storage_class_standard_rwo: "storage.k8s.io/v1/StorageClass", "standard-rwo", "", "";
    storage_class_premium: "storage.k8s.io/v1/StorageClass", "premium-rwo", "", "";
    storage_class_local_path: "storage.k8s.io/v1/StorageClass", "local-path", "", "";
    storage_class_azurefile: "storage.k8s.io/v1/StorageClass", "azurefile-csi", "", "";
    storage_class_default: "storage.k8s.io/v1/StorageClass", "default", "", "";
    storage_class_hostpath: "storage.k8s.io/v1/StorageClass", "hostpath", "", "";
    storage_class_managed: "storage.k8s.io/v1/StorageClass", "managed-csi", "", "";
    csi_driver: "storage.k8s.io/v1/CSIDriver", "ebs.csi.aws.com", "", "";
    system_extension_apiserver_authentication: "ConfigMap", "kube-system/extension-apiserver-authentication", "", "";
    system_kubeadm_config: "ConfigMap", "kube-system/kubeadm-config", "", "";
    system_kubelet_config: "ConfigMap", "kube-system/kubelet-config-1.34", "", "";
    system_kube_proxy: "ConfigMap", "kube-system/kube-proxy", "", "";
    system_bootstrap: "ConfigMap", "kube-system/bootstrap-x", "", "";
    system_coredns: "ConfigMap", "kube-system/coredns", "", "";
    system_coredns_custom: "ConfigMap", "kube-system/coredns-custom", "", "";
    system_cluster_info: "ConfigMap", "kube-public/cluster-info", "", "";
    system_aws_auth: "ConfigMap", "kube-system/aws-auth", "", "";
    system_legacy_token_tracking: "ConfigMap", "kube-system/kube-apiserver-legacy-service-account-token-tracking", "", "";
    system_autoscaler_status: "ConfigMap", "kube-system/cluster-autoscaler-status", "", "";
    system_lock: "ConfigMap", "kube-system/x-lock", "", "";
    system_deployment_coredns: "apps/v1/Deployment", "kube-system/coredns", "", "";
    system_deployment_kube_dns: "apps/v1/Deployment", "kube-system/kube-dns", "", "";
    system_service_kube_dns: "Service", "kube-system/kube-dns", "", "";
    system_service_metrics_server: "Service", "kube-system/metrics-server", "", "";
    system_deployment_metrics_server: "apps/v1/Deployment", "kube-system/metrics-server", "", "";
    system_daemon_set_kube_proxy: "apps/v1/DaemonSet", "kube-system/kube-proxy", "", "";
    system_daemon_set_kindnet: "apps/v1/DaemonSet", "kube-system/kindnet", "", "";
    system_daemon_set_aws_node: "apps/v1/DaemonSet", "kube-system/aws-node", "", "";
    system_service_account: "ServiceAccount", "kube-system/deployment-controller", "", "";
    system_node_password_of_k3s: "Secret", "kube-system/x.node-password.k3s", "", "";
    system_serving_of_k3s: "Secret", "kube-system/k3s-serving", "", "";
    secret_bootstrap_token: "Secret", "kube-system/x", "", "type: bootstrap.kubernetes.io/token";
    secret_service_account_token: "Secret", "n/x", "", "type: kubernetes.io/service-account-token";
    static_pod: "Pod", "n/x", ", annotations: {kubernetes.io/config.mirror: x}", "";
    addon_by_mode: "Service", "n/x", ", labels: {addonmanager.kubernetes.io/mode: Reconcile}", "";
    cluster_service: "Service", "n/x", ", labels: {kubernetes.io/cluster-service: \"true\"}", "";
    addon_of_kube_system: "apps/v1/Deployment", "kube-system/x", ", labels: {k8s-app: x}", "";
    addon_of_k3s: "apps/v1/Deployment", "kube-system/x", ", annotations: {objectset.rio.cattle.io/owner-gvk: \"k3s.cattle.io/v1, Kind=Addon\"}", "";
    flux_git_credentials: "Secret", "flux-system/flux-system", "", "";
    argocd_secret: "Secret", "argocd/argocd-secret", "", "";
    argocd_initial_admin_secret: "Secret", "argocd/argocd-initial-admin-secret", "", "";
    argocd_cluster_secret: "Secret", "argocd/x", ", labels: {argocd.argoproj.io/secret-type: cluster}", "";
    helm_release_secret: "Secret", "n/sh.helm.release.v1.x.v1", "", "type: helm.sh/release.v1";
    sealed_secrets_key: "Secret", "n/x", ", labels: {sealedsecrets.bitnami.com/sealed-secrets-key: active}", "";
    sops_gpg: "Secret", "flux-system/sops-gpg", "", "";
    ignored_by_argo: "ConfigMap", "n/x", ", annotations: {argocd.argoproj.io/tracking-id: \"a:/ConfigMap:n/x\", argocd.argoproj.io/compare-options: IgnoreExtraneous}", "";
    sops_age: "Secret", "flux-system/sops-age", "", "";
}

#[test]
fn a_binding_of_a_builtin_name_to_somebody_else_is_reported() {
    let objects = live(
        BINDING,
        "system:node-proxier",
        ", labels: {kubernetes.io/bootstrapping: rbac-defaults}",
        "subjects: [{kind: User, name: eve}]",
    );
    assert!(is_shadow(&objects));
}

#[test]
fn service_accounts_of_openshift_are_the_platforms_there_alone() {
    let accounts =
        live("ServiceAccount", "n/builder", "", "") + &live("ServiceAccount", "n/deployer", "", "");
    let told_of = |objects: &str| told(&audit("", objects)).len();
    assert_eq!(told_of(&(accounts.clone() + &live("Namespace", "openshift-ingress", "", ""))), 0);
    assert!(told_of(&accounts) > 0);
}

#[test]
fn objects_of_platform_namespaces_count_when_asked_for() {
    let objects = live("ConfigMap", "kube-system/mine", "", "");
    let of = |platform_namespaces| {
        told(&audit_with("", &objects, &Options { platform_namespaces, ..Options::default() }))
    };
    assert!(of(false).is_empty());
    assert_eq!(of(true), ["drift/shadow kube-system/ConfigMap/mine"]);
}

#[test]
fn children_are_their_owners_business() {
    let owner = live("apps/v1/Deployment", "n/web", ", uid: u1", "");
    let set = live(
        "apps/v1/ReplicaSet",
        "n/web-1",
        ", uid: u2, ownerReferences: [{kind: Deployment, name: web, uid: u1, controller: true}]",
        "",
    );
    let pod = live(
        "Pod",
        "n/web-1-x",
        ", ownerReferences: [{kind: ReplicaSet, name: web-1, uid: u2, controller: true}]",
        "",
    );
    assert_eq!(told(&audit("", &(owner.clone() + &set + &pod))), ["drift/shadow n/Deployment/web"]);
    let declared = owner.replace(", uid: u1", "");
    assert!(told(&audit(&declared, &(owner + &set + &pod))).is_empty());
}

#[test]
fn children_without_an_owner_reference() {
    let set = live("apps/v1/StatefulSet", "n/db", "", "");
    let claim = live("PersistentVolumeClaim", "n/data-db-0", "", "");
    assert!(told(&audit(&set, &(set.clone() + &claim))).is_empty());
    let service = live("Service", "n/web", "", "");
    assert!(told(&audit(&service, &(service.clone() + &live("Endpoints", "n/web", "", "")))).is_empty());
    for meta in [
        ", labels: {endpointslice.kubernetes.io/managed-by: x}",
        ", annotations: {kubernetes.io/service-account.name: x}",
        ", annotations: {cert-manager.io/certificate-name: x}",
        ", labels: {reconcile.external-secrets.io/created-by: x}",
        ", labels: {generate.kyverno.io/policy-name: x}",
        ", labels: {hnc.x-k8s.io/inherited-from: x}",
        ", annotations: {reflector.v1.k8s.emberstack.com/reflects: n/x}",
        ", labels: {olm.owner: x}",
        ", labels: {olm.managed: \"true\"}",
        ", labels: {operators.coreos.com/prometheus.monitoring: \"\"}",
        ", labels: {generate.kyverno.io/rule-name: x}",
        ", labels: {kubernetes.io/service-name: x}",
        ", labels: {serving.knative.dev/service: x}",
        ", labels: {ipaddress.kubernetes.io/managed-by: x}",
        ", labels: {crossplane.io/composite: x}",
        ", labels: {strimzi.io/cluster: x}",
        ", labels: {cnpg.io/cluster: x}",
    ] {
        assert!(!is_shadow(&live("Secret", "n/x", meta, "")), "{meta}");
    }
    let volume = live(
        "PersistentVolume",
        "pvc-1",
        ", annotations: {pv.kubernetes.io/provisioned-by: x}",
        "spec: {claimRef: {name: c}}",
    );
    assert!(!is_shadow(&volume));
}

#[test]
fn orphans_claim_an_owner_that_does_not_declare_them() {
    let flux = live(
        "ConfigMap",
        "n/x",
        ", labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}",
        "",
    );
    assert_eq!(told(&audit("", &flux)), ["drift/orphan n/ConfigMap/x"]);
    let argo = |of: &str| {
        live(
            "ConfigMap",
            "n/x",
            &format!(", annotations: {{argocd.argoproj.io/tracking-id: \"shop:/ConfigMap:{of}\"}}"),
            "",
        )
    };
    assert_eq!(told(&audit("", &argo("n/x"))), ["drift/orphan n/ConfigMap/x"]);
    for mark in [
        "labels: {argocd.argoproj.io/instance: shop}",
        "annotations: {objectset.rio.cattle.io/id: default-shop}",
        "annotations: {configmanagement.gke.io/managed: enabled}",
        "labels: {kapp.k14s.io/app: \"1600000000\"}",
    ] {
        let objects = live("ConfigMap", "n/x", &format!(", {mark}"), "");
        assert_eq!(told(&audit("", &objects)), ["drift/orphan n/ConfigMap/x"], "{mark}");
    }
    // A copy carries the mark of the original.
    assert_eq!(told(&audit("", &argo("n/original"))), ["drift/shadow n/ConfigMap/x"]);
}

#[test]
fn a_release_of_helm_is_reported_once() {
    let mark = ", labels: {app.kubernetes.io/managed-by: Helm}, annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: n}";
    let objects = live("ConfigMap", "n/x", mark, "") + &live("Service", "n/y", mark, "");
    assert_eq!(told(&audit("", &objects)), ["drift/release n/HelmRelease/web"]);
    let declared = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: n}\nspec: {chart: {}}\n";
    assert!(told(&audit(declared, &(objects + "---\n" + declared))).is_empty());
}

#[test]
fn a_namespace_that_nobody_declared_is_reported_once() {
    let objects = live(
        "Namespace",
        "lab",
        ", creationTimestamp: \"2026-01-02T03:04:05Z\", managedFields: [{manager: kubectl-create, operation: Update, time: \"2026-01-02T03:04:05Z\", fieldsV1: {}}]",
        "",
    ) + &live("ConfigMap", "lab/a", "", "")
        + &live("Service", "lab/b", "", "");
    let report = audit("", &objects);
    assert_eq!(told(&report), ["drift/shadow Namespace/lab"]);
    let message = &report.findings[0].message;
    assert!(
        message.contains("3 objects") && message.contains("kubectl-create at 2026-01-02T03:04:05Z"),
        "{message}"
    );
    // With the namespace in Git, what is in it is told one by one.
    let declared = live("Namespace", "lab", "", "");
    assert_eq!(told(&audit(&declared, &objects)).len(), 2);
}

#[test]
fn definitions_of_declared_resources_are_no_shadows() {
    let definition = live(
        "apiextensions.k8s.io/v1/CustomResourceDefinition",
        "xs.e.io",
        "",
        "spec: {group: e.io, names: {kind: X}}",
    );
    assert!(is_shadow(&definition));
    let resource = live("e.io/v1/X", "n/a", "", "");
    assert!(told(&audit(&resource, &(definition + &resource))).is_empty());
}

#[test]
fn the_evidence_is_shown_when_asked_for() {
    let objects = live("ConfigMap", "n/x", "", "");
    let report = audit_with("", &objects, &Options { evidence: true, ..Options::default() });
    assert!(report.findings[0].message.contains("no declaration names it"), "{}", report.findings[0].message);
    let told = report.audit.unwrap();
    assert_eq!(told.classes, [("shadow", 1)]);
}
