//! Audits texts: what Git declares and what is live in, a report out.

#![allow(dead_code, reason = "each test program uses its part")]

use trueup::audit::{self, Desired, Options, Target};
use trueup::model::{ChangeKind, Report};
use trueup::state::read_stream;

/// The report of an audit of `declared` (YAML) against `live` (YAML or JSON).
pub fn audit(declared: &str, live: &str) -> Report {
    audit_with(declared, live, &Options { platform_namespaces: true, ..Options::default() })
}

/// The same with options.
pub fn audit_with(declared: &str, live: &str, options: &Options) -> Report {
    let mut desired = Desired::default();
    desired.add_text("git.yaml".into(), "git.yaml", declared.to_owned());
    let mut input = live.as_bytes();
    let mut live = read_stream("live", &mut input, &|header| audit::is_wanted(&desired, header, false));
    live.extent.whole = true;
    let target = Target::new("live".into(), false, desired.into(), live);
    audit::run(&[], &[target], None, options).unwrap()
}

/// Its differences as `kind path`, then its other findings as `rule resource`.
pub fn told(report: &Report) -> Vec<String> {
    let audit = report.audit.as_ref().unwrap();
    let changes = audit.changes.iter().map(|change| format!("{} {}", change.kind.as_str(), change.path));
    let kinds: Vec<&str> = audit.changes.iter().map(|change| change.fingerprint.as_str()).collect();
    let others = report
        .findings
        .iter()
        .filter(|finding| !kinds.contains(&finding.fingerprint.as_str()))
        .map(|finding| format!("{} {}", finding.rule.id, finding.resource.clone().unwrap_or_default()));
    changes.chain(others).collect()
}

/// The differences between `declared` and `live`, and nothing else.
pub fn changes(declared: &str, live: &str) -> Vec<String> {
    let report = audit(declared, live);
    let audit = report.audit.as_ref().unwrap();
    audit.changes.iter().map(|change| format!("{} {}", change.kind.as_str(), change.path)).collect()
}

/// Whether any difference is of this kind.
pub fn has(report: &Report, kind: ChangeKind) -> bool {
    report.audit.as_ref().unwrap().changes.iter().any(|change| change.kind == kind)
}
