//! Findings as SARIF `result`s.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_sarif::sarif::{
    ArtifactContent, Location as SarifLocation, LogicalLocation, PhysicalLocation, Region as SarifRegion,
    Result as SarifResult, Suppression as SarifSuppression,
};

use crate::model::{Finding, Location, Report, Suppression};
use crate::report::prose::shortened;
use crate::report::sarif::rules::{Rules, level};
use crate::report::sarif::{plain, uri};

/// Results of a run that GitHub shows.
pub const MAX_RESULTS: usize = 5000;

/// Bounds of what one result may weigh: characters of a text, related places.
const MAX_MESSAGE: usize = 1000;
const MAX_SNIPPET: usize = 200;
const MAX_RELATED: usize = 5;

/// The results of a run.
pub struct Results {
    /// In the order of the report.
    pub list: Vec<SarifResult>,
    /// How many were left out.
    pub left_out: usize,
}

impl Results {
    /// The open findings, those suppressed or known before too when `with_suppressed`; the worst ones when
    /// there are more than GitHub shows.
    pub fn of(report: &Report, rules: &Rules<'_>, with_suppressed: bool) -> Self {
        let others = report.suppressed.iter().chain(report.known.iter().flatten());
        let mut findings: Vec<&Finding> = report.findings.iter().collect();
        findings.extend(others.filter(|_| with_suppressed));
        let left_out = findings.len().saturating_sub(MAX_RESULTS);
        if left_out > 0 {
            findings = worst(&findings);
        }
        let compared = report.known.is_some();
        let list = findings
            .into_iter()
            .map(|finding| SarifResult {
                baseline_state: (compared && finding.suppressed.is_none()).then(|| state(finding).into()),
                ..result(finding, rules, with_suppressed)
            })
            .collect();
        Self { list, left_out }
    }
}

/// The `MAX_RESULTS` worst of `findings`, open ones before suppressed ones, in the order they had.
fn worst<'a>(findings: &[&'a Finding]) -> Vec<&'a Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    let is_open = |finding: &Finding| finding.suppressed.is_none() && !finding.known;
    order.sort_by_key(|&at| (!is_open(findings[at]), Reverse(findings[at].rule.severity)));
    order.truncate(MAX_RESULTS);
    order.sort_unstable();
    order.into_iter().map(|at| findings[at]).collect()
}

fn result(finding: &Finding, rules: &Rules<'_>, with_suppressed: bool) -> SarifResult {
    let mut fingerprints = BTreeMap::from([("trueup/v1".to_owned(), finding.fingerprint.clone())]);
    if let Some(hash) = &finding.line_hash {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash.clone());
    }
    let mut location = place(&finding.location);
    location.logical_locations = finding.resource.as_ref().map(|resource| {
        vec![LogicalLocation::builder().fully_qualified_name(resource).kind("resource").build()]
    });
    let mut result = SarifResult::builder()
        .rule_id(&finding.rule.id)
        .level(level(finding.rule.severity))
        .message(plain(message(&[&finding.message, &finding.rule.title, &finding.rule.id])))
        .locations([location])
        .partial_fingerprints(fingerprints)
        .build();
    result.rule_index = rules.index(&finding.rule.id);
    result.related_locations = related(finding);
    // SARIF 2.1.0 §3.27.23: when one result has the member then all have it.
    result.suppressions = with_suppressed.then(|| finding.suppressed.iter().map(suppression).collect());
    result
}

/// SARIF 2.1.0 §3.27.24; nothing is *absent*, since a report is about what is there.
fn state(finding: &Finding) -> &'static str {
    if finding.known { "unchanged" } else { "new" }
}

/// The first of `texts` that is not blank: GitHub refuses an empty message.
fn message(texts: &[&str]) -> String {
    let text = texts.iter().find(|text| !text.trim().is_empty()).copied().unwrap_or_default();
    // `[text](target)` is a link in a SARIF message; one that comes from a scanned file must not be.
    shortened(text, MAX_MESSAGE).replace("](", "] (")
}

fn place(location: &Location) -> SarifLocation {
    let (start, end) = (location.region.start, location.region.end);
    let marked = location.snippet.as_ref().and_then(|snippet| snippet.text.get(snippet.mark.clone()));
    let mut region = SarifRegion::builder()
        .start_line(start.line)
        .start_column(start.column)
        .end_line(end.line)
        .end_column(end.column)
        .build();
    // An empty text would become `"snippet": {}` on its way through some viewers.
    region.snippet = marked
        .filter(|text| !text.is_empty())
        .map(|text| ArtifactContent::builder().text(shortened(text, MAX_SNIPPET)).build());
    let physical =
        PhysicalLocation::builder().artifact_location(uri::artifact(&location.file)).region(region).build();
    SarifLocation::builder().physical_location(physical).build()
}

fn related(finding: &Finding) -> Option<Vec<SarifLocation>> {
    let places = finding.related.iter().take(MAX_RELATED).zip(1..).map(|(related, id)| {
        let message = plain(message(&[&related.message, "related"]));
        SarifLocation { id: Some(id), message: Some(message), ..place(&related.location) }
    });
    (!finding.related.is_empty()).then(|| places.collect())
}

fn suppression(suppression: &Suppression) -> SarifSuppression {
    let kind = if suppression.kind == "in-source" { "inSource" } else { "external" };
    let mut sarif = SarifSuppression::builder().kind(kind).build();
    sarif.justification.clone_from(&suppression.reason);
    sarif
}
