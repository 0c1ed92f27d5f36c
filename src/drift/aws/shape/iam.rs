//! Roles, users, groups and managed policies.

use serde_json::{Value as Json, json};

use super::config::Item;

pub(super) fn role(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let mut out = vec![
        ("RoleName", item.get("roleName")),
        ("Path", item.get("path")),
        ("AssumeRolePolicyDocument", item.get("assumeRolePolicyDocument")),
        ("Policies", inline(item, "rolePolicyList")),
        ("ManagedPolicyArns", item.each("attachedManagedPolicies", "policyArn")),
        ("PermissionsBoundary", item.get("permissionsBoundary.permissionsBoundaryArn")),
    ];
    // Config does not always tell of these two.
    out.extend(told(item, "Description", "description"));
    out.extend(told(item, "MaxSessionDuration", "maxSessionDuration"));
    out
}

pub(super) fn user(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    vec![
        ("UserName", item.get("userName")),
        ("Path", item.get("path")),
        ("Policies", inline(item, "userPolicyList")),
        ("ManagedPolicyArns", item.each("attachedManagedPolicies", "policyArn")),
        ("Groups", item.get("groupList")),
        ("PermissionsBoundary", item.get("permissionsBoundary.permissionsBoundaryArn")),
    ]
}

pub(super) fn group(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    vec![
        ("GroupName", item.get("groupName")),
        ("Path", item.get("path")),
        ("Policies", inline(item, "groupPolicyList")),
        ("ManagedPolicyArns", item.each("attachedManagedPolicies", "policyArn")),
    ]
}

pub(super) fn managed_policy(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let versions = item.get("policyVersionList");
    let default = versions.as_ref().and_then(Json::as_array).and_then(|versions| {
        versions.iter().find(|version| version.get("isDefaultVersion") == Some(&Json::Bool(true)))
    });
    let mut out = vec![("ManagedPolicyName", item.get("policyName")), ("Path", item.get("path"))];
    if let Some(document) = default.and_then(|version| version.get("document")) {
        out.push(("PolicyDocument", Some(document.clone())));
    }
    out.extend(told(item, "Description", "description"));
    out
}

/// A property that is told of only where it is there.
fn told(item: &Item<'_>, property: &'static str, name: &str) -> Option<(&'static str, Option<Json>)> {
    item.get(name).map(|value| (property, Some(value)))
}

fn inline(item: &Item<'_>, list: &str) -> Option<Json> {
    let Json::Array(policies) = item.get(list)? else { return None };
    let policies = policies.iter().map(|policy| {
        json!({"PolicyName": policy.get("policyName"), "PolicyDocument": policy.get("policyDocument")})
    });
    Some(policies.collect())
}
