//! Every declared resource against its live counterpart.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::attached::{self, Entry, Others};
use super::counterpart::{self, Counterpart};
use super::deployed::Pending;
use super::deployments::Deployment;
use super::findings::Teller;
use super::outcome::{One, Status, Subject};
use super::sum::sum;
use super::told::{Told, Witness};
use super::{Judged, Plan, Policies};
use crate::drift::aws::{Change, Comparison, Pair, compare};
use crate::stacks;
use crate::state::aws::Answers;

pub(super) fn all(
    plan: &Plan<'_>,
    answers: &Answers,
    deployed: &HashMap<Box<str>, String>,
    policies: Option<Policies<'_>>,
) -> Judged {
    // Once more than the plan did: the answers, and what it paired, give attributes that it did not know.
    let evaluated: Vec<_> =
        (0..plan.deployments.len()).into_par_iter().map(|place| plan.evaluate(place, answers)).collect();
    let made = attached::made(plan, &evaluated);
    let others = Others::new(plan, &evaluated, &made);
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

/// What is known of the live side of a declared resource.
struct Seen<'s> {
    found: Counterpart,
    told: Option<Told>,
    /// What other resources declare of it.
    others: Vec<Entry<'s>>,
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
        let mut pending: Vec<Pending<'_>> = Vec::new();
        let lives: Vec<Seen<'_>> = resources.iter().map(|it| self.seen(deployment, it)).collect();
        for (resource, seen) in resources.iter().zip(&lives) {
            let (one, comparisons) = self.resource(deployment, resource, seen);
            if let Some(Told::Live(lives)) = &seen.told {
                pending.extend(comparisons.into_iter().zip(lives).map(|(comparison, live)| Pending {
                    place: out.len(),
                    comparison,
                    live,
                    others: &seen.others,
                }));
            }
            out.push(one);
        }
        let then = pending.iter().any(|it| !it.comparison.changes.is_empty());
        let text = deployment.stack(self.plan.live).and_then(|stack| deployed.get(&stack.id));
        let then = text
            .filter(|_| then)
            .and_then(|text| self.witness.differs_from_deployed((at, deployment), text, &pending, resources));
        let mut told = HashSet::new();
        for Pending { place, comparison, .. } in pending {
            let (Some(resource), Some(one)) = (resources.get(place), out.get_mut(place)) else { continue };
            let subject = self.subject(deployment, resource, &lives[place].found);
            let probable = matches!(lives[place].found, Counterpart::Live { probable: true, .. });
            let mut waiting = Vec::new();
            // What several wholes have alike is told once.
            let is_new = |change: &&Change<'_>| told.insert((place, change.path.clone()));
            for change in comparison.changes.iter().filter(is_new) {
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
            one.unknown += comparison.unknown;
            let untold = |property| (property, "AWS does not tell what is live");
            one.not_compared.extend(comparison.not_compared.into_iter().map(untold));
            let respelled = |property| {
                (property, "AWS spells it in a way of its own, which cannot be compared with Git's")
            };
            one.not_compared.extend(comparison.respelled.into_iter().map(respelled));
        }
        out
    }

    fn seen(&self, deployment: &Deployment, resource: &stacks::Resource<'_>) -> Seen<'_> {
        let found = counterpart::find(self.plan, deployment, resource);
        let (mut told, mut others) = (None, Vec::new());
        if let (Counterpart::Live { item, physical, .. }, Some(scope)) = (&found, &deployment.scope) {
            told = Some(self.witness.told(deployment, resource, *item, physical));
            others = self.others.of(scope, &resource.kind, *item, physical);
        }
        Seen { found, told, others }
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
        seen: &'r Seen<'r>,
    ) -> (One, Vec<Comparison<'r>>) {
        let mut one = One::new(&resource.kind);
        match (&seen.found, &seen.told) {
            (Counterpart::Nothing, _) => one.status = Status::Excused,
            (Counterpart::Unknown(reason), _) => one.status = Status::Unknown(reason.clone()),
            (Counterpart::Undeployed, _) => one.found.push(self.teller.undeployed(deployment, resource)),
            (Counterpart::Missing, _) => one.found.push(self.teller.missing(deployment, resource, None)),
            (Counterpart::Live { physical, .. }, Some(Told::Gone)) => {
                let subject = self.subject(deployment, resource, &seen.found);
                let mut found = self.teller.missing(deployment, resource, Some(physical));
                found.subject = subject;
                one.found.push(found);
            }
            (Counterpart::Live { item, .. }, Some(Told::Failed(reason))) => {
                one.item = *item;
                one.status = Status::Unknown(reason.clone());
            }
            (Counterpart::Live { item, .. }, Some(Told::Live(lives))) => {
                one.item = *item;
                if &*resource.kind == "AWS::CloudFormation::Stack" {
                    // What it owns is judged one by one.
                    one.status = Status::Excused;
                    return (one, Vec::new());
                }
                let pair = |live| Pair {
                    kind: &resource.kind,
                    declared: &resource.properties,
                    account: deployment.account(),
                    live,
                    stack_tags: deployment.tags.as_ref(),
                    others: &seen.others,
                };
                return (one, lives.iter().map(|live| compare(&pair(live))).collect());
            }
            (Counterpart::Live { item, .. }, None) => one.item = *item,
        }
        (one, Vec::new())
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
