//! Cloud Control: the properties of a resource in the shape of CloudFormation, and the identifiers of a type.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::failure::Failure;
use super::pages;
use super::part::Part;
use super::session::Session;
use crate::aws::{names, types};
use crate::state::aws::item::Told;
use crate::state::aws::permissions::{GET, LIST};
use crate::state::aws::{Item, Properties, Reach, Source, tags};

/// How long to wait before it is believed that a resource is gone: what was just made may not be everywhere.
const AGAIN: Duration = Duration::from_secs(1);

/// The properties of a resource. What is not there is asked for once more.
pub async fn get(session: &Session, kind: &str, identifier: &str) -> Properties {
    let ask = || {
        let request = session.control.get_resource().type_name(kind).identifier(identifier);
        session.ask(GET, request.send())
    };
    let mut answer = ask().await;
    if answer.as_ref().is_err_and(|failure| *failure == Failure::Missing) {
        tokio::time::sleep(AGAIN).await;
        answer = ask().await;
    }
    match answer {
        Ok(answer) => {
            let properties = answer.resource_description.and_then(|it| it.properties).unwrap_or_default();
            if properties.trim_start().starts_with('{') {
                Properties::CloudFormation(properties.into())
            } else {
                Properties::Failed("Cloud Control answered without properties".into())
            }
        }
        Err(Failure::Missing) => Properties::Gone,
        Err(failure) => Properties::Failed(failure.to_string().into()),
    }
}

/// The resources of a type that can be listed without knowing a parent. Never all of them for certain: some
/// types answer the first page alone.
pub async fn list(session: &Session, kind: &Arc<str>, part: &mut Part) {
    let is_listed = types::of(kind).is_some_and(|it| it.list.is_some() && it.list_needs.is_empty());
    if !is_listed {
        return;
    }
    let scope = if names::is_global(kind) { session.scope.global() } else { session.scope.clone() };
    let descriptions = |token| {
        let request = session.control.list_resources().type_name(&**kind);
        session.ask(LIST, request.set_next_token(token).send())
    };
    let listed = pages::all(descriptions, |page| {
        for resource in page.resource_descriptions.unwrap_or_default() {
            let Some(id) = resource.identifier else { continue };
            // A list may leave out some properties, so none is taken but the tags.
            let mut item = Item::listed(scope.clone(), kind.clone(), &id, Source::CloudControl);
            item.tags = resource.properties.and_then(|properties| tags_in(kind, &properties));
            part.told.push(Told { item, is_there: true, is_recorded: true });
        }
        page.next_token
    })
    .await;
    let reach = match listed {
        Ok(()) => Reach::Partial("Cloud Control may list the first of a type alone".to_owned()),
        Err(failure) => {
            part.failed(&session.scope, LIST, &Failure::Refused(kind.to_string(), failure.to_string()));
            Reach::Unread(failure.to_string())
        }
    };
    part.cover(&session.scope, Source::CloudControl, Some(kind.clone()), reach);
}

/// The tags among the properties of a resource, where they are told.
fn tags_in(kind: &str, properties: &str) -> Option<std::collections::BTreeMap<String, String>> {
    let (name, _) = types::tag_property(kind)?;
    let properties: Value = serde_json::from_str(properties).ok()?;
    tags::read(&properties.get(name)?.to_string())
}
