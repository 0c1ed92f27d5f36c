//! The IAM permissions of an audit: which action each request to AWS needs, and the least policy for a run.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::aws::types;

/// A service that is asked, each with a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// AWS Config.
    Config,
    /// Resource Groups Tagging API.
    Tagging,
    /// CloudFormation.
    CloudFormation,
    /// Cloud Control.
    CloudControl,
    /// CloudTrail.
    CloudTrail,
}

/// A request, by the service that answers it and the IAM action it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who is asked.
    pub service: Service,
    /// Such as `config:SelectResourceConfig`.
    pub action: &'static str,
}

const fn operation(service: Service, action: &'static str) -> Operation {
    Operation { service, action }
}

/// Who asks. Needs no permission.
pub const IDENTITY: Operation = operation(Service::Sts, "sts:GetCallerIdentity");
/// To read another account.
pub const ASSUME_ROLE: Operation = operation(Service::Sts, "sts:AssumeRole");
/// What AWS Config records.
pub const RECORDERS: Operation = operation(Service::Config, "config:DescribeConfigurationRecorders");
/// Whether it records now.
pub const RECORDER_STATUS: Operation =
    operation(Service::Config, "config:DescribeConfigurationRecorderStatus");
/// Everything AWS Config has in a region.
pub const SELECT: Operation = operation(Service::Config, "config:SelectResourceConfig");
/// Everything an aggregator has.
pub const SELECT_AGGREGATE: Operation = operation(Service::Config, "config:SelectAggregateResourceConfig");
/// How fresh an aggregator is.
pub const AGGREGATOR_STATUS: Operation =
    operation(Service::Config, "config:DescribeConfigurationAggregatorSourcesStatus");
/// How many resources there are of each type.
pub const COUNTS: Operation = operation(Service::Config, "config:GetDiscoveredResourceCounts");
/// The ids of one type.
pub const DISCOVERED: Operation = operation(Service::Config, "config:ListDiscoveredResources");
/// The configurations of some.
pub const BATCH_GET: Operation = operation(Service::Config, "config:BatchGetResourceConfig");
/// All tags.
pub const TAGGED: Operation = operation(Service::Tagging, "tag:GetResources");
/// All stacks.
pub const STACKS: Operation = operation(Service::CloudFormation, "cloudformation:DescribeStacks");
/// What a stack owns.
pub const STACK_RESOURCES: Operation =
    operation(Service::CloudFormation, "cloudformation:ListStackResources");
/// What a stack was deployed from.
pub const TEMPLATE: Operation = operation(Service::CloudFormation, "cloudformation:GetTemplate");
/// The properties of one resource.
pub const GET: Operation = operation(Service::CloudControl, "cloudformation:GetResource");
/// The identifiers of one type.
pub const LIST: Operation = operation(Service::CloudControl, "cloudformation:ListResources");
/// Who changed something.
pub const EVENTS: Operation = operation(Service::CloudTrail, "cloudtrail:LookupEvents");

/// What a run is asked to do, as far as permissions depend on it.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The types that are declared, in the words of CloudFormation.
    pub kinds: BTreeSet<Arc<str>>,
    /// Whether an aggregator of AWS Config is asked.
    pub aggregator: bool,
    /// Whether CloudTrail is asked who changed what.
    pub attribution: bool,
    /// The ARNs of the roles to assume in other accounts.
    pub roles: Vec<String>,
}

