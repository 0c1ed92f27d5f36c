//! Objects of Kubernetes: what is declared of a cluster against what is live in it.

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
mod show;
mod sum;
mod system;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use self::classify::{Class, Classifier};
use self::ignores::Ignores;
use self::judge::{Judge, Judged};
use super::Options;
use super::rules::DriftRule;
use super::total::Total;
use crate::collect::Project;
use crate::model::{Document, Gap, Identity, Rule};
use crate::platform::CustomSchemas;
use crate::state::{Header, Inventory};

pub use self::desired::{Declared, Desired, Origin};

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

/// Compares what is declared of a target with what is live in it.
pub(super) fn judge(
    projects: &[Project],
    target: &Target,
    rules: &BTreeMap<&'static str, Arc<Rule>>,
    options: &Options,
    total: &mut Total,
) {
    let (desired, live) = (&*target.desired, &target.live);
    let ignores = &Ignores::read(desired);
    total.declared(desired, ignores);
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
