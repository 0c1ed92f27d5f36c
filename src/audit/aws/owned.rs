//! What is live in every account without anybody having declared it: what AWS keeps for itself, default
//! networks, the stacks of platforms. Only what AWS itself writes counts as a sign: its own tags, its own
//! fields, names that it reserves. A tag that anybody can set clears nothing.

use serde_json::Value as Json;

use crate::aws::arn::Arn;
use crate::state::aws::Item;

/// Stacks of platforms, by how their names begin.
const PLATFORM_STACKS: &[&str] = &[
    "CDKToolkit",
    "StackSet-",
    "AWSControlTower",
    "aws-controltower-",
    "AWSAccelerator",
    "awseb-",
    "aws-sam-cli-managed-",
    "SC-",
];

/// Whether a stack is a platform's own.
pub(super) fn is_platform_stack(name: &str) -> bool {
    PLATFORM_STACKS.iter().any(|prefix| name.starts_with(prefix))
}

/// Tags that only AWS can set, and who does.
const OWNERS: &[(&str, &str)] = &[
    ("aws:autoscaling:groupName", "the Auto Scaling group"),
    ("aws:ec2launchtemplate:id", "the launch template"),
    ("aws:ec2:fleet-id", "the EC2 fleet"),
    ("aws:eks:cluster-name", "the EKS cluster"),
    ("aws:elasticmapreduce:job-flow-id", "the EMR cluster"),
    ("aws:servicecatalog:provisionedProductArn", "the Service Catalog product"),
    ("aws:backup:source-resource", "the backup of"),
    ("aws:secretsmanager:owningService", "the service"),
    ("aws:rds:primaryDBInstanceArn", "the database"),
    ("aws:elasticbeanstalk:environment-id", "the Elastic Beanstalk environment"),
];

/// What a live resource is the child of, by a tag that only AWS can set.
pub(super) fn owner(item: &Item) -> Option<String> {
    let tags = item.tags.as_ref()?;
    let (tag, owner) = OWNERS.iter().find(|(tag, _)| tags.contains_key(*tag))?;
    Some(format!("{owner} {} owns it", tags.get(*tag).map(String::as_str).unwrap_or_default()))
}

/// Why a live resource is AWS's own; `None` when it is not.
pub(super) fn by_aws(item: &Item, configuration: &Json) -> Option<String> {
    let name = item.name.as_deref().unwrap_or(&item.id);
    let text = |path: &str| configuration.pointer(path).and_then(Json::as_str);
    let is = |path: &str, value: &str| text(path).is_some_and(|it| it.eq_ignore_ascii_case(value));
    let told = |reason: &str| Some(reason.to_owned());
    let arn = item.arn.as_deref().and_then(Arn::parse);
    match &*item.kind {
        kind if kind.starts_with("AWS::IAM::") => {
            let path = arn.map(|arn| arn.resource).unwrap_or_default();
            let reserved = ["/aws-service-role/", "/aws-reserved/"];
            let own_path = reserved
                .iter()
                .any(|it| path.contains(it) || text("/path").is_some_and(|path| path.starts_with(it)));
            let own_name = name.starts_with("AWSServiceRoleFor")
                || name.starts_with("AWSReservedSSO_")
                || (name.starts_with("AWSSSO_") && name.ends_with("_DO_NOT_DELETE"))
                || name == "OrganizationAccountAccessRole";
            if own_path || own_name {
                return told("AWS made it for one of its services");
            }
            (arn.is_some_and(|arn| arn.account == "aws")).then(|| "AWS keeps it".to_owned())
        }
        "AWS::KMS::Key" if is("/keyManager", "AWS") || is("/KeyManager", "AWS") => {
            told("AWS manages the key")
        }
        "AWS::KMS::Alias" if name.starts_with("alias/aws/") => told("AWS manages the key"),
        "AWS::Events::EventBus" if name == "default" => told("every account has it"),
        "AWS::Events::Rule" if text("/ManagedBy").or(text("/managedBy")).is_some() => {
            told("a service of AWS manages the rule")
        }
        "AWS::SSM::Document" if is("/Owner", "Amazon") || is("/owner", "Amazon") => told("AWS keeps it"),
        "AWS::RDS::DBParameterGroup"
        | "AWS::RDS::DBClusterParameterGroup"
        | "AWS::RDS::OptionGroup"
        | "AWS::RDS::DBSecurityGroup"
        | "AWS::Redshift::ClusterParameterGroup"
        | "AWS::ElastiCache::ParameterGroup"
            if name == "default" || name.starts_with("default.") || name.starts_with("default:") =>
        {
            told("every account has it")
        }
        "AWS::Athena::WorkGroup" if name == "primary" => told("every account has it"),
        "AWS::XRay::SamplingRule" | "AWS::XRay::Group" if name == "Default" => told("every account has it"),
        "AWS::ApiGateway::Account" => told("every account has it"),
        "AWS::ECS::CapacityProvider" if name.starts_with("FARGATE") => told("every account has it"),
        "AWS::Config::ResourceCompliance" | "AWS::Config::ConformancePackCompliance" => {
            told("AWS Config notes it down of another resource")
        }
        "AWS::Config::ConfigRule"
            if name.starts_with("securityhub-") && text("/createdBy").or(text("/CreatedBy")).is_some() =>
        {
            told("Security Hub made the rule")
        }
        "AWS::EC2::NetworkInterface"
            if configuration.pointer("/requesterManaged") == Some(&Json::Bool(true))
                || text("/interfaceType").is_some_and(|kind| kind != "interface") =>
        {
            told("a service of AWS made the interface")
        }
        "AWS::SSM::ManagedInstanceInventory"
        | "AWS::SSM::AssociationCompliance"
        | "AWS::SSM::PatchCompliance" => told("Systems Manager notes it down of an instance"),
        _ => None,
    }
}

