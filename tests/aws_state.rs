//! AWS as live state, read from moto: what is complete and what is not, and what faults do to it.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod aws_support;
#[path = "support/live.rs"]
mod live;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_support::{ACCOUNT, Aws};
use serde_json::json;
use trueup::aws::Scope;
use trueup::state::aws::client::{Access, Account, AwsError, Client, Subject, Tool};
use trueup::state::aws::{Ask, Inventory, Item, Properties, Reach, Source};

const BUCKET: &str = "AWS::S3::Bucket";
const TOPIC: &str = "AWS::SNS::Topic";
const ROLE: &str = "AWS::IAM::Role";
const GROUP: &str = "AWS::Logs::LogGroup";

/// A bucket, a topic, a role and a log group; two of them tagged.
const MAKE: &str = "
client('s3').create_bucket(Bucket='shop')
tags = [{'Key': 'team', 'Value': 'pay'}]
client('s3').put_bucket_tagging(Bucket='shop', Tagging={'TagSet': tags})
client('sns').create_topic(Name='orders', Tags=tags)
client('iam').create_role(RoleName='deploy', AssumeRolePolicyDocument='{}')
client('logs').create_log_group(logGroupName='/shop')
";

fn access(aws: &Aws) -> Access {
    Access { config_file: Some(aws.config_file()), ..Access::default() }
}

fn read(access: &Access) -> Inventory {
    let kinds: BTreeSet<Arc<str>> = [BUCKET, TOPIC, ROLE, GROUP].map(Into::into).into();
    Client::connect(access).unwrap().inventory(&kinds, &|_, _| ())
}

fn home() -> Scope {
    Scope::new(ACCOUNT, "us-east-1")
}

fn reach<'i>(
    inventory: &'i Inventory,
    scope: &Scope,
    source: Source,
    kind: Option<&str>,
) -> Option<&'i Reach> {
    let fits = |it: &&trueup::state::aws::Covered| {
        it.scope == *scope && it.source == source && it.kind.as_deref() == kind
    };
    inventory.coverage.iter().find(fits).map(|it| &it.reach)
}

fn config_reach<'i>(inventory: &'i Inventory, kind: &str) -> &'i Reach {
    let scope = if kind == ROLE { home().global() } else { home() };
    reach(inventory, &scope, Source::Config, Some(kind)).unwrap()
}

fn of<'i>(inventory: &'i Inventory, kind: &str) -> Vec<&'i Item> {
    inventory.items.iter().filter(|item| &*item.kind == kind).collect()
}

fn gaps(inventory: &Inventory) -> Vec<String> {
    inventory.gaps.iter().map(|gap| format!("{}: {}", gap.subject, gap.reason)).collect()
}

#[test]
fn what_is_recorded_is_complete() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.deploy("us-east-1", "shop", r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#);
    let inventory = read(&access(&aws));
    assert_eq!(gaps(&inventory), [""; 0]);
    for kind in [BUCKET, TOPIC, ROLE] {
        assert_eq!(*config_reach(&inventory, kind), Reach::Complete, "{kind}");
        assert_eq!(of(&inventory, kind).len(), 1, "{kind}");
    }
    let bucket = of(&inventory, BUCKET)[0];
    assert_eq!((&bucket.scope, bucket.source), (&home(), Source::Config));
    assert_eq!(bucket.tags.as_ref().unwrap()["team"], "pay");
    assert!(matches!(bucket.properties, Properties::Config { .. }));
    assert_eq!(of(&inventory, ROLE)[0].scope, home().global());
    // AWS Config knows no log groups, so Cloud Control lists them, and nobody says that this is all.
    assert!(matches!(config_reach(&inventory, GROUP), Reach::Unread(_)));
    assert!(matches!(reach(&inventory, &home(), Source::CloudControl, Some(GROUP)), Some(Reach::Partial(_))));
    assert_eq!(of(&inventory, GROUP)[0].source, Source::CloudControl);
    assert_eq!(reach(&inventory, &home(), Source::CloudFormation, None), Some(&Reach::Complete));
    let stack = &inventory.stacks[0];
    let queue = &stack.resources.as_ref().unwrap()[0];
    assert_eq!((&*stack.name, &*queue.logical, &*queue.kind), ("shop", "Queue", "AWS::SQS::Queue"));
    assert!(queue.physical.contains("shop-Queue"), "{queue:?}");
    // Nothing but reading, ever.
    for request in aws.log() {
        let operation = request["operation"].as_str().unwrap();
        let reads = ["Describe", "Get", "List", "Select", "BatchGet"];
        assert!(reads.iter().any(|verb| operation.starts_with(verb)), "{operation}");
    }
}

