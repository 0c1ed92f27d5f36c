//! Stacks that trueup.yaml names under `audit.aws.stacks`.

use std::collections::BTreeMap;

use super::finder::Finder;
use super::parameters::{self, given};
use super::{DeclaredStack, Parameter, Place};
use crate::config::StackConfig;
use crate::model::Gap;
use crate::model::file_path::join;

/// Adds them; their files are given from the repository's root.
pub(super) fn add(finder: &mut Finder<'_>, stacks: &[StackConfig], configuration: &str) {
    for stack in stacks {
        let path = join("", &stack.template);
        let Some(template) = finder.template_of(path.as_deref(), &stack.template, configuration) else {
            continue;
        };
        let place = |span| Place { file: configuration.to_owned(), span };
        let mut all = match &stack.parameter_file {
            None => BTreeMap::new(),
            Some(written) => {
                let file = join("", written).and_then(|path| finder.source(&path));
                let Some(parameters) = file.as_ref().and_then(parameters::read) else {
                    let reason = format!("`{written}` is no file of parameters that can be read");
                    finder.found.gaps.push(Gap { subject: configuration.to_owned(), reason });
                    continue;
                };
                parameters
            }
        };
        for (name, value, span) in &stack.parameters {
            all.insert(name.clone(), Parameter { value: given(value), place: place(*span) });
        }
        finder.push(DeclaredStack {
            id: stack.name.clone(),
            name: Some(stack.name.clone()),
            account: stack.account.clone(),
            region: stack.region.clone(),
            template,
            parameters: all,
            tags: stack.tags.clone(),
            origin: place(stack.span),
        });
    }
}
