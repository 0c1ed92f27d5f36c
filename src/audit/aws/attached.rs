//! What other resources declare of one: rules of a security group, policies of a role, of a bucket, of a
//! function.

use std::collections::{HashMap, HashSet};

use super::Plan;
use super::counterpart::{self, Counterpart};
use super::deployments::Deployment;
use super::told::wholes;
use crate::aws::{Node, Scope, Value};
use crate::drift::aws::{Part, Within, part_of};
use crate::stacks::{self, Evaluated};

/// A property of the whole, and what another resource adds to it.
pub(super) type Entry<'e> = (&'static str, &'e Node<'e>);

/// What other resources declare of each.
#[derive(Default)]
pub(super) struct Others<'e>(HashMap<Whole, Vec<Entry<'e>>>);

/// A whole that others are parts of.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Whole {
    Item(usize),
    /// Its type and its name.
    Named(Scope, String, String),
    /// Any of a type: which one only the deployment knows.
    Any(Scope, String),
}

impl Whole {
    fn of(plan: &Plan<'_>, scope: &Scope, kind: &str, name: &str) -> Self {
        match plan.index.find(scope, kind, name) {
            Some(item) => Self::Item(item),
            None => Self::Named(scope.clone(), kind.to_owned(), name.to_owned()),
        }
    }
}

/// An entry that no template spells out.
pub(super) struct Made {
    whole: Whole,
    property: &'static str,
    node: Node<'static>,
}

impl<'e> Others<'e> {
    /// What the templates declare, and what was `made` of them.
    pub fn new(plan: &Plan<'_>, evaluated: &'e [Evaluated<'e>], made: &'e [Made]) -> Self {
        let mut out = Self::default();
        for (deployment, evaluated) in plan.deployments.iter().zip(evaluated) {
            out.add(plan, deployment, &evaluated.resources);
        }
        for made in made {
            out.0.entry(made.whole.clone()).or_default().push((made.property, &made.node));
        }
        out
    }

    /// Adds what the resources of a deployment declare of others.
    pub fn add(&mut self, plan: &Plan<'_>, deployment: &Deployment, resources: &'e [stacks::Resource<'e>]) {
        let Some(scope) = &deployment.scope else { return };
        for resource in resources {
            let Some(part) = part_of(&resource.kind) else { continue };
            // A policy that is not live yet does not explain the one that is.
            if part.within == Within::All && is_absent(plan, deployment, resource) {
                continue;
            }
            let mut add =
                |whole| self.0.entry(whole).or_default().push((part.property, &resource.properties));
            for name in wholes(&part, &resource.properties) {
                add(Whole::of(plan, scope, part.whole, name));
            }
            if resource.properties.get(part.named_by).is_some_and(Node::has_unknown) {
                add(Whole::Any(scope.clone(), part.whole.to_owned()));
            }
        }
    }

    /// What is declared elsewhere of a resource, a live item or one known by its physical id.
    pub fn of(&self, scope: &Scope, kind: &str, item: Option<usize>, physical: &str) -> Vec<Entry<'e>> {
        let named = Whole::Named(scope.clone(), kind.to_owned(), physical.to_owned());
        let own = item.and_then(|item| self.0.get(&Whole::Item(item))).or_else(|| self.0.get(&named));
        let any = self.0.get(&Whole::Any(scope.clone(), kind.to_owned()));
        own.into_iter().chain(any).flatten().copied().collect()
    }
}

fn is_absent(plan: &Plan<'_>, deployment: &Deployment, resource: &stacks::Resource<'_>) -> bool {
    matches!(counterpart::find(plan, deployment, resource), Counterpart::Undeployed | Counterpart::Missing)
}

/// What templates declare without spelling it out: the managed policies they attach, and what their transforms
/// make.
pub(super) fn made(plan: &Plan<'_>, evaluated: &[Evaluated<'_>]) -> Vec<Made> {
    let mut out = Vec::new();
    for (deployment, evaluated) in plan.deployments.iter().zip(evaluated) {
        let Some(scope) = &deployment.scope else { continue };
        for resource in &evaluated.resources {
            attached(plan, (deployment, scope), resource, &mut out);
        }
        transformed(plan, (deployment, scope), evaluated, &mut out);
    }
    out
}

/// A managed policy names those it is attached to.
const ATTACHED: [(&str, &str); 3] =
    [("Roles", "AWS::IAM::Role"), ("Users", "AWS::IAM::User"), ("Groups", "AWS::IAM::Group")];

/// The ARN of a managed policy, as an item that it adds to those it is attached to.
fn attached(
    plan: &Plan<'_>,
    (deployment, scope): (&Deployment, &Scope),
    resource: &stacks::Resource<'_>,
    out: &mut Vec<Made>,
) {
    if resource.kind != "AWS::IAM::ManagedPolicy" {
        return;
    }
    let Counterpart::Live { physical, item, .. } = counterpart::find(plan, deployment, resource) else {
        return;
    };
    let arn = item.and_then(|item| plan.live.items.get(item)?.arn.clone()).unwrap_or(physical);
    for (property, kind) in ATTACHED {
        let names = resource.properties.get(property).map(Node::items).unwrap_or_default();
        out.extend(names.iter().filter_map(Node::text).map(|name| Made {
            whole: Whole::of(plan, scope, kind, name),
            property: "ManagedPolicyArns",
            node: Node { value: Value::Text(arn.to_string().into()), at: resource.header },
        }));
    }
}

/// The parts that a stack owns and its template does not spell out: SAM makes permissions and policies of
/// events. What they say is not known, and often not of which whole.
fn transformed(
    plan: &Plan<'_>,
    (deployment, scope): (&Deployment, &Scope),
    evaluated: &Evaluated<'_>,
    out: &mut Vec<Made>,
) {
    let spelled: HashSet<&str> = evaluated.resources.iter().map(|it| &*it.logical).collect();
    let owned = deployment.stack(plan.live).into_iter().flat_map(|stack| stack.resources.iter().flatten());
    for resource in owned.filter(|it| !spelled.contains(&*it.logical) && evaluated.may_declare(&it.logical)) {
        let Some(part) = part_of(&resource.kind) else { continue };
        let Part { whole, property, within, .. } = part;
        let at = crate::model::NodeId(0);
        let value = match within {
            // The id of a permission is that of its statement.
            Within::Statement => {
                let id = Node { value: Value::Text(resource.physical.to_string().into()), at };
                Value::Map(vec![("Id".into(), id)])
            }
            Within::All => Value::Unknown("its template is transformed".into()),
            Within::Named(_) | Within::Rule => continue,
        };
        let whole = match whole {
            // A bucket's policy goes by the name of the bucket.
            "AWS::S3::Bucket" => Whole::of(plan, scope, whole, &resource.physical),
            _ => Whole::Any(scope.clone(), whole.to_owned()),
        };
        out.push(Made { whole, property, node: Node { value, at } });
    }
}
