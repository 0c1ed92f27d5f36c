//! What a live object is that no declaration names: somebody's child, an orphan of a GitOps tool, the
//! platform's own, part of a Helm release, or a shadow. The first that holds wins, and keeps its evidence.

use std::collections::{BTreeMap, HashMap};

use super::desired::Desired;
use super::{names, system};
use crate::model::Identity;
use crate::state::{Header, Inventory};

/// What a live object was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A declaration names it.
    Declared,
    /// Another object made it.
    Child,
    /// It says that a GitOps tool applied it.
    Orphan,
    /// It belongs to a release of Helm: namespace and name, and whether Git asks for the release.
    Release(String, String, bool),
    /// The platform's own.
    System,
    /// An older or newer generation of a declared object.
    Generation,
    /// It cannot be told.
    Unknown,
    /// Nobody declared it.
    Shadow,
}

impl Class {
    /// The word reports use.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Child => "child",
            Self::Orphan => "orphan",
            Self::Release(..) => "helm release",
            Self::System => "system default",
            Self::Generation => "other generation",
            Self::Unknown => "unknown",
            Self::Shadow => "shadow",
        }
    }
}

/// A class and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub class: Class,
    pub evidence: String,
}

/// Labels and annotations that name the object another one was made from.
const MADE_FROM: &[&str] = &[
    "kubernetes.io/service-name",
    "endpointslice.kubernetes.io/managed-by",
    "kubernetes.io/service-account.name",
    "ipaddress.kubernetes.io/managed-by",
    "cert-manager.io/certificate-name",
    "reconcile.external-secrets.io/created-by",
    "generate.kyverno.io/policy-name",
    "generate.kyverno.io/rule-name",
    "hnc.x-k8s.io/inherited-from",
    "reflector.v1.k8s.emberstack.com/reflects",
    "olm.owner",
    "olm.managed",
    "operators.coreos.com/",
    "crossplane.io/composite",
    "serving.knative.dev/service",
    "strimzi.io/cluster",
    "cnpg.io/cluster",
    "pv.kubernetes.io/provisioned-by",
];

/// Marks of GitOps tools: label or annotation, and the tool.
const CLAIMS: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io/name", "the Flux Kustomization"),
    ("argocd.argoproj.io/tracking-id", "the Argo CD application"),
    ("argocd.argoproj.io/instance", "the Argo CD application"),
    ("objectset.rio.cattle.io/id", "the Fleet bundle"),
    ("configmanagement.gke.io/managed", "Config Sync"),
    ("kapp.k14s.io/app", "the kapp application"),
];

pub(super) struct Classifier<'c> {
    desired: &'c Desired,
    live: &'c Inventory,
    platform: bool,
    by_uid: HashMap<&'c str, usize>,
    /// Live objects that a declaration was paired with.
    paired: Vec<bool>,
    /// Declared names without the hash of their contents: kind, namespace, name.
    generated: Vec<(&'c str, &'c str, &'c str)>,
    /// Whether the cluster is one of `OpenShift`.
    is_openshift: bool,
}

impl<'c> Classifier<'c> {
    pub fn new(desired: &'c Desired, live: &'c Inventory, paired: Vec<bool>, platform: bool) -> Self {
        let by_uid = live.objects.iter().enumerate().filter(|(_, it)| !it.uid.is_empty());
        let generated = desired.objects.iter().filter_map(|object| {
            let identity = &object.identity;
            Some((&*identity.kind, &*identity.namespace, names::without_hash(&identity.name)?))
        });
        Self {
            desired,
            live,
            platform,
            by_uid: by_uid.map(|(at, it)| (&*it.uid, at)).collect(),
            paired,
            generated: generated.collect(),
            is_openshift: live
                .objects
                .iter()
                .any(|it| &*it.identity.kind == "Namespace" && it.identity.name.starts_with("openshift-")),
        }
    }

