//! The live counterpart of a declared resource, by the surest sign there is: what the stack owns, then the
//! name Git gives, then the mark of CloudFormation, then a generated name.

use super::Plan;
use super::deployments::Deployment;
use crate::aws::{Scope, types};
use crate::model::Gap;
use crate::stacks::{self, Declared};

/// What became of a declared resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Counterpart {
    /// It is live, or was when its stack was deployed.
    Live {
        /// Its place among the live items; `None` when only its stack knows of it.
        item: Option<usize>,
        /// Its physical id.
        physical: Box<str>,
        /// Whether a name alone speaks for it.
        probable: bool,
    },
    /// Its stack is deployed without it.
    Undeployed,
    /// It is not there.
    Missing,
    /// It cannot be told; why.
    Unknown(String),
    /// It is nothing that could be live: a wait condition, a custom resource.
    Nothing,
}

/// Types that leave nothing to look at.
fn is_nothing(kind: &str) -> bool {
    kind.starts_with("Custom::")
        || matches!(
            kind,
            "AWS::CloudFormation::WaitCondition"
                | "AWS::CloudFormation::WaitConditionHandle"
                | "AWS::CloudFormation::CustomResource"
                | "AWS::CDK::Metadata"
        )
}

pub(super) fn find(plan: &Plan<'_>, deployment: &Deployment, resource: &stacks::Resource<'_>) -> Counterpart {
    let kind = &*resource.kind;
    if is_nothing(kind) {
        return Counterpart::Nothing;
    }
    let Some(scope) = &deployment.scope else {
        return Counterpart::Unknown("neither Git nor AWS says in which account and region it is".to_owned());
    };
    let Some(stack) = deployment.stack(plan.live) else { return by_name(plan, deployment, scope, resource) };
    let Some(owned) = &stack.resources else {
        return Counterpart::Unknown(format!("what the stack {} owns could not be listed", stack.name));
    };
    let gone = |status: &str| status.starts_with("DELETE_COMPLETE") || status == "DELETE_SKIPPED";
    match owned.iter().find(|it| *it.logical == *resource.logical) {
        Some(own) if own.physical.is_empty() || gone(&own.status) => Counterpart::Undeployed,
        Some(own) => Counterpart::Live {
            item: plan.index.find(scope, kind, &own.physical),
            physical: own.physical.clone(),
            probable: false,
        },
        None => match &resource.condition {
            Declared::Maybe(condition) => {
                Counterpart::Unknown(format!("whether the condition {condition} holds is not known"))
            }
            Declared::Always => Counterpart::Undeployed,
        },
    }
}

fn by_name(
    plan: &Plan<'_>,
    deployment: &Deployment,
    scope: &Scope,
    resource: &stacks::Resource<'_>,
) -> Counterpart {
    let kind = &*resource.kind;
    let live = |place: usize, probable| Counterpart::Live {
        item: Some(place),
        physical: plan.live.items.get(place).map(|item| item.id.clone()).unwrap_or_default(),
        probable,
    };
    let property = types::of(kind).and_then(|known| known.name_property(kind));
    let name = property.and_then(|property| resource.properties.get(property)).and_then(|node| node.text());
    if let Some(place) = name.and_then(|name| plan.index.find(scope, kind, name)) {
        return live(place, false);
    }
    let tagged = |key: &str, place: usize| {
        plan.live.items.get(place).and_then(|item| item.tags.as_ref()?.get(key)).map(String::as_str)
    };
    let mut of_kind = plan
        .live
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| *item.kind == *kind && super::index::is_near(&item.scope, scope, kind));
    let of_stack = deployment.name.as_deref();
    let marked = of_kind.clone().find(|(place, _)| {
        of_stack.is_some()
            && tagged("aws:cloudformation:stack-name", *place) == of_stack
            && tagged("aws:cloudformation:logical-id", *place) == Some(&*resource.logical)
    });
    if let Some((place, _)) = marked {
        return live(place, false);
    }
    // CloudFormation makes names of the stack, the logical id and twelve letters or so.
    let generated = of_stack.filter(|_| name.is_none()).map(|stack| format!("{stack}-{}-", resource.logical));
    let alike = generated.and_then(|prefix| {
        let is_alike = |name: Option<&str>| {
            name.is_some_and(|name| {
                name.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(&prefix))
            })
        };
        of_kind.find(|(_, item)| is_alike(item.name.as_deref()) || is_alike(Some(&item.id)))
    });
    if let Some((place, _)) = alike {
        return live(place, true);
    }
    if matches!(resource.condition, Declared::Maybe(_)) || !deployment.is_named && name.is_none() {
        return Counterpart::Unknown("nothing says that it is deployed".to_owned());
    }
    if name.is_none() {
        return Counterpart::Unknown(
            "Git does not name it, and which stack owns what is not among the live state".to_owned(),
        );
    }
    match plan.index.incomplete(scope, kind) {
        _ if !deployment.is_named => Counterpart::Unknown("nothing says that it is deployed".to_owned()),
        Some(reason) => Counterpart::Unknown(reason),
        None => Counterpart::Missing,
    }
}

/// A gap for each reason, with how many resources it is about.
pub(super) fn gaps(reasons: impl Iterator<Item = (String, String)>) -> Vec<Gap> {
    let mut counts: std::collections::BTreeMap<(String, String), u64> = std::collections::BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let gap = |((subject, reason), count): ((String, String), u64)| Gap {
        subject,
        reason: if count == 1 { reason } else { format!("{reason} ({count} resources)") },
    };
    counts.into_iter().map(gap).collect()
}
