//! How live AWS resources differ from declared ones: what AWS respells is no drift, what somebody did is.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trueup::aws::{Node, Value, types};
use trueup::drift::aws::{Comparison, Live, Pair, compare, part_of};
use trueup::model::NodeId;

const ACCOUNT: &str = "123456789012";

/// `{"?": "why"}` stands for a value that is not known.
fn node(json: &Json) -> Node<'static> {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.to_string().into()),
        Json::String(text) => Value::Text(text.clone().into()),
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::Object(entries) if entries.contains_key("?") => Value::Unknown("a test".into()),
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone().into(), node(value))).collect())
        }
    };
    Node { value, at: NodeId(0) }
}

fn words(comparison: &Comparison<'_>) -> Vec<String> {
    let word = |change: &trueup::drift::aws::Change<'_>| format!("{} {}", change.kind.as_str(), change.path);
    comparison.changes.iter().map(word).collect()
}

/// A resource of [`ACCOUNT`], of which neither the stack nor other resources say anything.
fn pair<'p>(kind: &'p str, declared: &'p Node<'p>, live: &'p Live) -> Pair<'p> {
    Pair { kind, declared, account: Some(ACCOUNT), live, stack_tags: None, others: &[] }
}

/// The differences, as `kind path`.
fn differences(kind: &str, declared: &Json, live: &Json) -> Vec<String> {
    let (declared, live) = (node(declared), Live::of_cloud_control(live.clone()).unwrap());
    words(&compare(&pair(kind, &declared, &live)))
}

#[test]
fn what_is_not_declared_is_not_compared() {
    let live = json!({"BucketName": "logs", "Arn": "arn:aws:s3:::logs", "VersioningConfiguration": {"Status": "Enabled"}});
    assert!(differences("AWS::S3::Bucket", &json!({"BucketName": "logs"}), &live).is_empty());
}

#[test]
fn read_only_and_write_only_properties_are_not_compared() {
    let declared = json!({"Arn": "x", "AccessControl": "Private", "BucketName": "logs"});
    assert!(differences("AWS::S3::Bucket", &declared, &json!({"BucketName": "logs"})).is_empty());
}

#[test]
fn what_aws_never_tells_is_not_absent() {
    let declared = json!({"Code": {"ZipFile": "def handler(): pass"}, "Timeout": 3});
    assert!(differences("AWS::Lambda::Function", &declared, &json!({"Timeout": 3})).is_empty());
}

#[test]
fn a_changed_value_is_named_by_its_path() {
    let declared = json!({"VersioningConfiguration": {"Status": "Enabled"}});
    let live = json!({"VersioningConfiguration": {"Status": "Suspended"}});
    assert_eq!(differences("AWS::S3::Bucket", &declared, &live), ["changed VersioningConfiguration.Status"]);
    assert_eq!(differences("AWS::S3::Bucket", &declared, &json!({})), ["absent VersioningConfiguration"]);
}

#[test]
fn numbers_and_booleans_may_be_texts() {
    let declared = json!({"VisibilityTimeout": 60, "FifoQueue": "true", "DelaySeconds": "5"});
    let live = json!({"VisibilityTimeout": "60", "FifoQueue": true, "DelaySeconds": 5});
    assert!(differences("AWS::SQS::Queue", &declared, &live).is_empty());
}

#[test]
fn a_default_that_is_left_out_is_no_drift() {
    assert!(differences("AWS::IAM::Role", &json!({"Path": "/"}), &json!({})).is_empty());
    assert_eq!(differences("AWS::IAM::Role", &json!({"Path": "/team/"}), &json!({})), ["absent Path"]);
}

#[test]
fn what_aws_spells_in_a_way_of_its_own_is_no_drift_and_not_clean() {
    let compared = |kind: &str, declared: &Json, live: &Json| {
        let (declared, live) = (node(declared), Live::of_cloud_control(live.clone()).unwrap());
        let pair = Pair { account: None, ..pair(kind, &declared, &live) };
        let comparison = compare(&pair);
        (words(&comparison), comparison.compared, comparison.respelled.into_iter().collect::<Vec<_>>())
    };
    let group = |name: &str| json!({"LaunchConfigurationName": name});
    let kind = "AWS::AutoScaling::AutoScalingGroup";
    let untold = (Vec::new(), 0, vec!["LaunchConfigurationName".to_owned()]);
    assert_eq!(compared(kind, &group("a"), &group("b")), untold);
    assert_eq!(compared(kind, &group("a"), &group("a")), (Vec::new(), 1, Vec::new()));
    // Within the items of a list, too, and what is read exactly differs where it does.
    let (kind, place) = ("AWS::DynamoDB::GlobalTable", "Replicas/*/GlobalTableSettingsReplicationMode");
    let replicas =
        |mode: &str| json!({"Replicas": [{"Region": "x", "GlobalTableSettingsReplicationMode": mode}]});
    let (changes, _, respelled) = compared(kind, &replicas("ENABLED"), &replicas("DISABLED"));
    assert_eq!((changes, respelled), (Vec::new(), vec![place.to_owned()]));
    let identifier = |text: &str| json!({"DBInstanceIdentifier": text});
    assert!(differences("AWS::RDS::DBInstance", &identifier("Orders"), &identifier("orders")).is_empty());
    assert_eq!(
        differences("AWS::RDS::DBInstance", &identifier("Orders"), &identifier("others")),
        ["changed DBInstanceIdentifier"]
    );
}

