//! Templates that nothing names: neither a stack is deployed from them nor does another template nest them.

use std::collections::{BTreeMap, BTreeSet};

use super::finder::Finder;
use super::{DeclaredStack, Place, Template};

/// Adds a stack without a name for each.
pub(super) fn add(finder: &mut Finder<'_>) {
    let mut named = finder.deployed();
    let nested: BTreeSet<String> = finder.found.templates.iter().flat_map(Template::nested).collect();
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
