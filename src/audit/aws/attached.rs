//! What other resources declare of one: rules of a security group, policies of a role.

use std::collections::HashMap;

use super::Plan;
use super::counterpart::{self, Counterpart};
use super::deployments::Deployment;
use super::told::wholes;
use crate::aws::{Node, Scope, Value};
use crate::drift::aws::part_of;
use crate::stacks;

/// What other resources declare of one: by the whole.
pub(super) type Others<'e> = HashMap<Whole, Vec<(&'static str, &'e Node<'e>)>>;

/// A whole that others are parts of.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Whole {
    Item(usize),
    /// Its type and its name.
    Named(Scope, String, String),
}

fn whole(plan: &Plan<'_>, scope: &Scope, kind: &str, name: &str) -> Whole {
    match plan.index.find(scope, kind, name) {
        Some(item) => Whole::Item(item),
        None => Whole::Named(scope.clone(), kind.to_owned(), name.to_owned()),
    }
}

pub(super) fn add_parts<'e>(
    plan: &Plan<'_>,
    deployment: &Deployment,
    resource: &'e stacks::Resource<'e>,
    others: &mut Others<'e>,
) {
    let (Some(part), Some(scope)) = (part_of(&resource.kind), &deployment.scope) else { return };
    if part.item.is_none() {
        return;
    }
    for name in wholes(&part, &resource.properties) {
        let key = whole(plan, scope, part.whole, name);
        others.entry(key).or_default().push((part.property, &resource.properties));
    }
}

/// A managed policy names those it is attached to.
const ATTACHED: [(&str, &str); 3] =
    [("Roles", "AWS::IAM::Role"), ("Users", "AWS::IAM::User"), ("Groups", "AWS::IAM::Group")];

/// The ARN of a declared managed policy, as an item that it adds to those it is attached to.
pub(super) fn own_arn(
    plan: &Plan<'_>,
    deployment: &Deployment,
    resource: &stacks::Resource<'_>,
) -> Option<Node<'static>> {
    if resource.kind != "AWS::IAM::ManagedPolicy" {
        return None;
    }
    match counterpart::find(plan, deployment, resource) {
        Counterpart::Live { physical, item, .. } => {
            let arn = item.and_then(|item| plan.live.items.get(item)?.arn.clone()).unwrap_or(physical);
            Some(Node { value: Value::Text(arn.to_string().into()), at: resource.header })
        }
        _ => None,
    }
}

pub(super) fn add_attached<'e>(
    plan: &Plan<'_>,
    deployment: &Deployment,
    resource: &stacks::Resource<'_>,
    arn: &'e Node<'static>,
    others: &mut Others<'e>,
) {
    let Some(scope) = &deployment.scope else { return };
    for (property, kind) in ATTACHED {
        let names = resource.properties.get(property).map(Node::items).unwrap_or_default();
        for name in names.iter().filter_map(Node::text) {
            others.entry(whole(plan, scope, kind, name)).or_default().push(("ManagedPolicyArns", arn));
        }
    }
}
