//! Live properties in the shape of CloudFormation, whoever told them, and which properties they tell of.
//!
//! Cloud Control tells them in that shape. AWS Config does for most types; for those that people use most it
//! has a shape of its own, which the tables of this folder read. A type is a line in [`TYPES`].

mod config;
mod data;
mod ec2;
mod iam;
mod messaging;
mod part;
mod storage;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use self::config::Item;
use crate::aws::types;

pub use self::part::{NotTold, Part, Within, part_of, policy_of};
pub(super) use self::part::{POLICY, is_guarded_apart, is_rule};

/// What is live of one resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The properties, by the names of CloudFormation.
    pub properties: Map<String, Json>,
    /// The properties that are told of; `None` for all. One that is told of and not there is not set.
    covered: Option<BTreeSet<String>>,
    /// The policy that guards it, which is no property: a resource of another type declares it.
    policy: Policy,
}

/// The policy of a resource that is declared apart from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Policy {
    /// Nobody tells of it.
    #[default]
    Untold,
    /// There is none.
    Nothing,
    /// A policy document, perhaps as a text.
    Document(Json),
}

/// Reads one type's configuration item: every property it tells of, with nothing for one that is not set.
type Read = fn(&Item<'_>) -> Vec<(&'static str, Option<Json>)>;

/// The types that AWS Config describes in a shape of its own.
const TYPES: &[(&str, Read)] = &[
    ("AWS::DynamoDB::Table", data::table),
    ("AWS::EC2::Instance", ec2::instance),
    ("AWS::EC2::SecurityGroup", ec2::security_group),
    ("AWS::EC2::Subnet", ec2::subnet),
    ("AWS::EC2::VPC", ec2::vpc),
    ("AWS::IAM::Group", iam::group),
    ("AWS::IAM::ManagedPolicy", iam::managed_policy),
    ("AWS::IAM::Role", iam::role),
    ("AWS::IAM::User", iam::user),
    ("AWS::KMS::Key", messaging::key),
    ("AWS::Lambda::Function", data::function),
    ("AWS::RDS::DBInstance", data::database),
    ("AWS::S3::Bucket", storage::bucket),
    ("AWS::SNS::Topic", messaging::topic),
    ("AWS::SQS::Queue", messaging::queue),
];

/// How much of an item's words must be CloudFormation's for the item to be taken for one in its shape.
const ENOUGH: (usize, usize) = (9, 10);

impl Live {
    /// What Cloud Control tells; `None` for what is no object.
    pub fn of_cloud_control(properties: Json) -> Option<Self> {
        match properties {
            Json::Object(properties) => Some(Self { properties, ..Self::default() }),
            _ => None,
        }
    }

    /// What AWS Config tells; `None` when it describes the type in a shape that is not known here. `tags` are
    /// those of the item, where it has any.
    pub fn of_config(
        kind: &str,
        configuration: &Json,
        supplementary: &Json,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Option<Self> {
        let mut out = match TYPES.iter().find(|(name, _)| *name == kind) {
            Some((_, read)) => {
                let mut told = read(&Item { configuration, supplementary });
                let is_policy = |name: &str| name == POLICY && is_guarded_apart(kind);
                let policy = told.iter().position(|(name, _)| is_policy(name)).map(|at| told.remove(at).1);
                let covered = told.iter().map(|(name, _)| (*name).to_owned()).collect();
                let properties = told.into_iter().filter_map(|(name, json)| Some((name.to_owned(), json?)));
                let policy = match policy {
                    None => Policy::Untold,
                    Some(None) => Policy::Nothing,
                    Some(Some(document)) => Policy::Document(document),
                };
                Self { properties: properties.collect(), covered: Some(covered), policy }
            }
            None => Self::as_it_is(kind, configuration)?,
        };
        let property = types::of(kind).and_then(|known| known.tags.as_deref());
        if let (Some(property), Some(tags)) = (property, tags) {
            let tags = tags.iter().map(|(key, value)| (key.clone(), Json::from(value.as_str()))).collect();
            out.properties.insert(property.to_owned(), Json::Object(tags));
            out.covered.get_or_insert_default().insert(property.to_owned());
        }
        Some(out)
    }

    /// An item whose words are CloudFormation's. What it does not name may have been left out.
    fn as_it_is(kind: &str, configuration: &Json) -> Option<Self> {
        let known = types::of(kind)?;
        let properties = configuration.as_object()?;
        let theirs =
            properties.keys().filter(|key| known.properties.iter().any(|own| **own == ***key)).count();
        let covered = properties.keys().cloned().collect();
        (theirs * ENOUGH.1 >= properties.len() * ENOUGH.0 && theirs > 0).then(|| Self {
            properties: properties.clone(),
            covered: Some(covered),
            ..Self::default()
        })
    }

    /// These properties, and no others.
    pub(super) fn told_in_full(properties: Map<String, Json>) -> Self {
        let covered = properties.keys().cloned().collect();
        Self { properties, covered: Some(covered), ..Self::default() }
    }

    /// Adds the policy that somebody else tells of, where this one does not.
    #[must_use]
    pub fn with_policy_of(mut self, other: Self) -> Self {
        if self.policy == Policy::Untold {
            self.policy = other.policy;
        }
        self
    }

    /// Adds what Cloud Control tells of the policy, as a resource of its own; `None` when there is none.
    #[must_use]
    pub fn with_policy(mut self, told: Option<&Self>) -> Self {
        self.policy = match told.map(|told| told.properties.get(POLICY)) {
            None => Policy::Nothing,
            Some(None) => Policy::Untold,
            Some(Some(document)) => Policy::Document(document.clone()),
        };
        self
    }

    /// Whether it is told which policy guards it, if any.
    pub fn tells_of_policy(&self) -> bool {
        self.policy != Policy::Untold
    }

    /// The policy that guards it.
    pub(super) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether it is told what a property is.
    pub fn covers(&self, property: &str) -> bool {
        self.covered.as_ref().is_none_or(|covered| covered.contains(property))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_is_told_by_its_words() {
        let own = json!({"ClusterName": "shop", "Arn": "arn:aws:ecs:r:1:cluster/shop"});
        let live = Live::of_config("AWS::ECS::Cluster", &own, &Json::Null, None).unwrap();
        assert!(live.covers("ClusterName") && !live.covers("ClusterSettings"));
        let foreign = json!({"clusterName": "shop", "status": "x"});
        assert_eq!(Live::of_config("AWS::ECS::Cluster", &foreign, &Json::Null, None), None);
        assert_eq!(Live::of_config("Custom::Thing", &own, &Json::Null, None), None);
    }

    #[test]
    fn every_type_names_properties_that_exist() {
        for (kind, read) in TYPES {
            let known = types::of(kind).unwrap();
            let empty = json!({});
            for (property, _) in read(&Item { configuration: &empty, supplementary: &empty }) {
                assert!(
                    property == POLICY || known.properties.iter().any(|own| **own == *property),
                    "{kind} {property}"
                );
            }
        }
    }
}
