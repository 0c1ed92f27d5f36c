//! What `Ref` and `Fn::GetAtt` of a deployed resource give: what AWS told of it, or what follows from its id.

use serde_json::Value as Json;

use super::Plan;
use super::counterpart::{self, Counterpart};
use super::deployments::Deployment;
use crate::aws::arn::{Arn, partition_of};
use crate::aws::types;
use crate::state::aws::{Answers, Item, Properties};

/// The value of an attribute of a resource of a deployment; none for its `Ref`.
pub(super) fn value(
    plan: &Plan<'_>,
    place: usize,
    answers: &Answers,
    logical: &str,
    attribute: Option<&str>,
) -> Option<String> {
    let deployment = plan.deployments.get(place)?;
    let (kind, physical) = physical(plan, place, logical)?;
    let Some(attribute) = attribute else { return Some(physical) };
    let item = plan.index.find(deployment.scope.as_ref()?, &kind, &physical);
    let item = item.and_then(|place| plan.live.items.get(place));
    told(plan, deployment, answers, (&kind, &physical), attribute)
        .or_else(|| of_item(item?, attribute))
        .or_else(|| follows(deployment, (&kind, &physical), attribute))
}

/// The type and the physical id of a resource: as its stack lists it, or as it was found without one.
fn physical(plan: &Plan<'_>, place: usize, logical: &str) -> Option<(String, String)> {
    let deployment = plan.deployments.get(place)?;
    if let Some(stack) = deployment.stack(plan.live) {
        let own = stack.resources.iter().flatten().find(|it| *it.logical == *logical)?;
        return (!own.physical.is_empty()).then(|| (own.kind.to_string(), own.physical.to_string()));
    }
    let resource = plan.evaluated.get(place)?.resources.iter().find(|it| *it.logical == *logical)?;
    match counterpart::find(plan, deployment, resource) {
        Counterpart::Live { item, physical, .. } => {
            let item = item.and_then(|item| plan.live.items.get(item));
            // `Ref` gives names where the inventory counts by ids of its own.
            let name = item.and_then(|item| item.name.clone()).filter(|_| !is_known_by_id(&resource.kind));
            Some((resource.kind.to_string(), name.unwrap_or(physical).to_string()))
        }
        _ => None,
    }
}

/// Types whose `Ref` is the id that AWS gives, although they have a name, too.
fn is_known_by_id(kind: &str) -> bool {
    kind.starts_with("AWS::EC2::") || matches!(kind, "AWS::SNS::Topic" | "AWS::SQS::Queue" | "AWS::KMS::Key")
}

/// What Cloud Control told: the attributes are properties that only AWS writes.
fn told(
    plan: &Plan<'_>,
    deployment: &Deployment,
    answers: &Answers,
    (kind, physical): (&str, &str),
    attribute: &str,
) -> Option<String> {
    let ask = plan.ask(deployment.scope.as_ref()?, kind, physical, None)?;
    let Some(Properties::CloudFormation(text)) = answers.get(&ask) else { return None };
    let json: Json = serde_json::from_str(text).ok()?;
    match attribute.split('.').try_fold(&json, |json, part| json.get(part))? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn of_item(item: &Item, attribute: &str) -> Option<String> {
    if attribute == "Arn"
        || attribute.ends_with("Arn") && types::of(&item.kind)?.read_only.contains(attribute)
    {
        return item.arn.as_deref().map(str::to_owned);
    }
    None
}

/// Attributes that the physical id and the scope determine.
fn follows(deployment: &Deployment, (kind, id): (&str, &str), attribute: &str) -> Option<String> {
    let scope = deployment.scope.as_ref()?;
    let (account, region) = (&scope.account, &scope.region);
    let partition = partition_of(region);
    match (kind, attribute) {
        (_, "Arn" | "TopicArn") if Arn::parse(id).is_some() => Some(id.to_owned()),
        ("AWS::S3::Bucket", "Arn") => Some(format!("arn:{partition}:s3:::{id}")),
        ("AWS::S3::Bucket", "DomainName") => Some(format!("{id}.s3.amazonaws.com")),
        ("AWS::S3::Bucket", "RegionalDomainName") => Some(format!("{id}.s3.{region}.amazonaws.com")),
        ("AWS::SQS::Queue", "Arn") => crate::aws::arn::of_queue(id, region),
        ("AWS::SQS::Queue", "QueueName") => id.rsplit('/').next().map(str::to_owned),
        ("AWS::SNS::Topic", "TopicName") => id.rsplit(':').next().map(str::to_owned),
        ("AWS::Lambda::Function", "Arn") => {
            Some(format!("arn:{partition}:lambda:{region}:{account}:function:{id}"))
        }
        ("AWS::DynamoDB::Table", "Arn") => {
            Some(format!("arn:{partition}:dynamodb:{region}:{account}:table/{id}"))
        }
        ("AWS::KMS::Key", "Arn") => Some(format!("arn:{partition}:kms:{region}:{account}:key/{id}")),
        ("AWS::Logs::LogGroup", "Arn") => {
            Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{id}:*"))
        }
        ("AWS::ECR::Repository", "Arn") => {
            Some(format!("arn:{partition}:ecr:{region}:{account}:repository/{id}"))
        }
        ("AWS::ECS::Cluster", "Arn") => Some(format!("arn:{partition}:ecs:{region}:{account}:cluster/{id}")),
        ("AWS::EC2::SecurityGroup", "GroupId")
        | ("AWS::EC2::VPC", "VpcId")
        | ("AWS::EC2::Subnet", "SubnetId") => Some(id.to_owned()),
        _ => None,
    }
}
