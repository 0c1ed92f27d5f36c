//! Nested stacks whose template stands in the repository.

use std::collections::BTreeMap;

use super::{Given, Resource};
use crate::aws::{Node, Value};
use crate::model::file_path::{folder_of, join};

/// What a nested stack is deployed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// Its template, from the repository's root.
    pub template: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, Given>,
}

/// What `resource` of the template at `path` nests; `None` when it is no nested stack, or one whose template
/// is in a bucket.
///
/// A path is what `aws cloudformation package` takes for a URL: from the template's own folder. CDK puts the
/// template into a bucket and notes beside it which file that was.
pub fn nested(resource: &Resource<'_>, path: &str) -> Option<Nested> {
    if resource.kind != "AWS::CloudFormation::Stack" {
        return None;
    }
    let written =
        resource.properties.get("TemplateURL").and_then(Node::text).filter(|url| !url.contains("://"));
    let template = join(folder_of(path), written.or(resource.asset)?)?;
    let parameters = resource.properties.get("Parameters").map(Node::entries).unwrap_or_default();
    let parameters = parameters.iter().map(|(name, value)| (name.to_string(), given(value))).collect();
    Some(Nested { template, parameters })
}

fn given(node: &Node<'_>) -> Given {
    match &node.value {
        Value::Unknown(why) => Given::Unknown(why.to_string()),
        Value::List(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Node::text).collect();
            texts.map_or_else(
                || Given::Unknown("a part of a list".to_owned()),
                |texts| Given::Text(texts.join(",")),
            )
        }
        _ => node.text().map_or_else(
            || Given::Unknown("a value that is no text".to_owned()),
            |text| Given::Text(text.to_owned()),
        ),
    }
}
