//! What names a live object, whatever version of its API it was read through.

use std::fmt;
use std::sync::Arc;

/// API group, kind, namespace and name; the API version is deliberately absent, because one object is
/// served under several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Without the version; empty for the core group.
    pub group: Arc<str>,
    /// Such as `Deployment`.
    pub kind: Arc<str>,
    /// Empty for a cluster-scoped object, and where the namespace is not known.
    pub namespace: Arc<str>,
    /// The object's name.
    pub name: Arc<str>,
}

impl Identity {
    /// The identity of an object with this `apiVersion`, groups that moved told by their present name.
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let group = present_group(api_version.split_once('/').map_or("", |(group, _)| group), kind);
        Self { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    /// The same object without its namespace.
    #[must_use]
    pub fn anywhere(&self) -> Self {
        Self { namespace: "".into(), ..self.clone() }
    }
}

impl fmt::Display for Identity {
    /// `namespace/Kind/name`, as resources of files are named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Where kinds of the old `extensions` group, and Events, live today.
fn present_group<'g>(group: &'g str, kind: &str) -> &'g str {
    match (group, kind) {
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "PodSecurityPolicy") => "policy",
        ("events.k8s.io", "Event") => "",
        _ => group,
    }
}
