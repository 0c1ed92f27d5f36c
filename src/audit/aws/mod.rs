//! What templates declare against what is live in AWS.
//!
//! In three steps, because AWS is asked only for what is needed: a [`Plan`] pairs stacks and resources; it
//! says which properties to [ask](Plan::asks) for; with the answers it [judges](Plan::judge).

mod attached;
mod attributes;
mod classify;
mod counterpart;
mod coverage;
mod deployed;
mod deployments;
mod findings;
mod index;
mod judge;
mod outcome;
mod owned;
mod policies;
mod show;
mod sum;
mod told;
mod undeclared;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use self::counterpart::Counterpart;
use self::deployments::Deployment;
use self::index::Index;
use super::Total;
use crate::aws::{Node, Scope, types};
use crate::collect::Project;
use crate::drift::aws::{part_of, policy_of};
use crate::lint::stack_tags;
use crate::model::{Coverage, Gap, Rule, Summary};
use crate::stacks::{self, Evaluated, Found, evaluate, nested};
use crate::state::aws::{Answers, Ask, Inventory, Properties};

pub use self::outcome::Subject;
pub use self::policies::Policies;

/// A repository and the stacks it declares.
#[derive(Debug)]
pub struct Declaring<'p> {
    project: &'p Project,
    found: Found,
    /// By template: what it declares when nothing is known of its deployment.
    contents: Vec<BTreeSet<(String, String)>>,
}

impl<'p> Declaring<'p> {
    /// Finds the stacks of a repository.
    pub fn of(project: &'p Project) -> Self {
        let found = stack_tags::find(project);
        let contents =
            found.templates.par_iter().map(|template| deployments::contents(&template.document)).collect();
        Self { project, found, contents }
    }

    /// The types that its templates declare.
    pub fn kinds(&self) -> BTreeSet<String> {
        self.contents.iter().flatten().map(|(_, kind)| kind.clone()).collect()
    }
}

/// Stacks and resources, paired.
pub struct Plan<'p> {
    sources: &'p [Declaring<'p>],
    live: &'p Inventory,
    index: Index<'p>,
    deployments: Vec<Deployment>,
    /// By deployment: what it declares.
    evaluated: Vec<Evaluated<'p>>,
    /// How many minutes an inventory may lag behind: what is younger is no shadow yet.
    grace: u32,
}

/// Stacks nested deeper than this are not followed.
const MAX_DEPTH: usize = 8;

