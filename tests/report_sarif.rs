//! SARIF against the schema of SARIF 2.1.0 and against what GitHub demands beyond it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod report_fixture;

use std::sync::Arc;

use report_fixture::{all_texts, clean, context, finding, location, render, rule, small};
use serde_json::{Value, json};
use snapbox::assert_data_eq;
use trueup::model::{Category, Gap, Remote, Report, Repository, Role, RoleSource, Rule, Severity};
use trueup::report::Context;

const SCHEMA: &str = include_str!("data/sarif-schema-2.1.0.json");

const ODD: &str =
    "odd \u{1b}[31m\u{7f}\u{9b}\u{202e} \"quoted\" \\ {0} [link](https://example.com) é日本🙂\r\n\tend";

/// The log of a report, once it has passed every check that holds for all of them.
fn log(report: &Report, context: &Context<'_>) -> Value {
    let log: Value = serde_json::from_str(&render("sarif", report, context)).unwrap();
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    check_github(&log);
    log
}

/// The members that GitHub requires, none of them empty.
fn check_github(log: &Value) {
    let text = |value: &Value| assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{value}");
    text(&log["$schema"]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    text(&driver["name"]);
    text(&driver["semanticVersion"]);
    let rules = driver["rules"].as_array().unwrap();
    assert!(rules.is_sorted_by_key(|rule| rule["id"].as_str()));
    for rule in rules {
        for member in ["id", "name"] {
            text(&rule[member]);
        }
        assert_ne!(rule["name"], rule["id"]);
        for member in ["shortDescription", "fullDescription", "help"] {
            text(&rule[member]["text"]);
        }
        for member in ["shortDescription", "fullDescription"] {
            assert!(rule[member]["text"].as_str().unwrap().chars().count() <= 1024);
        }
        let properties = &rule["properties"];
        assert!(properties["tags"].as_array().unwrap().len() <= 10);
        assert_ne!(properties["security-severity"].is_null(), properties["problem.severity"].is_null());
    }
    for result in run["results"].as_array().unwrap() {
        text(&result["message"]["text"]);
        text(&result["partialFingerprints"]["trueup/v1"]);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.is_empty() && uri.is_ascii() && !uri.starts_with("./") && !uri.contains(':'), "{uri}");
        for member in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][member].as_u64().is_some_and(|at| at >= 1));
        }
        assert_ne!(place["region"]["snippet"], json!({}));
    }
}

fn repository() -> Repository {
    Repository {
        name: "shop".to_owned(),
        role: Role::App,
        role_source: RoleSource::Inferred,
        role_confidence: 0.5,
        files: Vec::new().into(),
        code_owners: None,
        remotes: vec![Remote {
            name: "origin".to_owned(),
            url: "https://github.com/acme/shop.git".to_owned(),
        }],
    }
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn a_report_without_findings_has_rules_and_an_empty_list() {
    let log = log(&clean(), &Context { exit_code: 0, ..context() });
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 4);
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    // Nothing at all is fine too.
    assert_eq!(results(&self::log(&Report::default(), &context())), &Vec::<Value>::new());
}

#[test]
fn a_result_looks_like_this() {
    let mut report = small();
    report.rules.clear();
    report.findings.truncate(1);
    report.suppressed.clear();
    let mut log = log(&report, &Context { repository: Some(&repository()), ..context() });
    log["runs"][0]["tool"]["driver"]["semanticVersion"] = "VERSION".into();
    let pretty = serde_json::to_string_pretty(&log["runs"][0]).unwrap();
    assert_data_eq!(pretty, snapbox::file!["snapshots/report.sarif.json"].raw());
}

#[test]
fn only_secrets_and_pipelines_are_security_alerts() {
    let log = log(&small(), &context());
    let of_rule = |id: &str| {
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["id"] == id).unwrap()["properties"].clone()
    };
    assert_eq!(
        of_rule("secrets/hardcoded"),
        json!({"tags": ["secrets", "security", "external/cwe/cwe-798"], "precision": "high", "security-severity": "9.5"})
    );
    assert_eq!(
        of_rule("tagging/required-tags"),
        json!({"tags": ["tagging"], "precision": "high", "problem.severity": "error"})
    );
}

