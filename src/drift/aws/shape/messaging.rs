//! Topics, queues and keys: what is guarded by a policy of its own.

use serde_json::Value as Json;

use super::config::{Item, object};
use super::part::POLICY;

pub(super) fn topic(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let get = |one: &str, other: &str| item.get(one).or_else(|| item.get(other));
    let arn = get("TopicArn", "topicArn");
    let name = arn.as_ref().and_then(Json::as_str).and_then(|arn| arn.rsplit(':').next()).map(Json::from);
    vec![
        ("TopicName", name),
        ("DisplayName", get("DisplayName", "displayName")),
        ("KmsMasterKeyId", get("KmsMasterKeyId", "kmsMasterKeyId")),
        ("FifoTopic", get("FifoTopic", "fifoTopic")),
        (POLICY, get("Policy", "policy")),
    ]
}

pub(super) fn queue(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let mut out: Vec<(&'static str, Option<Json>)> = [
        "QueueName",
        "DelaySeconds",
        "FifoQueue",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
        "ContentBasedDeduplication",
    ]
    .into_iter()
    .map(|name| (name, item.get(name)))
    .collect();
    out.push(("MaximumMessageSize", item.get("MaximumMessageSize")));
    out.push((POLICY, item.get("Policy")));
    out
}

pub(super) fn key(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let mut out = vec![
        ("Description", item.get("description")),
        ("Enabled", item.get("enabled")),
        ("KeyUsage", item.get("keyUsage")),
        ("KeySpec", item.get("keySpec").or_else(|| item.get("customerMasterKeySpec"))),
        ("MultiRegion", item.get("multiRegion")),
    ];
    let told = [("KeyPolicy", item.more("Policy")), ("EnableKeyRotation", item.more("KeyRotationStatus"))];
    out.extend(told.into_iter().filter(|(_, value)| value.is_some()));
    // Older items wrap the answer in an object.
    for (_, value) in &mut out {
        if let Some(Json::Object(wrapped)) = value {
            let inner = wrapped.get("keyRotationEnabled").cloned();
            *value = inner.or_else(|| {
                object([("Statement", wrapped.get("Statement").cloned())])
                    .map(|_| Json::Object(wrapped.clone()))
            });
        }
    }
    out
}
