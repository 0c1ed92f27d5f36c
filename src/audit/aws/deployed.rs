//! The template a stack was deployed with, which tells drift from changes of Git that wait.

use std::collections::HashSet;

use super::attached::{Entry, Others};
use super::attributes;
use super::counterpart::{self, Counterpart};
use super::deployments::Deployment;
use super::told::Witness;
use crate::drift::aws::{Comparison, Live, Pair, compare};
use crate::stacks::{self, Environment, Given, evaluate};
use crate::syntax;

/// A comparison that is not told yet.
pub(super) struct Pending<'p> {
    /// Which resource.
    pub place: usize,
    pub comparison: Comparison<'p>,
    pub live: &'p Live,
    /// What other resources declare of it.
    pub others: &'p [Entry<'p>],
}

impl Witness<'_, '_> {
    /// Where what is live differs from the template that was deployed: logical id and path. `None` when the
    /// template cannot be read.
    pub fn differs_from_deployed(
        &self,
        (place, deployment): (usize, &Deployment),
        text: &str,
        pending: &[Pending<'_>],
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
        // What Git declares of others it declares still, or else it waits: both explain what is live.
        let mut others = Others::default();
        others.add(self.plan, deployment, &evaluated.resources);
        let mut out = HashSet::new();
        for Pending { place, live, others: now, .. } in pending {
            let logical = &resources.get(*place)?.logical;
            let Some(then) = evaluated.resources.iter().find(|it| it.logical == *logical) else { continue };
            let Counterpart::Live { item, physical, .. } = counterpart::find(self.plan, deployment, then)
            else {
                continue;
            };
            let mut others = others.of(deployment.scope.as_ref()?, &then.kind, item, &physical);
            others.extend_from_slice(now);
            let pair = Pair {
                kind: &then.kind,
                declared: &then.properties,
                account: deployment.account(),
                live,
                stack_tags: Some(&stack.tags).filter(|_| deployment.tags.is_some()),
                others: &others,
            };
            out.extend(compare(&pair).changes.into_iter().map(|change| (logical.to_string(), change.path)));
        }
        Some(out)
    }
}
