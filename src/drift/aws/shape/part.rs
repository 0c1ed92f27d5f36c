//! Resources that are parts of others: a bucket's policy, a role's inline policy, a rule of a security group.
//! AWS Config tells of them only within the whole.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Live, Policy};
use crate::aws::Node;
use crate::drift::aws::{document, equal, permission, transform};

/// What the policy of a resource that is declared apart from it is called, there and in messages.
pub(in crate::drift::aws) const POLICY: &str = "PolicyDocument";

/// What a type is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The type of the whole.
    pub whole: &'static str,
    /// The property that names the whole, or several.
    pub named_by: &'static str,
    /// The property of the whole that holds it.
    pub property: &'static str,
    /// What of that property it is.
    pub within: Within,
}

/// What of a property of the whole a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// All of it: the whole has one policy.
    All,
    /// The item with the same name, which this property gives.
    Named(&'static str),
    /// The rule of a security group that says the same.
    Rule,
    /// The statement of a policy that says the same.
    Statement,
}

const PARTS: &[(&str, Part)] = &[
    ("AWS::S3::BucketPolicy", policy("AWS::S3::Bucket", "Bucket")),
    ("AWS::SQS::QueuePolicy", policy("AWS::SQS::Queue", "Queues")),
    ("AWS::SQS::QueueInlinePolicy", policy("AWS::SQS::Queue", "Queue")),
    ("AWS::SNS::TopicPolicy", policy("AWS::SNS::Topic", "Topics")),
    ("AWS::SNS::TopicInlinePolicy", policy("AWS::SNS::Topic", "TopicArn")),
    ("AWS::Lambda::Permission", PERMISSION),
    ("AWS::IAM::Policy", inline("AWS::IAM::Role", "Roles")),
    ("AWS::IAM::RolePolicy", inline("AWS::IAM::Role", "RoleName")),
    ("AWS::IAM::UserPolicy", inline("AWS::IAM::User", "UserName")),
    ("AWS::IAM::GroupPolicy", inline("AWS::IAM::Group", "GroupName")),
    ("AWS::EC2::SecurityGroupIngress", rule("SecurityGroupIngress")),
    ("AWS::EC2::SecurityGroupEgress", rule("SecurityGroupEgress")),
];

const fn policy(whole: &'static str, named_by: &'static str) -> Part {
    Part { whole, named_by, property: POLICY, within: Within::All }
}

const PERMISSION: Part = Part {
    whole: "AWS::Lambda::Function",
    named_by: "FunctionName",
    property: POLICY,
    within: Within::Statement,
};

const fn inline(whole: &'static str, named_by: &'static str) -> Part {
    Part { whole, named_by, property: "Policies", within: Within::Named("PolicyName") }
}

const fn rule(property: &'static str) -> Part {
    Part { whole: "AWS::EC2::SecurityGroup", named_by: "GroupId", property, within: Within::Rule }
}

/// What a type is a part of.
pub fn part_of(kind: &str) -> Option<Part> {
    PARTS.iter().find(|(name, _)| *name == kind).map(|(_, part)| *part)
}

/// Whether resources of other types declare the policy of this one.
pub(in crate::drift::aws) fn is_guarded_apart(kind: &str) -> bool {
    PARTS.iter().any(|(_, part)| part.whole == kind && part.property == POLICY)
}

/// The type by which Cloud Control tells of the policy of a resource, under the identifier of the resource.
pub fn policy_of(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::S3::Bucket" => Some("AWS::S3::BucketPolicy"),
        "AWS::SNS::Topic" => Some("AWS::SNS::TopicInlinePolicy"),
        "AWS::SQS::Queue" => Some("AWS::SQS::QueueInlinePolicy"),
        _ => None,
    }
}

impl Part {
    /// The live part of a whole: `Ok(None)` when the whole does not have it, `Err` when it is not told.
    ///
    /// # Errors
    /// When whoever told of the whole does not tell of its parts.
    pub fn of(&self, whole: &Live, declared: &Node<'_>) -> Result<Option<Live>, NotTold> {
        let only = |name: &str, json: Json| Live {
            properties: [(name.to_owned(), json)].into_iter().collect(),
            covered: Some(BTreeSet::from([name.to_owned()])),
            ..Live::default()
        };
        match self.within {
            Within::All => match whole.policy() {
                Policy::Untold => Err(NotTold),
                Policy::Nothing => Ok(None),
                Policy::Document(document) => Ok(Some(only(POLICY, document.clone()))),
            },
            Within::Statement => {
                // Not every item that has no policy comes from somebody who would tell of one.
                let Policy::Document(document) = whole.policy() else { return Err(NotTold) };
                let statements = document::live_statements(document).ok_or(NotTold)?;
                let found = statements.iter().find(|it| permission::is_declared_by(declared, it));
                Ok(found.and_then(permission::of_statement).map(|mut told| {
                    // By which the whole was found.
                    let name = declared.get(self.named_by).and_then(Node::text).unwrap_or_default();
                    told.insert(self.named_by.to_owned(), name.into());
                    Live::told_in_full(told)
                }))
            }
            Within::Rule => {
                let items = self.items(whole)?;
                Ok(items.iter().find(|item| is_rule(declared, item)).map(rule_of))
            }
            Within::Named(key) => {
                let items = self.items(whole)?;
                let Some(name) = declared.get(key).and_then(Node::text) else { return Err(NotTold) };
                let item = items.iter().find(|item| item.get(key).and_then(Json::as_str) == Some(name));
                Ok(item.and_then(|item| item.get(POLICY)).map(|document| only(POLICY, document.clone())))
            }
        }
    }

    /// What the whole has of such parts.
    fn items<'w>(&self, whole: &'w Live) -> Result<&'w [Json], NotTold> {
        if !whole.covers(self.property) {
            return Err(NotTold);
        }
        let items = whole.properties.get(self.property).and_then(Json::as_array);
        Ok(items.map(Vec::as_slice).unwrap_or_default())
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

/// Whether a live rule of a security group is the declared one.
pub(in crate::drift::aws) fn is_rule(declared: &Node<'_>, live: &Json) -> bool {
    RULE.iter().all(|name| match declared.get(name) {
        Some(node) => match node.text() {
            Some(text) => live.get(name).is_some_and(|live| {
                let is_protocol = |live: &str| *name == "IpProtocol" && transform::is_protocol(text, live);
                equal::scalar(text, live, true) || live.as_str().is_some_and(is_protocol)
            }),
            None => true,
        },
        None => live.get(name).is_none() || name.ends_with("Port"),
    })
}

fn rule_of(live: &Json) -> Live {
    let properties = live.as_object().cloned().unwrap_or_default();
    let covered = RULE.iter().map(|name| (*name).to_owned()).chain(["Description".to_owned()]).collect();
    Live { properties, covered: Some(covered), ..Live::default() }
}
