//! Helm releases of Flux and Argo CD. Charts are programs: they are rendered by the user's own
//! `helm template` when that is asked for, and only where the chart lies in this repository.

use std::path::PathBuf;

use super::argo::value_file;
use super::controller::{At, Controller, Root, RootKind, refusal};
use super::flux::{is_here, is_of, root_of};
use super::tree::{Maker, Origin, Tree};
use super::{Build, FileKind, external, print};
use crate::model::file_path::join;

/// `helm.toolkit.fluxcd.io` HelmRelease.
pub(super) struct Release;

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
        let place = object.descend(&["metadata", "name"]).unwrap_or(object).origin;
        match of_release(object, place, at) {
            Ok(build) => root.build = build,
            Err(reason) => root.unknown.push(refusal(at.sources, place, reason)),
        }
        vec![root]
    }
}

fn of_release(object: &Tree, place: Origin, at: &At<'_>) -> Result<Build, String> {
    let spec = object.get("spec").ok_or("it has no spec")?;
    let chart = spec.descend(&["chart", "spec"]);
    let name = chart.and_then(|chart| chart.get("chart")).and_then(Tree::text);
    let from = chart.and_then(|chart| chart.get("sourceRef"));
    let is_here = from.is_some_and(|from| {
        from.get("kind").and_then(Tree::text) == Some("GitRepository") && is_here(from, object, at)
    });
    let name = name.filter(|_| is_here).ok_or("its chart is not in this repository")?;
    let folder = join("", name).ok_or("its chart leaves the repository")?;
    let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text).unwrap_or_default();
    if spec.get("valuesFrom").is_some_and(|from| !from.items().is_empty()) {
        return Err("its values come from objects of the cluster".to_owned());
    }
    if spec.get("postRenderers").is_some_and(|post| !post.items().is_empty()) {
        return Err("post-renderers are not run".to_owned());
    }
    let first = [text(&["spec", "targetNamespace"]), text(&["metadata", "namespace"])];
    let namespace = first.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let own = text(&["spec", "releaseName"]);
    let name = if own.is_empty() { text(&["metadata", "name"]) } else { own };
    template(&folder, (name, namespace), &[], spec.get("values"), place, at)
}

/// What an Application makes of the chart in `folder`.
///
/// # Errors
/// Why its objects are unknown.
pub(super) fn of_application(
    application: &Tree,
    source: &Tree,
    folder: &str,
    place: Origin,
    at: &At<'_>,
) -> Result<Build, String> {
    let options = source.get("helm");
    let option = |key| options.and_then(|options| options.get(key));
    for key in ["values", "parameters", "fileParameters"] {
        if option(key).is_some_and(|value| {
            value.text().is_some_and(|text| !text.is_empty()) || !value.items().is_empty()
        }) {
            return Err(format!("`{key}` of a chart is not evaluated"));
        }
    }
    let text = |keys: &[&str]| application.descend(keys).and_then(Tree::text).unwrap_or_default();
    let own = option("releaseName").and_then(Tree::text);
    let name = own.unwrap_or_else(|| text(&["metadata", "name"]));
    let files: Option<Vec<String>> = option("valueFiles")
        .map(Tree::items)
        .unwrap_or_default()
        .iter()
        .map(|path| value_file(folder, path.text()?))
        .collect();
    let files = files.ok_or("a file of values lies outside this repository")?;
    let namespace = text(&["spec", "destination", "namespace"]);
    template(folder, (name, namespace), &files, option("valuesObject"), place, at)
}

fn template(
    folder: &str,
    release: (&str, &str),
    value_files: &[String],
    values: Option<&Tree>,
    place: Origin,
    at: &At<'_>,
) -> Result<Build, String> {
    let files = at.sources.files();
    let chart = join(folder, "Chart.yaml").filter(|chart| files.kind(chart) == Some(FileKind::File));
    if chart.is_none() {
        return Err(format!("`{folder}` holds no chart"));
    }
    if !at.options.programs.helm {
        return Err("charts are rendered only with --helm".to_owned());
    }
    let on_disk = |path: &str| files.on_disk(path).ok_or("only the work tree can be given to helm");
    let value_files: Result<Vec<PathBuf>, _> = value_files.iter().map(|path| on_disk(path)).collect();
    let mut text = String::new();
    if let Some(values) = values {
        print::document(values, &mut text);
    }
    let origin = Origin { maker: Some(Maker::Chart), ..place };
    let objects = external::helm(&on_disk(folder)?, release, &value_files?, &text, origin)?;
    Ok(Build { objects, refusals: Vec::new() })
}
