//! Sets and policies that decide who may do what. An addition to one counts even where the property is not
//! declared, unless another resource declares it.

use serde_json::Value as Json;

use crate::aws::Node;

use super::shape::is_rule;

pub(super) use super::shape::is_guarded_apart;

/// The guarded properties of a type that are lists, and what tells their items apart.
const SETS: &[(&str, &str, By)] = &[
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", By::Rule),
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress", By::Rule),
    ("AWS::IAM::Group", "Policies", By::Part("PolicyName")),
    ("AWS::IAM::Group", "ManagedPolicyArns", By::Whole),
    ("AWS::IAM::Role", "Policies", By::Part("PolicyName")),
    ("AWS::IAM::Role", "ManagedPolicyArns", By::Whole),
    ("AWS::IAM::User", "Policies", By::Part("PolicyName")),
    ("AWS::IAM::User", "ManagedPolicyArns", By::Whole),
];

/// What tells an item from others.
#[derive(Clone, Copy)]
enum By {
    /// All that it is.
    Whole,
    /// One part.
    Part(&'static str),
    /// What it lets through; a rule of its own also names its group.
    Rule,
}

/// Properties that are policy documents. What has a policy that another type declares is among the parts
/// ([`is_guarded_apart`]).
const POLICIES: &[(&str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "Policy"),
    ("AWS::Backup::BackupVault", "AccessPolicy"),
    ("AWS::ECR::Repository", "RepositoryPolicyText"),
    ("AWS::EFS::FileSystem", "FileSystemPolicy"),
    ("AWS::Events::EventBus", "Policy"),
    ("AWS::KMS::Key", "KeyPolicy"),
    ("AWS::OpenSearchService::Domain", "AccessPolicies"),
    ("AWS::S3::AccessPoint", "Policy"),
];

/// Properties that keep others out, each part by its own word: what is live and says `false` lets them in.
const SHUTTERS: &[(&str, &str)] = &[
    ("AWS::S3::AccessPoint", "PublicAccessBlockConfiguration"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
];

/// The policies that are properties of a type.
pub(super) fn policies(kind: &str) -> impl Iterator<Item = &'static str> {
    POLICIES.iter().filter(move |(of, _)| *of == kind).map(|(_, property)| *property)
}

/// The properties of a type that keep others out.
pub(super) fn shutters(kind: &str) -> impl Iterator<Item = &'static str> {
    SHUTTERS.iter().filter(move |(of, _)| *of == kind).map(|(_, property)| *property)
}

/// The guarded properties of a type.
pub(super) fn properties(kind: &str) -> impl Iterator<Item = &'static str> {
    SETS.iter().filter(move |(of, ..)| *of == kind).map(|(_, property, _)| *property)
}

/// Whether a property is guarded.
pub(super) fn is_guarded(kind: &str, property: &str) -> bool {
    SETS.iter().any(|(of, name, _)| *of == kind && *name == property)
}

/// Whether an item that another resource declares is this one. `equal` compares values.
pub(super) fn is_same(
    kind: &str,
    property: &str,
    other: &Node<'_>,
    live: &Json,
    equal: impl Fn(&Node<'_>, &Json) -> bool,
) -> bool {
    let by = SETS.iter().find(|(of, name, _)| *of == kind && *name == property).map(|(.., by)| *by);
    match by.unwrap_or(By::Whole) {
        By::Whole => equal(other, live),
        By::Rule => is_rule(other, live),
        By::Part(part) => match (other.get(part), live.get(part)) {
            (Some(other), Some(live)) => other.has_unknown() || equal(other, live),
            _ => other.has_unknown(),
        },
    }
}

/// Whether EC2 itself wrote a rule: a group without rules of its own lets everything out.
pub(super) fn is_default(property: &str, has_own: bool, live: &Json) -> bool {
    let is = |key: &str, value: &str| live.get(key).and_then(Json::as_str) == Some(value);
    property == "SecurityGroupEgress"
        && !has_own
        && is("IpProtocol", "-1")
        && (is("CidrIp", "0.0.0.0/0") || is("CidrIpv6", "::/0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::types;

    #[test]
    fn every_row_names_a_property_that_exists() {
        let sets = SETS.iter().map(|(kind, property, _)| (kind, property));
        let rest = POLICIES.iter().chain(SHUTTERS).map(|(kind, property)| (kind, property));
        for (kind, property) in sets.chain(rest) {
            let known = types::of(kind).unwrap_or_else(|| panic!("{kind}"));
            assert!(known.properties.iter().any(|own| **own == **property), "{kind} {property}");
        }
    }
}
