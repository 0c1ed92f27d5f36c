//! Templates that nothing names: neither a stack is deployed from them nor does another template nest them.

use std::collections::{BTreeMap, BTreeSet};

use super::finder::Finder;
use super::{DeclaredStack, Place};
use crate::stacks::{Environment, evaluate, nested};

/// Adds a stack without a name for each.
pub(super) fn add(finder: &mut Finder<'_>) {
    let mut named = finder.deployed();
    let nested: BTreeSet<String> = finder.found.templates.iter().flat_map(children).collect();
    named.extend(nested.iter().filter_map(|path| finder.template(path)));
    let templates = finder.found.templates.iter().enumerate().filter(|(index, _)| !named.contains(index));
    let stacks: Vec<_> = templates
        .map(|(index, template)| DeclaredStack {
            id: template.path.clone(),
            name: None,
            account: None,
            region: None,
            template: index,
            parameters: BTreeMap::new(),
            tags: Vec::new(),
            origin: Place {
                file: template.path.clone(),
                span: template
                    .document
                    .root()
                    .and_then(|root| root.entries().next())
                    .map(|(key, _)| key.span())
                    .unwrap_or_default(),
            },
        })
        .collect();
    finder.found.stacks.extend(stacks);
}

/// The templates that a template nests.
fn children(template: &super::Template) -> Vec<String> {
    // Evaluating every template twice would be waste: few nest others, and a word tells.
    if !["AWS::CloudFormation::Stack", "AWS::Serverless::Application"]
        .iter()
        .any(|kind| template.text.contains(kind))
    {
        return Vec::new();
    }
    let evaluated = evaluate(&template.document, &Environment::default());
    evaluated.resources.iter().filter_map(|it| nested(it, &template.path)).map(|it| it.template).collect()
}
