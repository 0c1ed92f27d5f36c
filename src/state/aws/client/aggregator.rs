//! What an aggregator of AWS Config knows of all the accounts and regions it gathers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_config::types::{AggregatedSourceStatusType, AggregatedSourceType};

use super::failure::Failure;
use super::pages;
use super::part::Part;
use super::recorded::{Aggregated, PAGE, QUERY, take_rows};
use super::session::Session;
use crate::aws::{GLOBAL, Scope};
use crate::state::aws::permissions::{AGGREGATOR_STATUS, SELECT_AGGREGATE};
use crate::state::aws::{Reach, Source};

/// What an aggregator alone cannot tell.
const NOT_KNOWN: &str = "the aggregator does not tell what AWS Config records there, so nothing counts as \
                         missing; --account, with --role, asks the account itself";

/// Reads an aggregator; also tells of each region how far it went, for who can ask the region itself.
pub async fn read(session: &Session, name: &str) -> Result<(Part, BTreeMap<Scope, Aggregated>), Failure> {
    let mut part = Part::default();
    let rows = |token| {
        let request = session.config.select_aggregate_resource_config();
        let request = request.configuration_aggregator_name(name).expression(QUERY).limit(PAGE);
        session.ask(SELECT_AGGREGATE, request.set_next_token(token).send())
    };
    let selected = pages::all(rows, |page| {
        take_rows(session, page.results(), &mut part);
        page.next_token
    })
    .await;
    let incomplete = match selected {
        Ok(()) => None,
        // It may be another region's.
        Err(Failure::Refused(code, message)) if code == "NoSuchConfigurationAggregatorException" => {
            return Err(Failure::Refused(code, message));
        }
        Err(failure) => {
            part.failed(&session.scope, SELECT_AGGREGATE, &failure);
            Some(failure.to_string())
        }
    };
    let mut regions = sources(session, name, incomplete.as_deref(), &mut part).await;
    for told in &part.told {
        if *told.item.scope.region != *GLOBAL {
            let region = regions.entry(told.item.scope.clone()).or_insert_with(|| Aggregated {
                seen: BTreeSet::new(),
                incomplete: Some("the aggregator does not say how fresh it is".to_owned()),
            });
            region.seen.insert(told.item.kind.clone());
        }
    }
    for scope in regions.keys() {
        part.cover(scope, Source::Config, None, Reach::Partial(NOT_KNOWN.to_owned()));
    }
    Ok((part, regions))
}

/// The regions that the aggregator gathers, and what is wrong with some.
async fn sources(
    session: &Session,
    name: &str,
    incomplete: Option<&str>,
    part: &mut Part,
) -> BTreeMap<Scope, Aggregated> {
    let mut regions = BTreeMap::new();
    let mut broken = Vec::new();
    let statuses = |token| {
        let request = session.config.describe_configuration_aggregator_sources_status();
        let request = request.configuration_aggregator_name(name).limit(PAGE);
        session.ask(AGGREGATOR_STATUS, request.set_next_token(token).send())
    };
    let read = pages::all(statuses, |page| {
        for source in page.aggregated_source_status_list() {
            let is_account = source.source_type() == Some(&AggregatedSourceType::Account);
            let (Some(account), Some(region), true) = (source.source_id(), source.aws_region(), is_account)
            else {
                continue;
            };
            let scope = Scope::new(account, region);
            let mut why = incomplete.map(str::to_owned);
            if source.last_update_status() != Some(&AggregatedSourceStatusType::Succeeded) {
                let reason = format!(
                    "the aggregator could not fetch it: {}",
                    source.last_error_code().unwrap_or("it does not say why")
                );
                broken.push((scope.clone(), reason.clone()));
                why = Some(reason);
            }
            regions.insert(scope, Aggregated { seen: BTreeSet::new(), incomplete: why });
        }
        page.next_token
    })
    .await;
    if let Err(failure) = read {
        part.failed(&session.scope, AGGREGATOR_STATUS, &failure);
    }
    for (scope, reason) in broken {
        part.gap(&scope, &reason);
    }
    regions
}