/// A part of a default network, and what somebody changed in it.
pub(super) struct Default {
    /// What it is.
    pub what: &'static str,
    /// What is no longer as AWS made it.
    pub changed: Option<String>,
}

/// Whether a live resource is a part of a default network. `is_default_network` tells of a VPC's id.
pub(super) fn default_network(
    item: &Item,
    configuration: &Json,
    is_default_network: impl Fn(&str) -> bool,
) -> Option<Default> {
    let flag = |path: &str| configuration.pointer(path) == Some(&Json::Bool(true));
    let text = |path: &str| configuration.pointer(path).and_then(Json::as_str);
    let inside = text("/vpcId").is_some_and(&is_default_network);
    let plain = |what| Some(Default { what, changed: None });
    match &*item.kind {
        "AWS::EC2::VPC" if flag("/isDefault") => plain("the default VPC"),
        "AWS::EC2::Subnet" if flag("/defaultForAz") => plain("a default subnet"),
        "AWS::EC2::SecurityGroup" if text("/groupName") == Some("default") => Some(Default {
            what: "the default security group of its VPC",
            changed: opened(item, configuration),
        }),
        "AWS::EC2::RouteTable" if main_table(configuration) => plain("the main route table of its VPC"),
        "AWS::EC2::NetworkAcl" if flag("/isDefault") => plain("the default network ACL of its VPC"),
        "AWS::EC2::RouteTable" | "AWS::EC2::NetworkAcl" if inside => None,
        "AWS::EC2::InternetGateway" => {
            let mut attached =
                configuration.pointer("/attachments").and_then(Json::as_array).into_iter().flatten();
            let of_default =
                attached.any(|it| it.get("vpcId").and_then(Json::as_str).is_some_and(&is_default_network));
            if of_default { plain("the gateway of the default VPC") } else { None }
        }
        "AWS::EC2::DHCPOptions" if item.tags.as_ref().is_none_or(std::collections::BTreeMap::is_empty) => {
            plain("the options every account has")
        }
        _ => None,
    }
}

fn main_table(configuration: &Json) -> bool {
    let associations = configuration.pointer("/associations").and_then(Json::as_array);
    associations.into_iter().flatten().any(|it| it.get("main") == Some(&Json::Bool(true)))
}