#[test]
fn suppressed_findings_are_left_out_unless_asked_for() {
    let open = log(&small(), &context());
    assert_eq!(results(&open).len(), 3);
    assert!(results(&open).iter().all(|result| result.get("suppressions").is_none()));
    let all = log(&small(), &Context { report_suppressed: true, ..context() });
    assert_eq!(results(&all).len(), 4);
    assert_eq!(results(&all)[0]["suppressions"], json!([]));
    assert_eq!(results(&all)[3]["suppressions"], json!([{"kind": "inSource", "justification": "a demo"}]));
}

#[test]
fn odd_texts_and_paths_stay_valid_and_harmless() {
    let log = log(&all_texts(ODD), &Context { report_suppressed: true, ..context() });
    let result = &results(&log)[0];
    let message = result["message"]["text"].as_str().unwrap();
    assert!(!message.contains("](") && message.contains("日本🙂"), "{message}");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().get(..12),
        Some("odd%20%1B%5B")
    );
    // A user's policy may have no text but its id.
    let mut bare = all_texts("");
    bare.rules.clear();
    bare.suppressed.clear();
    bare.findings[0].rule = Arc::new(Rule { id: "acme/bare".to_owned(), ..(*bare.findings[0].rule).clone() });
    bare.findings[0].location.file = "a.yaml".into();
    bare.findings[0].fingerprint = "0".repeat(32);
    assert_eq!(results(&self::log(&bare, &context()))[0]["message"]["text"], "acme/bare");
}

#[test]
fn an_incomplete_run_says_so() {
    let log = log(&small(), &Context { exit_code: 3, ..context() });
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 3);
    assert_eq!(
        invocation["toolExecutionNotifications"][0]["message"]["text"],
        "charts/web/templates/deployment.yaml: a Helm template; render it first"
    );
}

#[test]
fn the_worst_results_are_kept_small_and_in_order() {
    let low = rule("naming/kebab-case", Category::Naming, Severity::Low);
    let high = rule("tagging/required-tags", Category::Tagging, Severity::High);
    let line = "x".repeat(10_000);
    let findings = (1..=6000).map(|number| {
        let rule = if number % 100 == 0 { &high } else { &low };
        finding(rule, &"m".repeat(5000), location("a.yaml", number, &line, &line))
    });
    let report = Report {
        findings: findings.collect(),
        gaps: (0..2000)
            .map(|number| Gap { subject: format!("{number:04}"), reason: "unreadable".to_owned() })
            .collect(),
        ..Report::default()
    };
    let log = log(&report, &context());
    assert_eq!(results(&log).len(), 5000);
    assert_eq!(results(&log).iter().filter(|result| result["level"] == "error").count(), 60);
    assert!(results(&log).is_sorted_by_key(|result| {
        result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64()
    }));
    let notifications = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notifications.len(), 1002);
    assert!(notifications[0]["message"]["text"].as_str().unwrap().starts_with("Left out: 1000 findings"));
    assert_eq!(notifications[1001]["message"]["text"], "1000 more things could not be checked.");
    // However long its texts are, a result is not.
    assert!(results(&log)[0].to_string().len() < 2000);
    // An everyday one is well under a kilobyte.
    assert!(results(&self::log(&small(), &context())).iter().all(|result| result.to_string().len() < 1000));
}

#[test]
fn a_rule_that_is_not_enabled_is_described_too() {
    let mut report = small();
    report.rules.clear();
    report.findings.truncate(1);
    report.findings[0].rule =
        Arc::new(Rule { id: "meta/stale-suppression".to_owned(), ..(*report.findings[0].rule).clone() });
    log(&report, &context());
}
