//! Sets that decide who may do what. An addition to one counts even where the property is not declared, unless
//! another resource declares it.

use serde_json::Value as Json;

use crate::aws::Node;

/// The guarded properties of a type, and the part that tells an item from others; empty for the whole item.
const SETS: &[(&str, &str, &str)] = &[
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", ""),
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress", ""),
    ("AWS::IAM::Group", "Policies", "PolicyName"),
    ("AWS::IAM::Group", "ManagedPolicyArns", ""),
    ("AWS::IAM::Role", "Policies", "PolicyName"),
    ("AWS::IAM::Role", "ManagedPolicyArns", ""),
    ("AWS::IAM::User", "Policies", "PolicyName"),
    ("AWS::IAM::User", "ManagedPolicyArns", ""),
];

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
    let part =
        SETS.iter().find(|(of, name, _)| *of == kind && *name == property).map_or("", |(.., part)| part);
    if part.is_empty() {
        return equal(other, live);
    }
    match (other.get(part), live.get(part)) {
        (Some(other), Some(live)) => other.has_unknown() || equal(other, live),
        _ => other.has_unknown(),
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
