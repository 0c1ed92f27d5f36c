//! How the items of a declared list and of a live one belong together: by key, as a set, or by position.
//!
//! Source of the rows: the structured-merge-diff schema of client-go's apply configurations, which is what
//! the API server merges by. The *strategic merge* keys are others (ports by `containerPort` alone), fold
//! 53/TCP with 53/UDP, and are deliberately absent.

use super::path::{Step, ends_with};
use crate::model::{NodeRef, Scalar};

/// How items belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairing<'d> {
    /// By these keys; further live items are somebody else's.
    Keyed(Vec<&'d str>),
    /// By value; further live items are somebody else's.
    Set,
    /// By value, in any order; further live items are a change.
    Unordered,
    /// By position; further live items are a change.
    Indexed,
}

/// A row: the field names a path ends with, and how items are paired.
type Row = (&'static [&'static str], Rule);

#[derive(Clone, Copy)]
enum Rule {
    Keyed(&'static [&'static str]),
    Set,
    Unordered,
}

use Rule::{Keyed, Set, Unordered};

/// The lists of the API's own kinds; a list that is in no row is paired by position. The first row wins.
const ROWS: &[Row] = &[
    (&["containers"], Keyed(&["name"])),
    (&["initContainers"], Keyed(&["name"])),
    (&["ephemeralContainers"], Keyed(&["name"])),
    (&["volumes"], Keyed(&["name"])),
    (&["resourceClaims"], Keyed(&["name"])),
    (&["schedulingGates"], Keyed(&["name"])),
    (&["imagePullSecrets"], Keyed(&["name"])),
    (&["hostAliases"], Keyed(&["ip"])),
    (&["topologySpreadConstraints"], Keyed(&["topologyKey", "whenUnsatisfiable"])),
    (&["env"], Keyed(&["name"])),
    (&["volumeMounts"], Keyed(&["mountPath"])),
    (&["volumeDevices"], Keyed(&["devicePath"])),
    (&["containers", "ports"], Keyed(&["containerPort", "protocol"])),
    (&["initContainers", "ports"], Keyed(&["containerPort", "protocol"])),
    (&["ephemeralContainers", "ports"], Keyed(&["containerPort", "protocol"])),
    (&["resources", "claims"], Keyed(&["name"])),
    (&["volumeClaimTemplates"], Keyed(&["metadata.name"])),
    (&["ingress", "ports"], Unordered),
    (&["egress", "ports"], Unordered),
    (&["subsets", "ports"], Unordered),
    (&["spec", "ports"], Keyed(&["port", "protocol"])),
    (&["secrets"], Keyed(&["name"])),
    (&["webhooks"], Keyed(&["name"])),
    (&["matchConditions"], Keyed(&["name"])),
    (&["spec", "variables"], Keyed(&["name"])),
    (&["conditions"], Keyed(&["type"])),
    (&["podIPs"], Keyed(&["ip"])),
    (&["spec", "drivers"], Keyed(&["name"])),
    (&["ownerReferences"], Keyed(&["uid"])),
    (&["spec", "versions"], Keyed(&["name"])),
    (&["finalizers"], Set),
    (&["podCIDRs"], Set),
    (&["volumeLifecycleModes"], Set),
    (&["metrics"], Unordered),
    (&["rules"], Unordered),
    (&["subjects"], Unordered),
    (&["verbs"], Unordered),
    (&["apiGroups"], Unordered),
    (&["apiVersions"], Unordered),
    (&["operations"], Unordered),
    (&["resources"], Unordered),
    (&["resourceNames"], Unordered),
    (&["nonResourceURLs"], Unordered),
    (&["accessModes"], Unordered),
    (&["capabilities", "add"], Unordered),
    (&["capabilities", "drop"], Unordered),
    (&["tolerations"], Unordered),
    (&["spec", "ingress"], Unordered),
    (&["spec", "egress"], Unordered),
    (&["ingress", "from"], Unordered),
    (&["egress", "to"], Unordered),
    (&["policyTypes"], Unordered),
    (&["loadBalancerSourceRanges"], Unordered),
    (&["externalIPs"], Unordered),
    (&["subsets"], Unordered),
    (&["subsets", "addresses"], Unordered),
];

