//! Stacks, what they own, and what they were deployed from.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudformation::types::{StackStatus, Tag, TemplateStage};
use tokio::task::JoinSet;

use super::failure::Failure;
use super::pages;
use super::part::Part;
use super::session::Session;
use crate::state::aws::permissions::{STACK_RESOURCES, STACKS, TEMPLATE};
use crate::state::aws::{Reach, Source, Stack, StackResource};

/// Reads the stacks of a region, nested ones as any other.
pub async fn read(session: Arc<Session>) -> Part {
    let mut part = Part::default();
    let scope = session.scope.clone();
    let mut stacks = BTreeMap::new();
    let descriptions =
        |token| session.ask(STACKS, session.cloudformation.describe_stacks().set_next_token(token).send());
    let read = pages::all(descriptions, |page| {
        for stack in page.stacks.unwrap_or_default() {
            if stack.stack_status != Some(StackStatus::DeleteComplete) {
                let stack = described(&session, stack);
                stacks.insert(stack.id.clone(), stack);
            }
        }
        page.next_token
    })
    .await;
    let mut reach = Reach::Complete;
    if let Err(failure) = read {
        part.failed(&scope, STACKS, &failure);
        reach = if stacks.is_empty() {
            Reach::Unread(failure.to_string())
        } else {
            Reach::Partial(failure.to_string())
        };
    }
    let mut lists = JoinSet::new();
    for id in stacks.keys().cloned() {
        let session = session.clone();
        lists.spawn(async move {
            let resources = resources(&session, &id).await;
            (id, resources)
        });
    }
    while let Some(list) = lists.join_next().await {
        // A task ends early only when the runtime does.
        let Ok((id, resources)) = list else { continue };
        match resources {
            Ok(resources) => {
                if let Some(stack) = stacks.get_mut(&id) {
                    stack.resources = Some(resources);
                }
            }
            // It was deleted since.
            Err(Failure::Missing) => {
                stacks.remove(&id);
            }
            Err(failure) => {
                part.failed(&scope, STACK_RESOURCES, &failure);
                reach = Reach::Partial(failure.to_string());
            }
        }
    }
    part.cover(&scope, Source::CloudFormation, None, reach);
    part.stacks = stacks.into_values().collect();
    part
}

fn described(session: &Session, stack: aws_sdk_cloudformation::types::Stack) -> Stack {
    let parameters = stack.parameters.unwrap_or_default().into_iter().filter_map(|parameter| {
        // What Systems Manager gave counts, not the name it was found by.
        let value = parameter.resolved_value.or(parameter.parameter_value)?;
        // That is how the value of a `NoEcho` parameter is answered.
        let is_hidden = !value.is_empty() && value.bytes().all(|byte| byte == b'*');
        (!is_hidden).then_some((parameter.parameter_key?, value))
    });
    let tag = |tag: Tag| Some((tag.key?, tag.value?));
    Stack {
        scope: session.scope.clone(),
        name: stack.stack_name.unwrap_or_default().into(),
        id: stack.stack_id.unwrap_or_default().into(),
        status: stack.stack_status.map(|status| status.as_str().into()).unwrap_or_default(),
        parent: stack.parent_id.filter(|id| !id.is_empty()).map(Into::into),
        parameters: parameters.collect(),
        tags: stack.tags.unwrap_or_default().into_iter().filter_map(tag).collect(),
        resources: None,
    }
}

async fn resources(session: &Session, stack: &str) -> Result<Vec<StackResource>, Failure> {
    let mut found = BTreeMap::new();
    let summaries = |token| {
        let request = session.cloudformation.list_stack_resources().stack_name(stack);
        session.ask(STACK_RESOURCES, request.set_next_token(token).send())
    };
    pages::all(summaries, |page| {
        for row in page.stack_resource_summaries.unwrap_or_default() {
            let kind = row.resource_type.unwrap_or_default();
            let Some(logical) = row.logical_resource_id.filter(|it| !it.is_empty() && !kind.is_empty())
            else {
                continue;
            };
            let resource = StackResource {
                logical: logical.as_str().into(),
                physical: row.physical_resource_id.unwrap_or_default().into(),
                kind: kind.into(),
                status: row.resource_status.map(|status| status.as_str().into()).unwrap_or_default(),
            };
            found.insert(logical, resource);
        }
        page.next_token
    })
    .await
    .map_err(gone)?;
    Ok(found.into_values().collect())
}

/// The template a stack was deployed from: after its macros ran, or as it was uploaded where there are none.
pub async fn template(session: &Session, stack: &str) -> Result<String, Failure> {
    let ask = |stage| {
        let request = session.cloudformation.get_template().stack_name(stack).template_stage(stage);
        session.ask(TEMPLATE, request.send())
    };
    let answer = match ask(TemplateStage::Processed).await {
        Ok(answer) => answer,
        Err(Failure::Refused(..)) => ask(TemplateStage::Original).await.map_err(gone)?,
        Err(failure) => return Err(failure),
    };
    answer.template_body.ok_or(Failure::Missing)
}

/// CloudFormation says that a stack is gone in a message.
fn gone(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(_, message) if message.contains("does not exist") => Failure::Missing,
        other => other,
    }
}
