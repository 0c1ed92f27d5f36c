//! Charts that an Argo CD Application takes from this repository.

use super::{Chart, values};
use crate::gitops::argo::value_file;
use crate::gitops::controller::At;
use crate::gitops::tree::{Origin, Tree};
use crate::gitops::{Build, FileKind};

/// The options of a chart that are evaluated, and those that change nothing of what is rendered.
const KNOWN: &[&str] = &[
    "releaseName",
    "namespace",
    "valueFiles",
    "ignoreMissingValueFiles",
    "values",
    "valuesObject",
    "parameters",
    "skipCrds",
    "kubeVersion",
    "apiVersions",
    "version",
    "passCredentials",
    "skipSchemaValidation",
    "skipTests",
];

/// What an Application makes of the chart in `folder`.
///
/// # Errors
/// Why its objects are unknown.
pub(in crate::gitops) fn of_application(
    application: &Tree,
    source: &Tree,
    folder: &str,
    place: Origin,
    at: &At<'_>,
) -> Result<Build, String> {
    let options = source.get("helm");
    let option = |key| options.and_then(|options| options.get(key));
    let text = |key| option(key).and_then(Tree::text).filter(|text| !text.is_empty());
    for (key, value) in options.map(Tree::entries).unwrap_or_default() {
        let key = key.text().unwrap_or_default();
        let is_empty = value.items().is_empty() && value.text().is_none_or(str::is_empty);
        if !is_empty && !KNOWN.contains(&key) {
            return Err(format!("`{key}` of a chart is not evaluated"));
        }
    }
    let of_application = |keys: &[&str]| application.descend(keys);
    let name = of_application(&["metadata", "name"]).and_then(Tree::text).unwrap_or_default();
    let files: Option<Vec<String>> = option("valueFiles")
        .map(Tree::items)
        .unwrap_or_default()
        .iter()
        .map(|path| value_file(folder, path.text()?))
        .collect();
    let mut value_files = files.ok_or("a file of values lies outside this repository")?;
    if text("ignoreMissingValueFiles") == Some("true") {
        value_files.retain(|path| at.sources.files().kind(path) == Some(FileKind::File));
    }
    // An object wins over a text, as in Argo CD.
    let values = match (option("valuesObject").filter(|values| values.is_map()), option("values")) {
        (Some(values), _) => Some(values.clone()),
        (None, Some(given)) => given.text().map(|text| values::read(text, given.origin)).transpose()?,
        (None, None) => None,
    };
    let chart = Chart {
        folder,
        release: text("releaseName").unwrap_or(name),
        namespace: option("namespace").or_else(|| of_application(&["spec", "destination", "namespace"])),
        value_files,
        values,
        options: arguments(options)?,
        place,
    };
    chart.template(at)
}

/// Parameters, and what the chart is told of the cluster.
fn arguments(options: Option<&Tree>) -> Result<Vec<String>, String> {
    let option = |key| options.and_then(|options| options.get(key));
    let mut out = Vec::new();
    if option("skipCrds").and_then(Tree::text) != Some("true") {
        out.push("--include-crds".to_owned());
    }
    if let Some(version) = option("kubeVersion").and_then(Tree::text).filter(|text| !text.is_empty()) {
        out.push(format!("--kube-version={version}"));
    }
    for version in option("apiVersions").map(Tree::items).unwrap_or_default() {
        out.push(format!("--api-versions={}", version.text().unwrap_or_default()));
    }
    for parameter in option("parameters").map(Tree::items).unwrap_or_default() {
        let text = |key| parameter.get(key).and_then(Tree::text).unwrap_or_default();
        if text("value").contains("$ARGOCD_") {
            return Err(format!("the parameter `{}` is filled in by Argo CD", text("name")));
        }
        let option = if text("forceString") == "true" { "--set-string" } else { "--set" };
        out.push(format!("{option}={}={}", text("name"), escaped(text("value"))));
    }
    Ok(out)
}

/// A value whose commas are its own: Argo CD escapes them, except in a list `{a,b}`.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut last = ' ';
    for letter in value.chars() {
        if letter == ',' && last != '\\' {
            out.push('\\');
        }
        out.push(letter);
        last = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn commas_are_escaped_as_argo_does() {
        assert_eq!(escaped("a,b"), "a\\,b");
        assert_eq!(escaped("a\\,b"), "a\\,b");
        assert_eq!(escaped("{a,b}"), "{a,b}");
    }
}