#[test]
fn without_a_recorder_nothing_is_complete() {
    let Some(aws) = Aws::start() else { return };
    aws.python(MAKE);
    let inventory = read(&access(&aws));
    assert!(matches!(config_reach(&inventory, BUCKET), Reach::Unread(_)));
    assert!(gaps(&inventory)[0].contains("AWS Config has no recorder"), "{:?}", gaps(&inventory));
    assert!(!inventory.coverage.iter().any(|it| it.source == Source::Config && it.reach == Reach::Complete));
    // The other sources are read all the same.
    assert_eq!(of(&inventory, TOPIC).len(), 1);
}

#[test]
fn a_stopped_recorder_knows_the_past_alone() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.python("client('config').stop_configuration_recorder(ConfigurationRecorderName='default')");
    let inventory = read(&access(&aws));
    let Reach::Partial(reason) = config_reach(&inventory, BUCKET) else { panic!("{:?}", inventory.coverage) };
    assert!(reason.starts_with("AWS Config has stopped recording on 20"), "{reason}");
    assert_eq!(gaps(&inventory).len(), 1, "{:?}", gaps(&inventory));
    assert_eq!(of(&inventory, BUCKET).len(), 1);
}

#[test]
fn of_what_is_not_recorded_nothing_is_known() {
    let Some(aws) = Aws::start() else { return };
    aws.record_group(
        "us-east-1",
        "{'allSupported': False, 'resourceTypes': ['AWS::S3::Bucket'],
          'recordingStrategy': {'useOnly': 'INCLUSION_BY_RESOURCE_TYPES'}}",
    );
    aws.python(MAKE);
    let inventory = read(&access(&aws));
    assert_eq!(*config_reach(&inventory, BUCKET), Reach::Complete);
    for kind in [TOPIC, ROLE] {
        assert!(matches!(config_reach(&inventory, kind), Reach::Unread(_)), "{kind}");
        // What is declared is looked for elsewhere.
        assert_eq!(of(&inventory, kind).len(), 1, "{kind}");
    }
}

#[test]
fn pages_of_one_are_read_to_the_end() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    let whole = read(&access(&aws));
    aws.pages_of(1);
    let paged = read(&access(&aws));
    let said = |inventory: &Inventory| -> Vec<String> {
        inventory.items.iter().map(|item| format!("{item:?} {:?}", item.tags)).collect()
    };
    assert_eq!(gaps(&paged), [""; 0]);
    assert_eq!(said(&paged), said(&whole));
    // One page, and then one for each of the three that AWS Config has.
    assert_eq!(aws.asked("SelectResourceConfig"), 4);
}

#[test]
fn a_query_that_says_nothing_is_followed_by_lists() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.play(&json!([{"operation": "SelectResourceConfig", "body": {"Results": []}}]));
    let inventory = read(&access(&aws));
    assert_eq!(gaps(&inventory), [""; 0]);
    let bucket = of(&inventory, BUCKET)[0];
    assert_eq!(*config_reach(&inventory, BUCKET), Reach::Complete);
    assert!(matches!(bucket.properties, Properties::Config { .. }));
    // The list leaves tags out, the tagging API has them.
    assert_eq!(bucket.tags.as_ref().unwrap()["team"], "pay");
}

#[test]
fn what_nobody_declares_and_no_query_tells_is_listed() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.play(&json!([{"operation": "SelectResourceConfig", "body": {"Results": []}}]));
    let inventory = Client::connect(&access(&aws)).unwrap().inventory(&BTreeSet::new(), &|_, _| ());
    assert_eq!(gaps(&inventory), [""; 0]);
    for kind in [BUCKET, TOPIC, ROLE] {
        assert_eq!(*config_reach(&inventory, kind), Reach::Complete, "{kind}");
        assert!(matches!(of(&inventory, kind)[0].properties, Properties::Config { .. }), "{kind}");
    }
    let no = json!({"__type": "AccessDeniedException", "Message": "no"});
    aws.play(&json!([{"operation": "GetDiscoveredResourceCounts", "status": 400, "body": no}]));
    let inventory = read(&access(&aws));
    assert!(gaps(&inventory)[0].contains("config:GetDiscoveredResourceCounts"), "{:?}", gaps(&inventory));
}

