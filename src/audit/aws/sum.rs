//! Everything that was judged, summed up: findings, gaps, coverage, and what nobody declared.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::classify::Classifier;
use super::counterpart;
use super::coverage;
use super::findings::Teller;
use super::outcome::{One, Status};
use super::{Judged, Policies};
use crate::model::{Coverage, Gap};
use crate::stacks::Evaluated;

/// Sums up; `evaluated` is by deployment.
pub(super) fn sum(
    evaluated: &[Evaluated<'_>],
    judged: Vec<One>,
    teller: &Teller<'_, '_>,
    policies: Option<Policies<'_>>,
) -> Judged {
    let plan = teller.plan;
    let mut out = Judged::default();
    let mut paired = vec![false; plan.live.items.len()];
    let mut reasons = Vec::new();
    let mut row = |kind: &str, change: &dyn Fn(&mut Coverage)| {
        let row = out.coverage.entry(kind.to_owned());
        change(row.or_insert_with(|| Coverage { kind: kind.to_owned(), ..Coverage::default() }));
    };
    for one in judged {
        out.resources += 1;
        row(&one.kind, &|row| row.declared += 1);
        if let Some(paired) = one.item.and_then(|item| paired.get_mut(item)) {
            *paired = true;
        }
        match one.status {
            Status::Compared => row(&one.kind, &|row| row.compared += 1),
            Status::Excused => {}
            Status::Unknown(reason) => {
                row(&one.kind, &|row| row.unknown += 1);
                reasons.push((one.kind.clone(), reason));
            }
        }
        for (property, reason) in one.not_compared {
            reasons.push((format!("{} {property}", one.kind), reason.to_owned()));
        }
        out.unknown_values += one.unknown as u64;
        out.found.extend(one.found);
    }
    for item in &plan.live.items {
        row(&item.kind, &|row| row.live += 1);
        out.targets.insert(item.scope.to_string());
    }
    out.gaps = counterpart::gaps(reasons.into_iter());
    out.gaps.extend(plan.live.gaps.iter().cloned());
    out.gaps.extend(coverage::gaps(plan));
    out.not_looked_for = coverage::not_looked_for(plan);
    for source in plan.sources {
        out.gaps.extend(source.found.gaps.iter().cloned());
    }
    for (deployment, evaluated) in plan.deployments.iter().zip(evaluated) {
        let told = evaluated
            .gaps
            .iter()
            .map(|gap| (format!("{}: {}", deployment.id, gap.subject), gap.reason.clone()));
        out.gaps.extend(counterpart::gaps(told));
    }
    out.gaps.extend(teller.unmatched());
    if plan.sources.iter().all(|source| source.found.templates.is_empty()) {
        let reason = "no template is declared here, so everything live is a shadow".to_owned();
        out.gaps.push(Gap { subject: "declared stacks".to_owned(), reason });
    }
    let classifier = Classifier::new(plan, &paired);
    let classes: Vec<_> =
        (0..plan.live.items.len()).into_par_iter().map(|place| classifier.judge(place)).collect();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for judged in &classes {
        *counts.entry(judged.class.as_str()).or_default() += 1;
    }
    if let Some(unknown) = counts.get("unknown") {
        out.gaps.push(Teller::unknown(*unknown, &classes));
    }
    out.classes = counts;
    out.found.extend(teller.undeclared(&classes, &classifier));
    if let Some(policies) = policies {
        let (found, verdicts) = super::policies::judge(policies, teller, &classes);
        out.found.extend(found);
        out.verdicts = verdicts;
    }
    out.files = plan
        .sources
        .iter()
        .flat_map(|source| {
            source.found.templates.iter().map(|it| source.project.display(&it.path).to_string())
        })
        .collect();
    out
}
