//! Which release of Helm a declaration asks for.

use crate::gitops::release_name;
use crate::model::{Identity, NodeRef};

/// The group and the kind of Flux's releases.
pub(super) const FLUX: (&str, &str) = ("helm.toolkit.fluxcd.io", "HelmRelease");

/// The namespace and the name of the release that a Flux `HelmRelease` or the chart of an Argo CD `Application`
/// installs.
pub(super) fn release_of(identity: &Identity, body: NodeRef<'_>) -> Option<(String, String)> {
    let text = |path: &[&str]| body.descend(path).and_then(NodeRef::text).filter(|text| !text.is_empty());
    match (&*identity.group, &*identity.kind) {
        FLUX => {
            let target = text(&["spec", "targetNamespace"]);
            let name = text(&["spec", "releaseName"])
                .map_or_else(|| release_name(target, &identity.name), str::to_owned);
            // Where the record is kept (`storageNamespace`) is another question.
            Some((target.unwrap_or(&identity.namespace).to_owned(), name))
        }
        ("argoproj.io", "Application") => {
            let several = body.descend(&["spec", "sources"]).into_iter().flat_map(NodeRef::items);
            let mut sources = several.chain(body.descend(&["spec", "source"]));
            let source = sources.find(|source| source.get("chart").or(source.get("helm")).is_some())?;
            let own = source.descend(&["helm", "releaseName"]).and_then(NodeRef::text);
            let name = own.filter(|own| !own.is_empty()).unwrap_or(&identity.name);
            let namespace = text(&["spec", "destination", "namespace"]).unwrap_or_default();
            Some((namespace.to_owned(), name.to_owned()))
        }
        _ => None,
    }
}
