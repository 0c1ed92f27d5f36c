//! What AWS Config knows of a region: by one query where it can, type by type where the query is silent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{BaseConfigurationItem, ConfigurationItemStatus, ResourceKey, ResourceType};
use serde_json::json;

use super::failure::Failure;
use super::part::Part;
use super::recorder::{self, Recorder};
use super::session::Session;
use super::{control, pages};
use crate::aws::names;
use crate::state::aws::item::{Record, Told};
use crate::state::aws::permissions::{BATCH_GET, COUNTS, DISCOVERED, SELECT};
use crate::state::aws::{Item, Reach, Source};

/// All that a query may return of a resource and that is used.
pub const QUERY: &str = "SELECT accountId, arn, awsRegion, configuration, configurationItemCaptureTime, \
                         configurationItemStatus, resourceCreationTime, resourceId, resourceName, resourceType, \
                         supplementaryConfiguration, tags";

/// Rows of a query, and keys of a batch: as many as AWS Config allows.
pub const PAGE: i32 = 100;

/// How often keys are sent again that AWS Config did not get to.
const ROUNDS: usize = 3;

/// What an aggregator already told of a region.
#[derive(Clone, Debug)]
pub struct Aggregated {
    /// The types of what it told.
    pub seen: BTreeSet<Arc<str>>,
    /// Why that may not be all.
    pub incomplete: Option<String>,
}

/// Reads a region: of the types in `kinds`, and of those that there are, also what the query leaves out.
pub async fn read(
    session: Arc<Session>,
    kinds: Arc<BTreeSet<Arc<str>>>,
    aggregated: Option<Aggregated>,
    is_first: bool,
) -> Part {
    let mut part = Part::default();
    let recorder = recorder::read(&session, &mut part).await;
    let (seen, incomplete) = match (&recorder, aggregated) {
        (_, Some(told)) => (told.seen, told.incomplete),
        (Recorder::None(_), None) => (BTreeSet::new(), None),
        (Recorder::Some { .. }, None) => {
            let result = select(&session, &mut part).await;
            let seen = part.told.iter().map(|told| told.item.kind.clone()).collect();
            if let Err(failure) = &result {
                part.failed(&session.scope, SELECT, failure);
            }
            (seen, result.err().map(|failure| failure.to_string()))
        }
    };
    let counted = match &recorder {
        Recorder::Some { .. } => counted(&session, &mut part).await,
        Recorder::None(_) => BTreeSet::new(),
    };
    for kind in kinds.iter().chain(&seen).chain(&counted).collect::<BTreeSet<_>>() {
        let mut reach = recorder.reach(kind);
        let is_recorded = !matches!(reach, Reach::Unread(_));
        let incomplete = if is_recorded && (!seen.contains(kind) || incomplete.is_some()) {
            // The query knows fewer types than are recorded, and says nothing about the others.
            list(&session, kind, &mut part).await.err().map(|failure| failure.to_string())
        } else {
            incomplete.clone()
        };
        if let Some(reason) = incomplete.filter(|_| is_recorded) {
            reach = Reach::Partial(reason);
        }
        let is_asked = kinds.contains(kind) && (is_first || !names::is_global(kind));
        if !is_recorded && is_asked {
            control::list(&session, kind, &mut part).await;
        }
        part.cover(&session.scope, Source::Config, Some(kind.clone()), reach);
    }
    part.cover(&session.scope, Source::Config, None, recorder.others());
    part
}

/// What AWS Config notes down of other resources, thousands of it, and what no template declares.
const NOTES: &[&str] = &[
    "AWS::Config::ConformancePackCompliance",
    "AWS::Config::ResourceCompliance",
    "AWS::SSM::AssociationCompliance",
    "AWS::SSM::FileData",
    "AWS::SSM::PatchCompliance",
];

/// The types of which AWS Config knows at least one resource, those that a query is silent about, too.
async fn counted(session: &Session, part: &mut Part) -> BTreeSet<Arc<str>> {
    let mut kinds = BTreeSet::new();
    let counts = |token| {
        let request = session.config.get_discovered_resource_counts().limit(PAGE);
        session.ask(COUNTS, request.set_next_token(token).send())
    };
    let read = pages::all(counts, |page| {
        for count in page.resource_counts.unwrap_or_default() {
            let kind = count.resource_type.as_ref().map(ResourceType::as_str).unwrap_or_default();
            if count.count > 0 && !kind.is_empty() && !NOTES.contains(&kind) {
                kinds.insert(names::from_config(kind).into());
            }
        }
        page.next_token
    })
    .await;
    if let Err(failure) = read {
        part.failed(&session.scope, COUNTS, &failure);
    }
    kinds
}

