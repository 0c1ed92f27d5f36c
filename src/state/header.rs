//! What is kept of every live object: who it is, whose it is, who made it. About half a kilobyte.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::model::{Identity, NodeRef, Scalar, Writer};

/// The labels and annotations that say what an object is; all others are forgotten.
pub const SIGNALS: &[&str] = &[
    "addonmanager.kubernetes.io/mode",
    "apf.kubernetes.io/autoupdate-spec",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "argocd.argoproj.io/compare-options",
    "argocd.argoproj.io/instance",
    "argocd.argoproj.io/secret-type",
    "argocd.argoproj.io/tracking-id",
    "cattle.io/creator",
    "cert-manager.io/certificate-name",
    "client.lifecycle.config.k8s.io/mutation",
    "cnpg.io/cluster",
    "configmanagement.gke.io/managed",
    "crossplane.io/composite",
    "endpointslice.kubernetes.io/managed-by",
    "generate.kyverno.io/policy-name",
    "generate.kyverno.io/rule-name",
    "helm.sh/hook",
    "helm.sh/resource-policy",
    "helm.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
    "hnc.x-k8s.io/inherited-from",
    "ipaddress.kubernetes.io/managed-by",
    "istio.io/config",
    "k8s-app",
    "kapp.k14s.io/app",
    "kube-aggregator.kubernetes.io/automanaged",
    "kubernetes.io/bootstrapping",
    "kubernetes.io/cluster-service",
    "kubernetes.io/config.mirror",
    "kubernetes.io/service-account.name",
    "kubernetes.io/service-name",
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
    "kustomize.toolkit.fluxcd.io/reconcile",
    "kustomize.toolkit.fluxcd.io/ssa",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "objectset.rio.cattle.io/id",
    "objectset.rio.cattle.io/owner-gvk",
    "olm.managed",
    "olm.owner",
    "operators.coreos.com/",
    "owner",
    "pod-template-hash",
    "pv.kubernetes.io/provisioned-by",
    "rbac.authorization.kubernetes.io/autoupdate",
    "reconcile.external-secrets.io/created-by",
    "reflector.v1.k8s.emberstack.com/reflects",
    "sealedsecrets.bitnami.com/sealed-secrets-key",
    "serving.knative.dev/service",
    "strimzi.io/cluster",
];

/// An object's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its kind.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its unique id.
    pub uid: Box<str>,
    /// Whether it is the one that controls the object.
    pub controller: bool,
}

/// What is kept of a live object.
#[derive(Clone, Debug)]
pub struct Header {
    /// Who it is.
    pub identity: Identity,
    /// The API version it was read in.
    pub api_version: Arc<str>,
    /// Its unique id; empty in dumps that leave it out.
    pub uid: Box<str>,
    /// Its owners.
    pub owners: Vec<Owner>,
    /// Its labels and annotations, of [`SIGNALS`].
    pub signals: BTreeMap<&'static str, Box<str>>,
    /// When it was created, as the API server wrote it; empty when not recorded.
    pub created: Box<str>,
    /// The manager that wrote it first.
    pub creator: Option<Writer>,
    /// The type of a Secret; whose volume a `PersistentVolume` is.
    pub detail: Box<str>,
    /// Whether it is an API that the server serves itself, or a binding of built-in subjects only.
    pub internal: bool,
}

impl Header {
    /// The value of one of [`SIGNALS`].
    pub fn signal(&self, name: &str) -> Option<&str> {
        self.signals.get(name).map(AsRef::as_ref)
    }
}

/// Shares the texts that many objects have in common.
#[derive(Debug, Default)]
pub struct Shared(HashSet<Arc<str>>);

