//! Stacks of CDK apps, from the manifests of their cloud assemblies.
//!
//! <https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema>

use std::collections::{BTreeMap, BTreeSet};

use super::finder::{Finder, Source};
use super::parameters::{given, pairs};
use super::{DeclaredStack, Parameter};
use crate::model::NodeRef;
use crate::model::file_path::join;

/// How many manifests are read; assemblies of stages name each other.
const MAX_MANIFESTS: usize = 1000;

/// Adds the stacks of every assembly: those that are listed, and the output folders of CDK apps.
pub(super) fn add(finder: &mut Finder<'_>) {
    let mut seen = BTreeSet::new();
    let mut next: Vec<Source> = std::mem::take(&mut finder.manifests);
    let apps = std::mem::take(&mut finder.cdk_apps);
    for app in &apps {
        let output = app.root().and_then(|root| root.get("output")).and_then(NodeRef::as_str);
        let path =
            join(app.folder(), output.unwrap_or("cdk.out")).map(|folder| format!("{folder}/manifest.json"));
        next.extend(path.and_then(|path| finder.source(&path)));
    }
    // Read from the end, so the first in order come last.
    next.reverse();
    while let Some(manifest) = next.pop() {
        if seen.len() >= MAX_MANIFESTS || !seen.insert(manifest.path.clone()) {
            continue;
        }
        let artifacts = manifest.root().and_then(|root| root.get("artifacts"));
        for (id, artifact) in artifacts.into_iter().flat_map(NodeRef::entries) {
            let properties = artifact.get("properties");
            match (artifact.get("type").and_then(NodeRef::text), properties) {
                (Some("aws:cloudformation:stack"), Some(properties)) => {
                    stack(finder, &manifest, id, artifact, properties);
                }
                (Some("cdk:cloud-assembly"), Some(properties)) => {
                    let folder = properties.get("directoryName").and_then(NodeRef::text);
                    let path =
                        folder.and_then(|name| join(manifest.folder(), &format!("{name}/manifest.json")));
                    next.extend(path.and_then(|path| finder.source(&path)));
                }
                _ => {}
            }
        }
    }
}

fn stack(
    finder: &mut Finder<'_>,
    manifest: &Source,
    id: NodeRef<'_>,
    artifact: NodeRef<'_>,
    properties: NodeRef<'_>,
) {
    let text = |key| properties.get(key).and_then(NodeRef::text);
    let Some(file) = text("templateFile") else { return };
    let Some(template) = finder.template_of(join(manifest.folder(), file).as_deref(), file, &manifest.path)
    else {
        return;
    };
    let name = text("stackName").or(id.text()).unwrap_or_default().to_owned();
    let (account, region) =
        environment(artifact.get("environment").and_then(NodeRef::text).unwrap_or_default());
    let mut parameters = BTreeMap::new();
    for (key, value) in properties.get("parameters").into_iter().flat_map(NodeRef::entries) {
        // The bootstrap version is a parameter of every stack that its own default answers.
        let (Some(key), Some(value_text)) = (key.text(), value.text()) else { continue };
        parameters
            .insert(key.to_owned(), Parameter { value: given(value_text), place: manifest.place(value) });
    }
    finder.push(DeclaredStack {
        id: name.clone(),
        name: Some(name),
        account,
        region,
        template,
        parameters,
        tags: pairs(properties.get("tags")),
        origin: manifest.place(id),
    });
}

/// The account and the region of `aws://account/region`, in which either may be unknown.
fn environment(text: &str) -> (Option<String>, Option<String>) {
    let (account, region) =
        text.strip_prefix("aws://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let known = |text: &str, unknown| (!text.is_empty() && text != unknown).then(|| text.to_owned());
    (known(account, "unknown-account"), known(region, "unknown-region"))
}
