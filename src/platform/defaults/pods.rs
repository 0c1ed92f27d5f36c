//! Defaults of pods and of everything that holds a pod template.
//!
//! Source: `SetDefaults_*` of `pkg/apis/core/v1/defaults.go` and the calls of its
//! `zz_generated.defaults.go` in kubernetes/kubernetes. Deliberately absent: pod-level resources, which
//! sum up those of the containers, and what a feature gate keeps off.

use super::rule::{
    Type, blank, each, empty, entries, has, non_zero, optional, plain, same, structure, text, unless_zero,
    when, word,
};
use crate::model::{NodeRef, Scalar};
use crate::platform::kubernetes::interpolated;

/// `SetDefaults_Pod`, which no pod template has, then `SetDefaults_PodSpec`.
pub(super) const POD: Type = &[
    structure(
        "spec",
        &[
            each("containers", POD_CONTAINER),
            each("initContainers", POD_CONTAINER),
            plain("enableServiceLinks", "true"),
            when(host_network, each("containers", HOST_NETWORK_CONTAINER)),
            when(host_network, each("initContainers", HOST_NETWORK_CONTAINER)),
        ],
    ),
    structure("spec", POD_SPEC),
];

const POD_CONTAINER: Type = &[optional("resources", &[entries("requests", &["limits"])])];

const HOST_NETWORK_CONTAINER: Type = &[each("ports", &[same("hostPort", "containerPort")])];

fn host_network(spec: NodeRef<'_>) -> bool {
    spec.get("hostNetwork").and_then(NodeRef::scalar) == Some(Scalar::Bool(true))
}

/// What a pod template specifies.
pub(super) const POD_TEMPLATE: Type = &[structure("spec", POD_SPEC)];

/// `SetDefaults_PodSpec` and what it calls.
const POD_SPEC: Type = &[
    unless_zero("hostNetwork"),
    unless_zero("hostPID"),
    unless_zero("hostIPC"),
    text("dnsPolicy", "ClusterFirst"),
    text("restartPolicy", "Always"),
    empty("securityContext"),
    plain("terminationGracePeriodSeconds", "30"),
    text("schedulerName", "default-scheduler"),
    each("volumes", VOLUME),
    each("initContainers", CONTAINER),
    each("containers", CONTAINER),
    each("ephemeralContainers", CONTAINER),
];

/// `SetDefaults_Container`.
const CONTAINER: Type = &[
    // Where the tag is filled in later, so is the policy that follows from it.
    when(open_image, same("imagePullPolicy", "image")),
    when(latest_image, text("imagePullPolicy", "Always")),
    text("imagePullPolicy", "IfNotPresent"),
    text("terminationMessagePath", "/dev/termination-log"),
    text("terminationMessagePolicy", "File"),
    each("ports", &[text("protocol", "TCP"), unless_zero("hostPort"), unless_zero("hostIP")]),
    each("volumeMounts", &[unless_zero("readOnly"), unless_zero("subPath"), unless_zero("subPathExpr")]),
    each("env", &[optional("valueFrom", &[optional("fieldRef", FIELD_REF)])]),
    optional("livenessProbe", PROBE),
    optional("readinessProbe", PROBE),
    optional("startupProbe", PROBE),
    optional("lifecycle", &[optional("postStart", HANDLER), optional("preStop", HANDLER)]),
];

fn open_image(container: NodeRef<'_>) -> bool {
    container.get("image").is_some_and(|image| interpolated(image).is_some())
}

fn latest_image(container: NodeRef<'_>) -> bool {
    is_latest(word(container, "image"))
}

/// Whether an image reference names the tag `latest`, as it does with neither tag nor digest
/// (`ParseImageName` of `pkg/util/parsers`).
fn is_latest(image: &str) -> bool {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_none() && !name.is_empty(),
    }
}

/// `SetDefaults_Probe`.
const PROBE: Type = &[
    non_zero("timeoutSeconds", "1"),
    non_zero("periodSeconds", "10"),
    non_zero("successThreshold", "1"),
    non_zero("failureThreshold", "3"),
    optional("httpGet", HTTP_GET),
    optional("grpc", &[blank("service")]),
];

const HANDLER: Type = &[optional("httpGet", HTTP_GET)];

/// `SetDefaults_HTTPGetAction`.
const HTTP_GET: Type = &[text("path", "/"), text("scheme", "HTTP")];

/// `SetDefaults_ObjectFieldSelector`.
const FIELD_REF: Type = &[text("apiVersion", "v1")];

const DOWNWARD_ITEMS: Type = &[optional("fieldRef", FIELD_REF)];

/// `SetDefaults_Volume` and the sources it can have.
const VOLUME: Type = &[
    when(without_source, empty("emptyDir")),
    optional("hostPath", HOST_PATH),
    optional("secret", &[plain("defaultMode", "420")]),
    optional("configMap", &[plain("defaultMode", "420")]),
    optional("downwardAPI", &[plain("defaultMode", "420"), each("items", DOWNWARD_ITEMS)]),
    optional("projected", &[plain("defaultMode", "420"), each("sources", PROJECTION)]),
    optional(
        "ephemeral",
        &[optional("volumeClaimTemplate", &[structure("spec", &[text("volumeMode", "Filesystem")])])],
    ),
    optional("iscsi", ISCSI),
    optional("rbd", RBD),
    optional("azureDisk", AZURE_DISK),
    optional("scaleIO", SCALE_IO),
];

fn without_source(volume: NodeRef<'_>) -> bool {
    volume.entries().all(|(key, _)| key.text().is_some_and(|key| key == "name" || !has(volume, key)))
}

const PROJECTION: Type = &[
    optional("downwardAPI", &[each("items", DOWNWARD_ITEMS)]),
    optional("serviceAccountToken", &[plain("expirationSeconds", "3600")]),
];

/// `SetDefaults_HostPathVolumeSource`.
pub(super) const HOST_PATH: Type = &[blank("type")];

/// `SetDefaults_ISCSIVolumeSource`.
pub(super) const ISCSI: Type = &[text("iscsiInterface", "default")];

/// `SetDefaults_RBDVolumeSource`.
pub(super) const RBD: Type =
    &[text("pool", "rbd"), text("user", "admin"), text("keyring", "/etc/ceph/keyring")];

/// `SetDefaults_AzureDiskVolumeSource`.
pub(super) const AZURE_DISK: Type = &[
    text("cachingMode", "ReadWrite"),
    text("kind", "Shared"),
    text("fsType", "ext4"),
    plain("readOnly", "false"),
];

/// `SetDefaults_ScaleIOVolumeSource`.
pub(super) const SCALE_IO: Type = &[text("storageMode", "ThinProvisioned"), text("fsType", "xfs")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_and_no_digest_is_latest() {
        for image in ["nginx", "nginx:latest", "reg:5000/a/nginx", "nginx:latest@sha256:0"] {
            assert!(is_latest(image), "{image}");
        }
        for image in ["", "nginx:1", "nginx@sha256:0", "reg:5000/a/nginx:latest-1"] {
            assert!(!is_latest(image), "{image}");
        }
    }
}