#[test]
fn what_is_denied_is_a_gap_that_names_the_action() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    let denied = json!({"__type": "AccessDeniedException", "message": "no"});
    aws.play(&json!([
        {"operation": "SelectResourceConfig", "times": -1, "status": 400, "body": denied},
        {"operation": "GetResources", "times": -1, "status": 403, "type": "text/xml",
         "body": "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"},
    ]));
    let inventory = read(&access(&aws));
    assert_eq!(
        gaps(&inventory),
        [
            "123456789012/us-east-1: GetResources: access is denied; the role needs `tag:GetResources`",
            "123456789012/us-east-1: SelectResourceConfig: access is denied; the role needs \
             `config:SelectResourceConfig`",
        ]
    );
    // Lists still tell of what is declared.
    assert_eq!(*config_reach(&inventory, BUCKET), Reach::Complete);
    assert_eq!(of(&inventory, BUCKET).len(), 1);
}

#[test]
fn nothing_is_complete_after_a_failure() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    let html = json!({"times": -1, "status": 500, "type": "text/html", "body": "<html>Internal Server Error</html>"});
    let broken = |operation: &str| {
        let mut script = html.clone();
        script["operation"] = operation.into();
        script
    };
    aws.play(&json!([
        broken("DescribeStacks"),
        broken("SelectResourceConfig"),
        broken("ListDiscoveredResources"),
    ]));
    let inventory = read(&access(&aws));
    assert!(!inventory.coverage.iter().any(|it| it.reach == Reach::Complete), "{:#?}", inventory.coverage);
    for operation in ["DescribeStacks", "SelectResourceConfig", "ListDiscoveredResources"] {
        let told = format!("{}: {operation}: the service is unavailable (HTTP 500)", home());
        assert!(gaps(&inventory).contains(&told), "{:?}", gaps(&inventory));
    }
    // An answer that is none, though the status says that it is.
    aws.play(&json!([{"operation": "DescribeConfigurationRecorders", "body": "<html>Welcome</html>"}]));
    let inventory = read(&access(&aws));
    assert!(matches!(config_reach(&inventory, BUCKET), Reach::Unread(_)));
}

#[test]
fn throttling_is_waited_out() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    let slower = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    aws.play(&json!([{"operation": "SelectResourceConfig", "times": 2, "status": 400, "body": slower}]));
    let inventory = read(&access(&aws));
    assert_eq!(gaps(&inventory), [""; 0]);
    assert_eq!(aws.asked("SelectResourceConfig"), 3);
    assert_eq!(*config_reach(&inventory, BUCKET), Reach::Complete);
}

#[test]
fn lists_that_go_around_or_break_off_are_incomplete() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.play(&json!([
        {"operation": "SelectResourceConfig", "times": -1, "body": {"Results": [], "NextToken": "again"}},
        {"operation": "GetResources", "body": {"ResourceTagMappingList": [], "PaginationToken": "old"}},
        {"operation": "GetResources", "status": 400,
         "body": {"__type": "PaginationTokenExpiredException", "message": "expired"}},
    ]));
    let inventory = read(&access(&aws));
    assert_eq!(gaps(&inventory).len(), 1, "{:?}", gaps(&inventory));
    assert!(gaps(&inventory)[0].contains("the same page again and again"), "{:?}", gaps(&inventory));
    assert_eq!(aws.asked("SelectResourceConfig"), 2);
    // The tags were read anew.
    assert_eq!(aws.asked("GetResources"), 3);
    assert!(of(&inventory, BUCKET)[0].tags.is_some());
}

