//! Defaults of everything that runs no pods.
//!
//! Source: `SetDefaults_*` of `pkg/apis/…/v1/defaults.go` and of `apiextensions` in kubernetes/kubernetes.
//! Kinds without defaults (`Ingress`, `ConfigMap`, `ServiceAccount`, `PodDisruptionBudget`) are left out.

use super::pods::{AZURE_DISK, HOST_PATH, ISCSI, RBD, SCALE_IO};
use super::rule::{
    Type, blank, each, empty, entries, entry, has, optional, plain, same, structure, text, texts, when, word,
};
use crate::model::NodeRef;

/// `SetDefaults_Service`.
pub(super) const SERVICE: Type = &[structure(
    "spec",
    &[
        text("sessionAffinity", "None"),
        when(
            |spec| word(spec, "sessionAffinity") == "ClientIP",
            structure("sessionAffinityConfig", &[structure("clientIP", &[plain("timeoutSeconds", "10800")])]),
        ),
        text("type", "ClusterIP"),
        each("ports", &[text("protocol", "TCP"), same("targetPort", "port")]),
        when(is_reached_from_outside, text("externalTrafficPolicy", "Cluster")),
        when(
            |spec| matches!(service_type(spec), "ClusterIP" | "NodePort" | "LoadBalancer"),
            text("internalTrafficPolicy", "Cluster"),
        ),
        when(|spec| service_type(spec) == "LoadBalancer", plain("allocateLoadBalancerNodePorts", "true")),
    ],
)];

fn service_type(spec: NodeRef<'_>) -> &str {
    match word(spec, "type") {
        "" => "ClusterIP",
        written => written,
    }
}

/// `ExternallyAccessible` of `pkg/api/v1/service`.
fn is_reached_from_outside(spec: NodeRef<'_>) -> bool {
    match service_type(spec) {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => spec.get("externalIPs").is_some_and(|addresses| addresses.len() > 0),
        _ => false,
    }
}

/// `SetDefaults_Namespace`.
pub(super) const NAMESPACE: Type = &[
    structure("metadata", &[entry("labels", "kubernetes.io/metadata.name", &["metadata", "name"])]),
    structure("status", &[text("phase", "Active")]),
];

/// `SetDefaults_Secret`.
pub(super) const SECRET: Type = &[text("type", "Opaque")];

/// `SetDefaults_PersistentVolume`.
pub(super) const PERSISTENT_VOLUME: Type = &[
    structure("status", &[text("phase", "Pending")]),
    structure(
        "spec",
        &[
            text("persistentVolumeReclaimPolicy", "Retain"),
            text("volumeMode", "Filesystem"),
            optional("hostPath", HOST_PATH),
            optional("rbd", RBD),
            optional("iscsi", ISCSI),
            optional("azureDisk", AZURE_DISK),
            optional("scaleIO", SCALE_IO),
        ],
    ),
];

/// `SetDefaults_LimitRangeItem`.
pub(super) const LIMIT_RANGE: Type = &[structure(
    "spec",
    &[each(
        "limits",
        &[
            when(limits_containers, entries("default", &["max"])),
            when(limits_containers, entries("defaultRequest", &["default", "min"])),
        ],
    )],
)];

fn limits_containers(item: NodeRef<'_>) -> bool {
    word(item, "type") == "Container"
}

/// `SetDefaults_Endpoints`.
pub(super) const ENDPOINTS: Type = &[each("subsets", &[each("ports", &[text("protocol", "TCP")])])];

/// `SetDefaults_EndpointPort`.
pub(super) const ENDPOINT_SLICE: Type = &[each("ports", &[blank("name"), text("protocol", "TCP")])];

/// `SetDefaults_NetworkPolicy`.
pub(super) const NETWORK_POLICY: Type = &[structure(
    "spec",
    &[
        when(has_egress, texts("policyTypes", &["Ingress", "Egress"])),
        texts("policyTypes", &["Ingress"]),
        each("ingress", NETWORK_POLICY_RULE),
        each("egress", NETWORK_POLICY_RULE),
    ],
)];

fn has_egress(spec: NodeRef<'_>) -> bool {
    spec.get("egress").is_some_and(|egress| egress.len() > 0)
}

