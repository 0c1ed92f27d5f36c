//! A configuration item of AWS Config to an [`Item`], in each of its spellings.
//!
//! What the API answers has `arn`, `accountId` and a `configuration` that is a text of JSON; what files and
//! events hold has `ARN`, `awsAccountId` and a `configuration` that is an object; an advanced query mixes the
//! two. Deliberately absent: what the configuration means (`drift`).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::{Item, Properties, Source, tags};
use crate::aws::arn::Arn;
use crate::aws::{GLOBAL, Scope, names};

/// The fields of a configuration item as they are written.
#[derive(Default)]
pub struct Record {
    kind: Option<String>,
    id: Option<String>,
    name: Option<String>,
    arn: Option<String>,
    account: Option<String>,
    region: Option<String>,
    status: Option<String>,
    captured: Option<String>,
    created: Option<String>,
    tags: Option<Box<RawValue>>,
    configuration: Option<Box<RawValue>>,
    supplementary: Option<Box<RawValue>>,
    /// Whether there is any field of a configuration item.
    pub is_item: bool,
}

/// What a source says of a resource.
pub struct Told {
    /// The resource.
    pub item: Item,
    /// Whether it is there; otherwise it was.
    pub is_there: bool,
    /// Whether the source follows resources of the type.
    pub is_recorded: bool,
}

/// Why a configuration item tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Odd {
    /// It names no type or no id.
    Nameless,
    /// It does not say which account it is of.
    Homeless,
}

impl Odd {
    /// What is wrong with the items.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nameless => "no resource type or no resource id",
            Self::Homeless => "no account",
        }
    }
}

impl Record {
    /// The fields of an item that is a text of JSON; `None` when that is no object.
    #[cfg(feature = "aws")]
    pub fn from_json(json: &str) -> Option<Self> {
        let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).ok()?;
        let mut record = Self::default();
        for (key, value) in fields.into_iter().filter(|(key, _)| Self::knows(key)) {
            record.set(&key, value);
        }
        Some(record)
    }

    /// Whether `key` is a field of a configuration item that is used here.
    pub fn knows(key: &str) -> bool {
        matches!(
            key,
            "resourceType"
                | "resourceId"
                | "resourceName"
                | "arn"
                | "ARN"
                | "accountId"
                | "awsAccountId"
                | "awsRegion"
                | "configurationItemStatus"
                | "configurationItemCaptureTime"
                | "resourceCreationTime"
                | "tags"
                | "configuration"
                | "supplementaryConfiguration"
        )
    }

    /// Takes a field for which [`Record::knows`] is true.
    pub fn set(&mut self, key: &str, value: Box<RawValue>) {
        let text = |value: &RawValue| text(value.get());
        let field = match key {
            "resourceType" => &mut self.kind,
            "resourceId" => &mut self.id,
            "resourceName" => &mut self.name,
            "arn" | "ARN" => &mut self.arn,
            "accountId" | "awsAccountId" => &mut self.account,
            "awsRegion" => &mut self.region,
            "configurationItemStatus" => &mut self.status,
            "configurationItemCaptureTime" => &mut self.captured,
            "resourceCreationTime" => &mut self.created,
            "tags" => {
                self.tags = Some(value);
                return;
            }
            "configuration" => {
                self.configuration = Some(value);
                return;
            }
            _ => {
                self.supplementary = Some(value);
                return;
            }
        };
        self.is_item = true;
        *field = text(&value).filter(|text| !text.is_empty());
    }

    /// The item it describes; `home` is used where it names no account or region.
    pub fn finish(self, home: Option<&Scope>) -> Result<Told, Odd> {
        let (Some(kind), Some(id)) = (self.kind, self.id) else { return Err(Odd::Nameless) };
        let kind: Arc<str> = names::from_config(&kind).into();
        let arn = self.arn.as_deref().and_then(Arn::parse);
        let account = self
            .account
            .as_deref()
            .or_else(|| arn.as_ref().map(|arn| arn.account).filter(|it| !it.is_empty()))
            .or_else(|| home.map(|home| &*home.account))
            .ok_or(Odd::Homeless)?;
        // "Not Applicable" is what the first version said of global resources.
        let region = match self.region.as_deref().filter(|region| !region.contains(' ')) {
            _ if names::is_global(&kind) => GLOBAL,
            Some(region) => region,
            None => arn
                .map(|arn| arn.region)
                .filter(|region| !region.is_empty())
                .or_else(|| home.map(|home| &*home.region))
                .unwrap_or(GLOBAL),
        };
        let status = self.status.unwrap_or_default();
        let properties = match status.as_str() {
            "ResourceNotRecorded" => {
                Properties::Failed("AWS Config does not record resources of this type".into())
            }
            _ => properties(self.configuration, self.supplementary),
        };
        let item = Item {
            scope: Scope::new(account, region),
            kind,
            id: id.into(),
            name: self.name.map(Into::into),
            arn: self.arn.map(Into::into),
            tags: self.tags.and_then(|tags| tags::read(tags.get())),
            properties,
            source: Source::Config,
            captured: self.captured.as_deref().map(time).unwrap_or_default(),
            created: self.created.as_deref().map(time).unwrap_or_default(),
        };
        Ok(Told {
            item,
            is_there: !matches!(status.as_str(), "ResourceDeleted" | "ResourceDeletedNotRecorded"),
            is_recorded: !matches!(status.as_str(), "ResourceNotRecorded" | "ResourceDeletedNotRecorded"),
        })
    }
}

