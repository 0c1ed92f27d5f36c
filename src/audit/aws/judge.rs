//! Every declared resource against its live counterpart.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::attached::{Others, Whole, add_attached, add_parts, own_arn};
use super::counterpart::{self, Counterpart};
use super::deployments::Deployment;
use super::findings::Teller;
use super::outcome::{One, Status, Subject};
use super::sum::sum;
use super::told::{Told, Witness};
use super::{Judged, Plan, Policies};
use crate::aws::Node;
use crate::drift::aws::{Comparison, Live, Pair, compare};
use crate::stacks;
use crate::state::aws::Answers;

pub(super) fn all(
    plan: &Plan<'_>,
    answers: &Answers,
    deployed: &HashMap<Box<str>, String>,
    policies: Option<Policies<'_>>,
) -> Judged {
    let evaluated: Vec<_> =
        (0..plan.deployments.len()).into_par_iter().map(|place| plan.evaluate(place, answers)).collect();
    let attached: Vec<(&Deployment, &stacks::Resource<'_>, Node<'static>)> = plan
        .deployments
        .iter()
        .zip(&evaluated)
        .flat_map(|(deployment, evaluated)| {
            evaluated.resources.iter().filter_map(move |resource| {
                Some((deployment, resource, own_arn(plan, deployment, resource)?))
            })
        })
        .collect();
    let mut others = Others::new();
    for (deployment, evaluated) in plan.deployments.iter().zip(&evaluated) {
        for resource in &evaluated.resources {
            add_parts(plan, deployment, resource, &mut others);
        }
    }
    for (deployment, resource, arn) in &attached {
        add_attached(plan, deployment, resource, arn, &mut others);
    }
    let judge = Judge { plan, witness: Witness { plan, answers }, others: &others, teller: Teller { plan } };
    let judged: Vec<One> = plan
        .deployments
        .par_iter()
        .enumerate()
        .zip(&evaluated)
        .flat_map_iter(|(deployment, evaluated)| judge.deployment(deployment, &evaluated.resources, deployed))
        .collect();
    sum(&evaluated, judged, &judge.teller, policies)
}

struct Judge<'j, 'p> {
    plan: &'j Plan<'p>,
    witness: Witness<'j, 'p>,
    others: &'j Others<'j>,
    teller: Teller<'j, 'p>,
}