const NETWORK_POLICY_RULE: Type = &[each("ports", &[text("protocol", "TCP")])];

/// `SetDefaults_IngressClass`.
pub(super) const INGRESS_CLASS: Type =
    &[structure("spec", &[optional("parameters", &[text("scope", "Cluster")])])];

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// A role without rules: the Go type has no way to leave the list out, so JSON has a null.
pub(super) const ROLE: Type = &[plain("rules", "null")];

/// `SetDefaults_RoleBinding`, `SetDefaults_ClusterRoleBinding` and `SetDefaults_Subject`.
pub(super) const ROLE_BINDING: Type = &[
    structure("roleRef", &[text("apiGroup", RBAC_GROUP)]),
    each(
        "subjects",
        &[when(|subject| matches!(word(subject, "kind"), "User" | "Group"), text("apiGroup", RBAC_GROUP))],
    ),
];

/// `SetDefaults_StorageClass`.
pub(super) const STORAGE_CLASS: Type =
    &[text("reclaimPolicy", "Delete"), text("volumeBindingMode", "Immediate")];

/// `SetDefaults_CSIDriver`.
pub(super) const CSI_DRIVER: Type = &[structure(
    "spec",
    &[
        plain("attachRequired", "true"),
        plain("podInfoOnMount", "false"),
        plain("storageCapacity", "false"),
        text("fsGroupPolicy", "ReadWriteOnceWithFSType"),
        texts("volumeLifecycleModes", &["Persistent"]),
        plain("requiresRepublish", "false"),
        plain("seLinuxMount", "false"),
    ],
)];

/// `SetDefaults_PriorityClass`.
pub(super) const PRIORITY_CLASS: Type = &[text("preemptionPolicy", "PreemptLowerPriority")];

/// `SetDefaults_ValidatingWebhook`.
pub(super) const VALIDATING_WEBHOOKS: Type = &[each("webhooks", WEBHOOK)];

/// `SetDefaults_MutatingWebhook`.
pub(super) const MUTATING_WEBHOOKS: Type =
    &[each("webhooks", WEBHOOK), each("webhooks", &[text("reinvocationPolicy", "Never")])];

const WEBHOOK: Type = &[
    text("failurePolicy", "Fail"),
    text("matchPolicy", "Equivalent"),
    empty("namespaceSelector"),
    empty("objectSelector"),
    plain("timeoutSeconds", "10"),
    each("rules", ADMISSION_RULE),
    optional("clientConfig", &[optional("service", SERVICE_REFERENCE)]),
];

/// `SetDefaults_Rule`.
const ADMISSION_RULE: Type = &[text("scope", "*")];

/// `SetDefaults_ServiceReference`.
const SERVICE_REFERENCE: Type = &[plain("port", "443")];

/// `SetDefaults_ValidatingAdmissionPolicySpec`.
pub(super) const ADMISSION_POLICY: Type =
    &[structure("spec", &[text("failurePolicy", "Fail"), optional("matchConstraints", MATCH_RESOURCES)])];

/// The defaults of a policy's binding.
pub(super) const ADMISSION_POLICY_BINDING: Type =
    &[structure("spec", &[optional("matchResources", MATCH_RESOURCES)])];

/// `SetDefaults_MatchResources`.
const MATCH_RESOURCES: Type = &[
    text("matchPolicy", "Equivalent"),
    empty("namespaceSelector"),
    empty("objectSelector"),
    each("resourceRules", ADMISSION_RULE),
    each("excludeResourceRules", ADMISSION_RULE),
];

/// `SetDefaults_CustomResourceDefinitionSpec`, but for the names it makes of `kind`.
pub(super) const CUSTOM_RESOURCE_DEFINITION: Type = &[structure(
    "spec",
    &[
        when(|spec| !has(spec, "conversion"), structure("conversion", &[text("strategy", "None")])),
        optional(
            "conversion",
            &[optional("webhook", &[optional("clientConfig", &[optional("service", SERVICE_REFERENCE)])])],
        ),
    ],
)];

/// `SetDefaults_ServiceReference` of `apiregistration`.
pub(super) const API_SERVICE: Type = &[structure("spec", &[optional("service", SERVICE_REFERENCE)])];
