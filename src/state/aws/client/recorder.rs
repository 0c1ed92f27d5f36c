//! What AWS Config records in a region, and so how far its word goes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws_sdk_config::types::{
    ConfigurationRecorder, ConfigurationRecorderStatus, RecorderStatus, RecordingFrequency,
    RecordingModeOverride, RecordingStrategyType, ResourceType,
};

use super::part::Part;
use super::session::Session;
use crate::aws::{names, types};
use crate::state::aws::Reach;
use crate::state::aws::permissions::{RECORDER_STATUS, RECORDERS};

/// The four types that `includeGlobalResourceTypes` stands for.
const GLOBAL: &[&str] = &["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"];

/// What is known of the recorder of a region.
#[derive(Debug)]
pub enum Recorder {
    /// There is one.
    Some {
        /// What it records, by the names of AWS Config.
        group: Group,
        /// The types it records once a day only.
        daily: Daily,
        /// Why what it recorded may be old.
        stale: Option<String>,
    },
    /// Nothing is recorded, or it is not known; why.
    None(String),
}

/// Which types are recorded.
#[derive(Debug, PartialEq, Eq)]
pub enum Group {
    /// All but these.
    AllBut(BTreeSet<String>),
    /// These alone.
    Only(BTreeSet<String>),
}

/// Which types are looked at once a day.
#[derive(Debug, Default)]
pub struct Daily {
    /// Whether that is how it is.
    all: bool,
    /// The types for which it is the other way.
    others: BTreeSet<String>,
}

/// Reads what the customer's recorder does; those that services keep for themselves are passed over.
pub async fn read(session: &Session, part: &mut Part) -> Recorder {
    let scope = &session.scope;
    let recorders =
        match session.ask(RECORDERS, session.config.describe_configuration_recorders().send()).await {
            Ok(answer) => answer.configuration_recorders.unwrap_or_default(),
            Err(failure) => {
                part.failed(scope, RECORDERS, &failure);
                return Recorder::None(format!("what AWS Config records could not be read: {failure}"));
            }
        };
    let Some(recorder) = recorders.iter().find(|recorder| is_customers(recorder)) else {
        part.gap(scope, "AWS Config has no recorder, so what is not declared cannot be seen");
        return Recorder::None("AWS Config has no recorder".to_owned());
    };
    let stale = match session
        .ask(RECORDER_STATUS, session.config.describe_configuration_recorder_status().send())
        .await
    {
        Ok(answer) => stale(recorder, answer.configuration_recorders_status()),
        Err(failure) => {
            part.failed(scope, RECORDER_STATUS, &failure);
            Some("whether AWS Config still records could not be read".to_owned())
        }
    };
    if let Some(reason) = &stale {
        part.gap(scope, reason);
    }
    Recorder::Some { group: group(recorder), daily: daily(recorder), stale }
}

impl Recorder {
    /// How far AWS Config can be believed about a type, as CloudFormation names it, once it was read.
    pub fn reach(&self, kind: &str) -> Reach {
        let Self::Some { group, daily, stale } = self else {
            let Self::None(reason) = self else { return Reach::Complete };
            return Reach::Unread(reason.clone());
        };
        let known = names::to_config(kind).filter(|_| types::of(kind).is_some_and(|it| it.recorded));
        let Some(kind) = known else { return Reach::Unread("AWS Config does not know the type".to_owned()) };
        let is_recorded = match group {
            Group::AllBut(left_out) => !left_out.contains(kind),
            Group::Only(recorded) => recorded.contains(kind),
        };
        if !is_recorded {
            Reach::Unread("AWS Config does not record the type here".to_owned())
        } else if let Some(stale) = stale {
            Reach::Partial(stale.clone())
        } else if daily.all != daily.others.contains(kind) {
            Reach::Partial("AWS Config records the type once a day".to_owned())
        } else {
            Reach::Complete
        }
    }

    /// How far types go that nobody asked for.
    pub fn others(&self) -> Reach {
        match self {
            Self::None(reason) => Reach::Unread(reason.clone()),
            Self::Some { .. } => Reach::Partial("AWS Config does not know or record every type".to_owned()),
        }
    }
}

fn is_customers(recorder: &ConfigurationRecorder) -> bool {
    let is_named = recorder.name().is_some_and(|name| name.starts_with("AWSConfigurationRecorderFor"));
    recorder.service_principal().is_none_or(str::is_empty) && !is_named
}

fn group(recorder: &ConfigurationRecorder) -> Group {
    let names =
        |types: &[ResourceType]| types.iter().map(|it| it.as_str().to_owned()).collect::<BTreeSet<_>>();
    let Some(group) = recorder.recording_group() else { return Group::AllBut(BTreeSet::new()) };
    let left_out =
        group.exclusion_by_resource_types().map(|it| names(it.resource_types())).unwrap_or_default();
    match group.recording_strategy().and_then(|strategy| strategy.use_only()) {
        Some(RecordingStrategyType::ExclusionByResourceTypes) => Group::AllBut(left_out),
        Some(RecordingStrategyType::InclusionByResourceTypes) => Group::Only(names(group.resource_types())),
        _ if !group.all_supported() => Group::Only(names(group.resource_types())),
        _ if group.include_global_resource_types() => Group::AllBut(BTreeSet::new()),
        _ => Group::AllBut(GLOBAL.iter().map(|kind| (*kind).to_owned()).collect()),
    }
}

fn daily(recorder: &ConfigurationRecorder) -> Daily {
    let Some(mode) = recorder.recording_mode() else { return Daily::default() };
    let all = *mode.recording_frequency() == RecordingFrequency::Daily;
    let others = mode
        .recording_mode_overrides()
        .iter()
        .filter(|other| (*other.recording_frequency() == RecordingFrequency::Daily) != all)
        .flat_map(RecordingModeOverride::resource_types)
        .map(|kind| kind.as_str().to_owned())
        .collect();
    Daily { all, others }
}

/// Why what the recorder told may be old.
fn stale(recorder: &ConfigurationRecorder, all: &[ConfigurationRecorderStatus]) -> Option<String> {
    let Some(status) = all.iter().find(|status| status.name() == recorder.name()) else {
        return Some("whether AWS Config still records is not known".to_owned());
    };
    if !status.recording() {
        let mut reason = "AWS Config has stopped recording".to_owned();
        if let Some(since) =
            status.last_stop_time().and_then(|time| jiff::Timestamp::from_second(time.secs()).ok())
        {
            // Writing to a text cannot fail.
            let _ = write!(reason, " on {since}");
        }
        reason.push_str(", so what it tells is as old");
        return Some(reason);
    }
    (status.last_status() == Some(&RecorderStatus::Failure)).then(|| {
        format!("AWS Config fails to record: {}", status.last_error_code().unwrap_or("it does not say why"))
    })
}
