//! The second use case: what Git declares and what is live in, a finished report out.
//!
//! Never "missing" from a gap: what could not be read, rendered or told is counted and named. Deliberately
//! absent: reading live state (`state`) and how two objects differ (`drift`).

pub mod aws;
mod charts;
mod classify;
mod desired;
mod extent;
mod findings;
mod ignores;
mod judge;
mod locate;
mod names;
mod policies;
mod releases;
mod rendered;
pub mod rules;
mod show;
mod system;
mod total;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use crate::collect::Project;
use crate::lint::policies::{Chosen, is_named};
use crate::model::{Audit, ChangeRow, Document, Finding, Gap, Identity, Report, Rule, Suppression, Writer};
use crate::platform::CustomSchemas;
use crate::state::{Header, Inventory};

use self::classify::{Class, Classifier};
use self::ignores::Ignores;
use self::judge::{Judge, Judged};
use self::rules::DriftRule;
use self::total::Total;

pub use self::desired::{Declared, Desired, Origin};

/// How to audit, besides what.
#[derive(Clone, Default)]
pub struct Options {
    /// Threads; 0 means as many as there are processors.
    pub jobs: usize,
    /// The day suppressions are judged by, `YYYY-MM-DD`.
    pub today: String,
    /// Whether objects in the namespaces of platforms count.
    pub platform_namespaces: bool,
    /// Whether findings name the evidence they stand on.
    pub evidence: bool,
    /// The findings of an earlier report: fingerprint, rule, resource.
    pub previous: Option<Vec<(String, String, String)>>,
    /// The policies that live objects are judged by, when they are.
    pub policies: Option<Arc<Chosen>>,
}

/// Live state, what it is called, and what Git declares of it.
#[derive(Debug)]
pub struct Target {
    /// A context, a file, the name that trueup.yaml gives.
    pub name: Arc<str>,
    /// Whether findings say which target they are about: there may be others.
    pub is_named: bool,
    /// What is declared.
    pub desired: Arc<Desired>,
    /// What is live.
    pub live: Inventory,
}

impl Target {
    /// A target; what Helm has recorded in it of declared releases is declared, too.
    pub fn new(name: Arc<str>, is_named: bool, mut desired: Arc<Desired>, live: Inventory) -> Self {
        if !live.releases.is_empty() {
            Arc::make_mut(&mut desired).add_releases(&live);
        }
        Self { name, is_named, desired, live }
    }

    /// What findings call it; `None` where there is only one.
    fn label(&self) -> Option<&Arc<str>> {
        Some(&self.name).filter(|_| self.is_named)
    }
}

/// Whether the text of a live object is needed: it or its release is declared, or it defines a kind of which
/// something is declared, or, with `policies`, it is to be judged by them.
pub fn is_wanted(desired: &Desired, header: &Header, policies: bool) -> bool {
    let identity = &header.identity;
    let defines = &*identity.kind == "CustomResourceDefinition"
        && identity.name.split_once('.').is_some_and(|(_, group)| desired.uses_group(group));
    let of_release = || {
        let name = header.signal("meta.helm.sh/release-name")?;
        let namespace = header.signal("meta.helm.sh/release-namespace").unwrap_or(&identity.namespace);
        desired.release(namespace, name)
    };
    defines
        || !desired.declarations(identity).is_empty()
        || of_release().is_some()
        || (policies && policies::is_judged(header))
}

/// Compares what is declared with what is live, target by target, and adds what was found in AWS. The same
/// report whatever `options.jobs` is.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    projects: &[Project],
    targets: &[Target],
    aws: Option<aws::Judged>,
    options: &Options,
) -> Result<Report, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build()?;
    let rules: BTreeMap<&'static str, Arc<Rule>> = BTreeMap::new();
    let rules = rules::ALL.iter().fold(rules, |mut rules, rule| {
        rules.insert(rule.id(), configured(*rule, projects));
        rules
    });
    let mut total = Total::default();
    for target in targets {
        let ignores = Ignores::read(&target.desired);
        total.declared(&target.desired, &ignores);
        pool.install(|| one(projects, target, &ignores, &rules, options, &mut total));
        total.targets.push(target.name.clone());
    }
    if let Some(judged) = aws {
        judged.add_to(&mut total, &rules);
    }
    Ok(finish(projects, rules, total, options))
}

