//! What every cluster has, whoever runs it: rows by kind, name, label and annotation, and the namespaces of
//! platforms. Deliberately absent: judging by who created an object; people create such names, too.

use crate::model::Identity;
use crate::state::Header;

/// Kinds that only controllers and the API server make.
const KINDS: &[&str] = &[
    "Event",
    "Lease",
    "Node",
    "ComponentStatus",
    "CSINode",
    "CSIStorageCapacity",
    "VolumeAttachment",
    "EndpointSlice",
    "TokenReview",
    "SubjectAccessReview",
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SelfSubjectReview",
    "CertificateSigningRequest",
    "CertificateRequest",
    "Order",
    "Challenge",
    "PodMetrics",
    "NodeMetrics",
    "CiliumIdentity",
    "CiliumEndpoint",
    "CiliumEndpointSlice",
    "CiliumNode",
    "IPAMBlock",
    "BlockAffinity",
    "IPAMHandle",
    "IPAMConfig",
    "ClusterInformation",
    "PolicyReport",
    "ClusterPolicyReport",
    "AdmissionReport",
    "ClusterAdmissionReport",
    "BackgroundScanReport",
    "ClusterBackgroundScanReport",
    "EphemeralReport",
    "ClusterEphemeralReport",
    "UpdateRequest",
    "VerticalPodAutoscalerCheckpoint",
    "ResourceSlice",
    "StorageVersion",
    "ServiceCIDR",
    "IPAddress",
    "ControllerRevision",
];

/// Objects of fixed names: kind, namespace (`*` for any), name pattern.
const NAMES: &[(&str, &str, &str)] = &[
    ("Namespace", "", "default"),
    ("Namespace", "", "kube-system"),
    ("Namespace", "", "kube-public"),
    ("Namespace", "", "kube-node-lease"),
    ("ConfigMap", "*", "kube-root-ca.crt"),
    ("ConfigMap", "*", "openshift-service-ca.crt"),
    ("ConfigMap", "*", "istio-ca-root-cert"),
    ("ServiceAccount", "*", "default"),
    ("Service", "default", "kubernetes"),
    ("Endpoints", "default", "kubernetes"),
    ("EndpointSlice", "default", "kubernetes"),
    ("ServiceCIDR", "", "kubernetes"),
    ("ClusterRole", "", "system:*"),
    ("ClusterRole", "", "kubeadm:*"),
    ("ClusterRole", "", "cluster-admin"),
    ("ClusterRole", "", "admin"),
    ("ClusterRole", "", "edit"),
    ("ClusterRole", "", "view"),
    ("Role", "*", "system:*"),
    ("Role", "*", "kubeadm:*"),
    ("FlowSchema", "", "exempt"),
    ("FlowSchema", "", "catch-all"),
    ("FlowSchema", "", "system-*"),
    ("FlowSchema", "", "workload-*"),
    ("FlowSchema", "", "kube-*"),
    ("FlowSchema", "", "global-default"),
    ("FlowSchema", "", "service-accounts"),
    ("FlowSchema", "", "probes"),
    ("FlowSchema", "", "endpoint-controller"),
    ("PriorityLevelConfiguration", "", "exempt"),
    ("PriorityLevelConfiguration", "", "catch-all"),
    ("PriorityLevelConfiguration", "", "system*"),
    ("PriorityLevelConfiguration", "", "workload-*"),
    ("PriorityLevelConfiguration", "", "leader-election"),
    ("PriorityLevelConfiguration", "", "node-high"),
    ("PriorityLevelConfiguration", "", "global-default"),
    ("PriorityClass", "", "system-*"),
    ("StorageClass", "", "gp2"),
    ("StorageClass", "", "standard"),
    ("StorageClass", "", "standard-rwo"),
    ("StorageClass", "", "premium*"),
    ("StorageClass", "", "local-path"),
    ("StorageClass", "", "managed*"),
    ("StorageClass", "", "azurefile*"),
    ("StorageClass", "", "default"),
    ("StorageClass", "", "hostpath"),
    ("CSIDriver", "", "*"),
    ("ClusterTrustBundle", "", "kubernetes.io:*"),
    ("Secret", "flux-system", "flux-system"),
    ("Secret", "*", "argocd-secret"),
    ("Secret", "*", "argocd-initial-admin-secret"),
    ("Secret", "*", "sops-age"),
    ("Secret", "*", "sops-gpg"),
];

