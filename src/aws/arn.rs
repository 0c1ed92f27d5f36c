//! Amazon Resource Names: their parts, the type they tell of, and the physical ids they stand for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// Such as `s3`.
    pub service: &'a str,
    /// Empty for what has none.
    pub region: &'a str,
    /// Empty for S3 buckets; `aws` for what AWS owns.
    pub account: &'a str,
    /// All that follows: `table/orders`, `function:resize`, `bucket`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of a text that is an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            // A log group's ends in `:*`, as policies want it.
            resource: parts.next()?.trim_end_matches(":*"),
        };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }

    /// The type in the words of CloudFormation; `None` where the ARN alone does not tell.
    pub fn kind(&self) -> Option<&'static str> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => self.resource.len() > prefix.len() && self.resource.starts_with(prefix),
            None => !self.resource.contains(['/', ':']),
        };
        KINDS
            .iter()
            .find(|(service, pattern, _)| *service == self.service && fits(pattern))
            .map(|(.., kind)| *kind)
    }

    /// The last part of the resource: its name or id.
    pub fn name(&self) -> &'a str {
        let of_type = self.kind().and_then(|kind| KINDS.iter().find(|(.., other)| *other == kind));
        let prefix = of_type.and_then(|(_, pattern, _)| pattern.strip_suffix('*')).unwrap_or_default();
        let rest = self.resource.strip_prefix(prefix).unwrap_or(self.resource);
        match self.service {
            // Paths are no part of a role's name, but are of a log group's or a parameter's.
            "iam" => rest.rsplit('/').next().unwrap_or(rest),
            _ => rest,
        }
    }
}