    /// What the object at `place` is.
    pub fn judge(&self, place: usize) -> Judged {
        let told = |class, evidence: String| Judged { class, evidence };
        let Some(header) = self.live.objects.get(place) else {
            return told(Class::Unknown, String::new());
        };
        if self.is_declared(place) {
            return told(Class::Declared, "Git declares it".to_owned());
        }
        if let Some(evidence) = self.child(header) {
            return told(Class::Child, evidence);
        }
        if let Some(judged) = self.claimed(header) {
            return judged;
        }
        if let Some(base) = self.generation(&header.identity) {
            return told(Class::Generation, format!("Git declares another generation of {base}"));
        }
        if let Some(reason) = system::reason(header, self.platform) {
            return told(Class::System, reason);
        }
        if self.is_openshift && system::is_of_openshift(&header.identity) {
            return told(Class::System, "every namespace of OpenShift has it".to_owned());
        }
        if let Some(reason) = self.definition(header) {
            return told(Class::System, reason);
        }
        if !self.desired.knows_unmarked() {
            return told(Class::Unknown, "what was not read or rendered may declare it".to_owned());
        }
        told(
            Class::Shadow,
            "no declaration names it, nothing owns it, and it carries no mark of a tool".to_owned(),
        )
    }

    fn is_declared(&self, place: usize) -> bool {
        self.paired.get(place).copied().unwrap_or(false)
            || self
                .live
                .objects
                .get(place)
                .is_some_and(|it| !self.desired.declarations(&it.identity).is_empty())
    }

    fn child(&self, header: &Header) -> Option<String> {
        let owner = header.owners.iter().find(|owner| owner.controller).or(header.owners.first());
        if let Some(owner) = owner {
            let known = self.by_uid.contains_key(&*owner.uid);
            let what = format!("{} {}", owner.kind, owner.name);
            return Some(if known {
                format!("{what} owns it")
            } else {
                format!("{what}, which is not live, owns it")
            });
        }
        if let Some(signal) = MADE_FROM.iter().find(|signal| header.signal(signal).is_some()) {
            return Some(format!("its {signal} is {}", header.signal(signal).unwrap_or_default()));
        }
        let identity = &header.identity;
        let exists = |kind: &str, group: &str, name: &str| {
            let wanted =
                Identity { group: group.into(), kind: kind.into(), name: name.into(), ..identity.clone() };
            self.live.by_identity.contains_key(&wanted)
        };
        match &*identity.kind {
            "Endpoints" if exists("Service", "", &identity.name) => {
                Some("the Service of its name owns it".to_owned())
            }
            "PersistentVolumeClaim" => self.claim_of_set(identity),
            "PersistentVolume" if !header.detail.is_empty() => {
                Some(format!("it was provisioned for the claim {}", header.detail))
            }
            _ => None,
        }
    }

    /// The `StatefulSet` a claim was made for: `<template>-<set>-<number>`.
    fn claim_of_set(&self, claim: &Identity) -> Option<String> {
        let (rest, number) = claim.name.rsplit_once('-')?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let starts = rest.match_indices('-').map(|(at, _)| &rest[at + 1..]);
        let set = starts.into_iter().find(|set| {
            let set = Identity {
                group: "apps".into(),
                kind: "StatefulSet".into(),
                namespace: claim.namespace.clone(),
                name: (*set).into(),
            };
            self.live.by_identity.contains_key(&set)
        })?;
        Some(format!("StatefulSet {set} claimed it"))
    }

    fn claimed(&self, header: &Header) -> Option<Judged> {
        let signal = |name| header.signal(name).filter(|value| !value.is_empty());
        let helm = signal("helm.toolkit.fluxcd.io/name").zip(signal("helm.toolkit.fluxcd.io/namespace"));
        if let (Some(name), managed) =
            (signal("meta.helm.sh/release-name"), signal("app.kubernetes.io/managed-by"))
            && managed.is_none_or(|managed| managed == "Helm")
        {
            let namespace = signal("meta.helm.sh/release-namespace").unwrap_or(&header.identity.namespace);
            let known = self.desired.release(namespace, name).is_some() || helm.is_some();
            return Some(Judged {
                class: Class::Release(namespace.to_owned(), name.to_owned(), known),
                evidence: format!("the Helm release {namespace}/{name} installed it"),
            });
        }
        if signal("objectset.rio.cattle.io/owner-gvk").is_some_and(|owner| owner.contains("Addon")) {
            return Some(Judged { class: Class::System, evidence: "an add-on of k3s".to_owned() });
        }
        if signal("argocd.argoproj.io/compare-options").is_some_and(|it| it.contains("IgnoreExtraneous")) {
            return Some(Judged {
                class: Class::System,
                evidence: "Argo CD is told to let it be".to_owned(),
            });
        }
        let (mark, tool) = CLAIMS.iter().find(|(mark, _)| signal(mark).is_some())?;
        let value = signal(mark).unwrap_or_default();
        // A copy of an object carries the mark of the original.
        if *mark == "argocd.argoproj.io/tracking-id" && !is_own_tracking_id(value, &header.identity) {
            return None;
        }
        let owner = value.split(':').next().unwrap_or(value);
        let evidence = format!("{tool} {owner} applied it, by its {mark}");
        // What was not rendered may well declare it.
        let full = signal("kustomize.toolkit.fluxcd.io/namespace")
            .filter(|_| *mark == "kustomize.toolkit.fluxcd.io/name")
            .map_or_else(|| owner.to_owned(), |namespace| format!("{namespace}/{owner}"));
        let class = if self.desired.knows_owner(&full) { Class::Orphan } else { Class::Unknown };
        Some(Judged { class, evidence })
    }