/// A field that should be a text; numbers are taken as they are written, `null` is none.
fn text(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'-' | b'0'..=b'9' => Some(json.to_owned()),
        _ => None,
    }
}

fn properties(configuration: Option<Box<RawValue>>, supplementary: Option<Box<RawValue>>) -> Properties {
    let Some(configuration) = configuration else { return Properties::Unread };
    let is_text = configuration.get().starts_with('"');
    let configuration: Box<str> = if is_text {
        match text(configuration.get()) {
            Some(inner) => inner.into(),
            None => "".into(),
        }
    } else {
        configuration.into()
    };
    if !configuration.trim_start().starts_with(['{', '[']) {
        return Properties::Failed("AWS Config has no configuration of it".into());
    }
    let supplementary = supplementary.map_or_else(|| "{}".into(), |it| decoded(&it, is_text));
    Properties::Config { configuration, supplementary }
}

/// The supplementary configuration with the values that are texts of JSON decoded, once or twice.
///
/// In what the API answers (`all`) every value is such a text; elsewhere only some are.
fn decoded(supplementary: &RawValue, all: bool) -> Box<str> {
    let values = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(supplementary.get());
    let values: BTreeMap<String, Box<RawValue>> =
        values.unwrap_or_default().into_iter().map(|(key, value)| (key, plain(value, all))).collect();
    serde_json::to_string(&values).unwrap_or_else(|_| "{}".to_owned()).into()
}

/// A value that may be a text of JSON, or a text of such a text, as what it stands for.
fn plain(value: Box<RawValue>, all: bool) -> Box<RawValue> {
    let mut value = value;
    for may_be_scalar in [all, false] {
        let Some(inner) = text(value.get()).filter(|_| value.get().starts_with('"')) else { break };
        if !may_be_scalar && !inner.trim_start().starts_with(['{', '[', '"']) {
            break;
        }
        match RawValue::from_string(inner) {
            Ok(inner) => value = inner,
            Err(_) => break,
        }
    }
    value
}

/// A time in any spelling as RFC 3339 in UTC; empty when it is none.
///
/// The API answers seconds since 1970, files hold RFC 3339, and some tools print a blank for the `T` or no
/// zone at all.
pub fn time(text: &str) -> Box<str> {
    let stamp = match text.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since 1970 are far from the limits"
        )]
        Ok(number) => {
            let millis = if number.abs() < 1e11 { number * 1000.0 } else { number };
            Timestamp::from_millisecond(millis as i64)
        }
        Err(_) => text.parse::<Timestamp>().or_else(|problem| {
            let local = text.parse::<jiff::civil::DateTime>().map_err(|_| problem)?;
            local.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp())
        }),
    };
    stamp.map(|stamp| format!("{stamp:.3}")).unwrap_or_default().into()
}