impl Shared {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.0.insert(new.clone());
        new
    }

    /// What is to be kept of `object`; `None` when it has no name or no kind. `list` is what its list says
    /// of it: API version and kind.
    pub fn header(&mut self, object: NodeRef<'_>, list: (&str, &str)) -> Option<Header> {
        let text = |node: NodeRef<'_>, key: &str| {
            node.get(key).and_then(NodeRef::text).unwrap_or_default().to_owned()
        };
        let or = |given: String, other: &str| if given.is_empty() { other.to_owned() } else { given };
        let api_version = or(text(object, "apiVersion"), list.0);
        let kind = or(text(object, "kind"), list.1);
        let metadata = object.get("metadata")?;
        let name = text(metadata, "name");
        if api_version.is_empty() || kind.is_empty() || name.is_empty() {
            return None;
        }
        let plain = Identity::new(&api_version, &kind, "", "");
        let identity = Identity {
            group: self.text(&plain.group),
            kind: self.text(&plain.kind),
            namespace: self.text(&text(metadata, "namespace")),
            name: name.into(),
        };
        let owners = metadata.get("ownerReferences").into_iter().flat_map(NodeRef::items);
        let owners = owners
            .map(|owner| Owner {
                kind: self.text(&text(owner, "kind")),
                name: text(owner, "name").into(),
                uid: text(owner, "uid").into(),
                controller: owner.get("controller").and_then(NodeRef::scalar) == Some(Scalar::Bool(true)),
            })
            .collect();
        let mut signals = BTreeMap::new();
        for map in ["labels", "annotations"].into_iter().filter_map(|map| metadata.get(map)) {
            for (key, value) in map.entries() {
                let known = key.text().and_then(|key| SIGNALS.binary_search(&family(key)).ok());
                if let Some(known) = known.and_then(|at| SIGNALS.get(at)) {
                    signals.insert(*known, value.text().unwrap_or_default().into());
                }
            }
        }
        Some(Header {
            api_version: self.text(&api_version),
            uid: text(metadata, "uid").into(),
            owners,
            signals,
            created: text(metadata, "creationTimestamp").into(),
            creator: creator(metadata),
            detail: detail(object, &identity).into(),
            internal: internal(object, &identity),
            identity,
        })
    }
}

/// What a label or an annotation is known by: operators are marked with their own name in the key.
fn family(key: &str) -> &str {
    const OPERATORS: &str = "operators.coreos.com/";
    if key.starts_with(OPERATORS) { OPERATORS } else { key }
}

fn creator(metadata: NodeRef<'_>) -> Option<Writer> {
    let text =
        |entry: NodeRef<'_>, key| entry.get(key).and_then(NodeRef::text).unwrap_or_default().to_owned();
    let entries = metadata.get("managedFields").into_iter().flat_map(NodeRef::items);
    let oldest = entries
        .filter(|entry| text(*entry, "subresource") != "status")
        .min_by_key(|entry| text(*entry, "time"))?;
    Some(Writer {
        manager: text(oldest, "manager"),
        operation: text(oldest, "operation"),
        subresource: text(oldest, "subresource"),
        time: text(oldest, "time"),
    })
}

fn detail<'o>(object: NodeRef<'o>, identity: &Identity) -> &'o str {
    let path: &[&str] = match (&*identity.group, &*identity.kind) {
        ("", "Secret") => &["type"],
        ("", "PersistentVolume") => &["spec", "claimRef", "name"],
        _ => return "",
    };
    object.descend(path).and_then(NodeRef::text).unwrap_or_default()
}

fn internal(object: NodeRef<'_>, identity: &Identity) -> bool {
    match (&*identity.group, &*identity.kind) {
        ("apiregistration.k8s.io", "APIService") => {
            object.descend(&["spec", "service"]).is_none_or(|service| service.scalar() == Some(Scalar::Null))
        }
        ("rbac.authorization.k8s.io", "ClusterRoleBinding" | "RoleBinding") => {
            let subjects = object.get("subjects").into_iter().flat_map(NodeRef::items);
            subjects.into_iter().all(|subject| {
                let text = |key| subject.get(key).and_then(NodeRef::text).unwrap_or_default();
                text("name").starts_with("system:")
                    || (text("kind") == "ServiceAccount" && text("namespace") == "kube-system")
                    || text("name") == "kubeadm:cluster-admins"
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::SIGNALS;

    #[test]
    fn signals_can_be_searched() {
        assert!(SIGNALS.is_sorted());
    }
}