#[test]
fn refused_credentials_end_the_run() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.python(MAKE);
    let expired = json!({"__type": "ExpiredTokenException", "message": "The security token is expired"});
    aws.play(&json!([
        {"operation": "DescribeConfigurationRecorders", "times": -1, "status": 400, "body": expired},
        {"operation": "GetResources", "times": -1, "status": 400, "body": expired},
        {"operation": "DescribeStacks", "times": -1, "status": 403, "type": "text/xml",
         "body": "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>"},
    ]));
    let inventory = read(&access(&aws));
    assert!(inventory.items.is_empty());
    assert!(!inventory.coverage.iter().any(|it| it.reach == Reach::Complete));
    assert!(gaps(&inventory).iter().all(|gap| gap.contains("credentials are not accepted")));
    assert_eq!(aws.asked("ListResources"), 0);

    aws.play(&json!([{"operation": "GetCallerIdentity", "times": -1, "status": 403, "type": "text/xml",
        "body": "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>unknown</Message></Error></ErrorResponse>"}]));
    let refused = Client::connect(&access(&aws)).err().unwrap();
    assert!(matches!(refused, AwsError::Identity(_)), "{refused}");
    assert!(refused.to_string().contains("InvalidClientTokenId"), "{refused}");
}

#[test]
fn a_run_ends_by_its_deadline() {
    let Some(aws) = Aws::start() else { return };
    aws.record("us-east-1");
    aws.play(&json!([{"operation": "SelectResourceConfig", "seconds": 60, "body": {"Results": []}}]));
    let start = std::time::Instant::now();
    let inventory = read(&Access { deadline: Duration::from_secs(6), ..access(&aws) });
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(gaps(&inventory).iter().any(|gap| gap.ends_with("the time for the audit was up")));
    assert!(!inventory.coverage.iter().any(|it| it.source == Source::Config && it.reach == Reach::Complete));
}

#[test]
fn accounts_and_regions_are_told_apart_and_globals_are_not() {
    let Some(aws) = Aws::start() else { return };
    let other = "210987654321";
    for region in ["us-east-1", "eu-west-1"] {
        aws.record(region);
    }
    aws.python(MAKE);
    aws.python(&format!(
        "client('sns', 'eu-west-1').create_topic(Name='orders')
client('sns', account='{other}').create_topic(Name='elsewhere')"
    ));
    let both = Access {
        accounts: vec![ACCOUNT.parse().unwrap(), format!("arn:aws:iam::{other}:role/audit").parse().unwrap()],
        regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
        ..access(&aws)
    };
    let inventory = read(&both);
    let topics: Vec<String> =
        of(&inventory, TOPIC).iter().map(|it| it.arn.as_deref().unwrap().to_owned()).collect();
    assert_eq!(
        topics,
        [
            "arn:aws:sns:eu-west-1:123456789012:orders",
            "arn:aws:sns:us-east-1:123456789012:orders",
            "arn:aws:sns:us-east-1:210987654321:elsewhere",
        ]
    );
    // Both regions know the role, and the tagging API of each lists the bucket.
    assert_eq!(of(&inventory, ROLE).len(), 1);
    let buckets = of(&inventory, BUCKET);
    assert_eq!((buckets.len(), &buckets[0].scope), (1, &home()));
    // The other account has no recorder, which says nothing about the first.
    assert_eq!(*config_reach(&inventory, TOPIC), Reach::Complete);
    assert!(gaps(&inventory).iter().all(|gap| gap.starts_with(other)), "{:?}", gaps(&inventory));

    let wrong = Access { accounts: vec![other.parse().unwrap()], ..access(&aws) };
    assert!(matches!(Client::connect(&wrong).err(), Some(AwsError::OtherAccount { .. })));
    assert!("12345".parse::<Account>().is_err());
    assert!("arn:aws:iam::123456789012:user/x".parse::<Account>().is_err());
}

