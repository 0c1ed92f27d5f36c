//! What an audit adds to the JSON report: every difference, what was looked at, and what has changed since
//! an earlier report.

use serde::Serialize;

use crate::model::{Audit, ChangeRow, Coverage, Gap, Trend};

/// A difference.
#[derive(Serialize)]
pub struct Change<'a> {
    resource: &'a str,
    path: &'a str,
    kind: &'static str,
    desired: Option<&'a str>,
    live: Option<&'a str>,
    manager: Option<&'a str>,
    operation: Option<&'a str>,
    time: Option<&'a str>,
    fingerprint: &'a str,
}

impl<'a> Change<'a> {
    /// The row of a difference.
    pub fn of(row: &'a ChangeRow) -> Self {
        let writer = row.writer.as_ref();
        Self {
            resource: &row.resource,
            path: &row.path,
            kind: row.kind.as_str(),
            desired: row.desired.as_deref(),
            live: row.live.as_deref(),
            manager: writer.map(|writer| writer.manager.as_str()),
            operation: writer.map(|writer| writer.operation.as_str()),
            time: writer.map(|writer| writer.time.as_str()).filter(|time| !time.is_empty()),
            fingerprint: &row.fingerprint,
        }
    }
}

/// What was looked at.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRows<'a> {
    targets: Vec<&'a str>,
    coverage: Vec<CoverageRow<'a>>,
    classes: Vec<ClassRow>,
    trend: Option<Vec<TrendRow<'a>>>,
    resolved: Vec<ResolvedRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_looked_for: Vec<NotLookedForRow<'a>>,
}

#[derive(Serialize)]
struct NotLookedForRow<'a> {
    place: &'a str,
    what: &'a str,
}

#[derive(Serialize)]
struct CoverageRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    kind: &'a str,
    declared: u64,
    live: u64,
    compared: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct ClassRow {
    class: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct TrendRow<'a> {
    fingerprint: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct ResolvedRow<'a> {
    fingerprint: &'a str,
    rule: &'a str,
    resource: &'a str,
}

impl<'a> AuditRows<'a> {
    /// The rows of an audit.
    pub fn of(audit: &'a Audit) -> Self {
        let coverage = |row: &'a Coverage| CoverageRow {
            target: row.target.as_deref(),
            kind: &row.kind,
            declared: row.declared,
            live: row.live,
            compared: row.compared,
            unknown: row.unknown,
        };
        let trend = |row: &'a (String, Trend)| TrendRow {
            fingerprint: &row.0,
            state: match row.1 {
                Trend::New => "new",
                Trend::Persisting => "persisting",
            },
        };
        let resolved = |row: &'a (String, String, String)| ResolvedRow {
            fingerprint: &row.0,
            rule: &row.1,
            resource: &row.2,
        };
        let not_looked_for = |row: &'a Gap| NotLookedForRow { place: &row.subject, what: &row.reason };
        Self {
            targets: audit.targets.iter().map(AsRef::as_ref).collect(),
            coverage: audit.coverage.iter().map(coverage).collect(),
            classes: audit.classes.iter().map(|&(class, count)| ClassRow { class, count }).collect(),
            trend: audit.trend.as_ref().map(|rows| rows.iter().map(trend).collect()),
            resolved: audit.resolved.iter().map(resolved).collect(),
            not_looked_for: audit.not_looked_for.iter().map(not_looked_for).collect(),
        }
    }
}
