//! Buckets: nearly all of one is in the supplementary configuration.

use serde_json::{Value as Json, json};

use super::config::{Item, object, pascal};
use super::part::POLICY;

pub(super) fn bucket(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let mut out = vec![
        ("BucketName", item.get("name")),
        ("PublicAccessBlockConfiguration", item.more("PublicAccessBlockConfiguration").map(pascal)),
        (POLICY, item.more("BucketPolicy.policyText")),
    ];
    // Of the rest, what is not there may not have been asked for.
    if let Some(status) = item.more("BucketVersioningConfiguration").map(|it| it.get("status").cloned()) {
        let status = status.filter(|status| status.as_str().is_some_and(|status| status != "Off"));
        out.push(("VersioningConfiguration", object([("Status", status)])));
    }
    if let Some(encryption) = item.more("ServerSideEncryptionConfiguration") {
        out.push(("BucketEncryption", Some(encrypted(&encryption))));
    }
    if let Some(logging) = item.more("BucketLoggingConfiguration") {
        let part = |name: &str| logging.get(name).filter(|it| !it.is_null()).cloned();
        let parts = object([
            ("DestinationBucketName", part("destinationBucketName")),
            ("LogFilePrefix", part("logFilePrefix")),
        ]);
        out.push(("LoggingConfiguration", parts));
    }
    if let Some(status) = item.more("BucketAccelerateConfiguration.status") {
        out.push(("AccelerateConfiguration", object([("AccelerationStatus", Some(status))])));
    }
    if let Some(Json::Object(tags)) =
        item.more("BucketTaggingConfiguration").and_then(|it| it.pointer("/tagSets/0/tags").cloned())
    {
        out.push(("Tags", Some(Json::Object(tags))));
    }
    out
}

fn encrypted(configuration: &Json) -> Json {
    let rules = configuration.get("rules").and_then(Json::as_array).into_iter().flatten();
    let rules: Vec<Json> = rules
        .map(|rule| {
            let by = rule.get("applyServerSideEncryptionByDefault").unwrap_or(&Json::Null);
            let part = |name: &str| by.get(name).filter(|it| !it.is_null()).cloned();
            let default = object([
                ("SSEAlgorithm", part("sseAlgorithm")),
                ("KMSMasterKeyID", part("kmsMasterKeyID")),
            ]);
            json!({"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": rule.get("bucketKeyEnabled")})
        })
        .collect();
    json!({ "ServerSideEncryptionConfiguration": rules })
}
