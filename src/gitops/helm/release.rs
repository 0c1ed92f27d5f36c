//! Flux's `HelmRelease`s whose chart lies in this repository.

use super::{Chart, values};
use crate::gitops::Build;
use crate::gitops::controller::{At, Controller, Root, RootKind, refusal};
use crate::gitops::flux::{add_metadata, find, is_here, is_of, namespace_of, root_of};
use crate::gitops::tree::{Origin, Tree};
use crate::model::file_path::join;
use crate::secrets::digest;

/// `helm.toolkit.fluxcd.io` `HelmRelease`.
pub(in crate::gitops) struct Release;

impl Controller for Release {
    fn claims(&self, object: &Tree) -> bool {
        is_of(object, "helm.toolkit.fluxcd.io/", "HelmRelease") && object.get("spec").is_some()
    }

    fn is_entry(&self) -> bool {
        false
    }

    fn path(&self, _object: &Tree) -> Option<String> {
        None
    }

    fn render(&self, object: &Tree, at: &At<'_>) -> Vec<Root> {
        let mut root = root_of(object, RootKind::Helm, at);
        let kubeconfig = object.descend(&["spec", "kubeConfig", "secretRef", "name"]);
        root.destination = kubeconfig.and_then(Tree::text).map(str::to_owned);
        let place = object.descend(&["metadata", "name"]).unwrap_or(object).origin;
        match build(object, place, at) {
            Ok(build) => root.build = build,
            Err(reason) => root.unknown.push(refusal(at.sources, place, reason)),
        }
        vec![root]
    }
}

fn build(object: &Tree, place: Origin, at: &At<'_>) -> Result<Build, String> {
    let spec = object.get("spec").ok_or("it has no spec")?;
    let chart = spec.descend(&["chart", "spec"]);
    let name = chart.and_then(|chart| chart.get("chart")).and_then(Tree::text);
    let from = chart.and_then(|chart| chart.get("sourceRef"));
    let is_here = from.is_some_and(|from| {
        from.get("kind").and_then(Tree::text) == Some("GitRepository") && is_here(from, object, at)
    });
    let name = name.filter(|_| is_here).ok_or("its chart is not in this repository")?;
    let folder = join("", name).ok_or("its chart leaves the repository")?;
    if spec.get("postRenderers").is_some_and(|post| !post.items().is_empty()) {
        return Err("post-renderers are not run".to_owned());
    }
    let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text).filter(|text| !text.is_empty());
    let namespaces =
        [object.descend(&["spec", "targetNamespace"]), object.descend(&["metadata", "namespace"])];
    let namespace = namespaces
        .into_iter()
        .flatten()
        .find(|namespace| namespace.text().is_some_and(|text| !text.is_empty()));
    let release = text(&["spec", "releaseName"]).map_or_else(
        || release_name(text(&["spec", "targetNamespace"]), text(&["metadata", "name"]).unwrap_or_default()),
        str::to_owned,
    );
    let chart = Chart {
        folder: &folder,
        release: &release,
        namespace,
        value_files: value_files(chart, &folder)?,
        values: all_values(object, spec, at)?,
        options: vec!["--include-crds".to_owned()],
        place,
    };
    let mut build = chart.template(at)?;
    if let Some(metadata) = spec.get("commonMetadata") {
        build.objects.iter_mut().for_each(|object| add_metadata(object, metadata));
    }
    Ok(build)
}

/// The name that Flux gives a release: that of its object behind its target namespace, cut to what Helm allows.
pub fn release_name(target_namespace: Option<&str>, name: &str) -> String {
    // Helm's limit, and how much of it the hash of a longer name takes.
    const MOST: usize = 53;
    const HASH: usize = 12;
    let full = target_namespace.map_or_else(|| name.to_owned(), |target| format!("{target}-{name}"));
    if full.len() <= MOST {
        return full;
    }
    let start: String = full.chars().take(MOST - HASH - 1).collect();
    let hash: String = digest(full.as_bytes()).chars().take(HASH).collect();
    format!("{start}-{hash}")
}

/// The files of values a chart is packed with, beside its own `values.yaml`.
fn value_files(chart: Option<&Tree>, folder: &str) -> Result<Vec<String>, String> {
    let listed = chart.and_then(|chart| chart.get("valuesFiles")).map(Tree::items).unwrap_or_default();
    let paths: Option<Vec<String>> = listed.iter().map(|path| join("", path.text()?)).collect();
    let mut paths = paths.ok_or("a file of values leaves the repository")?;
    // These replace the values of the chart, which `helm template` always reads.
    if !paths.is_empty() && join(folder, "values.yaml").as_ref() != Some(&paths.remove(0)) {
        return Err("`valuesFiles` that leave out the chart's own values.yaml are not evaluated".to_owned());
    }
    Ok(paths)
}

/// The values of objects that it names, then its own.
fn all_values(object: &Tree, spec: &Tree, at: &At<'_>) -> Result<Option<Tree>, String> {
    let mut all = None;
    for from in spec.get("valuesFrom").map(Tree::items).unwrap_or_default() {
        let text = |key| from.get(key).and_then(Tree::text).unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        if kind != "ConfigMap" || !text("targetPath").is_empty() {
            return Err(format!("its values come from the {kind} `{name}`, which is not evaluated"));
        }
        let key = if text("valuesKey").is_empty() { "values.yaml" } else { text("valuesKey") };
        let map = find(at, kind, &namespace_of(object), name);
        let given = map.and_then(|map| map.descend(&["data", key]));
        let Some((given, text)) = given.and_then(|given| Some((given, given.text()?))) else {
            if text("optional") == "true" {
                continue;
            }
            return Err(format!("its values come from the ConfigMap `{name}`, which is not in Git"));
        };
        all = Some(values::merged(all, values::read(text, given.origin)?));
    }
    if let Some(own) = spec.get("values").filter(|own| own.is_map()) {
        all = Some(values::merged(all, own.clone()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::release_name;

    #[test]
    fn releases_are_named_as_flux_names_them() {
        assert_eq!(release_name(None, "web"), "web");
        assert_eq!(release_name(Some("shop"), "web"), "shop-web");
        let long = release_name(Some(&"a".repeat(40)), "web-with-a-long-name");
        assert_eq!((long.len(), &long[..41]), (53, &*format!("{}-", "a".repeat(40))));
    }
}
