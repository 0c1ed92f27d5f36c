//! What is never compared, because the cluster and not Git decides it. Rows, not code.

use super::path::{Step, ends_with, fields, is};
use crate::model::{NodeRef, Scalar};

/// Labels and annotations that controllers write.
const MACHINE: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "autoscaling.alpha.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/leader",
    "field.cattle.io/",
    "management.cattle.io/",
    "lifecycle.cattle.io/",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "batch.kubernetes.io/",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "controller-revision-hash",
    "kubernetes.io/metadata.name",
    "endpoints.kubernetes.io/",
    "openshift.io/sa.scc.",
    "meta.helm.sh/",
    "cnrm.cloud.google.com/",
    "cloud.google.com/neg-status",
];

/// Labels and annotations that a GitOps tool adds when it applies.
const TRACKING: &[&str] = &[
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "reconcile.fluxcd.io/",
    "argocd.argoproj.io/",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "objectset.rio.cattle.io/",
    "configmanagement.gke.io/",
    "configsync.gke.io/",
    "applyset.kubernetes.io/",
    "kapp.k14s.io/",
    "kluctl.io/",
    "meta.helm.sh/",
];

/// Fields the cluster fills in when they are declared empty, or not at all: kind, path.
const ALLOCATED: &[(&str, &[&str])] = &[
    ("Service", &["spec", "clusterIP"]),
    ("Service", &["spec", "clusterIPs"]),
    ("Service", &["spec", "ipFamilies"]),
    ("Service", &["spec", "ipFamilyPolicy"]),
    ("Service", &["spec", "healthCheckNodePort"]),
    ("Service", &["spec", "ports", "nodePort"]),
    ("Service", &["spec", "loadBalancerIP"]),
    ("PersistentVolumeClaim", &["spec", "volumeName"]),
    ("PersistentVolumeClaim", &["spec", "storageClassName"]),
    ("PersistentVolumeClaim", &["spec", "volumeAttributesClassName"]),
    ("PersistentVolume", &["spec", "claimRef"]),
    ("Pod", &["spec", "nodeName"]),
    ("Pod", &["spec", "serviceAccount"]),
    ("Pod", &["spec", "serviceAccountName"]),
    ("Pod", &["spec", "tolerations"]),
    ("Pod", &["spec", "priority"]),
    ("Pod", &["spec", "preemptionPolicy"]),
    ("Job", &["spec", "selector"]),
    ("ServiceAccount", &["secrets"]),
    ("ServiceAccount", &["imagePullSecrets"]),
    ("Namespace", &["spec", "finalizers"]),
    ("CustomResourceDefinition", &["spec", "conversion"]),
    ("CustomResourceDefinition", &["spec", "preserveUnknownFields"]),
];

/// Annotations that say a CA bundle is injected.
const INJECTED: &[&str] = &[
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
    "service.beta.openshift.io/inject-cabundle",
];

/// Whether the part at `path` is never compared, whatever it holds.
pub fn is_ignored(kind: &str, path: &[Step<'_>]) -> bool {
    let [Step::Field(first), rest @ ..] = path else { return false };
    match (*first, rest) {
        ("status", _) if kind != "ConfigMap" && kind != "Secret" => return true,
        // `sops` says how the file is encrypted and is never applied.
        ("apiVersion" | "kind" | "sops", []) => return true,
        ("metadata", [Step::Field(field), ..])
            if !matches!(*field, "labels" | "annotations" | "finalizers") =>
        {
            return true;
        }
        _ => {}
    }
    if let [.., Step::Field("metadata"), Step::Field("creationTimestamp")] = path {
        return true;
    }
    // Templates of claims are stored with the type and the status of a claim.
    if let [.., Step::Field("volumeClaimTemplates"), Step::Item { .. }, Step::Field(field)] = path
        && matches!(*field, "apiVersion" | "kind" | "status")
    {
        return true;
    }
    is_machine(path)
}

/// Whether `path` is a label or an annotation that a controller writes.
pub fn is_machine(path: &[Step<'_>]) -> bool {
    matches!(path, [.., Step::Field("labels" | "annotations"), Step::Field(name)] if listed(MACHINE, name))
}

/// Whether `path` is a label or an annotation that a GitOps tool adds.
pub fn is_tracking(path: &[Step<'_>]) -> bool {
    matches!(path, [.., Step::Field("labels" | "annotations"), Step::Field(name)] if listed(TRACKING, name))
}

fn listed(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| match known.strip_suffix(['/', '.']) {
        Some(_) => name.starts_with(known),
        None => name == *known,
    })
}

/// Whether the cluster fills the field in when it is declared empty.
pub fn is_allocated(kind: &str, path: &[Step<'_>]) -> bool {
    ALLOCATED.iter().any(|(of, whole)| *of == kind && is(path, whole))
}

/// Whether a declared value stands for nothing: what Go's `omitempty` leaves out.
pub fn is_empty(node: NodeRef<'_>) -> bool {
    if node.is_mapping() {
        return node.entries().all(|(_, value)| is_empty(value));
    }
    if node.is_sequence() {
        return node.len() == 0;
    }
    match node.scalar() {
        Some(Scalar::Null | Scalar::Bool(false) | Scalar::Int(0) | Scalar::Str("")) => true,
        Some(Scalar::Float(number)) => number == 0.0,
        _ => false,
    }
}

/// Whether even an empty value at `path` says something when it is there: text maps, and the fields whose
/// presence is their meaning.
pub fn empty_means_something(path: &[Step<'_>], node: NodeRef<'_>) -> bool {
    const MARKERS: &[&str] = &["emptyDir", "podSelector", "namespaceSelector", "allowedTopologies"];
    if node.scalar() == Some(Scalar::Null) {
        return false;
    }
    let last = fields(path).next_back().unwrap_or_default();
    if node.is_mapping() && MARKERS.contains(&last) {
        return true;
    }
    // Of a text map, every entry does.
    if matches!(
        path,
        [.., Step::Field("labels" | "annotations")] | [Step::Field("data" | "stringData" | "binaryData")]
    ) {
        return node.entries().any(|(_, value)| value.scalar() != Some(Scalar::Null));
    }
    let in_text_map = matches!(
        path,
        [.., Step::Field("labels" | "annotations"), Step::Field(_)]
            | [Step::Field("data" | "stringData" | "binaryData"), Step::Field(_)]
    );
    in_text_map && node.text().is_some()
}

/// Whether the CA bundle at `path` is filled in by the cluster.
pub fn is_injected(path: &[Step<'_>], object: NodeRef<'_>, desired: NodeRef<'_>) -> bool {
    if !ends_with(path, &["caBundle"]) {
        return false;
    }
    let annotations = object.descend(&["metadata", "annotations"]);
    let injected = annotations.into_iter().flat_map(NodeRef::entries);
    let injected = injected.filter_map(|(key, _)| key.text()).any(|key| INJECTED.contains(&key));
    injected || is_placeholder(desired.text().unwrap_or_default())
}

/// `Cg==` is a line break: what templates without a certificate leave.
fn is_placeholder(text: &str) -> bool {
    let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
    match super::values::decode(text) {
        Some(bytes) => bytes.is_empty() || blank(&bytes) || memchr::memmem::find(&bytes, b"BEGIN").is_none(),
        None => true,
    }
}