fn one(
    projects: &[Project],
    target: &Target,
    ignores: &Ignores,
    rules: &BTreeMap<&'static str, Arc<Rule>>,
    options: &Options,
    total: &mut Total,
) {
    let (desired, live) = (&*target.desired, &target.live);
    let definitions: Vec<Document<'_>> = live
        .kept
        .iter()
        .filter(|(place, _)| {
            live.objects.get(**place).is_some_and(|it| &*it.identity.kind == "CustomResourceDefinition")
        })
        .filter_map(|(_, kept)| kept.document())
        .collect();
    let mut schemas = CustomSchemas::default();
    for object in &desired.objects {
        desired.body(object).into_iter().for_each(|body| schemas.add(body));
    }
    // What the cluster serves wins over what Git would have it serve.
    definitions.iter().filter_map(Document::root).for_each(|definition| schemas.add(definition));

    let mut anywhere: HashMap<Identity, Vec<usize>> = HashMap::new();
    for (place, header) in live.objects.iter().enumerate() {
        if !desired.declarations(&header.identity).is_empty() && !header.identity.namespace.is_empty() {
            anywhere.entry(header.identity.anywhere()).or_default().push(place);
        }
    }
    let judge = Judge { target, schemas: &schemas, ignores, rules, anywhere };
    let mut by_document: Vec<Vec<usize>> = vec![Vec::new(); desired.documents.len()];
    for (place, object) in desired.objects.iter().enumerate() {
        if let Some(list) = by_document.get_mut(object.document) {
            list.push(place);
        }
    }
    let judged: Vec<Judged> = by_document
        .par_iter()
        .enumerate()
        .flat_map_iter(|(place, objects)| judge.document(place, objects))
        .collect();
    let judged = one_of_each(judged);

    let mut paired = vec![false; live.objects.len()];
    for judged in &judged {
        if let Some(paired) = judged.live.and_then(|live| paired.get_mut(live)) {
            *paired = true;
        }
        total.judged(target, judged);
    }
    for judged in judged {
        total.unknown_values += judged.unknown_values as u64;
        total.found.extend(judged.found);
    }
    total.live(target);

    let classifier = Classifier::new(desired, live, paired, !options.platform_namespaces);
    let classes: Vec<classify::Judged> =
        (0..live.objects.len()).into_par_iter().map(|place| classifier.judge(place)).collect();
    for judged in &classes {
        *total.classes.entry(judged.class.as_str()).or_default() += 1;
    }
    let unknown = classes.iter().filter(|judged| judged.class == Class::Unknown).count();
    if unknown > 0 {
        total.gaps.push(Gap {
            subject: target.name.to_string(),
            reason: format!(
                "whether Git declares {unknown} live objects is not known, because a part of it was not read or \
                 rendered"
            ),
        });
    }
    let folded = classify::fold(desired, live, &classes);
    let (display, in_repo) = entry(projects, desired);
    if let (Some(chosen), Some(project)) = (&options.policies, projects.first()) {
        let entry = (&display, &*in_repo);
        let policies =
            policies::Policies { project, chosen, target, classes: &classes, entry, today: &options.today };
        let (findings, summary) = policies.judge();
        total.found.extend(findings.into_iter().map(|finding| (finding, None)));
        total.verdicts.add(&summary);
    }
    let place = findings::Place { display, in_repo: &in_repo, target };
    total.found.extend(findings::undeclared(&folded, live, &classes, rules, &place, options.evidence));
}

/// The file that stands for all that is declared: the configuration, else where rendering began, else what
/// stands for the repository.
fn entry(projects: &[Project], desired: &Desired) -> (Arc<str>, String) {
    let main = |project: &Project| (project.display(&project.main_file()), project.main_file());
    let configured = projects.iter().find(|project| project.config_file.is_some()).map(main);
    let root = || desired.roots.first().map(|root| root.file.clone());
    let first = || projects.first().map(main);
    configured.or_else(root).or_else(first).unwrap_or_else(|| ("".into(), String::new()))
}

/// `Deployment.apps`, as kubectl spells a kind in full.
fn kind_of(identity: &Identity) -> String {
    if identity.group.is_empty() {
        identity.kind.to_string()
    } else {
        format!("{}.{}", identity.kind, identity.group)
    }
}

/// Of several declarations of one object the one that fits best: only one of them is applied here.
fn one_of_each(judged: Vec<Judged>) -> Vec<Judged> {
    let mut best: HashMap<usize, usize> = HashMap::new();
    let mut out: Vec<Option<Judged>> = Vec::new();
    for judged in judged {
        let Some(live) = judged.live else {
            out.push(Some(judged));
            continue;
        };
        match best.get(&live).and_then(|at| out.get_mut(*at)) {
            Some(known) => {
                if known.as_ref().is_some_and(|known| judged.found.len() < known.found.len()) {
                    *known = Some(judged);
                }
            }
            None => {
                best.insert(live, out.len());
                out.push(Some(judged));
            }
        }
    }
    out.into_iter().flatten().collect()
}

fn rule(rules: &BTreeMap<&'static str, Arc<Rule>>, rule: DriftRule) -> Arc<Rule> {
    rules.get(rule.id()).cloned().unwrap_or_else(|| rule.rule())
}

/// The rule with the severity that trueup.yaml gives it, the severest where projects differ.
fn configured(rule: DriftRule, projects: &[Project]) -> Arc<Rule> {
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

fn finish(
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
        findings::compare_reports(previous, &findings, &mut audit);
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

/// `kubectl-create at 2026-11-24T10:00:00Z`, or that it is not recorded.
fn made_by(creator: Option<&Writer>, created: &str) -> String {
    match creator {
        Some(writer) if created.is_empty() => format!("made by {}", writer.manager),
        Some(writer) => format!("made by {} at {created}", writer.manager),
        None if created.is_empty() => "who made it is not recorded".to_owned(),
        None => format!("made at {created}"),
    }
}