impl<'p> Plan<'p> {
    /// Pairs what is declared with what is live.
    pub fn new(sources: &'p [Declaring<'p>], live: &'p Inventory, grace: u32) -> Self {
        let index = Index::new(live);
        let deployments = deployments::pair(sources, live, &index);
        let mut plan = Self { sources, live, index, deployments, evaluated: Vec::new(), grace };
        let nothing = Answers::new();
        let mut at = 0;
        while at < plan.deployments.len() {
            let evaluated = plan.evaluate(at, &nothing);
            let inner = plan.nested(at, &evaluated.resources);
            plan.deployments.extend(inner);
            plan.evaluated.push(evaluated);
            at += 1;
        }
        plan
    }

    /// What a deployment declares, as far as it is known with these answers.
    fn evaluate(&self, place: usize, answers: &Answers) -> Evaluated<'p> {
        let Some(deployment) = self.deployments.get(place) else { return Evaluated::default() };
        let Some(template) = self.template(deployment) else { return Evaluated::default() };
        let physical = |logical: &str, attribute: Option<&str>| {
            attributes::value(self, place, answers, logical, attribute)
        };
        evaluate(&template.document, &deployment.environment(self.live, &physical))
    }

    /// Every deployment and what it declares.
    fn pairs(&self) -> impl Iterator<Item = (&Deployment, &[stacks::Resource<'p>])> {
        self.deployments.iter().zip(self.evaluated.iter().map(|evaluated| evaluated.resources.as_slice()))
    }

    fn template(&self, deployment: &Deployment) -> Option<&'p stacks::Template> {
        self.sources.get(deployment.source)?.found.templates.get(deployment.template)
    }

    /// The stacks nested in a deployment whose templates are in the repository.
    fn nested(&self, place: usize, resources: &[stacks::Resource<'_>]) -> Vec<Deployment> {
        let Some(parent) = self.deployments.get(place).filter(|it| it.depth < MAX_DEPTH) else {
            return Vec::new();
        };
        let Some(template) = self.template(parent) else { return Vec::new() };
        let owned = parent.stack(self.live).and_then(|stack| stack.resources.as_ref());
        let each = resources.iter().filter_map(|resource| {
            let link = nested(resource, &template.path)?;
            let templates = &self.sources.get(parent.source)?.found.templates;
            let template = templates.iter().position(|it| it.path == link.template)?;
            let id = owned
                .into_iter()
                .flatten()
                .find(|it| *it.logical == *resource.logical)
                .map(|it| &*it.physical);
            let live = id.and_then(|id| self.live.stacks.iter().position(|stack| &*stack.id == id));
            let name = live.and_then(|place| self.live.stacks.get(place)).map(|stack| stack.name.to_string());
            Some(Deployment {
                template,
                id: format!("{}/{}", parent.id, resource.logical),
                name,
                live,
                parameters: link.parameters,
                depth: parent.depth + 1,
                ..parent.clone()
            })
        });
        each.collect()
    }

    /// The question for the properties of a resource with this physical id; none when nobody can answer it.
    fn ask(&self, scope: &Scope, kind: &str, physical: &str, declared: Option<&Node<'_>>) -> Option<Ask> {
        let known = types::of(kind)?;
        known.read.as_ref()?;
        let identifier = match known.identifier.as_slice() {
            [one] if one.ends_with("Arn") && !physical.starts_with("arn:") => {
                let item = self.index.find(scope, kind, physical)?;
                self.live.items.get(item)?.arn.clone()?
            }
            [_] => physical.into(),
            _ if physical.contains('|') => physical.into(),
            several => {
                let part = |name: &str| match declared.and_then(|it| it.get(name)) {
                    Some(node) => node.text().map(str::to_owned),
                    None => Some(physical.to_owned()),
                };
                let parts: Option<Vec<String>> = several.iter().map(|name| part(name)).collect();
                parts?.join("|").into()
            }
        };
        Some(Ask { scope: scope.clone(), kind: kind.into(), identifier })
    }

    /// The question for the policy of a resource, where it is told apart from the resource.
    fn ask_policy(&self, scope: &Scope, kind: &str, physical: &str) -> Option<Ask> {
        let Ask { scope, identifier, .. } = self.ask(scope, kind, physical, None)?;
        Some(Ask { scope, kind: policy_of(kind)?.into(), identifier })
    }

    /// The properties that judging needs and the inventory does not have.
    pub fn asks(&self) -> Vec<Ask> {
        let mut asks = BTreeSet::new();
        for (deployment, resources) in self.pairs() {
            let Some(scope) = &deployment.scope else { continue };
            for resource in resources {
                let Counterpart::Live { physical, item, .. } = counterpart::find(self, deployment, resource)
                else {
                    continue;
                };
                let own = self.ask(scope, &resource.kind, &physical, Some(&resource.properties));
                let whole = own.is_none().then(|| self.wholes(scope, resource)).into_iter().flatten();
                asks.extend(own.into_iter().chain(whole));
                let item = item.and_then(|item| self.live.items.get(item));
                let is_told = item.is_some_and(|it| matches!(it.properties, Properties::Config { .. }));
                asks.extend(self.ask_policy(scope, &resource.kind, &physical).filter(|_| !is_told));
            }
        }
        asks.into_iter().collect()
    }

    /// The questions for what a resource is a part of.
    fn wholes(&self, scope: &Scope, resource: &stacks::Resource<'_>) -> Vec<Ask> {
        let Some(part) = part_of(&resource.kind) else { return Vec::new() };
        let named = told::wholes(&part, &resource.properties);
        named.into_iter().filter_map(|name| self.ask(scope, part.whole, name, None)).collect()
    }

    /// The live stacks whose deployed templates tell drift from what was not deployed yet: their ids.
    pub fn deployed(&self) -> Vec<&str> {
        self.deployments.iter().filter_map(|it| it.stack(self.live)).map(|it| &*it.id).collect()
    }

    /// Whether what is deployed without a live stack is not known in full.
    fn has_open_deployment(&self) -> bool {
        let mut pairs = self.deployments.iter().zip(&self.evaluated);
        pairs.any(|(deployment, evaluated)| deployment.live.is_none() && evaluated.open)
    }

    /// Judges every pair, and every live resource without one; with `policies`, the tags of all of them.
    pub fn judge(
        &self,
        answers: &Answers,
        deployed: &HashMap<Box<str>, String>,
        policies: Option<Policies<'_>>,
    ) -> Judged {
        judge::all(self, answers, deployed, policies)
    }

    /// Declared resources that could not be told from others: where one may be, and its type.
    fn open(&self) -> HashSet<(&Scope, &str)> {
        let unpaired = self.pairs().filter(|(deployment, _)| deployment.live.is_none());
        let each = unpaired.flat_map(|(deployment, resources)| {
            let open = resources.iter().filter(|resource| {
                matches!(counterpart::find(self, deployment, resource), Counterpart::Unknown(_))
            });
            open.filter_map(|resource| Some((deployment.scope.as_ref()?, &*resource.kind)))
        });
        each.collect()
    }
}

