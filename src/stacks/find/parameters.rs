//! Files of parameters: the forms of the AWS CLI and of CodePipeline, and which template they are for.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html>

use std::collections::{BTreeMap, BTreeSet};

use super::finder::{Finder, Source};
use super::{DeclaredStack, Parameter};
use crate::model::file_path::{folder_of, name_of};
use crate::model::{Gap, NodeRef, Scalar};
use crate::stacks::Given;

/// Adds a stack for every file of parameters that belongs to one template.
pub(super) fn add(finder: &mut Finder<'_>) {
    let sources = std::mem::take(&mut finder.parameters);
    let mut stacks = Vec::new();
    for source in &sources {
        let Some(parameters) = read(source).filter(|parameters| !parameters.is_empty()) else { continue };
        let template = match template_for(finder, source, &parameters) {
            Ok(Some(template)) => template,
            Ok(None) => continue,
            Err(reason) => {
                finder.found.gaps.push(Gap { subject: source.path.clone(), reason });
                continue;
            }
        };
        let Some(root) = source.root() else { continue };
        stacks.push(DeclaredStack {
            id: source.path.clone(),
            name: None,
            account: None,
            region: None,
            template,
            parameters,
            tags: pairs(root.get("Tags")),
            origin: source.place(root),
        });
    }
    // A template whose stacks are named elsewhere is not deployed once more by its files of parameters.
    let deployed = finder.deployed();
    stacks
        .into_iter()
        .filter(|stack| !deployed.contains(&stack.template))
        .for_each(|stack| finder.push(stack));
}

/// The parameters of a file; `None` when it is no such file.
pub(super) fn read(source: &Source) -> Option<BTreeMap<String, Parameter>> {
    let root = source.root()?;
    if root.is_sequence() {
        return root.items().map(|item| listed(source, item)).collect();
    }
    let only = |key: NodeRef<'_>| matches!(key.text(), Some("Parameters" | "Tags" | "StackPolicy"));
    let parameters = root.get("Parameters").filter(|parameters| parameters.is_mapping())?;
    let plain = parameters.entries().all(|(_, value)| value.text().is_some());
    (plain && root.entries().all(|(key, _)| only(key))).then(|| mapped(source, parameters))
}

/// `{"ParameterKey": …, "ParameterValue": …}`, or `"Key=Value"`.
fn listed(source: &Source, item: NodeRef<'_>) -> Option<(String, Parameter)> {
    let place = source.place(item);
    if let Some((key, value)) = item.text().and_then(|text| text.split_once('=')) {
        return Some((key.to_owned(), Parameter { value: given(value), place }));
    }
    let key = item.get("ParameterKey").and_then(NodeRef::text)?;
    let value = match item.get("ParameterValue").and_then(NodeRef::text) {
        Some(value) => given(value),
        None => Given::Unknown(format!("the previous value of {key}")),
    };
    Some((key.to_owned(), Parameter { value, place }))
}

/// A mapping from names to values.
pub(super) fn mapped(source: &Source, parameters: NodeRef<'_>) -> BTreeMap<String, Parameter> {
    let parameter = |(key, value): (NodeRef<'_>, NodeRef<'_>)| {
        let text = scalar_text(value).or_else(|| listing(value))?;
        Some((key.text()?.to_owned(), Parameter { value: given(&text), place: source.place(value) }))
    };
    parameters.entries().filter_map(parameter).collect()
}

/// A value as it is given.
pub(super) fn given(text: &str) -> Given {
    Given::Text(text.to_owned())
}

/// The texts of a mapping, or of a list of tags (`{"Key": …, "Value": …}`).
pub(super) fn pairs(node: Option<NodeRef<'_>>) -> Vec<(String, String)> {
    let Some(node) = node else { return Vec::new() };
    let tag =
        |item: NodeRef<'_>| Some((item.get("Key")?.text()?.to_owned(), scalar_text(item.get("Value")?)?));
    let entries =
        node.entries().filter_map(|(key, value)| Some((key.text()?.to_owned(), scalar_text(value)?)));
    entries.chain(node.items().filter_map(tag)).collect()
}

fn scalar_text(node: NodeRef<'_>) -> Option<String> {
    match node.scalar()? {
        Scalar::Null => Some(String::new()),
        Scalar::Bool(flag) => Some(flag.to_string()),
        _ => node.text().map(str::to_owned),
    }
}

/// A list as CloudFormation takes it: with commas.
fn listing(node: NodeRef<'_>) -> Option<String> {
    let items: Option<Vec<&str>> = node.items().map(NodeRef::text).collect();
    items.filter(|_| node.is_sequence()).map(|items| items.join(","))
}

/// The template that a file of parameters is for: near it, and with all of these parameters; of several the
/// one it is named after.
fn template_for(
    finder: &Finder<'_>,
    source: &Source,
    parameters: &BTreeMap<String, Parameter>,
) -> Result<Option<usize>, String> {
    let folder = source.folder();
    let above = folder_of(folder);
    let mut near = Vec::new();
    for (index, template) in finder.found.templates.iter().enumerate() {
        let place = folder_of(&template.path);
        if place != folder && (place != above || folder.is_empty()) {
            continue;
        }
        let declared: BTreeSet<&str> = template
            .document
            .root()
            .and_then(|root| root.get("Parameters"))
            .into_iter()
            .flat_map(NodeRef::entries)
            .filter_map(|(key, _)| key.text())
            .collect();
        if parameters.keys().all(|name| declared.contains(name.as_str())) {
            near.push((index, template.path.as_str()));
        }
    }
    let stem = |path: &str| name_of(path).split('.').next().unwrap_or_default().to_lowercase();
    let own = stem(&source.path);
    let named: Vec<usize> =
        near.iter().filter(|(_, path)| own.contains(&stem(path))).map(|(index, _)| *index).collect();
    match (near.as_slice(), named.as_slice()) {
        ([], _) => Ok(None),
        ([(only, _)], _) | (_, [only]) => Ok(Some(*only)),
        _ => Err("the parameters fit several templates; name the stack in trueup.yaml".to_owned()),
    }
}
