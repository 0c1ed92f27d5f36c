//! The report as one JSON document, described by `schemas/report-v1.json`.
//!
//! Within version 1 members are only added. Every member is always there, `null` when it says nothing;
//! only what another command adds, or `verdicts` that were not asked for, is absent.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::model::{
    ChangeRow, Finding, Gap, Location, Related, Report, Rule, Severity, Suppression, Undecided, VerdictRow,
};
use crate::report::format::{Context, Format};
use crate::report::json_audit::{AuditRows, Change};
use crate::report::json_writer::write_json;
use crate::report::prose::first_sentence;

/// The JSON Schema (2020-12) of this format.
pub const JSON_SCHEMA: &str = include_str!("../../schemas/report-v1.json");

const SCHEMA_ID: &str = "https://trueup.dev/schemas/report-v1.json";
const SCHEMA_VERSION: &str = "1.4";

/// The `json` format.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA_ID,
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            command: context.command,
            summary: Counts::of(report),
            findings: Each(&report.findings, FindingRow::of),
            suppressed: Each(&report.suppressed, SuppressedRow::of),
            known: report.known.as_deref().map(|known| Each(known, FindingRow::of)),
            gaps: Each(&report.gaps, GapRow::of),
            undecided: Each(&report.undecided, UndecidedRow::of),
            changes: report.audit.as_ref().map(|audit| Each(&audit.changes, Change::of)),
            audit: report.audit.as_ref().map(AuditRows::of),
            verdicts: report.verdicts.as_deref().map(|rows| Each(rows, Row::of)),
        };
        write_json(&document, out)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema: &'static str,
    schema_version: &'static str,
    tool: Tool,
    command: &'a str,
    summary: Counts,
    findings: Each<'a, Finding, FindingRow<'a>>,
    suppressed: Each<'a, Finding, SuppressedRow<'a>>,
    known: Option<Each<'a, Finding, FindingRow<'a>>>,
    gaps: Each<'a, Gap, GapRow<'a>>,
    undecided: Each<'a, Undecided, UndecidedRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Each<'a, ChangeRow, Change<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditRows<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdicts: Option<Each<'a, VerdictRow, Row<'a>>>,
}

/// An array whose rows are made one at a time while they are written: a report may hold millions of them.
struct Each<'a, T, R>(&'a [T], fn(&'a T) -> R);

impl<T, R: Serialize> Serialize for Each<'_, T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    findings: usize,
    by_severity: BySeverity,
    suppressed: u64,
    known: usize,
    gaps: usize,
    files: u64,
    documents: u64,
    resources: u64,
    templates_skipped: u64,
    unreadable: u64,
    policies: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
    unknown: u64,
    errors: u64,
}

#[derive(Serialize)]
struct BySeverity {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let summary = &report.summary;
        Self {
            findings: report.findings.len(),
            by_severity: BySeverity {
                critical: report.count(Severity::Critical),
                high: report.count(Severity::High),
                medium: report.count(Severity::Medium),
                low: report.count(Severity::Low),
            },
            suppressed: summary.suppressed,
            known: report.known.as_ref().map_or(0, Vec::len),
            gaps: report.gaps.len(),
            files: summary.files,
            documents: summary.documents,
            resources: summary.resources,
            templates_skipped: summary.templates_skipped,
            unreadable: summary.unreadable,
            policies: summary.policies,
            passed: summary.passed,
            failed: summary.failed,
            skipped: summary.skipped,
            unknown: summary.unknown,
            errors: summary.errors,
        }
    }
}

#[derive(Serialize)]
struct FindingRow<'a> {
    rule: &'a str,
    severity: &'static str,
    category: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    resource: Option<&'a str>,
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    path: String,
    fingerprint: &'a str,
    related: Vec<RelatedRow<'a>>,
    help: Option<String>,
}

impl<'a> FindingRow<'a> {
    fn of(finding: &'a Finding) -> Self {
        let rule: &Rule = &finding.rule;
        Self {
            rule: &rule.id,
            severity: rule.severity.as_str(),
            category: rule.category.as_str(),
            message: &finding.message,
            place: Place::of(&finding.location),
            resource: finding.resource.as_deref(),
            kind: finding.resource_kind.as_deref(),
            target: finding.target.as_deref(),
            path: finding.path.to_string(),
            fingerprint: &finding.fingerprint,
            related: finding.related.iter().map(RelatedRow::of).collect(),
            help: first_sentence(&rule.remediation),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> Place<'a> {
    fn of(location: &'a Location) -> Self {
        let (start, end) = (location.region.start, location.region.end);
        Self {
            file: &location.file,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[derive(Serialize)]
struct RelatedRow<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

impl<'a> RelatedRow<'a> {
    fn of(related: &'a Related) -> Self {
        Self { message: &related.message, place: Place::of(&related.location) }
    }
}

#[derive(Serialize)]
struct SuppressedRow<'a> {
    #[serde(flatten)]
    finding: FindingRow<'a>,
    suppression: Option<SuppressionRow<'a>>,
}

impl<'a> SuppressedRow<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            finding: FindingRow::of(finding),
            suppression: finding.suppressed.as_ref().map(SuppressionRow::of),
        }
    }
}

#[derive(Serialize)]
struct SuppressionRow<'a> {
    kind: &'static str,
    reason: Option<&'a str>,
    until: Option<&'a str>,
}

impl<'a> SuppressionRow<'a> {
    fn of(suppression: &'a Suppression) -> Self {
        Self {
            kind: suppression.kind,
            reason: suppression.reason.as_deref(),
            until: suppression.until.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct GapRow<'a> {
    subject: &'a str,
    reason: &'a str,
}

impl<'a> GapRow<'a> {
    fn of(gap: &'a Gap) -> Self {
        Self { subject: &gap.subject, reason: &gap.reason }
    }
}

#[derive(Serialize)]
struct UndecidedRow<'a> {
    rule: &'a str,
    verdict: &'static str,
    reason: &'a str,
    count: u64,
    file: &'a str,
    line: u32,
}

impl<'a> UndecidedRow<'a> {
    fn of(undecided: &'a Undecided) -> Self {
        Self {
            rule: &undecided.rule,
            verdict: undecided.verdict.as_str(),
            reason: &undecided.reason,
            count: undecided.count,
            file: &undecided.file,
            line: undecided.line,
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    policy: &'a str,
    rule: Option<&'a str>,
    file: &'a str,
    document: u32,
    line: u32,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    verdict: &'static str,
    message: &'a str,
}

impl<'a> Row<'a> {
    fn of(row: &'a VerdictRow) -> Self {
        Self {
            policy: &row.policy,
            rule: row.rule.as_deref(),
            file: &row.file,
            document: row.document,
            line: row.line,
            kind: &row.kind,
            namespace: &row.namespace,
            name: &row.name,
            verdict: row.verdict.as_str(),
            message: &row.message,
        }
    }
}