/// What an audit of AWS found, ready for a report.
#[derive(Default)]
pub struct Judged {
    found: Vec<outcome::Found>,
    gaps: Vec<Gap>,
    not_looked_for: Vec<Gap>,
    coverage: BTreeMap<String, Coverage>,
    classes: BTreeMap<&'static str, u64>,
    targets: BTreeSet<String>,
    unknown_values: u64,
    /// What the policies said, in numbers.
    verdicts: Summary,
    resources: u64,
    files: BTreeSet<String>,
}

impl Judged {
    /// What findings are about, for asking who did it: each once.
    pub fn subjects(&self) -> Vec<Subject> {
        let unique: BTreeSet<&Subject> =
            self.found.iter().filter_map(|found| found.subject.as_ref()).collect();
        unique.into_iter().cloned().collect()
    }

    /// Adds what could not be asked.
    pub fn note(&mut self, gaps: Vec<Gap>) {
        self.gaps.extend(gaps);
    }

    /// Adds who did it.
    pub fn attribute(&mut self, writers: &HashMap<Subject, crate::model::Writer>) {
        for found in &mut self.found {
            let writer = found.subject.as_ref().and_then(|subject| writers.get(subject));
            let Some(writer) = writer else { continue };
            found.finding.message.push_str("; last changed by ");
            found.finding.message.push_str(&writer.to_string());
            if let Some(change) = &mut found.change {
                change.writer = Some(writer.clone());
            }
        }
    }

    /// Hands everything over to a report, findings under the rules as they are configured.
    pub(super) fn add_to(self, total: &mut Total, rules: &BTreeMap<&'static str, Arc<Rule>>) {
        for found in self.found {
            let mut finding = found.finding;
            if let Some(rule) = rules.get(finding.rule.id.as_str()) {
                finding.rule = rule.clone();
            }
            total.found.push((finding, found.change));
        }
        total.gaps.extend(self.gaps);
        total.not_looked_for.extend(self.not_looked_for);
        for (kind, row) in self.coverage {
            total.coverage.insert((None, kind), row);
        }
        for (class, count) in self.classes {
            *total.classes.entry(class).or_default() += count;
        }
        total.unknown_values += self.unknown_values;
        total.verdicts.add(&self.verdicts);
        total.resources += self.resources;
        total.documents += self.files.len() as u64;
        total.files.extend(self.files.into_iter().map(Into::into));
        total.targets.extend(self.targets.into_iter().map(Into::into));
    }
}
