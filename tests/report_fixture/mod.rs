//! Hand-built reports, shared by the tests of `report`.

use std::sync::Arc;

use trueup::model::{
    Category, Confidence, Finding, Gap, Location, Path, Position, Region, Related, Report, Rule, Segment,
    Severity, Snippet, Summary, Suppression, Undecided, Verdict, VerdictRow,
};
use trueup::report::{Context, Style, by_name};

pub fn rule(id: &str, category: Category, severity: Severity) -> Arc<Rule> {
    Arc::new(Rule {
        id: id.to_owned(),
        title: format!("The title of {id}"),
        category,
        severity,
        confidence: Confidence::High,
        rationale: "Why it *matters*.".to_owned(),
        remediation: "Do this first. Then do\nthat.\n\nMore.".to_owned(),
        help: format!("# {id}\n\nThe whole page."),
        references: vec!["https://example.com/rule?a=1".to_owned()],
        equivalents: Vec::new(),
        redact: category == Category::Secrets,
    })
}

/// The place of `marked` in `line`, which is line `number` of `file`.
pub fn location(file: &str, number: u32, line: &str, marked: &str) -> Location {
    let at = line.find(marked).unwrap();
    let column = |bytes: usize| u32::try_from(line[..bytes].chars().count()).unwrap() + 1;
    Location {
        file: file.into(),
        region: Region {
            start: Position { line: number, column: column(at) },
            end: Position { line: number, column: column(at + marked.len()) },
        },
        snippet: Some(Snippet { text: line.to_owned(), mark: at..at + marked.len() }),
    }
}

pub fn finding(rule: &Arc<Rule>, message: &str, location: Location) -> Finding {
    Finding {
        rule: Arc::clone(rule),
        message: message.to_owned(),
        location,
        related: Vec::new(),
        resource: Some("shop/Deployment/web".to_owned()),
        resource_kind: Some("Deployment".to_owned()),
        path: Path(vec![Segment::Key("metadata".into()), Segment::Key("name".into())]),
        fingerprint: "0123456789abcdef0123456789abcdef".to_owned(),
        line_hash: None,
        target: None,
        suppressed: None,
        known: false,
    }
}

/// A report with something of everything.
pub fn small() -> Report {
    let secret = rule("secrets/hardcoded", Category::Secrets, Severity::Critical);
    let tags = rule("tagging/required-tags", Category::Tagging, Severity::High);
    let naming = rule("naming/kebab-case", Category::Naming, Severity::Low);
    let image = rule("pipelines/pinned-image", Category::Pipelines, Severity::Medium);
    let mut first = finding(
        &naming,
        "`webServer` is not kebab-case.",
        location("apps/my shop/web.yaml", 4, "  name: webServer", "webServer"),
    );
    first.related.push(Related {
        location: location("apps/é.yaml", 112, "    name: webServer # 日本", "webServer"),
        message: "it is used here".to_owned(),
    });
    let mut second = finding(
        &secret,
        "DB_PASSWORD holds a password in plain text (hu********, 10 characters).",
        location("apps/my shop/web.yaml", 31, "          value: hu********", "hu********"),
    );
    second.line_hash = Some("c129715d7a2bc9a3:1".to_owned());
    let third = finding(
        &tags,
        "AWS::S3::Bucket `Logs` lacks the tags Owner, CostCenter.",
        location("infra/template.yaml", 9, "    Type: AWS::S3::Bucket", "AWS::S3::Bucket"),
    );
    let mut suppressed = finding(
        &image,
        "The image `nginx:latest` is not pinned.",
        location("apps/job.yaml", 12, "        image: nginx:latest", "nginx:latest"),
    );
    suppressed.suppressed = Some(Suppression {
        reason: Some("a demo".to_owned()),
        until: Some("2027-01-31".to_owned()),
        kind: "in-source",
    });
    Report {
        rules: vec![naming, image, secret, tags],
        findings: vec![first, second, third],
        suppressed: vec![suppressed],
        known: None,
        gaps: vec![Gap {
            subject: "charts/web/templates/deployment.yaml".to_owned(),
            reason: "a Helm template; render it first".to_owned(),
        }],
        undecided: vec![Undecided {
            rule: "naming/kebab-case".to_owned(),
            verdict: Verdict::Unknown,
            reason: "a value it needs is not known here".to_owned(),
            count: 7,
            file: "apps/my shop/web.yaml".into(),
            line: 9,
        }],
        summary: Summary {
            files: 214,
            documents: 300,
            resources: 280,
            templates_skipped: 1,
            policies: 12,
            passed: 500,
            failed: 4,
            skipped: 90,
            unknown: 7,
            suppressed: 1,
            ..Summary::default()
        },
        audit: None,
        verdicts: Some(vec![VerdictRow {
            policy: "naming/kebab-case".to_owned(),
            rule: None,
            file: "apps/my shop/web.yaml".into(),
            document: 0,
            line: 4,
            kind: "Deployment".to_owned(),
            namespace: "shop".to_owned(),
            name: "webServer".to_owned(),
            verdict: Verdict::Fail,
            message: "`webServer` is not kebab-case.".to_owned(),
        }]),
    }
}

/// A report without findings.
pub fn clean() -> Report {
    Report {
        rules: small().rules,
        summary: Summary { files: 214, policies: 12, ..Summary::default() },
        ..Report::default()
    }
}

/// A report every text of which is `text`.
pub fn all_texts(text: &str) -> Report {
    let mut rule = Arc::unwrap_or_clone(rule("a/b", Category::Secrets, Severity::High));
    for field in [&mut rule.id, &mut rule.title, &mut rule.rationale, &mut rule.remediation, &mut rule.help] {
        text.clone_into(field);
    }
    rule.references = vec![text.to_owned()];
    let rule = Arc::new(rule);
    let mut finding = finding(&rule, text, location(text, 3, text, text));
    finding.resource = Some(text.to_owned());
    finding.resource_kind = Some(text.to_owned());
    finding.path = Path(vec![Segment::Key(text.into())]);
    finding.related = vec![Related { location: location(text, 1, text, ""), message: text.to_owned() }];
    let mut suppressed = finding.clone();
    suppressed.suppressed =
        Some(Suppression { reason: Some(text.to_owned()), until: None, kind: "configuration" });
    let mut report = small();
    report.rules = vec![rule];
    report.findings = vec![finding];
    report.suppressed = vec![suppressed];
    report.gaps = vec![Gap { subject: text.to_owned(), reason: text.to_owned() }];
    for undecided in &mut report.undecided {
        text.clone_into(&mut undecided.rule);
        text.clone_into(&mut undecided.reason);
        undecided.file = text.into();
    }
    for row in report.verdicts.iter_mut().flatten() {
        for field in [&mut row.policy, &mut row.kind, &mut row.namespace, &mut row.name, &mut row.message] {
            text.clone_into(field);
        }
        row.file = text.into();
    }
    report
}

pub fn context() -> Context<'static> {
    Context {
        style: Style { color: false, width: 100, verbose: 0 },
        command: "lint",
        category: "trueup/lint/",
        elapsed: None,
        exit_code: 1,
        repository: None,
        report_suppressed: false,
    }
}

pub fn render(format: &str, report: &Report, context: &Context<'_>) -> String {
    let mut out = Vec::new();
    by_name(format).unwrap().render(report, context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