async fn select(session: &Session, part: &mut Part) -> Result<(), Failure> {
    let rows = |token| {
        let request = session.config.select_resource_config().expression(QUERY).limit(PAGE);
        session.ask(SELECT, request.set_next_token(token).send())
    };
    pages::all(rows, |page| {
        take_rows(session, page.results(), part);
        page.next_token
    })
    .await
}

/// Takes in rows of a query, each a text of JSON.
pub fn take_rows(session: &Session, rows: &[String], part: &mut Part) {
    for row in rows {
        let told = Record::from_json(row).map(|record| record.finish(Some(&session.scope)));
        match told {
            Some(Ok(told)) => part.told.push(told),
            Some(Err(odd)) => {
                part.gap(
                    &session.scope,
                    &format!("a row of AWS Config is left out, which names {}", odd.as_str()),
                );
            }
            None => part.gap(&session.scope, "a row of AWS Config is left out, which is no JSON object"),
        }
    }
}

/// Everything of one type that AWS Config has discovered, with configurations where it has them.
async fn list(session: &Session, kind: &Arc<str>, part: &mut Part) -> Result<(), Failure> {
    let Some(config_kind) = names::to_config(kind).map(ResourceType::from) else { return Ok(()) };
    let mut found = BTreeMap::new();
    let ids = |token| {
        let request =
            session.config.list_discovered_resources().resource_type(config_kind.clone()).limit(PAGE);
        session.ask(DISCOVERED, request.set_next_token(token).send())
    };
    let listed = pages::all(ids, |page| {
        for resource in page.resource_identifiers.unwrap_or_default() {
            if let Some(id) = resource.resource_id {
                found.insert(id, resource.resource_name);
            }
        }
        page.next_token
    })
    .await;
    if let Err(failure) = &listed {
        part.failed(&session.scope, DISCOVERED, failure);
    }
    let mut keys = Vec::new();
    for id in found.keys() {
        let key = ResourceKey::builder().resource_type(config_kind.clone()).resource_id(id).build();
        keys.extend(key);
    }
    for batch in keys.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        if let Err(failure) = batch_get(session, batch.to_vec(), &mut found, part).await {
            part.failed(&session.scope, BATCH_GET, &failure);
        }
    }
    // What has no configuration, because it is not recorded or could not be read, is still there.
    for (id, name) in found {
        part.told.push(discovered(session, kind, &id, name));
    }
    listed
}

/// The configurations of some resources; each that came is taken out of `waiting`.
async fn batch_get(
    session: &Session,
    mut keys: Vec<ResourceKey>,
    waiting: &mut BTreeMap<String, Option<String>>,
    part: &mut Part,
) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        if keys.is_empty() {
            break;
        }
        let request = session.config.batch_get_resource_config().set_resource_keys(Some(keys)).send();
        let answer = session.ask(BATCH_GET, request).await?;
        for item in answer.base_configuration_items.unwrap_or_default() {
            let id = item.resource_id().unwrap_or_default().to_owned();
            if let Some(Ok(told)) = record(&item).map(|record| record.finish(Some(&session.scope))) {
                waiting.remove(&id);
                part.told.push(told);
            }
        }
        keys = answer.unprocessed_resource_keys.unwrap_or_default();
    }
    if keys.is_empty() { Ok(()) } else { Err(Failure::Throttled) }
}

/// An answer of the API as it is written elsewhere.
fn record(item: &BaseConfigurationItem) -> Option<Record> {
    let seconds = |time: Option<&DateTime>| time.map(DateTime::as_secs_f64);
    let json = json!({
        "accountId": item.account_id(),
        "arn": item.arn(),
        "awsRegion": item.aws_region(),
        "configuration": item.configuration(),
        "configurationItemCaptureTime": seconds(item.configuration_item_capture_time()),
        "configurationItemStatus": item.configuration_item_status().map(ConfigurationItemStatus::as_str),
        "resourceCreationTime": seconds(item.resource_creation_time()),
        "resourceId": item.resource_id(),
        "resourceName": item.resource_name(),
        "resourceType": item.resource_type().map(ResourceType::as_str),
        "supplementaryConfiguration": item.supplementary_configuration(),
    });
    Record::from_json(&json.to_string())
}

fn discovered(session: &Session, kind: &Arc<str>, id: &str, name: Option<String>) -> Told {
    let scope = if names::is_global(kind) { session.scope.global() } else { session.scope.clone() };
    let mut item = Item::listed(scope, kind.clone(), id, Source::Config);
    item.name = name.map(Into::into);
    Told { item, is_there: true, is_recorded: true }
}
