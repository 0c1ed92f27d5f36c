//! What is judged once per repository, and the suppressions that trueup.yaml holds.

use bumpalo::Bump;

use super::file::about_input;
use super::place::{Show, Source, whole_file};
use super::policies::Chosen;
use super::{Checked, Options, fingerprint};
use crate::collect::Project;
use crate::model::{Finding, Path, Suppression, VerdictRow};
use crate::policy::meta::Meta;
use crate::policy::{Host, Place};

/// Judges the repository as a whole.
pub(super) fn check(project: &Project, chosen: &Chosen, options: &Options) -> Checked {
    let mut checked = Checked::default();
    let arena = Bump::new();
    let host = Host::new(None, &project.repository, "");
    for policy in chosen.policies.iter().filter(|policy| policy.is_about_repositories()) {
        let judgement = policy.judge(&host, &arena);
        checked.summary.count(judgement.verdict);
        let place = || (project.display(&project.main_file()), 1);
        checked.undecided.note(&policy.rule.id, &judgement, place);
        for violation in &judgement.violations {
            let in_repo = match &violation.place {
                Place::File(path) => path.clone(),
                Place::Node(_) | Place::Resource => project.main_file(),
            };
            let Some(rule) = chosen.overrides.rule(&policy.rule, &in_repo) else { continue };
            checked.findings.push(Finding {
                fingerprint: fingerprint::of(&policy.rule.id, &in_repo, "", "", &violation.message),
                rule,
                message: violation.message.clone(),
                location: whole_file(project.display(&in_repo)),
                related: Vec::new(),
                resource: None,
                resource_kind: None,
                path: Path::default(),
                line_hash: None,
                target: None,
                suppressed: None,
                known: false,
            });
        }
        if options.verdicts {
            let message =
                judgement.violations.first().map_or(judgement.reason, |violation| violation.message.clone());
            checked.verdicts.push(VerdictRow {
                policy: policy.rule.id.clone(),
                rule: None,
                file: project.display(""),
                document: 0,
                line: 1,
                kind: "repository".to_owned(),
                namespace: String::new(),
                name: project.repository.name.clone(),
                verdict: judgement.verdict,
                message,
            });
        }
    }
    checked
}

/// Applies the suppressions of trueup.yaml; those that have ended or, in a run over the whole repository,
/// suppress nothing are findings themselves.
pub(super) fn suppress(findings: &mut Vec<Finding>, project: &Project, options: &Options) {
    let Some(config_file) = &project.config_file else { return };
    let in_repo = project.in_repo(&config_file.display);
    let source = Source::new(config_file.display.clone(), in_repo, &config_file.text);
    let mut stale = Vec::new();
    for accepted in &project.config.suppressions {
        let until = accepted.until.map(|day| day.to_string());
        let expired = until.as_ref().is_some_and(|until| *until < options.today);
        let mut used = false;
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            let file = project.in_repo(&finding.location.file);
            let is_of_files = accepted.targets.is_empty();
            if !is_of_files
                || !accepted.covers(&finding.rule, file, finding.resource.as_deref().unwrap_or_default())
            {
                continue;
            }
            used = true;
            if !expired {
                finding.suppressed = Some(Suppression {
                    reason: Some(accepted.reason.clone()),
                    until: until.clone(),
                    kind: "configuration",
                });
            }
        }
        let policy = &accepted.policy;
        let (meta, message) = match (used, expired) {
            (true, false) => continue,
            (true, true) => {
                let until = until.unwrap_or_default();
                (Meta::ExpiredIgnore, format!("the suppression of {policy} ended on {until}"))
            }
            // What an audit finds is not looked for here.
            (false, _)
                if policy == "drift" || policy.starts_with("drift/") || !accepted.targets.is_empty() =>
            {
                continue;
            }
            (false, _) if !project.whole || project.narrowed.is_some() => continue,
            (false, _) => (Meta::UnusedIgnore, format!("nothing in this repository is found by {policy}")),
        };
        let location = source.locate(accepted.span, Show::Line);
        stale.push(about_input(meta, project.in_repo(&config_file.display), message, location));
    }
    findings.extend(stale);
}
