//! `trueup audit` of AWS as a user runs it, offline: templates against what AWS Config left in files.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "support/json.rs"]
mod json;
#[path = "support/run.rs"]
mod run;

use std::fs;
use std::path::Path;

use json::json;
use run::trueup;
use serde_json::{Value, json};

/// Runs `trueup audit` from the repository's root; the JSON report and the exit code.
fn audit(paths: &[&str]) -> (Value, i32) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = trueup(root, &[&["audit", "--format", "json"], paths].concat());
    (json(&output), output.status.code().unwrap())
}

/// Every finding: rule, resource, line.
fn findings(report: &Value) -> Vec<(String, String, u64)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let row = |it: &Value| (text(it, "rule"), text(it, "resource"), it["line"].as_u64().unwrap());
    report["findings"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn the_fixture_tells_all_that_is_planted() {
    let (report, code) = audit(&["fixtures/audit-aws/git", "--live", "fixtures/audit-aws/snapshot.json"]);
    let found = findings(&report);
    let expected = [
        ("drift/changed", "orders-prod/Invoices", 18),
        ("drift/changed", "orders-prod/Invoices", 20),
        ("drift/missing", "orders-prod/Placed", 23),
        ("drift/changed", "orders-prod/Worker", 42),
        ("drift/added", "orders-prod/Database", 51),
        ("drift/changed-default", "default", 1),
        ("drift/shadow", "cancellations", 1),
        ("drift/shadow", "tmp-export-jane", 1),
    ];
    let expected: Vec<(String, String, u64)> =
        expected.iter().map(|(rule, of, line)| ((*rule).to_owned(), (*of).to_owned(), *line)).collect();
    assert_eq!(found, expected);
    assert_eq!(code, 1);
    assert_eq!(report["gaps"], json!([]), "everything could be checked");
}

#[test]
fn the_report_is_the_same_however_many_threads_work_on_it() {
    let paths = ["fixtures/audit-aws/git", "--live", "fixtures/audit-aws/snapshot.json", "--jobs"];
    let with = |jobs| audit(&[&paths[..], &[jobs]].concat());
    assert_eq!(with("1"), with("4"));
}

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Orders:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: orders
      DisplayName: Orders
";

const STACK: &str = "\
version: 1
repo: {role: infra}
audit:
  aws:
    stacks:
    - {name: shop, template: shop.yaml, account: '123456789012', region: eu-west-1}
";

/// A repository with one stack, and a snapshot with these items.
fn folder(template: &str, items: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("git")).unwrap();
    fs::write(folder.path().join("git/shop.yaml"), template).unwrap();
    fs::write(folder.path().join("git/trueup.yaml"), STACK).unwrap();
    let snapshot = json!({"fileVersion": "1.0", "configSnapshotId": "x", "configurationItems": items});
    fs::write(folder.path().join("live.json"), snapshot.to_string()).unwrap();
    folder
}

fn audit_folder(folder: &Path) -> (Value, i32) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    audit(&[&path("git"), "--live", &path("live.json")])
}

fn item(kind: &str, name: &str, configuration: &Value) -> Value {
    let service = kind.split("::").nth(1).unwrap().to_lowercase();
    json!({"awsAccountId": "123456789012", "awsRegion": "eu-west-1", "resourceType": kind, "resourceId": name,
        "resourceName": name, "ARN": format!("arn:aws:{service}:eu-west-1:123456789012:{name}"),
        "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-24T02:00:00.000Z",
        "resourceCreationTime": "2026-10-01T02:00:00.000Z", "tags": {}, "configuration": configuration,
        "supplementaryConfiguration": {}})
}

fn topic(name: &str, display: &str) -> Value {
    let arn = format!("arn:aws:sns:eu-west-1:123456789012:{name}");
    item("AWS::SNS::Topic", name, &json!({"TopicArn": arn, "DisplayName": display}))
}