impl Judge<'_, '_> {
    fn deployment(
        &self,
        (at, deployment): (usize, &Deployment),
        resources: &[stacks::Resource<'_>],
        deployed: &HashMap<Box<str>, String>,
    ) -> Vec<One> {
        let mut out: Vec<One> = Vec::new();
        if let Some(missing) = self.missing_stack(deployment, resources) {
            return missing;
        }
        let mut pending: Vec<(usize, Comparison<'_>, Live)> = Vec::new();
        let lives: Vec<(Counterpart, Option<Told>)> = resources
            .iter()
            .map(|resource| {
                let found = counterpart::find(self.plan, deployment, resource);
                let told = match &found {
                    Counterpart::Live { item, physical, .. } => {
                        Some(self.witness.told(deployment, resource, *item, physical))
                    }
                    _ => None,
                };
                (found, told)
            })
            .collect();
        for (resource, (found, told)) in resources.iter().zip(&lives) {
            let (one, comparison) = self.resource(deployment, resource, found, told.as_ref());
            if let (Some(comparison), Some(Told::Live(live))) = (comparison, told) {
                pending.push((out.len(), comparison, live.clone()));
            }
            out.push(one);
        }
        let then = pending.iter().any(|(_, comparison, _)| !comparison.changes.is_empty());
        let text = deployment.stack(self.plan.live).and_then(|stack| deployed.get(&stack.id));
        let then = text
            .filter(|_| then)
            .and_then(|text| self.witness.differs_from_deployed((at, deployment), text, &pending, resources));
        for (place, comparison, _) in pending {
            let (Some(resource), Some(one)) = (resources.get(place), out.get_mut(place)) else { continue };
            let subject = self.subject(deployment, resource, &lives[place].0);
            let probable = matches!(lives[place].0, Counterpart::Live { probable: true, .. });
            let mut waiting = Vec::new();
            for change in &comparison.changes {
                // What is live as it was deployed did not drift: Git is ahead.
                let is_ahead = then
                    .as_ref()
                    .is_some_and(|then| !then.contains(&(resource.logical.to_string(), change.path.clone())));
                if is_ahead {
                    waiting.push(change);
                } else {
                    let found = self.teller.change(deployment, resource, change, subject.clone(), probable);
                    one.found.push(found);
                }
            }
            one.found.extend(self.teller.waiting(deployment, resource, &waiting));
            one.unknown = comparison.unknown;
            one.not_compared = comparison.not_compared.into_iter().collect();
        }
        out
    }

    /// A stack that Git deploys and AWS does not have is one finding, not one for each resource.
    fn missing_stack(&self, deployment: &Deployment, resources: &[stacks::Resource<'_>]) -> Option<Vec<One>> {
        let scope = deployment.scope.as_ref()?;
        let is_missing = deployment.is_named
            && deployment.live.is_none()
            && deployment.depth == 0
            && self.plan.index.knows_stacks(scope);
        if !is_missing {
            return None;
        }
        let one = |(place, resource): (usize, &stacks::Resource<'_>)| {
            let mut one = One::new(&resource.kind);
            if place == 0 {
                one.found.push(self.teller.missing_stack(deployment, scope, resources.len()));
            }
            one
        };
        Some(resources.iter().enumerate().map(one).collect())
    }

    fn resource<'r>(
        &'r self,
        deployment: &'r Deployment,
        resource: &'r stacks::Resource<'r>,
        found: &'r Counterpart,
        told: Option<&'r Told>,
    ) -> (One, Option<Comparison<'r>>) {
        let mut one = One::new(&resource.kind);
        match (found, told) {
            (Counterpart::Nothing, _) => one.status = Status::Excused,
            (Counterpart::Unknown(reason), _) => one.status = Status::Unknown(reason.clone()),
            (Counterpart::Undeployed, _) => one.found.push(self.teller.undeployed(deployment, resource)),
            (Counterpart::Missing, _) => one.found.push(self.teller.missing(deployment, resource, None)),
            (Counterpart::Live { physical, .. }, Some(Told::Gone)) => {
                let subject = self.subject(deployment, resource, found);
                let mut found = self.teller.missing(deployment, resource, Some(physical));
                found.subject = subject;
                one.found.push(found);
            }
            (Counterpart::Live { item, .. }, Some(Told::Failed(reason))) => {
                one.item = *item;
                one.status = Status::Unknown(reason.clone());
            }
            (Counterpart::Live { item, physical, .. }, Some(Told::Live(live))) => {
                one.item = *item;
                if &*resource.kind == "AWS::CloudFormation::Stack" {
                    // What it owns is judged one by one.
                    one.status = Status::Excused;
                    return (one, None);
                }
                let comparison = self.compare(deployment, resource, *item, physical, live);
                return (one, Some(comparison));
            }
            (Counterpart::Live { item, .. }, None) => one.item = *item,
        }
        (one, None)
    }

    fn compare<'r>(
        &'r self,
        deployment: &'r Deployment,
        resource: &'r stacks::Resource<'r>,
        item: Option<usize>,
        physical: &str,
        live: &'r Live,
    ) -> Comparison<'r> {
        let by_item = item.and_then(|item| self.others.get(&Whole::Item(item)));
        let named = || {
            let whole =
                Whole::Named(deployment.scope.clone()?, resource.kind.to_string(), physical.to_owned());
            self.others.get(&whole)
        };
        let others = by_item.or_else(named).map(Vec::as_slice).unwrap_or_default();
        compare(&Pair {
            kind: &resource.kind,
            declared: &resource.properties,
            live,
            stack_tags: deployment.tags.as_ref(),
            others,
        })
    }

    fn subject(
        &self,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        found: &Counterpart,
    ) -> Option<Subject> {
        let Counterpart::Live { item, physical, .. } = found else { return None };
        let mut names: Vec<Box<str>> = vec![physical.clone()];
        if let Some(item) = item.and_then(|item| self.plan.live.items.get(item)) {
            names.extend(
                [Some(&item.id), item.name.as_ref(), item.arn.as_ref()].into_iter().flatten().cloned(),
            );
        }
        let mut seen = HashSet::new();
        names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
        Some(Subject { scope: deployment.scope.clone()?, kind: resource.kind.as_ref().into(), names })
    }
}