#[test]
fn what_only_the_deployment_knows_is_counted() {
    let declared = node(&json!({"BucketName": {"?": ""}, "Tags": [{"Key": "Owner", "Value": {"?": ""}}]}));
    let live =
        Live::of_cloud_control(json!({"BucketName": "x", "Tags": [{"Key": "Owner", "Value": "y"}]})).unwrap();
    let pair = pair("AWS::S3::Bucket", &declared, &live);
    let comparison = compare(&pair);
    assert!(comparison.changes.is_empty());
    assert_eq!(comparison.unknown, 2);
}

#[test]
fn a_tag_that_is_changed_gone_or_added_is_drift() {
    let declared = json!({"Tags": [{"Key": "Owner", "Value": "web"}, {"Key": "Stage", "Value": "prod"}]});
    let live = json!({"Tags": [{"Key": "Owner", "Value": "hacker"}, {"Key": "Extra", "Value": "1"},
        {"Key": "aws:cloudformation:stack-name", "Value": "x"}]});
    assert_eq!(
        differences("AWS::S3::Bucket", &declared, &live),
        ["changed Tags[Owner]", "absent Tags[Stage]"],
        "without the tags of the stack, an addition may be one of them"
    );
    let (declared, live) = (node(&declared), Live::of_cloud_control(live).unwrap());
    let stack = BTreeMap::from([("Stack".to_owned(), "x".to_owned())]);
    let pair = Pair { stack_tags: Some(&stack), ..pair("AWS::S3::Bucket", &declared, &live) };
    assert_eq!(
        words(&compare(&pair)),
        ["changed Tags[Owner]", "absent Tags[Stage]", "foreign-added Tags[Extra]"]
    );
}

#[test]
fn tags_may_be_a_map() {
    let declared = json!({"Tags": {"Owner": "web"}});
    assert!(differences("AWS::SSM::Parameter", &declared, &json!({"Tags": {"Owner": "web"}})).is_empty());
    assert!(
        differences(
            "AWS::S3::Bucket",
            &json!({"Tags": [{"Key": "a", "Value": "b"}]}),
            &json!({"Tags": {"a": "b"}})
        )
        .is_empty()
    );
}

