//! Policies and blocks that decide who may do what: what was added to one counts even where nothing is declared,
//! and once.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use serde_json::{Value as Json, json};
use trueup::aws::{Node, Value};
use trueup::drift::aws::{Comparison, Live, Pair, compare, part_of};
use trueup::model::NodeId;

const ACCOUNT: &str = "123456789012";

fn node(json: &Json) -> Node<'static> {
    let value = match json {
        Json::Null => Value::Unknown("a test".into()),
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone().into(), node(value))).collect())
        }
        Json::String(text) => Value::Text(text.clone().into()),
        other => Value::Text(other.to_string().into()),
    };
    Node { value, at: NodeId(0) }
}

/// The differences as `kind path`, how much is unknown, and what was not told of.
fn told(kind: &str, declared: &Json, live: &Live, others: &[Json]) -> (Vec<String>, usize, Vec<String>) {
    let (declared, others): (Node<'_>, Vec<Node<'_>>) = (node(declared), others.iter().map(node).collect());
    let others: Vec<_> = others.iter().map(|it| ("PolicyDocument", it)).collect();
    let pair =
        Pair { kind, declared: &declared, account: Some(ACCOUNT), live, stack_tags: None, others: &others };
    let Comparison { changes, unknown, not_compared, .. } = compare(&pair);
    let changes = changes.iter().map(|it| format!("{} {}", it.kind.as_str(), it.path)).collect();
    (changes, unknown, not_compared.into_iter().collect())
}

fn nothing() -> (Vec<String>, usize, Vec<String>) {
    (Vec::new(), 0, Vec::new())
}

fn added(path: &str) -> (Vec<String>, usize, Vec<String>) {
    (vec![format!("foreign-added {path}")], 0, Vec::new())
}

fn config(kind: &str, configuration: &Json, supplementary: &Json) -> Live {
    Live::of_config(kind, configuration, supplementary, None).unwrap()
}

fn open() -> Json {
    json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
}

/// A policy as a text, as AWS Config holds it.
fn policy(statements: &[Json]) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string().into()
}

#[test]
fn a_policy_that_no_resource_declares_is_an_addition() {
    let (topic, queue) = ("arn:aws:sns:eu-west-1:123456789012:orders", "orders");
    for (kind, live) in [
        (
            "AWS::S3::Bucket",
            config(
                "AWS::S3::Bucket",
                &json!({"name": "x"}),
                &json!({"BucketPolicy": {"policyText": policy(&[open()])}}),
            ),
        ),
        (
            "AWS::SNS::Topic",
            config("AWS::SNS::Topic", &json!({"TopicArn": topic, "Policy": policy(&[open()])}), &json!({})),
        ),
        (
            "AWS::SQS::Queue",
            config("AWS::SQS::Queue", &json!({"QueueName": queue, "Policy": policy(&[open()])}), &json!({})),
        ),
        (
            "AWS::Lambda::Function",
            config(
                "AWS::Lambda::Function",
                &json!({"functionName": "x"}),
                &json!({"Policy": policy(&[open()])}),
            ),
        ),
    ] {
        assert_eq!(told(kind, &json!({}), &live, &[]), added("PolicyDocument.Statement[Open]"), "{kind}");
    }
}

#[test]
fn a_policy_that_another_resource_declares_is_told_of_there() {
    let live = config(
        "AWS::S3::Bucket",
        &json!({"name": "x"}),
        &json!({"BucketPolicy": {"policyText": policy(&[open()])}}),
    );
    let declared = json!({"Bucket": "x", "PolicyDocument": {"Statement": []}});
    assert_eq!(told("AWS::S3::Bucket", &json!({}), &live, &[declared]), nothing());
    // Somebody declares the policy of a bucket, and perhaps of this one.
    assert_eq!(told("AWS::S3::Bucket", &json!({}), &live, &[Json::Null]), (Vec::new(), 1, Vec::new()));
}

