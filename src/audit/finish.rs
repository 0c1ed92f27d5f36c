//! From the sums of a run to its report: what trueup.yaml accepts or turns off taken out, the rest in order, beside an
//! earlier report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Options;
use super::rules::DriftRule;
use super::total::Total;
use crate::collect::Project;
use crate::lint::policies::is_named;
use crate::model::{Audit, ChangeRow, Finding, Report, Rule, Suppression, Trend};

/// The rule with the severity that trueup.yaml gives it, the severest where projects differ.
pub(super) fn configured(rule: DriftRule, projects: &[Project]) -> Arc<Rule> {
    let plain = rule.rule();
    let severities = projects
        .iter()
        .filter_map(|project| project.config.policies.get(rule.id()))
        .filter_map(|it| it.severity);
    match severities.max() {
        Some(severity) => Arc::new(Rule { severity, ..Rule::clone(&plain) }),
        None => plain,
    }
}

/// The report.
pub(super) fn finish(
    projects: &[Project],
    rules: BTreeMap<&'static str, Arc<Rule>>,
    mut total: Total,
    options: &Options,
) -> Report {
    let is_on = |finding: &Finding| {
        let rule = &finding.rule;
        !projects.iter().any(|project| {
            project.config.policies.get(&rule.id).is_some_and(|policy| policy.enabled == Some(false))
                || project.config.ignore.iter().any(|name| is_named(name, rule))
        })
    };
    total.found.retain(|(finding, _)| is_on(finding));
    for (finding, change) in &mut total.found {
        if finding.suppressed.is_none() {
            finding.suppressed = suppression(projects, finding, change.as_ref(), options);
        }
    }
    total.found.sort_by(|(a, _), (b, _)| a.sort_key().cmp(&b.sort_key()));
    let (mut findings, mut suppressed, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (finding, change) in total.found {
        if finding.suppressed.is_some() {
            suppressed.push(finding);
        } else {
            changes.extend(change);
            findings.push(finding);
        }
    }
    total.gaps.sort();
    total.gaps.dedup();
    let mut audit = Audit {
        changes,
        coverage: total.coverage.into_values().collect(),
        classes: total.classes.into_iter().collect(),
        targets: total.targets,
        not_looked_for: total.not_looked_for,
        ..Audit::default()
    };
    if let Some(previous) = &options.previous {
        compare_reports(previous, &findings, &mut audit);
    }
    let mut rules: Vec<Arc<Rule>> = rules.into_values().collect();
    rules.extend(options.policies.iter().flat_map(|chosen| chosen.rules()));
    rules.sort_by(|a, b| a.id.cmp(&b.id).then(b.severity.cmp(&a.severity)));
    rules.dedup_by(|a, b| a.id == b.id);
    let mut report = Report { rules, gaps: total.gaps, summary: total.verdicts, ..Report::default() };
    report.summary.files = total.files.len() as u64;
    report.summary.documents = total.documents;
    report.summary.resources = total.resources;
    report.summary.policies = report.rules.len() as u64;
    report.summary.unknown += total.unknown_values;
    report.summary.suppressed = suppressed.len() as u64;
    report.findings = findings;
    report.suppressed = suppressed;
    report.audit = Some(audit);
    report
}

/// Marks what is new, what persists and what is gone since an earlier report.
fn compare_reports(previous: &[(String, String, String)], findings: &[Finding], audit: &mut Audit) {
    let before: BTreeSet<&str> = previous.iter().map(|(fingerprint, ..)| fingerprint.as_str()).collect();
    let now: BTreeSet<&str> = findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let trend = findings.iter().map(|finding| {
        let known = before.contains(finding.fingerprint.as_str());
        (finding.fingerprint.clone(), if known { Trend::Persisting } else { Trend::New })
    });
    audit.trend = Some(trend.collect());
    audit.resolved =
        previous.iter().filter(|(fingerprint, ..)| !now.contains(fingerprint.as_str())).cloned().collect();
}

/// The suppression of trueup.yaml that covers a finding.
fn suppression(
    projects: &[Project],
    finding: &Finding,
    change: Option<&ChangeRow>,
    options: &Options,
) -> Option<Suppression> {
    let field = change.map_or("", |change| change.path.as_str());
    projects.iter().find_map(|project| {
        let file = project.in_repo(&finding.location.file);
        let resource = finding.resource.as_deref().unwrap_or_default();
        let accepted = project.config.suppressions.iter().find(|accepted| {
            let until = accepted.until.map(|day| day.to_string());
            accepted.covers(&finding.rule, file, resource)
                && accepted.covers_field(field)
                && accepted.covers_target(finding.target.as_deref())
                && until.is_none_or(|until| until >= options.today)
        })?;
        Some(Suppression {
            reason: Some(accepted.reason.clone()),
            until: accepted.until.map(|day| day.to_string()),
            kind: "configuration",
        })
    })
}
