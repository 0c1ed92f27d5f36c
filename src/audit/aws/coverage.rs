//! How far AWS was read: what of it is a gap, and what was never meant to be found.

use std::collections::BTreeMap;

use super::Plan;
use crate::aws::{GLOBAL, Scope, names, types};
use crate::model::Gap;
use crate::state::aws::{Covered, Reach, Source};

/// What was not read and should have been: once for each source, type and reason, with where.
pub(super) fn gaps(plan: &Plan<'_>) -> Vec<Gap> {
    let mut places: BTreeMap<(String, String), Vec<&Scope>> = BTreeMap::new();
    for covered in plan.live.coverage.iter().filter(|covered| is_gap(plan, covered)) {
        let reason = match &covered.reach {
            Reach::Complete => continue,
            Reach::Partial(reason) => format!("read in part: {reason}"),
            Reach::Unread(reason) => reason.clone(),
        };
        let kind = covered.kind.as_deref().map(|kind| format!(", {kind}")).unwrap_or_default();
        let what = format!("{}{kind}", covered.source.as_str());
        places.entry((what, reason)).or_default().push(&covered.scope);
    }
    let gap = |((what, reason), places): ((String, String), Vec<&Scope>)| Gap {
        subject: format!("{}: {what}", named(&places)),
        reason,
    };
    places.into_iter().map(gap).collect()
}

/// What was not looked for, although all that was asked was read: what nobody declares of the types that AWS
/// Config does not record.
pub(super) fn not_looked_for(plan: &Plan<'_>) -> Vec<Gap> {
    let is_of_others = |covered: &&Covered| {
        covered.kind.is_none() && covered.source == Source::Config && covered.reach != Reach::Complete
    };
    let places: Vec<&Scope> =
        plan.live.coverage.iter().filter(is_of_others).map(|covered| &covered.scope).collect();
    if places.is_empty() {
        return Vec::new();
    }
    let reason = "undeclared resources of the types that AWS Config does not record".to_owned();
    vec![Gap { subject: named(&places), reason }]
}

/// `123456789012/eu-west-1 and 3 more places`.
fn named(places: &[&Scope]) -> String {
    match places {
        [] => String::new(),
        [one] => one.to_string(),
        [first, _] => format!("{first} and 1 more place"),
        [first, rest @ ..] => format!("{first} and {} more places", rest.len()),
    }
}

/// Whether what is said of a source is of interest: not for a type that nobody declares.
fn is_gap(plan: &Plan<'_>, covered: &Covered) -> bool {
    let coverage = &plan.live.coverage;
    let same = |it: &&Covered| it.scope == covered.scope && it.source == covered.source;
    let is_told = |kind: &str| coverage.iter().filter(same).any(|it| it.kind.as_deref() == Some(kind));
    let is_known = |kind: &str| types::of(kind).is_some_and(|known| known.recorded);
    match &covered.kind {
        // What these two see is never all there is, and no fault.
        _ if matches!(covered.source, Source::Tagging | Source::CloudControl)
            && matches!(covered.reach, Reach::Partial(_)) =>
        {
            false
        }
        // Of a type that AWS Config does not know, what is declared is asked for one by one.
        Some(kind) if covered.source == Source::Config && !is_known(kind) => false,
        Some(kind) => kinds_near(plan, &covered.scope).any(|own| *own == **kind),
        // All that has no word of its own: of interest where something declared has none, or nothing has.
        None => {
            let nothing = !coverage.iter().filter(same).any(|it| it.kind.is_some());
            nothing || kinds_near(plan, &covered.scope).any(|kind| is_known(kind) && !is_told(kind))
        }
    }
}

/// The types that are declared at a place.
fn kinds_near<'k>(plan: &'k Plan<'_>, scope: &'k Scope) -> impl Iterator<Item = &'k str> {
    plan.pairs().flat_map(move |(deployment, resources)| {
        let kinds = resources.iter().map(|resource| &*resource.kind);
        kinds.filter(move |kind| {
            let is_global = names::is_global(kind);
            deployment.scope.as_ref().is_some_and(|own| {
                own.account == scope.account
                    && if is_global { &*scope.region == GLOBAL } else { own.region == scope.region }
            })
        })
    })
}
