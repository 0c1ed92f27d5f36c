//! How far AWS was read: what of it is a gap, and what was never meant to be found.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Plan;
use crate::aws::{GLOBAL, Scope, names, types};
use crate::model::Gap;
use crate::state::aws::{Covered, Reach, Source};

/// What was not read and should have been: once for each source, type and reason, with where.
pub(super) fn gaps(plan: &Plan<'_>) -> Vec<Gap> {
    let mut places: BTreeMap<(String, String), Vec<&Scope>> = BTreeMap::new();
    let interest = Interest::of(plan);
    for covered in plan.live.coverage.iter().filter(|covered| interest.is_gap(covered)) {
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

/// What a run is about: it decides whether what is said of a source is of interest.
struct Interest<'p> {
    /// The types that are declared, by account and region.
    declared: HashMap<(&'p str, &'p str), HashSet<&'p str>>,
    /// The types of which a source has a word of its own, by where and by whom.
    told: HashMap<(&'p Scope, Source), HashSet<&'p str>>,
}

impl<'p> Interest<'p> {
    fn of(plan: &'p Plan<'_>) -> Self {
        let mut declared: HashMap<_, HashSet<&str>> = HashMap::new();
        for (deployment, resources) in plan.pairs() {
            let Some(Scope { account, region, .. }) = &deployment.scope else { continue };
            for resource in resources {
                let region = if names::is_global(&resource.kind) { GLOBAL } else { region };
                declared.entry((&**account, region)).or_default().insert(&resource.kind);
            }
        }
        let mut told: HashMap<_, HashSet<&str>> = HashMap::new();
        for covered in &plan.live.coverage {
            if let Some(kind) = &covered.kind {
                told.entry((&covered.scope, covered.source)).or_default().insert(kind);
            }
        }
        Self { declared, told }
    }

    /// Whether what is said is a gap: not for a type that nobody declares there.
    fn is_gap(&self, covered: &Covered) -> bool {
        let Covered { scope, source, kind, reach } = covered;
        let declared = self.declared.get(&(&*scope.account, &*scope.region));
        let is_known = |kind: &str| types::of(kind).is_some_and(|known| known.recorded);
        match kind {
            // What these two see is never all there is, and no fault.
            _ if matches!(source, Source::Tagging | Source::CloudControl)
                && matches!(reach, Reach::Partial(_)) =>
            {
                false
            }
            // Of a type that AWS Config does not know, what is declared is asked for one by one.
            Some(kind) if *source == Source::Config && !is_known(kind) => false,
            Some(kind) => declared.is_some_and(|declared| declared.contains(&**kind)),
            // All that has no word of its own: of interest where something declared has none, or nothing has.
            None => self.told.get(&(scope, *source)).is_none_or(|told| {
                declared.into_iter().flatten().any(|kind| is_known(kind) && !told.contains(kind))
            }),
        }
    }
}
