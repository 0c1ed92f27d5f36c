//! `trueup audit --aws` against moto: what people let in by policies that no template declares.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod aws_support;
#[path = "support/live.rs"]
mod live;
#[path = "aws_support/report.rs"]
mod report;

use std::collections::BTreeSet;

use aws_support::Aws;
use report::{audit, expected, findings, repository};

const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: shop-files}
  Declared:
    Type: AWS::S3::Bucket
    Properties: {BucketName: shop-declared}
  DeclaredPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Declared
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: OnlyTls
            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: arn:aws:s3:::shop-declared/*
            Condition: {Bool: {"aws:SecureTransport": "false"}}
  Placed:
    Type: AWS::SNS::Topic
    Properties: {TopicName: placed}
  Work:
    Type: AWS::SQS::Queue
    Properties: {QueueName: work}
  Key:
    Type: AWS::KMS::Key
    Properties: {Description: Of the shop}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
  Resize:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: resize
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Worker.Arn
      Code: {ZipFile: "def handler(event, context): pass"}
  Invoke:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Resize, Action: lambda:InvokeFunction, Principal: sns.amazonaws.com}
"#;

/// How AWS starts a key, which stacks of moto leave open.
const KEY_AS_AWS_STARTS_IT: &str = r#"
kms = client("kms")
root = {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
key = [it["KeyId"] for it in kms.list_keys()["Keys"]
    if kms.describe_key(KeyId=it["KeyId"])["KeyMetadata"]["Description"] == "Of the shop"][0]
kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [root]}))
"#;

const LET_IN: &str = r#"
theirs = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "*",
    "Resource": "*"}
def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
client("s3").put_bucket_policy(Bucket="shop-files", Policy=policy(theirs))
own = json.loads(client("s3").get_bucket_policy(Bucket="shop-declared")["Policy"])["Statement"]
client("s3").put_bucket_policy(Bucket="shop-declared", Policy=policy(*own, theirs))
topic = "arn:aws:sns:us-east-1:123456789012:placed"
client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(theirs))
queue = client("sqs").get_queue_url(QueueName="work")["QueueUrl"]
client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(theirs)})
client("lambda").add_permission(FunctionName="resize", StatementId="Theirs", Action="lambda:InvokeFunction",
    Principal="210987654321")
kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(root, theirs))
"#;

#[test]
fn who_is_let_in_by_hand_is_told_once() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", TEMPLATE);
    aws.python(KEY_AS_AWS_STARTS_IT);
    let folder = repository(TEMPLATE);
    let (report, code) = audit(&aws, folder.path(), &[]);
    assert_eq!(findings(&report), BTreeSet::new(), "{report:#}");
    assert_eq!(code, 0, "{:#}", report["gaps"]);

    aws.python(&format!("{KEY_AS_AWS_STARTS_IT}{LET_IN}"));
    let (report, code) = audit(&aws, folder.path(), &[]);
    let rows = [
        ("drift/added", "shop/Files", "  Files:"),
        ("drift/added", "shop/DeclaredPolicy", "PolicyDocument:"),
        ("drift/added", "shop/Placed", "  Placed:"),
        ("drift/added", "shop/Work", "  Work:"),
        ("drift/added", "shop/Key", "  Key:"),
        ("drift/added", "shop/Resize", "  Resize:"),
    ];
    assert_eq!(findings(&report), expected(&rows, TEMPLATE), "{report:#}");
    assert_eq!(report["findings"].as_array().unwrap().len(), rows.len(), "{report:#}");
    assert_eq!(code, 1);
}

#[test]
fn where_nothing_is_recorded_cloud_control_tells_of_policies() {
    let Some(aws) = Aws::start() else { return };
    let template = &TEMPLATE[..TEMPLATE.find("  Key:").unwrap()];
    aws.deploy("us-east-1", "shop", template);
    let folder = repository(template);
    let (report, code) = audit(&aws, folder.path(), &[]);
    assert_eq!((findings(&report), code), (BTreeSet::new(), 3), "{report:#}");
    let told = |report: &serde_json::Value| !report["gaps"].to_string().contains("PolicyDocument");
    assert!(told(&report), "{:#}", report["gaps"]);
    let until = LET_IN.find("client(\"lambda\")").unwrap();
    aws.python(&LET_IN[..until]);
    let (report, _) = audit(&aws, folder.path(), &[]);
    let rows = [
        ("drift/added", "shop/Files", "  Files:"),
        ("drift/added", "shop/DeclaredPolicy", "PolicyDocument:"),
        ("drift/added", "shop/Placed", "  Placed:"),
        ("drift/added", "shop/Work", "  Work:"),
    ];
    assert_eq!(findings(&report), expected(&rows, template), "{report:#}");
    // Access that is denied is not taken for a policy that is not there.
    let no = serde_json::json!({"__type": "AccessDeniedException", "Message": "no"});
    aws.play(
        &serde_json::json!([{"operation": "GetResource", "with": "InlinePolicy", "times": -1, "status": 400,
        "body": no}]),
    );
    let (report, _) = audit(&aws, folder.path(), &[]);
    assert_eq!(findings(&report), expected(&rows[..2], template), "{report:#}");
    assert!(!told(&report), "{:#}", report["gaps"]);
}

/// A security group, and a rule that is a resource of its own.
const GROUP: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: Who may see the shop}
  Office:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt Web.GroupId, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}
";

#[test]
fn a_rule_that_git_gave_up_is_live_until_it_is_deployed() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.deploy("us-east-1", "shop", GROUP);
    let (report, code) = audit(&aws, repository(GROUP).path(), &[]);
    assert_eq!((findings(&report), code), (BTreeSet::new(), 0), "{report:#}");
    let ahead = &GROUP[..GROUP.find("  Office:").unwrap()];
    let (report, _) = audit(&aws, repository(ahead).path(), &[]);
    assert_eq!(
        findings(&report),
        expected(&[("drift/undeployed", "shop/Web", "  Web:")], ahead),
        "{report:#}"
    );
}
