//! What the tagging API knows of a region: the tags of everything that has or once had some.

use std::sync::Arc;

use super::pages;
use super::part::Part;
use super::session::Session;
use crate::aws::arn::Arn;
use crate::aws::{GLOBAL, Scope, names};
use crate::state::aws::item::Told;
use crate::state::aws::permissions::TAGGED;
use crate::state::aws::{Item, Reach, Source};

/// Resources a page.
const PAGE: i32 = 100;

/// Reads a region.
pub async fn read(session: Arc<Session>) -> Part {
    let mut part = Part::default();
    let resources = |token| {
        let request = session.tagging.get_resources().resources_per_page(PAGE);
        session.ask(TAGGED, request.set_pagination_token(token).send())
    };
    let read = pages::all(resources, |page| {
        for resource in page.resource_tag_mapping_list.unwrap_or_default() {
            let Some(arn) = resource.resource_arn else { continue };
            let tags = resource.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
            part.told.extend(told(&session.scope, &arn, tags.collect()));
        }
        page.pagination_token
    })
    .await;
    let reach = match read {
        Ok(()) => Reach::Partial("what was never tagged is not seen".to_owned()),
        Err(failure) => {
            part.failed(&session.scope, TAGGED, &failure);
            Reach::Partial(failure.to_string())
        }
    };
    part.cover(&session.scope, Source::Tagging, None, reach);
    part
}

/// A resource of which only the ARN is known; `None` when that is none.
fn told(home: &Scope, arn_text: &str, tags: std::collections::BTreeMap<String, String>) -> Option<Told> {
    let arn = Arn::parse(arn_text)?;
    let kind: Arc<str> = match arn.kind() {
        Some(kind) => kind.into(),
        None => {
            format!("{}:{}", arn.service, arn.resource.split(['/', ':']).next().unwrap_or_default()).into()
        }
    };
    let region = match arn.region {
        _ if names::is_global(&kind) => GLOBAL,
        // A bucket has a region, and its ARN does not tell.
        "" if arn.service == "s3" => &home.region,
        "" => GLOBAL,
        region => region,
    };
    let account = if arn.account.is_empty() { &home.account } else { arn.account };
    let mut item = Item::listed(Scope::new(account, region), kind, arn.name(), Source::Tagging);
    item.arn = Some(arn_text.into());
    item.tags = Some(tags);
    Some(Told { item, is_there: true, is_recorded: true })
}