#[test]
fn what_is_as_declared_is_clean() {
    let folder = folder(TEMPLATE, &[topic("orders", "Orders")]);
    let (report, code) = audit_folder(folder.path());
    assert_eq!(findings(&report), []);
    assert_eq!((code, &report["gaps"]), (0, &json!([])));
}

#[test]
fn a_type_that_the_snapshot_does_not_hold_is_not_missing() {
    let folder =
        folder(TEMPLATE, &[item("AWS::EC2::VPC", "vpc-1", &json!({"vpcId": "vpc-1", "isDefault": true}))]);
    let (report, code) = audit_folder(folder.path());
    assert_eq!(findings(&report), []);
    assert_eq!(code, 3, "{}", report["gaps"]);
}

#[test]
fn a_broken_snapshot_is_a_gap_and_nothing_is_missing() {
    let folder = folder(TEMPLATE, &[topic("other", "x")]);
    let path = folder.path().join("live.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 2]).unwrap();
    let (report, _) = audit_folder(folder.path());
    let found = findings(&report);
    assert!(found.iter().all(|(rule, ..)| rule != "drift/missing"), "{found:?}");
    assert_ne!(report["gaps"], json!([]));
}

#[test]
fn an_accepted_shadow_is_suppressed() {
    let folder = folder(
        TEMPLATE,
        &[topic("orders", "Orders"), item("AWS::S3::Bucket", "logs", &json!({"name": "logs"}))],
    );
    let (report, _) = audit_folder(folder.path());
    assert_eq!(findings(&report).len(), 1);
    let accepted =
        format!("{STACK}suppressions:\n- {{policy: drift/shadow, resources: [logs], reason: known}}\n");
    fs::write(folder.path().join("git/trueup.yaml"), accepted).unwrap();
    let (report, code) = audit_folder(folder.path());
    assert_eq!(findings(&report), []);
    assert_eq!(code, 0);
}

#[test]
fn tagging_policies_hold_for_what_is_live() {
    let mut untagged = topic("orders", "Orders");
    untagged["tags"] = json!({"aws:cloudformation:stack-name": "shop"});
    let mut tagged = topic("others", "x");
    tagged["tags"] = json!({"Owner": "web"});
    let folder = folder(TEMPLATE, &[untagged, tagged]);
    let rules = format!("{STACK}policies:\n  tagging/required-tags: {{params: {{required: [Owner]}}}}\n");
    fs::write(folder.path().join("git/trueup.yaml"), rules).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (report, _) = audit(&[&path("git"), "--live", &path("live.json"), "--live-policies"]);
    let found = findings(&report);
    let told: Vec<&str> = found
        .iter()
        .filter(|(rule, ..)| rule == "tagging/required-tags")
        .map(|(_, resource, _)| resource.as_str())
        .collect();
    assert_eq!(told, ["orders"], "{report:#}");
}

#[test]
fn where_no_template_is_declared_the_report_says_so() {
    let folder = folder(TEMPLATE, &[topic("orders", "Orders")]);
    fs::remove_file(folder.path().join("git/shop.yaml")).unwrap();
    fs::write(folder.path().join("git/trueup.yaml"), "version: 1\nrepo: {role: infra}\n").unwrap();
    let (report, _) = audit_folder(folder.path());
    let subjects = report["gaps"].as_array().unwrap().iter().map(|gap| gap["subject"].as_str().unwrap());
    assert!(subjects.clone().any(|subject| subject == "declared stacks"), "{report:#}");
}

#[test]
fn secrets_are_in_no_message() {
    let template = "\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Resize:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: resize
      Environment: {Variables: {DB_PASSWORD: correct-horse-battery}}
";
    let live =
        json!({"functionName": "resize", "environment": {"variables": {"DB_PASSWORD": "tr0ub4dor&3"}}});
    let folder = folder(template, &[item("AWS::Lambda::Function", "resize", &live)]);
    let (report, _) = audit_folder(folder.path());
    assert_eq!(findings(&report).len(), 1);
    let text = report.to_string();
    assert!(!text.contains("tr0ub4dor") && !text.contains("correct-horse"), "{text}");
}
