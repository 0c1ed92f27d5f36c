//! Resources that are parts of others: a bucket's policy, a role's inline policy, a rule of a security group.
//! AWS Config tells of them only within the whole.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Live;
use crate::aws::Node;

/// Where shapes keep the resource policy of what has one; no property of the resource itself.
pub(super) const POLICY: &str = "PolicyDocument";

/// What a type is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The type of the whole.
    pub whole: &'static str,
    /// The property that names the whole, or several.
    pub named_by: &'static str,
    /// The property of the whole that holds it.
    pub property: &'static str,
    /// Which item of that property it is: the one with the same name here; empty for the whole item. `None`
    /// when the property is all of it.
    pub item: Option<&'static str>,
}

const PARTS: &[(&str, Part)] = &[
    ("AWS::S3::BucketPolicy", policy("AWS::S3::Bucket", "Bucket")),
    ("AWS::SQS::QueuePolicy", policy("AWS::SQS::Queue", "Queues")),
    ("AWS::SNS::TopicPolicy", policy("AWS::SNS::Topic", "Topics")),
    ("AWS::IAM::Policy", inline("AWS::IAM::Role", "Roles")),
    ("AWS::IAM::RolePolicy", inline("AWS::IAM::Role", "RoleName")),
    ("AWS::IAM::UserPolicy", inline("AWS::IAM::User", "UserName")),
    ("AWS::IAM::GroupPolicy", inline("AWS::IAM::Group", "GroupName")),
    ("AWS::EC2::SecurityGroupIngress", rule("SecurityGroupIngress")),
    ("AWS::EC2::SecurityGroupEgress", rule("SecurityGroupEgress")),
];

const fn policy(whole: &'static str, named_by: &'static str) -> Part {
    Part { whole, named_by, property: POLICY, item: None }
}

const fn inline(whole: &'static str, named_by: &'static str) -> Part {
    Part { whole, named_by, property: "Policies", item: Some("PolicyName") }
}

const fn rule(property: &'static str) -> Part {
    Part { whole: "AWS::EC2::SecurityGroup", named_by: "GroupId", property, item: Some("") }
}

/// What a type is a part of.
pub fn part_of(kind: &str) -> Option<Part> {
    PARTS.iter().find(|(name, _)| *name == kind).map(|(_, part)| *part)
}

impl Part {
    /// The live part of a whole: `Ok(None)` when the whole does not have it, `Err` when it is not told.
    ///
    /// # Errors
    /// When whoever told of the whole does not tell of its parts.
    pub fn of(&self, whole: &Live, declared: &Node<'_>) -> Result<Option<Live>, NotTold> {
        if !whole.covers(self.property) || (self.item.is_none() && whole.covered.is_none()) {
            return Err(NotTold);
        }
        let found = whole.properties.get(self.property);
        let only = |name: &str, json: Json| Live {
            properties: [(name.to_owned(), json)].into_iter().collect(),
            covered: Some(BTreeSet::from([name.to_owned()])),
        };
        let Some(key) = self.item else { return Ok(found.map(|policy| only(POLICY, policy.clone()))) };
        let items = found.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        if key.is_empty() {
            return Ok(items.iter().find(|item| is_rule(declared, item)).map(rule_of));
        }
        let Some(name) = declared.get(key).and_then(Node::text) else { return Err(NotTold) };
        let item = items.iter().find(|item| item.get(key).and_then(Json::as_str) == Some(name));
        Ok(item.and_then(|item| item.get(POLICY)).map(|document| only(POLICY, document.clone())))
    }
}

/// Nobody told of the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is live does not tell of it")]
pub struct NotTold;

/// What makes a rule of a security group this rule and no other.
const RULE: [&str; 9] = [
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
];

fn is_rule(declared: &Node<'_>, live: &Json) -> bool {
    RULE.iter().all(|name| match declared.get(name) {
        Some(node) => match node.text() {
            Some(text) => {
                live.get(name).is_some_and(|live| crate::drift::aws::equal::scalar(text, live, true))
            }
            None => true,
        },
        None => live.get(name).is_none() || name.ends_with("Port"),
    })
}

fn rule_of(live: &Json) -> Live {
    let properties = live.as_object().cloned().unwrap_or_default();
    let covered = RULE.iter().map(|name| (*name).to_owned()).chain(["Description".to_owned()]).collect();
    Live { properties, covered: Some(covered) }
}