/// Keys that name the items of a custom resource's list, when no schema says which do.
const CANDIDATES: &[&[&str]] =
    &[&["name"], &["id"], &["key"], &["mountPath"], &["containerPort", "protocol"]];

/// Groups whose kinds [`ROWS`] is about: the core group, and `*.k8s.io` with the few that have no dot.
pub fn is_builtin(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy" | "extensions")
        || (group.ends_with(".k8s.io") && BUILTIN.contains(&group))
}

const BUILTIN: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// How the list at `path` is paired. `schema` is that of the list, for custom resources that have one.
pub fn pairing<'d>(
    builtin: bool,
    path: &[Step<'_>],
    schema: Option<NodeRef<'d>>,
    desired: NodeRef<'_>,
    live: NodeRef<'_>,
) -> Pairing<'d> {
    if builtin {
        let row = ROWS.iter().find(|(suffix, _)| ends_with(path, suffix));
        return match row {
            // Keys are only of use where every declared item has them.
            Some((_, Keyed(keys))) if all_have(desired, keys) => Pairing::Keyed(keys.to_vec()),
            Some((_, Keyed(_))) | None => Pairing::Indexed,
            Some((_, Set)) => Pairing::Set,
            Some((_, Unordered)) => Pairing::Unordered,
        };
    }
    let text = |key| schema.and_then(|schema| schema.get(key)).and_then(NodeRef::text);
    match text("x-kubernetes-list-type") {
        Some("map") => {
            let keys = schema.and_then(|schema| schema.get("x-kubernetes-list-map-keys"));
            let keys: Vec<&str> =
                keys.into_iter().flat_map(NodeRef::items).filter_map(NodeRef::text).collect();
            if !keys.is_empty() && all_have(desired, &keys) {
                return Pairing::Keyed(keys);
            }
            Pairing::Indexed
        }
        Some("set") => Pairing::Set,
        Some("atomic") => Pairing::Indexed,
        _ => CANDIDATES
            .iter()
            .find(|keys| unique(desired, keys) && unique(live, keys))
            .map_or(Pairing::Indexed, |keys| Pairing::Keyed(keys.to_vec())),
    }
}

/// The value of an item's key, as text; `protocol`, the only key with a default, is TCP without one.
pub fn key_of<'d>(item: NodeRef<'d>, key: &str) -> Option<&'d str> {
    let value = key.split('.').try_fold(item, NodeRef::get);
    match value.filter(|value| value.scalar() != Some(Scalar::Null)).and_then(NodeRef::text) {
        Some(text) if !text.is_empty() || key != "protocol" => Some(text),
        _ if key == "protocol" => Some("TCP"),
        _ => None,
    }
}

/// The keys of an item; `None` when it lacks one.
pub fn keys_of<'d>(item: NodeRef<'d>, keys: &[&'d str]) -> Option<Vec<(&'d str, &'d str)>> {
    keys.iter().map(|key| key_of(item, key).map(|value| (*key, value))).collect()
}

fn all_have(list: NodeRef<'_>, keys: &[&str]) -> bool {
    list.items().all(|item| keys.iter().all(|key| key_of(item, key).is_some()))
}

/// Whether every item has the keys and no two have the same.
fn unique(list: NodeRef<'_>, keys: &[&str]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    list.len() > 0
        && list.items().all(|item| {
            // `protocol` alone, which everything has, names nothing.
            item.get(keys[0]).is_some()
                && keys
                    .iter()
                    .map(|key| key_of(item, key))
                    .collect::<Option<Vec<_>>>()
                    .is_some_and(|of| seen.insert(of))
        })
}