/// Service, how the resource is written (`*` for its name; without it: a name alone), and the type. The first
/// that fits counts.
const KINDS: &[(&str, &str, &str)] = &[
    ("acm", "certificate/*", "AWS::CertificateManager::Certificate"),
    ("apigateway", "/restapis/*", "AWS::ApiGateway::RestApi"),
    ("autoscaling", "autoScalingGroup:*", "AWS::AutoScaling::AutoScalingGroup"),
    ("backup", "backup-vault:*", "AWS::Backup::BackupVault"),
    ("backup", "backup-plan:*", "AWS::Backup::BackupPlan"),
    ("cloudformation", "stack/*", "AWS::CloudFormation::Stack"),
    ("cloudfront", "distribution/*", "AWS::CloudFront::Distribution"),
    ("cloudtrail", "trail/*", "AWS::CloudTrail::Trail"),
    ("cloudwatch", "alarm:*", "AWS::CloudWatch::Alarm"),
    ("codebuild", "project/*", "AWS::CodeBuild::Project"),
    ("codecommit", "name", "AWS::CodeCommit::Repository"),
    ("codepipeline", "name", "AWS::CodePipeline::Pipeline"),
    ("cognito-idp", "userpool/*", "AWS::Cognito::UserPool"),
    ("dynamodb", "table/*", "AWS::DynamoDB::Table"),
    ("ec2", "instance/*", "AWS::EC2::Instance"),
    ("ec2", "internet-gateway/*", "AWS::EC2::InternetGateway"),
    ("ec2", "launch-template/*", "AWS::EC2::LaunchTemplate"),
    ("ec2", "natgateway/*", "AWS::EC2::NatGateway"),
    ("ec2", "network-acl/*", "AWS::EC2::NetworkAcl"),
    ("ec2", "network-interface/*", "AWS::EC2::NetworkInterface"),
    ("ec2", "elastic-ip/*", "AWS::EC2::EIP"),
    ("ec2", "route-table/*", "AWS::EC2::RouteTable"),
    ("ec2", "security-group/*", "AWS::EC2::SecurityGroup"),
    ("ec2", "subnet/*", "AWS::EC2::Subnet"),
    ("ec2", "volume/*", "AWS::EC2::Volume"),
    ("ec2", "vpc-endpoint/*", "AWS::EC2::VPCEndpoint"),
    ("ec2", "vpc/*", "AWS::EC2::VPC"),
    ("ecr", "repository/*", "AWS::ECR::Repository"),
    ("ecs", "cluster/*", "AWS::ECS::Cluster"),
    ("ecs", "service/*", "AWS::ECS::Service"),
    ("ecs", "task-definition/*", "AWS::ECS::TaskDefinition"),
    ("eks", "cluster/*", "AWS::EKS::Cluster"),
    ("eks", "nodegroup/*", "AWS::EKS::Nodegroup"),
    ("elasticache", "cluster:*", "AWS::ElastiCache::CacheCluster"),
    ("elasticache", "replicationgroup:*", "AWS::ElastiCache::ReplicationGroup"),
    ("elasticfilesystem", "file-system/*", "AWS::EFS::FileSystem"),
    ("elasticloadbalancing", "loadbalancer/app/*", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("elasticloadbalancing", "loadbalancer/net/*", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("elasticloadbalancing", "targetgroup/*", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("elasticloadbalancing", "listener/*", "AWS::ElasticLoadBalancingV2::Listener"),
    ("elasticloadbalancing", "loadbalancer/*", "AWS::ElasticLoadBalancing::LoadBalancer"),
    ("es", "domain/*", "AWS::OpenSearchService::Domain"),
    ("events", "event-bus/*", "AWS::Events::EventBus"),
    ("events", "rule/*", "AWS::Events::Rule"),
    ("firehose", "deliverystream/*", "AWS::KinesisFirehose::DeliveryStream"),
    ("glue", "database/*", "AWS::Glue::Database"),
    ("glue", "job/*", "AWS::Glue::Job"),
    ("iam", "group/*", "AWS::IAM::Group"),
    ("iam", "instance-profile/*", "AWS::IAM::InstanceProfile"),
    ("iam", "oidc-provider/*", "AWS::IAM::OIDCProvider"),
    ("iam", "policy/*", "AWS::IAM::ManagedPolicy"),
    ("iam", "role/*", "AWS::IAM::Role"),
    ("iam", "saml-provider/*", "AWS::IAM::SAMLProvider"),
    ("iam", "user/*", "AWS::IAM::User"),
    ("kinesis", "stream/*", "AWS::Kinesis::Stream"),
    ("kms", "alias/*", "AWS::KMS::Alias"),
    ("kms", "key/*", "AWS::KMS::Key"),
    ("lambda", "function:*", "AWS::Lambda::Function"),
    ("lambda", "layer:*", "AWS::Lambda::LayerVersion"),
    ("logs", "log-group:*", "AWS::Logs::LogGroup"),
    ("rds", "cluster:*", "AWS::RDS::DBCluster"),
    ("rds", "db:*", "AWS::RDS::DBInstance"),
    ("rds", "pg:*", "AWS::RDS::DBParameterGroup"),
    ("rds", "subgrp:*", "AWS::RDS::DBSubnetGroup"),
    ("redshift", "cluster:*", "AWS::Redshift::Cluster"),
    ("route53", "healthcheck/*", "AWS::Route53::HealthCheck"),
    ("route53", "hostedzone/*", "AWS::Route53::HostedZone"),
    ("s3", "name", "AWS::S3::Bucket"),
    ("secretsmanager", "secret:*", "AWS::SecretsManager::Secret"),
    ("sns", "name", "AWS::SNS::Topic"),
    ("sqs", "name", "AWS::SQS::Queue"),
    ("ssm", "parameter/*", "AWS::SSM::Parameter"),
    ("ssm", "document/*", "AWS::SSM::Document"),
    ("states", "stateMachine:*", "AWS::StepFunctions::StateMachine"),
    ("wafv2", "regional/webacl/*", "AWS::WAFv2::WebACL"),
    ("wafv2", "global/webacl/*", "AWS::WAFv2::WebACL"),
];

/// How the ARNs of a CloudFormation type begin: service, and the type as it is written there, such as
/// `task-definition`; empty where a name stands alone.
pub fn types(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().filter(move |(.., of)| *of == kind).map(|(service, pattern, _)| {
        let prefix = pattern.strip_suffix('*').unwrap_or_default();
        (*service, prefix.split(['/', ':']).find(|part| !part.is_empty()).unwrap_or_default())
    })
}

/// The ARN of the queue with this address, `https://sqs.eu-west-1.amazonaws.com/123456789012/orders`.
pub fn of_queue(url: &str, region: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (_, rest) = rest.split_once('/')?;
    let (account, name) = rest.split_once('/')?;
    let partition = partition_of(region);
    Some(format!("arn:{partition}:sqs:{region}:{account}:{name}"))
}

/// The partition a region belongs to.
pub fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_its_type_and_name() {
        for (arn, kind, name) in [
            ("arn:aws:s3:::logs", "AWS::S3::Bucket", "logs"),
            ("arn:aws:iam::123456789012:role/team/deploy", "AWS::IAM::Role", "deploy"),
            ("arn:aws:sns:eu-west-1:123456789012:orders", "AWS::SNS::Topic", "orders"),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "AWS::DynamoDB::Table", "orders"),
            (
                "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/x:*",
                "AWS::Logs::LogGroup",
                "/aws/lambda/x",
            ),
            ("arn:aws:lambda:eu-west-1:123456789012:function:resize", "AWS::Lambda::Function", "resize"),
            (
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/web",
                "AWS::ElasticLoadBalancing::LoadBalancer",
                "web",
            ),
        ] {
            let arn = Arn::parse(arn).unwrap();
            assert_eq!(arn.kind(), Some(kind));
            assert_eq!(arn.name(), name);
        }
        for odd in ["arn:aws:s3:::bucket/key", "arn:aws:sns:r:1:topic:subscription", "arn:aws:nothing::1:x/y"]
        {
            assert_eq!(Arn::parse(odd).and_then(|arn| arn.kind()), None, "{odd}");
        }
        for broken in ["", "arn", "arn:aws", "arn:aws:s3:::", "urn:aws:s3:::x", "arn::s3:::x"] {
            assert_eq!(Arn::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn every_type_of_the_table_exists() {
        for (.., kind) in KINDS {
            assert!(crate::aws::types::of(kind).is_some(), "{kind}");
        }
    }

    #[test]
    fn a_queue_has_an_arn() {
        assert_eq!(
            of_queue("https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "eu-west-1").as_deref(),
            Some("arn:aws:sqs:eu-west-1:123456789012:orders")
        );
        assert_eq!(of_queue("orders", "eu-west-1"), None);
    }
}
