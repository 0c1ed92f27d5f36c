//! What tag policies and the tagging API call a type: `rds:cluster` for `AWS::RDS::DBCluster`.
//!
//! Mostly the service and the type of its ARN; where no ARN is known, the words of the CloudFormation type. The
//! names are those of
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_supported-resources-enforcement.html>.

use super::arn;

/// Services, in lower case and without hyphens, whose CloudFormation types name them differently.
const SERVICES: [(&str, &str); 19] = [
    ("amazonmq", "mq"),
    ("certificatemanager", "acm"),
    ("cognito", "cognitoidp"),
    ("cognito", "cognitoidentity"),
    ("customerprofiles", "profile"),
    ("efs", "elasticfilesystem"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
    ("elasticsearch", "es"),
    ("emr", "elasticmapreduce"),
    ("eventschemas", "schemas"),
    ("inspectorv2", "inspector2"),
    ("kinesisanalyticsv2", "kinesisanalytics"),
    ("kinesisfirehose", "firehose"),
    ("location", "geo"),
    ("msk", "kafka"),
    ("mwaa", "airflow"),
    ("opensearchserverless", "aoss"),
    ("opensearchservice", "es"),
    ("stepfunctions", "states"),
];

/// Types that are called like another.
const SAME: [(&str, &str); 8] = [
    ("AWS::DocDB::DBCluster", "AWS::RDS::DBCluster"),
    ("AWS::DocDB::DBInstance", "AWS::RDS::DBInstance"),
    ("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"),
    ("AWS::Neptune::DBCluster", "AWS::RDS::DBCluster"),
    ("AWS::Neptune::DBInstance", "AWS::RDS::DBInstance"),
    ("AWS::Serverless::Function", "AWS::Lambda::Function"),
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
    ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"),
];

/// Whether a name such as `ec2:instance`, `ec2:*` or `ec2:ALL_SUPPORTED` is one of this CloudFormation type.
pub fn is_called(kind: &str, name: &str) -> bool {
    let kind = SAME.iter().find(|(same, _)| *same == kind).map_or(kind, |(_, kind)| kind);
    let (service, of_type) = name.split_once(':').unwrap_or((name, "*"));
    let (service, of_type) = (folded(service), folded(of_type));
    let all = matches!(of_type.as_str(), "*" | "allsupported");
    let in_arns = arn::types(kind)
        .any(|(of_service, of)| service == folded(of_service) && (all || of_type == folded(of)));
    let mut words = kind.split("::").skip(1).map(folded);
    let (Some(own), Some(own_type)) = (words.next(), words.next()) else { return false };
    let is_service = SERVICES.iter().any(|(of, called)| *of == own && *called == service)
        || (own == service && !SERVICES.iter().any(|(of, _)| *of == own));
    in_arns || (is_service && (all || of_type == own_type))
}

/// Spelling varies: `access-analyzer`, `stateMachine`, `application/environment`.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '/')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_tag_policies() {
        for (name, kind) in [
            ("ec2:instance", "AWS::EC2::Instance"),
            ("ec2:*", "AWS::EC2::VPC"),
            ("ec2:ALL_SUPPORTED", "AWS::EC2::VPC"),
            ("ec2:elastic-ip", "AWS::EC2::EIP"),
            ("ec2:security-group", "AWS::EC2::SecurityGroup"),
            ("s3:bucket", "AWS::S3::Bucket"),
            ("rds:cluster", "AWS::RDS::DBCluster"),
            ("rds:cluster", "AWS::DocDB::DBCluster"),
            ("rds:db", "AWS::RDS::DBInstance"),
            ("rds:pg", "AWS::RDS::DBParameterGroup"),
            ("access-analyzer:analyzer", "AWS::AccessAnalyzer::Analyzer"),
            ("cognito-idp:userpool", "AWS::Cognito::UserPool"),
            ("elasticloadbalancing:loadbalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
            ("elasticloadbalancing:listener-rule", "AWS::ElasticLoadBalancingV2::ListenerRule"),
            ("elasticache:cluster", "AWS::ElastiCache::CacheCluster"),
            ("kinesis:stream", "AWS::Kinesis::Stream"),
            ("lambda:function", "AWS::Serverless::Function"),
            ("states:stateMachine", "AWS::StepFunctions::StateMachine"),
            ("logs:log-group", "AWS::Logs::LogGroup"),
        ] {
            assert!(is_called(kind, name), "{name} {kind}");
        }
        for (name, kind) in [
            ("ec2:instance", "AWS::EC2::Volume"),
            ("s3:*", "AWS::S3Outposts::Bucket"),
            ("kinesis:stream", "AWS::KinesisVideo::Stream"),
            ("es:domain", "AWS::CodeArtifact::Domain"),
            ("ec2:instance", "template"),
        ] {
            assert!(!is_called(kind, name), "{name} {kind}");
        }
    }
}
