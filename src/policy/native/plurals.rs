//! What the API calls the objects of a kind: `Ingress` is `ingresses`, and lives in a namespace.
//!
//! The kinds that come with Kubernetes are a table, others are defined by `CustomResourceDefinition`s,
//! which the world knows; for the rest the rule that client-go uses (`meta.UnsafeGuessKindToResource`) must do.

use std::borrow::Cow;

/// The plural name of a kind and its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The resource as rules spell it: `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects are in a namespace; `None` when only the cluster knows.
    pub namespaced: Option<bool>,
}

/// Group, kind, plural, and whether objects are in a namespace.
type Row = (&'static str, &'static str, &'static str, bool);

/// The kinds of Kubernetes 1.34 (`kubectl api-resources`), and widely used ones that the rule would not
/// tell the scope of; sorted by group and kind.
static KINDS: &[Row] = &[
    ("", "Binding", "bindings", true),
    ("", "ComponentStatus", "componentstatuses", false),
    ("", "ConfigMap", "configmaps", true),
    ("", "Endpoints", "endpoints", true),
    ("", "Event", "events", true),
    ("", "LimitRange", "limitranges", true),
    ("", "Namespace", "namespaces", false),
    ("", "Node", "nodes", false),
    ("", "PersistentVolume", "persistentvolumes", false),
    ("", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("", "Pod", "pods", true),
    ("", "PodTemplate", "podtemplates", true),
    ("", "ReplicationController", "replicationcontrollers", true),
    ("", "ResourceQuota", "resourcequotas", true),
    ("", "Secret", "secrets", true),
    ("", "Service", "services", true),
    ("", "ServiceAccount", "serviceaccounts", true),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", false),
    (
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        false,
    ),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        false,
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        false,
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apiregistration.k8s.io", "APIService", "apiservices", false),
    ("apps", "ControllerRevision", "controllerrevisions", true),
    ("apps", "DaemonSet", "daemonsets", true),
    ("apps", "Deployment", "deployments", true),
    ("apps", "ReplicaSet", "replicasets", true),
    ("apps", "StatefulSet", "statefulsets", true),
    ("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", false),
    ("authentication.k8s.io", "TokenReview", "tokenreviews", false),
    ("authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews", true),
    ("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews", false),
    ("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews", false),
    ("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", false),
    ("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    ("batch", "CronJob", "cronjobs", true),
    ("batch", "Job", "jobs", true),
    ("certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests", false),
    ("coordination.k8s.io", "Lease", "leases", true),
    ("discovery.k8s.io", "EndpointSlice", "endpointslices", true),
    ("events.k8s.io", "Event", "events", true),
    ("extensions", "Ingress", "ingresses", true),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema", "flowschemas", false),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "prioritylevelconfigurations", false),
    ("gateway.networking.k8s.io", "Gateway", "gateways", true),
    ("monitoring.coreos.com", "Prometheus", "prometheuses", true),
    ("networking.k8s.io", "IPAddress", "ipaddresses", false),
    ("networking.k8s.io", "Ingress", "ingresses", true),
    ("networking.k8s.io", "IngressClass", "ingressclasses", false),
    ("networking.k8s.io", "NetworkPolicy", "networkpolicies", true),
    ("networking.k8s.io", "ServiceCIDR", "servicecidrs", false),
    ("node.k8s.io", "RuntimeClass", "runtimeclasses", false),
    ("policy", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", false),
    ("rbac.authorization.k8s.io", "Role", "roles", true),
    ("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", true),
    ("resource.k8s.io", "DeviceClass", "deviceclasses", false),
    ("resource.k8s.io", "ResourceClaim", "resourceclaims", true),
    ("resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates", true),
    ("resource.k8s.io", "ResourceSlice", "resourceslices", false),
    ("scheduling.k8s.io", "PriorityClass", "priorityclasses", false),
    ("storage.k8s.io", "CSIDriver", "csidrivers", false),
    ("storage.k8s.io", "CSINode", "csinodes", false),
    ("storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities", true),
    ("storage.k8s.io", "StorageClass", "storageclasses", false),
    ("storage.k8s.io", "VolumeAttachment", "volumeattachments", false),
    ("storage.k8s.io", "VolumeAttributesClass", "volumeattributesclasses", false),
];

/// The names of a kind by the table, or else by the rule.
pub fn of(group: &str, kind: &str) -> Names {
    let found = KINDS.binary_search_by(|row| (row.0, row.1).cmp(&(group, kind)));
    match found.ok().and_then(|at| KINDS.get(at)) {
        Some(&(_, _, plural, namespaced)) => {
            Names { plural: Cow::Borrowed(plural), namespaced: Some(namespaced) }
        }
        None => Names { plural: Cow::Owned(guess(kind)), namespaced: None },
    }
}

/// The API groups that have a kind, by the table.
pub fn groups_of(kind: &str) -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(move |row| row.1 == kind).map(|row| row.0)
}

/// The plural by the rule of English that client-go follows.
fn guess(kind: &str) -> String {
    let singular = kind.to_lowercase();
    if singular.ends_with('s') || singular.ends_with('x') || singular.ends_with("ch") {
        return singular + "es";
    }
    match singular.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => singular + "s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KINDS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
    }

    #[test]
    fn plurals_come_from_the_table_or_the_rule() {
        let plural = |group, kind| of(group, kind).plural.into_owned();
        assert_eq!(plural("networking.k8s.io", "NetworkPolicy"), "networkpolicies");
        assert_eq!(plural("", "Endpoints"), "endpoints");
        assert_eq!(plural("acme.dev", "Widget"), "widgets");
        assert_eq!(plural("acme.dev", "Proxy"), "proxies");
        assert_eq!(plural("acme.dev", "Gateway"), "gateways");
        assert_eq!(plural("acme.dev", "Box"), "boxes");
        assert_eq!(of("apps", "Deployment").namespaced, Some(true));
        assert_eq!(of("acme.dev", "Widget").namespaced, None);
    }
}
