//! The template a stack was deployed with, which tells drift from changes of Git that wait.

use std::collections::HashSet;

use super::attributes;
use super::deployments::Deployment;
use super::told::Witness;
use crate::drift::aws::{Comparison, Live, Pair, compare};
use crate::stacks::{self, Environment, Given, evaluate};
use crate::syntax;

impl Witness<'_, '_> {
    /// Where what is live differs from the template that was deployed: logical id and path. `None` when the
    /// template cannot be read.
    pub fn differs_from_deployed(
        &self,
        (place, deployment): (usize, &Deployment),
        text: &str,
        pending: &[(usize, Comparison<'_>, Live)],
        resources: &[stacks::Resource<'_>],
    ) -> Option<HashSet<(String, String)>> {
        let name = if text.trim_start().starts_with('{') { "deployed.json" } else { "deployed.yaml" };
        let mut parsed = syntax::for_file(name)?.parse(text);
        if parsed.has_parse_error() || parsed.documents.len() != 1 {
            return None;
        }
        let mut document = parsed.documents.pop()?;
        crate::platform::recognise(name, &document)?.prepare(&mut document);
        let stack = deployment.stack(self.plan.live)?;
        let physical = |logical: &str, attribute: Option<&str>| {
            attributes::value(self.plan, place, self.answers, logical, attribute)
        };
        let environment = Environment {
            parameters: stack
                .parameters
                .iter()
                .map(|(name, it)| (name.clone(), Given::Text(it.clone())))
                .collect(),
            ..deployment.environment(self.plan.live, &physical)
        };
        let evaluated = evaluate(&document, &environment);
        let mut out = HashSet::new();
        for (place, _, live) in pending {
            let logical = &resources.get(*place)?.logical;
            let Some(then) = evaluated.resources.iter().find(|it| it.logical == *logical) else { continue };
            let others = &[];
            let pair = Pair {
                kind: &then.kind,
                declared: &then.properties,
                live,
                stack_tags: Some(&stack.tags).filter(|_| deployment.tags.is_some()),
                others,
            };
            out.extend(compare(&pair).changes.into_iter().map(|change| (logical.to_string(), change.path)));
        }
        Some(out)
    }
}