#[test]
fn a_policy_is_compared_by_what_it_allows() {
    let statement = |action: Json| json!({"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"});
    let declared =
        json!({"Bucket": "x", "PolicyDocument": {"Statement": [statement(json!("s3:GetObject"))]}});
    let same = json!({"Bucket": "x", "PolicyDocument": {"Version": "2012-10-17", "Statement": statement(json!(["s3:GetObject"]))}});
    assert!(differences("AWS::S3::BucketPolicy", &declared, &same).is_empty());
    let wider = json!({"Bucket": "x", "PolicyDocument": {"Statement": [statement(json!("s3:*"))]}});
    assert_eq!(
        differences("AWS::S3::BucketPolicy", &declared, &wider),
        ["changed PolicyDocument.Statement[Read]"]
    );
    let more = json!({"Bucket": "x", "PolicyDocument": {"Statement": [statement(json!("s3:GetObject")),
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}});
    assert_eq!(
        differences("AWS::S3::BucketPolicy", &declared, &more),
        ["foreign-added PolicyDocument.Statement[Open]"]
    );
}

#[test]
fn rules_of_a_security_group_count_even_undeclared() {
    let open = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"});
    let https = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
    let live = json!({"SecurityGroupIngress": [https, open],
        "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]});
    assert_eq!(
        differences("AWS::EC2::SecurityGroup", &json!({"GroupDescription": "x"}), &live).len(),
        3,
        "the description is gone, and nobody declares the two rules"
    );
    let declared = json!({"SecurityGroupIngress": [https]});
    let found = differences("AWS::EC2::SecurityGroup", &declared, &live);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("foreign-added SecurityGroupIngress["), "{found:?}");
    // Another resource of the stack declares it.
    let mut rule = open;
    rule["GroupId"] = json!("sg-1");
    rule["IpProtocol"] = json!("6");
    let (own, rule, all) = (node(&declared), node(&rule), Live::of_cloud_control(live).unwrap());
    let others = [("SecurityGroupIngress", &rule)];
    let pair = Pair { others: &others, ..pair("AWS::EC2::SecurityGroup", &own, &all) };
    assert!(compare(&pair).changes.is_empty());
}

#[test]
fn a_policy_somebody_gave_a_role_counts_even_undeclared() {
    let live = json!({"Policies": [{"PolicyName": "backdoor", "PolicyDocument": {"Statement": []}}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]});
    assert_eq!(
        differences("AWS::IAM::Role", &json!({}), &live),
        [
            "foreign-added Policies[backdoor]",
            "foreign-added ManagedPolicyArns[arn:aws:iam::aws:policy/AdministratorAccess]"
        ]
    );
}

#[test]
fn lists_without_order_are_sets() {
    let declared = json!({"ManagedPolicyArns": ["a", "b"]});
    assert!(differences("AWS::IAM::Role", &declared, &json!({"ManagedPolicyArns": ["b", "a"]})).is_empty());
    assert_eq!(
        differences("AWS::IAM::Role", &declared, &json!({"ManagedPolicyArns": ["b", "c"]})),
        ["changed ManagedPolicyArns[0]"]
    );
}

#[test]
fn an_environment_is_compared_in_full() {
    let declared = json!({"Environment": {"Variables": {"MODE": "a"}}});
    let live = json!({"Environment": {"Variables": {"MODE": "b", "DEBUG": "1"}}});
    assert_eq!(
        differences("AWS::Lambda::Function", &declared, &live),
        ["changed Environment.Variables.MODE", "foreign-added Environment.Variables.DEBUG"]
    );
}

#[test]
fn config_describes_a_bucket_in_its_own_words() {
    let configuration = json!({"name": "logs"});
    let supplementary = json!({
        "PublicAccessBlockConfiguration": {"blockPublicAcls": true, "ignorePublicAcls": true,
            "blockPublicPolicy": true, "restrictPublicBuckets": false},
        "BucketVersioningConfiguration": {"status": "Enabled"},
        "ServerSideEncryptionConfiguration": {"rules": [{"applyServerSideEncryptionByDefault":
            {"sseAlgorithm": "aws:kms", "kmsMasterKeyID": "k"}, "bucketKeyEnabled": true}]},
        "BucketPolicy": {"policyText": "{\"Statement\":[]}"}
    });
    let live = Live::of_config("AWS::S3::Bucket", &configuration, &supplementary, None).unwrap();
    let declared = node(&json!({
        "BucketName": "logs",
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "IgnorePublicAcls": true,
            "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault":
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}]},
        "LifecycleConfiguration": {"Rules": []}
    }));
    let pair = pair("AWS::S3::Bucket", &declared, &live);
    let comparison = compare(&pair);
    assert_eq!(words(&comparison), ["changed PublicAccessBlockConfiguration.RestrictPublicBuckets"]);
    assert_eq!(comparison.not_compared.into_iter().collect::<Vec<_>>(), ["LifecycleConfiguration"]);
    let part = part_of("AWS::S3::BucketPolicy").unwrap();
    let policy = part.of(&live, &node(&json!({"Bucket": "logs"}))).unwrap().unwrap();
    assert!(policy.covers("PolicyDocument") && !policy.covers("Bucket"));
}

#[test]
fn an_inline_policy_is_a_part_of_its_role() {
    let role = Live::of_cloud_control(
        json!({"Policies": [{"PolicyName": "read", "PolicyDocument": {"Statement": []}}]}),
    )
    .unwrap();
    let part = part_of("AWS::IAM::Policy").unwrap();
    assert!(part.of(&role, &node(&json!({"PolicyName": "read"}))).unwrap().is_some());
    assert!(part.of(&role, &node(&json!({"PolicyName": "write"}))).unwrap().is_none());
    assert!(part.of(&role, &node(&json!({"PolicyName": {"?": ""}}))).is_err());
}

/// Values of any shape, as small as they are strange.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        "[a-z0-9:/.*{}-]{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(
                prop_oneof![
                    Just("Key".to_owned()),
                    Just("Value".to_owned()),
                    Just("Statement".to_owned()),
                    "[A-Z][a-z]{0,4}"
                ],
                inner,
                0..4
            )
            .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// A type of the table, with values for some of its properties.
fn resource() -> impl Strategy<Value = (&'static str, Json)> {
    let mut kinds: Vec<&'static str> = types::all().map(|(kind, _)| kind).collect();
    kinds.sort_unstable();
    prop::sample::select(kinds).prop_flat_map(|kind| {
        let names: Vec<String> =
            types::of(kind).unwrap().properties.iter().map(ToString::to_string).collect();
        prop::collection::btree_map(prop::sample::select(names), anything(), 0..6)
            .prop_map(move |map| (kind, map.into_iter().collect::<serde_json::Map<_, _>>().into()))
    })
}

/// The same with every list whose order means nothing turned round.
fn turned(kind: &str, place: &str, json: &Json) -> Json {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
    match json {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| turned(kind, &below("*"), item)).collect();
            if types::of(kind).is_some_and(|known| known.unordered.contains(place)) {
                items.reverse();
            }
            Json::Array(items)
        }
        Json::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), turned(kind, &below(key), value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_resource_does_not_differ_from_itself((kind, json) in resource()) {
        prop_assert_eq!(differences(kind, &json, &json), Vec::<String>::new());
    }

    #[test]
    fn turning_lists_without_order_changes_nothing((kind, json) in resource()) {
        prop_assert_eq!(differences(kind, &json, &turned(kind, "", &json)), Vec::<String>::new());
    }
}
