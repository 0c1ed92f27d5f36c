//! `PolicyException` of both API groups (<https://kyverno.io/docs/exceptions/>).
//!
//! An exception that cannot be evaluated makes unknown what it may except. Deliberately absent: the
//! namespaces in which Kyverno is told to look for exceptions, which is a flag of its own.

use super::blocks::{self, Kinds};
use super::{CEL, CLASSIC};
use crate::model::NodeRef;
use crate::policy::native::Exception;
use crate::policy::native::matching::Test;
use crate::policy::native::reading::{Expressions, Refusal, texts};
use crate::policy::native::world::{Object, World};

const KIND: &str = "PolicyException";

/// The exceptions from a rule of a `ClusterPolicy` or `Policy`.
pub(super) fn of_rule(policy: Object<'_>, rule: &str, world: &World) -> Vec<Exception> {
    let name = match policy.kind {
        "Policy" => format!("{}/{}", policy.namespace(), policy.name()),
        _ => policy.name().to_owned(),
    };
    let names = |entry: NodeRef<'_>| {
        let named = entry.get("policyName").and_then(NodeRef::text) == Some(&name);
        named
            && texts(entry.get("ruleNames"))
                .iter()
                .any(|glob| glob == rule || fast_glob::glob_match(glob, rule))
    };
    let of_group = world.of_kind(KIND).filter(|object| object.group() == CLASSIC);
    of_group
        .filter_map(|object| object.spec())
        .filter(|spec| spec.get("exceptions").into_iter().flat_map(NodeRef::items).any(names))
        .map(|spec| {
            let block = spec.get("match").map(|block| blocks::read(block, Kinds::Written));
            let mut matching = match block {
                Some(Ok(test)) => vec![test],
                Some(Err(problem)) => vec![Test::Unknowable(problem.message)],
                None => Vec::new(),
            };
            if spec.get("conditions").is_some_and(|conditions| conditions.len() > 0) {
                let why = "the conditions of its exception are JMESPath, not CEL";
                matching.push(Test::Unknowable(why.to_owned()));
            }
            Exception {
                matching: Test::All(matching),
                conditions: Vec::new(),
                images: Vec::new(),
                values: Vec::new(),
            }
        })
        .collect()
}

/// The exceptions from a `ValidatingPolicy`.
pub(super) fn of_policy(policy: Object<'_>, expressions: &Expressions, world: &World) -> Vec<Exception> {
    let is = |reference: NodeRef<'_>| {
        let text = |key| reference.get(key).and_then(NodeRef::text);
        text("name") == Some(policy.name()) && text("kind").is_none_or(|kind| kind == policy.kind)
    };
    let of_group = world.of_kind(KIND).filter(|object| object.group() == CEL);
    of_group
        .filter_map(|object| object.spec())
        .filter(|spec| spec.get("policyRefs").into_iter().flat_map(NodeRef::items).any(is))
        .map(|spec| {
            let (matching, conditions) = match expressions.conditions(spec.get("matchConditions")) {
                Ok(conditions) => (Test::ALWAYS, conditions),
                Err(Refusal::Wrong(problem)) => (Test::Unknowable(problem.message), Vec::new()),
                Err(Refusal::Unsupported(reason)) => (Test::Unknowable(reason), Vec::new()),
            };
            // These let single values pass: the policy looks them up in `exceptions` itself.
            let (images, values) = (texts(spec.get("images")), texts(spec.get("allowedValues")));
            Exception { matching, conditions, images, values }
        })
        .collect()
}
