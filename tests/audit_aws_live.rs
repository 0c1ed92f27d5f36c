//! `trueup audit --aws` as a user runs it, against moto: a stack that is deployed and left alone, and one that
//! people have worked on.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod aws_support;
#[path = "support/live.rs"]
mod live;
#[path = "aws_support/report.rs"]
mod report;

use std::collections::BTreeSet;
use std::fs;

use aws_support::Aws;
use report::{CONFIG, audit, expected, findings, repository};
use serde_json::json;

/// Seventeen types of resource.
const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: {Type: String, Default: test}
Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.1.0.0/16}
  Zone:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Network, CidrBlock: 10.1.1.0/24}
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: Who may see the shop
      VpcId: !Ref Network
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}
  Machine:
    Type: AWS::EC2::Instance
    Properties: {ImageId: ami-12c6146b, InstanceType: t3.micro, SubnetId: !Ref Zone}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub shop-files-${Stage}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
      Tags:
        - {Key: Owner, Value: shop}
  FilesPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: OnlyTls
            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub ${Files.Arn}/*
            Condition: {Bool: {"aws:SecureTransport": "false"}}
  Placed:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Sub "orders-placed-${Stage}"}
  Work:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "orders-work-${Stage}", VisibilityTimeout: 60}
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub orders-${Stage}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: id, AttributeType: S}
      KeySchema:
        - {AttributeName: id, KeyType: HASH}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub orders-worker-${Stage}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: Read
                Effect: Allow
                Action: s3:GetObject
                Resource: !Sub ${Files.Arn}/*
  Resize:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub resize-${Stage}
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Worker.Arn
      Timeout: 30
      Code: {ZipFile: "def handler(event, context): pass"}
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/shop/${Stage}", RetentionInDays: 14}
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: Of the shop
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
  Images:
    Type: AWS::ECR::Repository
    Properties: {RepositoryName: !Sub "shop-${Stage}"}
  Tasks:
    Type: AWS::ECS::Cluster
    Properties: {ClusterName: !Sub "shop-${Stage}"}
  Level:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/shop/${Stage}/level", Type: String, Value: info}
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: !Sub orders-${Stage}
      DBInstanceClass: db.t3.micro
      Engine: postgres
      AllocatedStorage: "20"
      MasterUsername: shop
      MasterUserPassword: '{{resolve:ssm-secure:/shop/password}}'
"#;

/// What stacks of moto leave out of a bucket.
const BUCKET_AS_DECLARED: &str = r#"
client("s3").put_public_access_block(Bucket="shop-files-test", PublicAccessBlockConfiguration={
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
"#;

/// What stacks of moto get wrong in a role.
const ROLE_AS_DECLARED: &str = r#"
client("iam").put_role_policy(RoleName="orders-worker-test", PolicyName="read", PolicyDocument=json.dumps({
    "Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::shop-files-test/*"}]}))
"#;

#[test]
fn a_stack_left_alone_is_clean_and_ten_changes_are_told() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", TEMPLATE);
    aws.python(BUCKET_AS_DECLARED);
    aws.python(ROLE_AS_DECLARED);
    let folder = repository(TEMPLATE);
    let (report, code) = audit(&aws, folder.path(), &[]);
    assert_eq!(findings(&report), BTreeSet::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);

    let other = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  T: {Type: AWS::SNS::Topic, Properties: {TopicName: theirs}}\n";
    aws.deploy("us-east-1", "elsewhere", other);
    aws.python(
        r#"
s3, iam, sns, ec2 = client("s3"), client("iam"), client("sns"), client("ec2")
# 1: the policy of the bucket
s3.put_bucket_policy(Bucket="shop-files-test", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": "OnlyTls", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-files-test/*"}]}))
# 2: its public access block
s3.put_public_access_block(Bucket="shop-files-test", PublicAccessBlockConfiguration={"BlockPublicAcls": True,
    "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True})
# 3: a tag
s3.put_bucket_tagging(Bucket="shop-files-test", Tagging={"TagSet": [{"Key": "Owner", "Value": "nobody"}]})
# 4: a policy within a role
iam.put_role_policy(RoleName="orders-worker-test", PolicyName="backdoor", PolicyDocument=json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
# 5: a rule of the security group
groups = ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["Who may see the shop"]}])
ec2.authorize_security_group_ingress(GroupId=groups["SecurityGroups"][0]["GroupId"], IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
# 6: the topic is deleted
sns.delete_topic(TopicArn="arn:aws:sns:us-east-1:123456789012:orders-placed-test")
# 7, 8, 9: made by hand
s3.create_bucket(Bucket="tmp-export")
iam.create_role(RoleName="jane", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
sns.create_topic(Name="by-hand")
# AWS's own is no shadow.
iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
"#,
    );
    let (report, code) = audit(&aws, folder.path(), &[]);
    let rows = [
        ("drift/changed", "shop/FilesPolicy", "- Sid: OnlyTls"),
        ("drift/changed", "shop/Files", "BlockPublicPolicy"),
        ("drift/changed", "shop/Files", "Key: Owner"),
        ("drift/added", "shop/Worker", "Policies:"),
        ("drift/added", "shop/Web", "SecurityGroupIngress:"),
        ("drift/missing", "shop/Placed", "  Placed:"),
        ("drift/shadow", "tmp-export", ""),
        ("drift/shadow", "jane", ""),
        ("drift/shadow", "by-hand", ""),
        ("drift/shadow", "elsewhere", ""),
    ];
    assert_eq!(findings(&report), expected(&rows, TEMPLATE), "{report:#}");
    assert_eq!(code, 1);
}

#[test]
fn a_source_that_is_denied_is_a_gap_and_nothing_is_missing() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    let folder = repository(&TEMPLATE[..TEMPLATE.find("  Placed:").unwrap()]);
    aws.deploy("us-east-1", "shop", &fs::read_to_string(folder.path().join("shop.yaml")).unwrap());
    aws.python(BUCKET_AS_DECLARED);
    aws.play(&json!([{"operation": "DescribeStacks", "status": 403,
        "body": {"__type": "AccessDeniedException", "message": "no"}}]));
    let (report, code) = audit(&aws, folder.path(), &[]);
    let rules: BTreeSet<String> = findings(&report).into_iter().map(|(rule, ..)| rule).collect();
    assert!(!rules.contains("drift/missing") && !rules.contains("drift/shadow"), "{report:#}");
    assert_eq!(code, 3);
}

/// A topic and a bucket, tagged.
const SMALL: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Placed:
    Type: AWS::SNS::Topic
    Properties: {TopicName: placed, DisplayName: Placed}
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: shop-files}
";

#[test]
fn what_git_has_ahead_of_the_stack_is_no_drift() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", SMALL);
    let ahead = SMALL.replace("DisplayName: Placed", "DisplayName: Orders")
        + "  Work: {Type: AWS::SQS::Queue, Properties: {QueueName: work}}\n";
    let folder = repository(&ahead);
    let (report, code) = audit(&aws, folder.path(), &[]);
    let rows =
        [("drift/undeployed", "shop/Placed", "DisplayName"), ("drift/undeployed", "shop/Work", "  Work:")];
    assert_eq!(findings(&report), expected(&rows, &ahead), "{report:#}");
    assert_eq!(code, 0, "none is of medium severity");
    // What Git no longer has, the stack still owns.
    let folder = repository(&SMALL[..SMALL.find("  Files:").unwrap()]);
    let (report, _) = audit(&aws, folder.path(), &[]);
    assert_eq!(findings(&report), expected(&[("drift/orphan", "shop-files", "")], SMALL), "{report:#}");
}

#[test]
fn cloudtrail_says_who_did_it() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", SMALL);
    aws.python("client('sns').set_topic_attributes(TopicArn='arn:aws:sns:us-east-1:123456789012:placed', AttributeName='DisplayName', AttributeValue='x')");
    let folder = repository(SMALL);
    let (report, _) = audit(&aws, folder.path(), &["--attribute"]);
    let change = &report["changes"][0];
    assert_eq!(change["path"], "DisplayName", "{report:#}");
    assert_eq!(change["operation"], "SetTopicAttributes", "{report:#}");
    assert!(
        report["findings"][0]["message"].as_str().unwrap().contains("; last changed by arn:aws:"),
        "{report:#}"
    );
}

#[test]
fn two_regions_are_two_deployments_and_what_has_none_is_told_once() {
    let Some(aws) = Aws::start() else { return };
    let template = SMALL.replace("BucketName: shop-files", "BucketName: !Sub 'shop-${AWS::Region}'");
    for region in ["us-east-1", "eu-west-1"] {
        aws.record(region);
        aws.deploy(region, "shop", &template);
    }
    aws.python("client('iam').create_role(RoleName='jane', AssumeRolePolicyDocument=json.dumps({'Version': '2012-10-17', 'Statement': []}))");
    aws.python(
        "client('sns', 'eu-west-1').delete_topic(TopicArn='arn:aws:sns:eu-west-1:123456789012:placed')",
    );
    aws.pages_of(1);
    let folder = repository(&template);
    let (report, code) = audit(&aws, folder.path(), &["--region", "us-east-1", "--region", "eu-west-1"]);
    let rows = [("drift/missing", "shop/Placed", "  Placed:"), ("drift/shadow", "jane", "")];
    assert_eq!(findings(&report), expected(&rows, &template), "{report:#}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "{report:#}");
    assert_eq!(code, 1);
}

#[test]
fn without_a_recorder_nothing_counts_as_complete() {
    let Some(aws) = Aws::start() else { return };
    aws.deploy("us-east-1", "shop", SMALL);
    let folder = repository(SMALL);
    let (report, code) = audit(&aws, folder.path(), &[]);
    assert_eq!(findings(&report), BTreeSet::new(), "{report:#}");
    assert_eq!(code, 3, "{report:#}");
}

#[test]
fn a_stack_that_was_never_deployed_is_one_finding() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    let folder = repository(SMALL);
    let (report, code) = audit(&aws, folder.path(), &[]);
    let found = findings(&report);
    assert_eq!(found.len(), 1, "{report:#}");
    let (rule, resource, line) = found.into_iter().next().unwrap();
    assert_eq!((rule.as_str(), resource.as_str(), line), ("drift/missing", "shop", 6));
    assert_eq!(code, 1);
}

#[test]
fn what_no_audit_looks_for_is_said() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", SMALL);
    let folder = repository(SMALL);
    let (report, code) = audit(&aws, folder.path(), &[]);
    let what = "undeclared resources of the types that AWS Config does not record";
    let rows = json!([{"place": "123456789012/us-east-1", "what": what}]);
    assert_eq!(report["audit"]["notLookedFor"], rows, "{report:#}");
    assert_eq!((code, &report["gaps"]), (0, &json!([])));
}

#[test]
fn an_account_that_an_aggregator_alone_tells_of_is_never_complete() {
    let Some(aws) = Aws::start() else { return };
    let other = "210987654321";
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", SMALL);
    aws.aggregate(&json!({"accounts": [aws_support::ACCOUNT, other], "regions": ["us-east-1", "eu-west-1"],
        "failed": []}));
    let folder = repository(SMALL);
    let stack =
        format!("    - {{name: other, template: shop.yaml, account: '{other}', region: us-east-1}}\n");
    fs::write(folder.path().join("trueup.yaml"), CONFIG.to_owned() + &stack).unwrap();
    let (report, code) = audit(&aws, folder.path(), &["--aggregator", "all"]);
    assert_eq!(findings(&report), BTreeSet::new(), "{report:#}");
    assert_eq!(code, 3);
    let gaps = report["gaps"].as_array().unwrap();
    let gap =
        gaps.iter().find(|gap| gap["subject"] == "123456789012/eu-west-1 and 2 more places: AWS Config");
    let reason = gap.unwrap_or_else(|| panic!("{gaps:#?}"))["reason"].as_str().unwrap();
    assert!(reason.contains("nothing counts as missing; --account, with --role,"), "{reason}");
}

#[test]
fn two_accounts_are_told_apart() {
    let Some(aws) = Aws::start() else { return };
    let other = "210987654321";
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", SMALL);
    let template = SMALL.replace("shop-files", "other-files");
    aws.python(&format!(
        r#"
config = client("config", account="{other}")
config.put_configuration_recorder(ConfigurationRecorder={{"name": "default", "roleARN": "arn:aws:iam::{other}:role/x",
    "recordingGroup": {{"allSupported": True, "includeGlobalResourceTypes": True}}}})
client("s3", account="{other}").create_bucket(Bucket="config-of-other")
config.put_delivery_channel(DeliveryChannel={{"name": "default", "s3BucketName": "config-of-other"}})
config.start_configuration_recorder(ConfigurationRecorderName="default")
client("cloudformation", account="{other}").create_stack(StackName="other", TemplateBody={template:?})
client("sns", account="{other}").set_topic_attributes(TopicArn="arn:aws:sns:us-east-1:{other}:placed",
    AttributeName="DisplayName", AttributeValue="changed")
"#
    ));
    let folder = repository(SMALL);
    fs::write(folder.path().join("other.yaml"), &template).unwrap();
    let stacks = format!(
        "{CONFIG}    - {{name: other, template: other.yaml, account: '{other}', region: us-east-1}}\n"
    );
    fs::write(folder.path().join("trueup.yaml"), stacks).unwrap();
    let role = format!("arn:aws:iam::{other}:role/audit");
    let (report, code) = audit(&aws, folder.path(), &["--account", aws_support::ACCOUNT, "--account", &role]);
    let rows = [("drift/changed", "other/Placed", "DisplayName"), ("drift/shadow", "config-of-other", "")];
    assert_eq!(findings(&report), expected(&rows, SMALL), "{report:#}");
    assert_eq!(code, 1);
}