/// Objects of the platform's own namespaces.
const KUBE_SYSTEM: &[(&str, &str)] = &[
    ("ConfigMap", "extension-apiserver-authentication"),
    ("ConfigMap", "kubeadm-config"),
    ("ConfigMap", "kubelet-config*"),
    ("ConfigMap", "kube-proxy*"),
    ("ConfigMap", "coredns*"),
    ("ConfigMap", "cluster-info"),
    ("ConfigMap", "aws-auth"),
    ("ConfigMap", "kube-apiserver-legacy-service-account-token-tracking"),
    ("ConfigMap", "cluster-autoscaler-status"),
    ("ConfigMap", "bootstrap*"),
    ("ConfigMap", "*-lock"),
    ("Deployment", "coredns*"),
    ("Deployment", "metrics-server*"),
    ("Deployment", "kube-dns*"),
    ("DaemonSet", "kube-proxy*"),
    ("DaemonSet", "kindnet*"),
    ("DaemonSet", "aws-node*"),
    ("Service", "kube-dns*"),
    ("Service", "metrics-server*"),
    ("ServiceAccount", "*-controller"),
    ("ServiceAccount", "*"),
    ("Secret", "*.node-password.k3s"),
    ("Secret", "k3s-serving"),
];

/// Namespaces that a platform fills: prefix, or the whole name.
const PLATFORM_NAMESPACES: &[&str] = &[
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "gke-",
    "gmp-",
    "openshift-",
    "openshift",
    "amazon-",
    "azure-",
    "aks-",
    "calico-system",
    "calico-apiserver",
    "tigera-operator",
    "cattle-",
];

/// Types of Secrets that controllers make.
const SECRET_TYPES: &[&str] =
    &["bootstrap.kubernetes.io/token", "kubernetes.io/service-account-token", "helm.sh/release.v1"];

/// Labels and annotations of what the platform made: name, value (`*` for any).
const SIGNALS: &[(&str, &str)] = &[
    ("kubernetes.io/bootstrapping", "rbac-defaults"),
    ("rbac.authorization.kubernetes.io/autoupdate", "true"),
    ("kube-aggregator.kubernetes.io/automanaged", "*"),
    ("apf.kubernetes.io/autoupdate-spec", "true"),
    ("addonmanager.kubernetes.io/mode", "*"),
    ("kubernetes.io/cluster-service", "true"),
    ("kubernetes.io/config.mirror", "*"),
    ("istio.io/config", "true"),
    ("argocd.argoproj.io/secret-type", "*"),
    ("sealedsecrets.bitnami.com/sealed-secrets-key", "*"),
];

/// Why an object is the platform's own; `None` when it is not. `platform` tells whether the namespaces of
/// platforms count as a whole.
pub(super) fn reason(header: &Header, platform: bool) -> Option<String> {
    let identity = &header.identity;
    let (kind, name, namespace) = (&*identity.kind, &*identity.name, &*identity.namespace);
    let is_binding = matches!(kind, "ClusterRoleBinding" | "RoleBinding");
    if is_binding && is_builtin_binding(header) {
        // A binding of a built-in name to somebody else is how rights are handed out unseen.
        return header.internal.then(|| "a binding of the API server".to_owned());
    }
    if KINDS.contains(&kind) || kind.ends_with("Report") && identity.group.contains("report") {
        return Some(format!("{kind} objects are made by the cluster"));
    }
    if let Some((signal, _)) = SIGNALS
        .iter()
        .find(|(signal, value)| header.signal(signal).is_some_and(|found| *value == "*" || found == *value))
    {
        return Some(format!("it is marked {signal}"));
    }
    let named = |of: &str, within: &str, pattern: &str| {
        of == kind && (within == "*" || within == namespace) && fast_glob::glob_match(pattern, name)
    };
    if NAMES.iter().any(|(of, within, pattern)| named(of, within, pattern)) {
        return Some("every cluster has it".to_owned());
    }
    if kind == "Secret" && SECRET_TYPES.contains(&&*header.detail) {
        return Some(format!("a Secret of type {}", header.detail));
    }
    if kind == "APIService" && header.internal {
        return Some("an API that the server serves itself".to_owned());
    }
    if namespace == "kube-system" || namespace == "kube-public" {
        if KUBE_SYSTEM.iter().any(|(of, pattern)| *of == kind && fast_glob::glob_match(pattern, name)) {
            return Some("every cluster has it".to_owned());
        }
        if header.signal("k8s-app").is_some() || header.signal("objectset.rio.cattle.io/owner-gvk").is_some()
        {
            return Some("an add-on of the platform".to_owned());
        }
    }
    let is_own = kind == "Namespace" && is_platform_namespace(name);
    if is_own || (platform && is_platform_namespace(namespace)) {
        return Some("in a namespace of the platform".to_owned());
    }
    None
}

/// Whether `OpenShift` makes the object in every namespace.
pub(super) fn is_of_openshift(identity: &Identity) -> bool {
    &*identity.kind == "ServiceAccount" && matches!(&*identity.name, "builder" | "deployer")
}

/// Whether a platform fills the namespace.
pub(super) fn is_platform_namespace(namespace: &str) -> bool {
    PLATFORM_NAMESPACES
        .iter()
        .any(|known| namespace == *known || (known.ends_with('-') && namespace.starts_with(known)))
}

fn is_builtin_binding(header: &Header) -> bool {
    let name = &*header.identity.name;
    name.starts_with("system:")
        || name.starts_with("kubeadm:")
        || name == "cluster-admin"
        || header.signal("kubernetes.io/bootstrapping") == Some("rbac-defaults")
}
