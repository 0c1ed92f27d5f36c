//! What is live of a declared resource, as far as anybody told.

use serde_json::Value as Json;

use super::Plan;
use super::deployments::Deployment;
use crate::aws::{Node, Scope, Value};
use crate::drift::aws::{Live, Part, part_of};
use crate::stacks;
use crate::state::aws::{Answers, Item, Properties};

/// What is told of a live resource.
pub(super) enum Told {
    /// It is there, and so: once for each whole that it is a part of.
    Live(Vec<Live>),
    /// It is not there.
    Gone,
    /// It cannot be told; why.
    Failed(String),
}

/// The names of what a part is a part of.
pub(super) fn wholes<'n>(part: &Part, declared: &'n Node<'_>) -> Vec<&'n str> {
    match declared.get(part.named_by) {
        Some(Node { value: Value::List(items), .. }) => items.iter().filter_map(Node::text).collect(),
        Some(node) => node.text().into_iter().collect(),
        None => Vec::new(),
    }
}

/// Whoever answers.
pub(super) struct Witness<'w, 'p> {
    pub plan: &'w Plan<'p>,
    pub answers: &'w Answers,
}

impl Witness<'_, '_> {
    /// What is told of a resource: by Cloud Control, by AWS Config, or of what it is a part of.
    pub fn told(
        &self,
        deployment: &Deployment,
        resource: &stacks::Resource<'_>,
        item: Option<usize>,
        physical: &str,
    ) -> Told {
        let Some(scope) = &deployment.scope else {
            return Told::Failed("its region is not known".to_owned());
        };
        let reason = match self.whole(scope, &resource.kind, item, physical, Some(&resource.properties)) {
            Ok(live) => return Told::Live(vec![live]),
            Err(None) => return Told::Gone,
            Err(Some(reason)) => reason,
        };
        if let Some(part) = part_of(&resource.kind) {
            let mut lives = Vec::new();
            for name in wholes(&part, &resource.properties) {
                let item = self.plan.index.find(scope, part.whole, name);
                let Ok(whole) = self.whole(scope, part.whole, item, name, None) else { continue };
                match part.of(&whole, &resource.properties) {
                    Ok(Some(live)) => lives.push(live),
                    Ok(None) => return Told::Gone,
                    Err(_) => {}
                }
            }
            if !lives.is_empty() {
                return Told::Live(lives);
            }
        }
        // Its stack says that it was made; whoever lists all of its type does not know it.
        if item.is_none() && part_of(&resource.kind).is_none() {
            return match self.plan.index.incomplete(scope, &resource.kind) {
                None => Told::Gone,
                Some(_) => Told::Failed(reason),
            };
        }
        Told::Failed(reason)
    }

    /// What is told of a resource itself; `Err(None)` when it is not there, else why it cannot be told.
    fn whole(
        &self,
        scope: &Scope,
        kind: &str,
        item: Option<usize>,
        physical: &str,
        declared: Option<&Node<'_>>,
    ) -> Result<Live, Option<String>> {
        let item = item.and_then(|item| self.plan.live.items.get(item));
        let mut reason = format!("the properties of {kind} were not read");
        let ask = self.plan.ask(scope, kind, physical, declared);
        match ask.and_then(|ask| self.answers.get(&ask)) {
            Some(Properties::CloudFormation(text)) => {
                // Cloud Control does not tell of policies that are declared apart, AWS Config does.
                let mut live = cloud_control(text)?;
                if let Some(config) = item.and_then(|item| config(kind, item)) {
                    live = live.with_policy_of(config);
                }
                let ask = self.plan.ask_policy(scope, kind, physical).filter(|_| !live.tells_of_policy());
                return Ok(match ask.and_then(|ask| self.answers.get(&ask)) {
                    Some(Properties::CloudFormation(text)) => {
                        live.with_policy(cloud_control(text).ok().as_ref())
                    }
                    Some(Properties::Gone) => live.with_policy(None),
                    _ => live,
                });
            }
            Some(Properties::Gone) => return Err(None),
            Some(Properties::Failed(why)) => reason = why.to_string(),
            _ => {}
        }
        let Some(item) = item else { return Err(Some(reason)) };
        match &item.properties {
            Properties::Config { .. } => config(kind, item).ok_or_else(|| {
                Some(format!("AWS Config describes {kind} in words of its own, which are not compared"))
            }),
            Properties::CloudFormation(text) => cloud_control(text),
            Properties::Gone => Err(None),
            Properties::Failed(why) => Err(Some(why.to_string())),
            Properties::Unread => Err(Some(reason)),
        }
    }
}

fn cloud_control(text: &str) -> Result<Live, Option<String>> {
    let live = serde_json::from_str(text).ok().and_then(Live::of_cloud_control);
    live.ok_or_else(|| Some("Cloud Control's answer cannot be read".to_owned()))
}

/// What AWS Config tells of an item.
fn config(kind: &str, item: &Item) -> Option<Live> {
    let Properties::Config { configuration, supplementary } = &item.properties else { return None };
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
    Live::of_config(kind, &json(configuration), &json(supplementary), item.tags.as_ref())
}
