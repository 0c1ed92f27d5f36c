//! What is live and not declared, as findings: orphans and shadows one by one, releases of Helm and
//! namespaces that nobody declared as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::classify::{Folded, Judged};
use super::{Target, kind_of, rule};
use crate::audit::rules::DriftRule;
use crate::audit::total::Found;
use crate::lint::fingerprint;
use crate::lint::place::whole_file;
use crate::model::{Finding, Path, Rule, Writer};
use crate::state::{Header, Inventory};

/// How many kinds of a namespace one message names.
const NAMED_KINDS: usize = 5;

/// Where findings point that have no line in Git.
pub(super) struct Place<'p> {
    pub display: Arc<str>,
    pub in_repo: &'p str,
    pub target: &'p Target,
}

/// The findings about live objects that nobody declared.
pub(super) fn undeclared(
    folded: &Folded,
    live: &Inventory,
    judged: &[Judged],
    rules: &BTreeMap<&'static str, Arc<Rule>>,
    place: &Place<'_>,
    evidence: bool,
) -> Vec<Found> {
    let (mut found, label) = (Vec::new(), place.target.label());
    let told = |message: String, at: usize| {
        let reason = judged.get(at).filter(|_| evidence).map(|judged| format!(" ({})", judged.evidence));
        message + reason.as_deref().unwrap_or_default()
    };
    let mut add = |which: DriftRule, resource: String, kind: String, message: String| {
        let rule = rule(rules, which);
        let finding = Finding {
            fingerprint: fingerprint::of(
                &rule.id,
                place.in_repo,
                &resource,
                &kind,
                label.map_or("", |it| &**it),
            ),
            rule,
            message,
            location: whole_file(place.display.clone()),
            related: Vec::new(),
            resource: Some(resource),
            resource_kind: Some(kind),
            path: Path::default(),
            line_hash: None,
            target: label.cloned(),
            known: false,
            suppressed: None,
        };
        found.push((finding, None));
    };
    let target = &place.target.name;
    for &at in &folded.orphans {
        let (Some(header), Some(judged)) = (live.objects.get(at), judged.get(at)) else { continue };
        let message = format!(
            "{} in {target}: {}, and Git does not declare it; {}",
            header.identity,
            judged.evidence,
            made(header)
        );
        add(DriftRule::Orphan, header.identity.to_string(), kind_of(&header.identity), message);
    }
    for &at in &folded.shadows {
        let Some(header) = live.objects.get(at) else { continue };
        let message = format!("{} in {target} is declared nowhere; {}", header.identity, made(header));
        add(DriftRule::Shadow, header.identity.to_string(), kind_of(&header.identity), told(message, at));
    }
    for (namespace, places) in &folded.namespaces {
        let headers: Vec<&Header> = places.iter().filter_map(|at| live.objects.get(*at)).collect();
        let own = headers.iter().find(|header| &*header.identity.kind == "Namespace");
        let first = own.or_else(|| headers.iter().min_by_key(|header| &header.created));
        let message = format!(
            "the namespace {namespace} in {target} is declared nowhere: {}; {}",
            kinds(&headers),
            first.map_or_else(String::new, |header| made(header))
        );
        let message = told(message, places.first().copied().unwrap_or_default());
        add(DriftRule::Shadow, format!("Namespace/{namespace}"), "Namespace".to_owned(), message);
    }
    for ((namespace, name), places) in &folded.releases {
        let headers: Vec<&Header> = places.iter().filter_map(|at| live.objects.get(*at)).collect();
        let release = live.releases.get(&(namespace.clone(), name.clone()));
        let what = release.map_or_else(
            || "its record is not among the live state".to_owned(),
            |release| format!("chart {}, revision {}, {}", release.chart, release.revision, release.status),
        );
        let message = format!(
            "the Helm release {namespace}/{name} in {target} is declared nowhere: {what}; {}",
            kinds(&headers)
        );
        add(DriftRule::Release, format!("{namespace}/HelmRelease/{name}"), "HelmRelease".to_owned(), message);
    }
    found
}

fn made(header: &Header) -> String {
    made_by(header.creator.as_ref(), &header.created)
}

/// `12 objects (3 Deployment, 3 Service, 2 ConfigMap, …)`.
fn kinds(headers: &[&Header]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for header in headers {
        *counts.entry(&header.identity.kind).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let named: Vec<String> =
        counts.iter().take(NAMED_KINDS).map(|(kind, count)| format!("{count} {kind}")).collect();
    let more = if counts.len() > NAMED_KINDS { ", …" } else { "" };
    let objects = if headers.len() == 1 { "object" } else { "objects" };
    format!("{} {objects} ({}{more})", headers.len(), named.join(", "))
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