/// The least IAM policy that lets a run read all it needs, and change nothing.
///
/// The read handlers of Cloud Control ask for more than reading in places (keys to create, web ACLs to
/// associate, secrets to decrypt); only what reads configuration is taken over. A managed policy holds 6,144
/// characters without blanks, so one for very many types has to be split.
pub fn policy(needs: &Needs) -> Value {
    let mut statements = Vec::new();
    let mut allow = |sid: &str, actions: BTreeSet<&str>, resources: Value| {
        if !actions.is_empty() {
            let statement = json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources});
            statements.push(statement);
        }
    };
    let mut config = BTreeSet::from(
        [RECORDERS, RECORDER_STATUS, SELECT, COUNTS, DISCOVERED, BATCH_GET].map(|it| it.action),
    );
    if needs.aggregator {
        config.extend([SELECT_AGGREGATE, AGGREGATOR_STATUS].map(|it| it.action));
    }
    allow("Inventory", config, json!("*"));
    let ownership = [TAGGED, STACKS, STACK_RESOURCES, TEMPLATE].map(|it| it.action);
    allow("Ownership", ownership.into(), json!("*"));
    let mut properties = BTreeSet::from([GET, LIST].map(|it| it.action));
    let known = needs.kinds.iter().filter_map(|kind| types::of(kind));
    let handlers = known.flat_map(|kind| kind.read.iter().chain(&kind.list)).flatten();
    properties.extend(handlers.map(|action| &**action).filter(|action| reads_configuration(action)));
    allow("Properties", properties, json!("*"));
    if needs.attribution {
        allow("Attribution", [EVENTS.action].into(), json!("*"));
    }
    if !needs.roles.is_empty() {
        allow("OtherAccounts", [ASSUME_ROLE.action].into(), json!(needs.roles));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Whether an action only reads, and reads how something is set up rather than what is in it.
fn reads_configuration(action: &str) -> bool {
    /// What reads contents or hands out credentials, by the names after the service.
    const CONTENTS: &[&str] = &[
        "batchgetsecretvalue",
        "getauthorizationtoken",
        "getfederationtoken",
        "getitem",
        "getobject",
        "getobjectversion",
        "getrandompassword",
        "getrecords",
        "getsecretvalue",
        "getsessiontoken",
    ];
    let Some((_, verb)) = action.split_once(':') else { return false };
    let verb = verb.to_ascii_lowercase();
    ["get", "list", "describe", "batchget", "batchdescribe", "search", "view"]
        .iter()
        .any(|prefix| verb.starts_with(prefix))
        && !CONTENTS.contains(&verb.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions<'p>(policy: &'p Value, sid: &str) -> Vec<&'p str> {
        let statements = policy["Statement"].as_array().unwrap();
        let statement = statements.iter().find(|it| it["Sid"] == sid).unwrap();
        statement["Action"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
    }

    #[test]
    fn a_policy_has_what_the_run_needs_and_no_more() {
        let mut needs = Needs { kinds: ["AWS::S3::Bucket".into()].into(), ..Needs::default() };
        let small = policy(&needs);
        assert!(actions(&small, "Properties").contains(&"s3:GetBucketTagging"));
        assert!(!small.to_string().contains("sqs:"));
        for word in ["cloudtrail:", "Aggregat", "sts:"] {
            assert!(!small.to_string().contains(word), "{word}");
        }
        needs.aggregator = true;
        needs.attribution = true;
        needs.roles = vec!["arn:aws:iam::123456789012:role/audit".to_owned()];
        let large = policy(&needs);
        assert_eq!(actions(&large, "Attribution"), ["cloudtrail:LookupEvents"]);
        assert_eq!(actions(&large, "OtherAccounts"), ["sts:AssumeRole"]);
        assert!(actions(&large, "Inventory").contains(&"config:SelectAggregateResourceConfig"));
    }

    #[test]
    fn whatever_is_declared_the_policy_reads_only() {
        let kinds = types::all().map(|(kind, _)| kind.into()).collect();
        let policy = policy(&Needs { kinds, ..Needs::default() });
        let actions = actions(&policy, "Properties");
        assert!(actions.len() > 1500, "{}", actions.len());
        for action in actions {
            let verb = action.split_once(':').unwrap().1.to_ascii_lowercase();
            for word in ["create", "delete", "put", "update", "associate", "decrypt", "tagres", "pass"] {
                assert!(!verb.starts_with(word), "{action}");
            }
            assert!(!verb.contains("secretvalue") && verb != "getobject", "{action}");
        }
    }
}