/// A rule of a default security group that AWS did not make: the group lets its own members in, and all out.
fn opened(item: &Item, configuration: &Json) -> Option<String> {
    let rules = configuration.pointer("/ipPermissions").and_then(Json::as_array)?;
    let mut foreign = rules.iter().filter(|rule| {
        let groups = rule.get("userIdGroupPairs").and_then(Json::as_array);
        let only_own = groups.is_some_and(|groups| {
            groups.len() == 1 && groups[0].get("groupId").and_then(Json::as_str) == Some(&item.id)
        });
        let ranges = ["ipv4Ranges", "ipv6Ranges", "ipRanges", "prefixListIds"];
        let has_ranges = ranges
            .iter()
            .any(|key| rule.get(key).and_then(Json::as_array).is_some_and(|ranges| !ranges.is_empty()));
        has_ranges || !only_own
    });
    let rule = foreign.next()?;
    let port = rule.get("fromPort").map_or_else(|| "every port".to_owned(), |port| format!("port {port}"));
    Some(format!("it lets others in on {port}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::Scope;
    use crate::state::aws::{Properties, Source};

    fn item(kind: &str, id: &str) -> Item {
        Item {
            scope: Scope::new("123456789012", "eu-west-1"),
            kind: kind.into(),
            id: id.into(),
            name: None,
            arn: None,
            tags: None,
            properties: Properties::Unread,
            source: Source::Config,
            captured: "".into(),
            created: "".into(),
        }
    }

    #[test]
    fn what_aws_makes_is_its_own() {
        for (kind, name, configuration) in [
            ("AWS::IAM::Role", "AWSServiceRoleForSupport", json!({})),
            ("AWS::IAM::Role", "x", json!({"path": "/aws-service-role/support.amazonaws.com/"})),
            ("AWS::KMS::Key", "x", json!({"keyManager": "AWS"})),
            ("AWS::Events::EventBus", "default", json!({})),
            ("AWS::Events::Rule", "x", json!({"ManagedBy": "autoscaling.amazonaws.com"})),
            ("AWS::RDS::DBParameterGroup", "default.mysql8.0", json!({})),
            ("AWS::Athena::WorkGroup", "primary", json!({})),
            ("AWS::EC2::NetworkInterface", "eni-1", json!({"requesterManaged": true})),
        ] {
            assert!(by_aws(&item(kind, name), &configuration).is_some(), "{kind} {name}");
        }
        for (kind, name, configuration) in [
            ("AWS::IAM::Role", "ServiceRoleForSupport", json!({"path": "/"})),
            ("AWS::KMS::Key", "x", json!({"keyManager": "CUSTOMER"})),
            ("AWS::Events::EventBus", "orders", json!({})),
            ("AWS::RDS::DBParameterGroup", "defaults", json!({})),
        ] {
            assert!(by_aws(&item(kind, name), &configuration).is_none(), "{kind} {name}");
        }
    }

    #[test]
    fn a_tag_anybody_can_set_clears_nothing() {
        let tagged = |key: &str| {
            let tags = Some([(key.to_owned(), "x".to_owned())].into_iter().collect());
            Item { tags, ..item("AWS::EC2::Instance", "i-1") }
        };
        assert!(owner(&tagged("aws:autoscaling:groupName")).is_some());
        assert!(owner(&tagged("eks:cluster-name")).is_none());
        assert!(owner(&tagged("managed-by")).is_none());
    }

    #[test]
    fn a_default_group_that_was_opened_is_told_apart() {
        let own = json!({"groupName": "default", "ipPermissions": [{"ipProtocol": "-1",
            "userIdGroupPairs": [{"groupId": "sg-1"}], "ipv4Ranges": [], "ipRanges": []}]});
        let group = item("AWS::EC2::SecurityGroup", "sg-1");
        assert!(default_network(&group, &own, |_| false).unwrap().changed.is_none());
        let open = json!({"groupName": "default", "ipPermissions": [{"ipProtocol": "tcp", "fromPort": 22,
            "userIdGroupPairs": [], "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}]});
        assert_eq!(
            default_network(&group, &open, |_| false).unwrap().changed.as_deref(),
            Some("it lets others in on port 22")
        );
        assert!(default_network(&group, &json!({"groupName": "web"}), |_| false).is_none());
    }
}