#[test]
fn where_nobody_tells_of_a_policy_that_is_told() {
    let live = Live::of_cloud_control(json!({"BucketName": "x"})).unwrap();
    let expected = (Vec::new(), 0, vec!["PolicyDocument".to_owned()]);
    assert_eq!(told("AWS::S3::Bucket", &json!({}), &live, &[]), expected);
    // AWS Config tells, and there is none.
    let live = live.with_policy_of(config("AWS::S3::Bucket", &json!({"name": "x"}), &json!({})));
    assert_eq!(told("AWS::S3::Bucket", &json!({}), &live, &[]), nothing());
}

#[test]
fn the_policies_that_aws_starts_with_are_no_additions() {
    let root = |account: &str| {
        json!({"Sid": "Root", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}})
    };
    let key = |statements: &[Json]| {
        Live::of_cloud_control(json!({"KeyPolicy": {"Statement": statements}})).unwrap()
    };
    assert_eq!(told("AWS::KMS::Key", &json!({}), &key(&[root(ACCOUNT)]), &[]), nothing());
    let other = key(&[root(ACCOUNT), root("210987654321")]);
    assert_eq!(told("AWS::KMS::Key", &json!({}), &other, &[]), added("KeyPolicy.Statement[Root]"));
    let declared = json!({"KeyPolicy": {"Statement": [root(ACCOUNT), root("210987654321")]}});
    assert_eq!(told("AWS::KMS::Key", &declared, &other, &[]), nothing());

    let first = |owner: &str| {
        json!({"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish"], "Resource": "*", "Condition": {"StringEquals": {"AWS:SourceOwner": owner}}})
    };
    let topic = |owner: &str| {
        config("AWS::SNS::Topic", &json!({"TopicArn": "x", "Policy": policy(&[first(owner)])}), &json!({}))
    };
    assert_eq!(told("AWS::SNS::Topic", &json!({}), &topic(ACCOUNT), &[]), nothing());
    assert_eq!(
        told("AWS::SNS::Topic", &json!({}), &topic("210987654321"), &[]),
        added("PolicyDocument.Statement[__default_statement_ID]")
    );
}

#[test]
fn a_block_that_was_opened_counts_even_undeclared() {
    let live = Live::of_cloud_control(json!({"PublicAccessBlockConfiguration":
        {"BlockPublicAcls": true, "BlockPublicPolicy": false}}))
    .unwrap();
    let live = live.with_policy_of(config("AWS::S3::Bucket", &json!({"name": "x"}), &json!({})));
    let path = "PublicAccessBlockConfiguration.BlockPublicPolicy";
    assert_eq!(told("AWS::S3::Bucket", &json!({}), &live, &[]), added(path));
}

#[test]
fn a_function_lets_in_whom_permissions_name() {
    let invoke = json!({"Sid": "shop-Invoke-1", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:x"});
    let live = config(
        "AWS::Lambda::Function",
        &json!({"functionName": "x"}),
        &json!({"Policy": policy(&[invoke, open()])}),
    );
    let own =
        json!({"FunctionName": "x", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"});
    let kind = "AWS::Lambda::Function";
    assert_eq!(
        told(kind, &json!({}), &live, std::slice::from_ref(&own)),
        added("PolicyDocument.Statement[Open]")
    );
    // What a transform made is known by its id.
    assert_eq!(told(kind, &json!({}), &live, &[own.clone(), json!({"Id": "Open"})]), nothing());
    let part = part_of("AWS::Lambda::Permission").unwrap();
    let found = part.of(&live, &node(&own)).unwrap().unwrap();
    assert_eq!(told("AWS::Lambda::Permission", &own, &found, &[]), nothing());
    let gone =
        json!({"FunctionName": "x", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"});
    assert_eq!(part.of(&live, &node(&gone)).unwrap(), None);
}

#[test]
fn a_policy_that_cannot_be_read_is_unknown() {
    for text in ["{", "no json"] {
        let live = config("AWS::SQS::Queue", &json!({"QueueName": "x", "Policy": text}), &json!({}));
        let (changes, unknown, _) = told("AWS::SQS::Queue", &json!({}), &live, &[]);
        assert_eq!((changes, unknown), (Vec::new(), 1), "{text}");
    }
}
