//! What each format writes for one small report, and what none may ever write.

#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes snapshots with them")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod report_fixture;

use std::time::Duration;

use proptest::prelude::*;
use report_fixture::{all_texts, clean, context, finding, location, render, rule, small};
use serde_json::Value;
use snapbox::{assert_data_eq, str};
use trueup::model::{Category, Gap, Report, Severity};
use trueup::report::{Context, FORMATS, JSON_SCHEMA, Style};

#[test]
fn text() {
    assert_data_eq!(
        render("text", &small(), &context()),
        str![[r#"
low[naming/kebab-case]: `webServer` is not kebab-case.
   --> apps/my shop/web.yaml:4:9
    |
  4 |   name: webServer
    |         ^^^^^^^^^
    |
    = help: Do this first.
note: it is used here
   --> apps/é.yaml:112:11
    |
112 |     name: webServer # 日本
    |           ^^^^^^^^^

critical[secrets/hardcoded]: DB_PASSWORD holds a password in plain text (hu********, 10 characters).
  --> apps/my shop/web.yaml:31:18
   |
31 |           value: hu********
   |                  ^^^^^^^^^^
   |
   = help: Do this first.

high[tagging/required-tags]: AWS::S3::Bucket `Logs` lacks the tags Owner, CostCenter.
 --> infra/template.yaml:9:11
  |
9 |     Type: AWS::S3::Bucket
  |           ^^^^^^^^^^^^^^^
  |
  = help: Do this first.

could not be checked:
  charts/web/templates/deployment.yaml: a Helm template; render it first

3 findings (1 critical, 1 high, 1 low), 1 suppressed, 7 unknown in 214 files, 12 policies

"#]]
    );
}

#[test]
fn text_without_findings() {
    assert_data_eq!(
        render("text", &clean(), &context()),
        str![[r#"
no findings in 214 files (12 policies)

"#]]
    );
    let mut report = small();
    report.findings.clear();
    report.gaps.clear();
    let verbose = Context {
        style: Style { verbose: 1, ..context().style },
        elapsed: Some(Duration::from_millis(412)),
        ..context()
    };
    assert_data_eq!(
        render("text", &report, &verbose),
        str![[r#"
could not be decided:
  naming/kebab-case: a value it needs is not known here (unknown, 7 resources, first at apps/my shop/web.yaml:9)

no findings, 1 suppressed, 7 unknown in 214 files (12 policies), 0.41s

"#]]
    );
}

#[test]
fn text_shortens_lines_around_the_mark() {
    let rule = rule("naming/kebab-case", Category::Naming, Severity::Medium);
    let long = format!("{}: MARK{}", "x".repeat(300), "y".repeat(500));
    let minified = format!("{}MARK{}", "x".repeat(100_000), "y".repeat(100_000));
    let deep = format!("{}name: 日本語 # é", " ".repeat(60));
    let report = Report {
        findings: vec![
            finding(&rule, "Long.", location("a.yaml", 1, &long, "MARK")),
            finding(&rule, "Minified.", location("a.yaml", 2, &minified, "MARK")),
            finding(&rule, "All of it.", location("a.yaml", 3, &long, &long)),
            finding(&rule, "Deep.", location("a.yaml", 4, &deep, "日本語")),
            finding(&rule, "Empty.", location("a.yaml", 5, "", "")),
        ],
        ..Report::default()
    };
    assert_data_eq!(
        render("text", &report, &context()),
        str![[r#"
medium[naming/kebab-case]: Long.
 --> a.yaml:1:303
  |
1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: MARKyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
  |                                               ^^^^
  |
  = help: Do this first.

medium[naming/kebab-case]: Minified.
 --> a.yaml:2:100001
  |
 ::: 
2 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxMARKyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
  |                                               ^^^^
  |
  = help: Do this first.

medium[naming/kebab-case]: All of it.
 --> a.yaml:3:1
  |
3 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: Do this first.

medium[naming/kebab-case]: Deep.
 --> a.yaml:4:67
  |
4 | ...                   name: 日本語 # é
  |                             ^^^^^^
  |
  = help: Do this first.

medium[naming/kebab-case]: Empty.
 --> a.yaml:5:1
  |
5 |
  | ^
  |
  = help: Do this first.

5 findings (5 medium) in 0 files, 0 policies

"#]]
    );
}

#[test]
fn text_is_coloured_only_when_asked() {
    let colored = Context { style: Style { color: true, ..context().style }, ..context() };
    assert!(render("text", &small(), &colored).contains('\u{1b}'));
    assert!(!render("text", &small(), &context()).contains('\u{1b}'));
}

#[test]
fn text_lists_twenty_gaps_unless_verbose() {
    let mut report = clean();
    report.gaps =
        (0..25).map(|number| Gap { subject: format!("f{number}"), reason: "why".to_owned() }).collect();
    let short = render("text", &report, &context());
    assert!(short.contains("  f19: why\n  and 5 more (-v shows them)\n"), "{short}");
    let verbose = Context { style: Style { verbose: 1, ..context().style }, ..context() };
    assert!(render("text", &report, &verbose).contains("f24"));
}

#[test]
fn concise() {
    assert_data_eq!(
        render("concise", &small(), &context()),
        str![[r#"
apps/my shop/web.yaml:4:9: low[naming/kebab-case] `webServer` is not kebab-case.
apps/my shop/web.yaml:31:18: critical[secrets/hardcoded] DB_PASSWORD holds a password in plain text (hu********, 10 characters).
infra/template.yaml:9:11: high[tagging/required-tags] AWS::S3::Bucket `Logs` lacks the tags Owner, CostCenter.

"#]]
    );
    assert_eq!(render("concise", &clean(), &context()), "");
}

#[test]
fn json() {
    let mut value: Value = serde_json::from_str(&render("json", &small(), &context())).unwrap();
    value["tool"]["version"] = "VERSION".into();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_data_eq!(pretty, snapbox::file!["snapshots/report.json"].raw());
}

#[test]
fn json_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [Report::default(), clean(), small(), all_texts("\u{1b}\u{9b}\"\\é\n")] {
        let document = serde_json::from_str(&render("json", &report, &context())).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    // The schema is closed: it would notice a member that it does not describe.
    for place in ["", "/summary", "/findings/0", "/findings/0/related/0", "/suppressed/0", "/verdicts/0"] {
        let mut document: Value = serde_json::from_str(&render("json", &small(), &context())).unwrap();
        document.pointer_mut(place).unwrap()["surprise"] = Value::Null;
        assert!(!validator.is_valid(&document), "{place}");
    }
}

#[test]
fn github() {
    assert_data_eq!(
        render("github", &small(), &context()),
        str![[r#"
::error file=apps/my shop/web.yaml,line=31,endLine=31,col=18,endColumn=28,title=secrets/hardcoded::DB_PASSWORD holds a password in plain text (hu********, 10 characters).
::error file=infra/template.yaml,line=9,endLine=9,col=11,endColumn=26,title=tagging/required-tags::AWS::S3::Bucket `Logs` lacks the tags Owner, CostCenter.
::notice file=apps/my shop/web.yaml,line=4,endLine=4,col=9,endColumn=18,title=naming/kebab-case::`webServer` is not kebab-case.
::notice title=trueup::3 findings (1 critical, 1 high, 1 low), 1 suppressed, 7 unknown in 214 files, 12 policies

"#]]
    );
    assert_data_eq!(
        render("github", &clean(), &context()),
        str![[r#"
::notice title=trueup::no findings in 214 files (12 policies)

"#]]
    );
}

#[test]
fn github_escapes_what_would_end_a_command() {
    let mut report = clean();
    let rule = rule("naming/kebab-case", Category::Naming, Severity::High);
    report.findings.push(finding(&rule, "100%: a,\r\n::error::b", location("a,b:c%.yaml", 1, "x", "x")));
    let out = render("github", &report, &context());
    assert_eq!(
        out.lines().next(),
        Some(
            "::error file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=2,title=naming/kebab-case::\
             100%25: a,%0D%0A::error::b"
        )
    );
}

#[test]
fn github_keeps_to_ten_of_each_kind_the_worst_first() {
    let mut report = clean();
    for (id, severity) in [
        ("a/high", Severity::High),
        ("a/critical", Severity::Critical),
        ("a/medium", Severity::Medium),
        ("a/low", Severity::Low),
    ] {
        let rule = rule(id, Category::Naming, severity);
        report.findings.extend((1..=8).map(|line| finding(&rule, "m", location("a.yaml", line, "x", "x"))));
        if severity != Severity::High {
            report
                .findings
                .extend((1..=8).map(|line| finding(&rule, "m", location("b.yaml", line, "x", "x"))));
        }
    }
    let out = render("github", &report, &context());
    let count = |kind: &str| out.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((count("::error"), count("::warning"), count("::notice")), (10, 10, 10));
    assert_eq!(out.matches("title=a/critical").count(), 10);
    assert!(out.lines().last().unwrap().contains("56 findings"));
}

proptest! {
    /// Whatever the files say, no output acts on a terminal, and machines can read what is for them.
    #[test]
    fn no_output_holds_active_characters(text in "[a\\]\\(%:,\"\\\\\\PC\\x00-\\x1f\\x7f-\\x9f\u{202e}\u{2066}\u{feff}]{0,40}") {
        let report = all_texts(&text);
        let context = Context { report_suppressed: true, ..context() };
        for format in FORMATS {
            let out = render(format.name(), &report, &context);
            let active = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            prop_assert!(!out.contains(active), "{}: {out:?}", format.name());
            if matches!(format.name(), "json" | "sarif") {
                prop_assert!(serde_json::from_str::<Value>(&out).is_ok());
                prop_assert_eq!(out.lines().count(), 1);
            }
            if matches!(format.name(), "concise" | "github") {
                prop_assert!(out.lines().count() <= 2);
            }
            prop_assert_eq!(out, render(format.name(), &report, &context));
        }
    }
}