#[test]
fn an_aggregator_tells_of_every_account() {
    let Some(aws) = Aws::start() else { return };
    let other = "210987654321";
    aws.record("us-east-1");
    aws.python(MAKE);
    aws.python(&format!(
        "config = client('config', account='{other}')
config.put_configuration_recorder(ConfigurationRecorder={{'name': 'default', 'roleARN': 'arn:aws:iam::{other}:role/x',
    'recordingGroup': {{'allSupported': True}}}})
client('sns', account='{other}').create_topic(Name='elsewhere')"
    ));
    aws.aggregate(&json!({
        "accounts": [ACCOUNT, other],
        "regions": ["us-east-1", "eu-west-1"],
        "failed": [[other, "eu-west-1"]],
    }));
    let inventory = read(&Access { aggregator: Some("all".to_owned()), ..access(&aws) });
    let far = Scope::new(other, "us-east-1");
    assert!(of(&inventory, TOPIC).iter().any(|it| it.scope == far));
    // Of the own account the recorder is known, of the other it is not.
    assert_eq!(*config_reach(&inventory, TOPIC), Reach::Complete);
    assert!(matches!(reach(&inventory, &far, Source::Config, None), Some(Reach::Partial(_))));
    assert_eq!(gaps(&inventory), ["210987654321/eu-west-1: the aggregator could not fetch it: AccessDenied"]);
    assert_eq!(aws.asked("SelectResourceConfig"), 0);
}

#[test]
fn properties_come_from_cloud_control() {
    let Some(aws) = Aws::start() else { return };
    aws.python(MAKE);
    let ask = |kind: &str, identifier: &str| Ask {
        scope: home(),
        kind: kind.into(),
        identifier: identifier.into(),
    };
    let asks = [
        ask(BUCKET, "shop"),
        ask(BUCKET, "nowhere"),
        Ask { scope: home().global(), ..ask(ROLE, "deploy") },
        ask("AWS::CodeBuild::Project", "build"),
        ask(GROUP, "/shop"),
        Ask { scope: Scope::new(ACCOUNT, "eu-north-1"), ..ask(BUCKET, "shop") },
    ];
    let wrapped = "User: x is not authorized to perform: logs:DescribeLogGroups on resource: y";
    aws.play(&json!([{"operation": "GetResource", "with": "LogGroup", "times": -1, "status": 400,
        "body": {"__type": "HandlerFailureException", "Message": wrapped}}]));
    let answers = Client::connect(&access(&aws)).unwrap().get(&asks, &|_, _| ());
    let Properties::CloudFormation(bucket) = &answers[&asks[0]] else { panic!("{answers:?}") };
    assert!(bucket.contains(r#""BucketName": "shop""#), "{bucket}");
    assert_eq!(answers[&asks[1]], Properties::Gone);
    assert!(matches!(answers[&asks[2]], Properties::CloudFormation(_)));
    let failed = |at: usize| match &answers[&asks[at]] {
        Properties::Failed(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(failed(3).contains("does not support READ"), "{}", failed(3));
    assert_eq!(failed(4), "access is denied; the role needs `logs:DescribeLogGroups`");
    assert!(failed(5).contains("123456789012/eu-north-1"), "{}", failed(5));
    // It was asked twice for what is not there.
    assert_eq!(aws.asked("GetResource"), 6);
}

#[test]
fn deployed_templates_and_changes_are_told() {
    let Some(aws) = Aws::start() else { return };
    let template =
        r#"{"Resources": {"Orders": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "orders"}}}}"#;
    let id = aws.deploy("us-east-1", "shop", template);
    aws.python("client('s3').create_bucket(Bucket='made-by-hand')");
    aws.python("client('s3').put_bucket_policy(Bucket='made-by-hand', Policy='{}')");
    let client = Client::connect(&access(&aws)).unwrap();
    let gone = "arn:aws:cloudformation:us-east-1:123456789012:stack/gone/1";
    let templates = client.templates(&[&id, gone]);
    let deployed: serde_json::Value = serde_json::from_str(templates[&*id].as_ref().unwrap()).unwrap();
    assert_eq!(deployed["Resources"]["Orders"]["Type"], "AWS::SNS::Topic");
    assert!(templates[gone].is_err());

    let subject = |names: &[&str]| Subject {
        scope: home(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let asked = [subject(&["no-such-id", "made-by-hand"]), subject(&["nobody-made-this"])];
    let events = client.events(&asked);
    let made = events[&asked[0]].as_ref().unwrap();
    let names: Vec<&str> = made.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["CreateBucket", "PutBucketPolicy"]);
    assert_eq!(
        (made[0].principal.as_str(), made[0].tool),
        ("arn:aws:iam::123456789012:user/tester", Tool::Other)
    );
    assert_eq!(events[&asked[1]].as_ref().unwrap().len(), 0);
}