    fn generation(&self, identity: &Identity) -> Option<&'c str> {
        let base = names::without_hash(&identity.name)?;
        let found = self.generated.iter().find(|(kind, namespace, name)| {
            *kind == &*identity.kind
                && *name == base
                && (namespace.is_empty() || *namespace == &*identity.namespace)
        });
        found.map(|(_, _, name)| *name)
    }

    /// Definitions come with operators, whose charts leave no mark on them.
    fn definition(&self, header: &Header) -> Option<String> {
        let identity = &header.identity;
        let (_, group) =
            identity.name.split_once('.').filter(|_| &*identity.kind == "CustomResourceDefinition")?;
        self.desired.uses_group(group).then(|| format!("Git declares resources of {group}"))
    }
}

/// Whether Argo CD's mark names the object that carries it: `<app>:<group>/<kind>:<ns>/<name>`.
fn is_own_tracking_id(mark: &str, identity: &Identity) -> bool {
    let mut parts = mark.splitn(3, ':');
    let (_, kind, name) = (parts.next(), parts.next(), parts.next());
    let own_kind = kind == Some(&format!("{}/{}", identity.group, identity.kind));
    let name = name.and_then(|name| name.split_once('/'));
    own_kind
        && name.is_some_and(|(namespace, name)| {
            name == &*identity.name && (identity.namespace.is_empty() || namespace == &*identity.namespace)
        })
}

/// Shadows and releases folded to what one finding says.
pub(super) struct Folded {
    /// By namespace that nobody declared: its objects.
    pub namespaces: BTreeMap<String, Vec<usize>>,
    /// By release: its objects.
    pub releases: BTreeMap<(String, String), Vec<usize>>,
    /// Single shadows.
    pub shadows: Vec<usize>,
    /// Single orphans.
    pub orphans: Vec<usize>,
}

/// Folds what was judged; `judged` is by place.
pub(super) fn fold(desired: &Desired, live: &Inventory, judged: &[Judged]) -> Folded {
    let mut folded = Folded {
        namespaces: BTreeMap::new(),
        releases: BTreeMap::new(),
        shadows: Vec::new(),
        orphans: Vec::new(),
    };
    for (place, (judged, header)) in judged.iter().zip(&live.objects).enumerate() {
        match &judged.class {
            Class::Orphan => folded.orphans.push(place),
            Class::Release(namespace, name, false) => {
                folded.releases.entry((namespace.clone(), name.clone())).or_default().push(place);
            }
            Class::Shadow => {
                let identity = &header.identity;
                let own = if &*identity.kind == "Namespace" { &identity.name } else { &identity.namespace };
                let foldable = !own.is_empty()
                    && &**own != "default"
                    && !desired.knows_namespace(own)
                    && !system::is_platform_namespace(own);
                if foldable {
                    folded.namespaces.entry(own.to_string()).or_default().push(place);
                } else {
                    folded.shadows.push(place);
                }
            }
            _ => {}
        }
    }
    // One object is named as it is.
    let single: Vec<String> = folded
        .namespaces
        .iter()
        .filter(|(_, places)| places.len() == 1)
        .map(|(name, _)| name.clone())
        .collect();
    for name in single {
        folded.shadows.extend(folded.namespaces.remove(&name).into_iter().flatten());
    }
    folded.shadows.sort_unstable();
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_mark_names_another_object() {
        let own = Identity::new("apps/v1", "Deployment", "shop", "cart");
        assert!(is_own_tracking_id("shop:apps/Deployment:shop/cart", &own));
        assert!(!is_own_tracking_id("shop:apps/Deployment:shop/cart-v1", &own));
        let core = Identity::new("v1", "Service", "shop", "cart");
        assert!(is_own_tracking_id("shop:/Service:shop/cart", &core));
    }
}
