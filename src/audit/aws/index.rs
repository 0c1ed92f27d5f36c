//! Where a live resource is found: by any of the names it goes by, and by the stack that owns it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::aws::arn::{self, Arn};
use crate::aws::{GLOBAL, Scope, names};
use crate::state::aws::{Inventory, Item, Reach, Source, StackResource};

/// Account and a text that names something in it.
type Name = (Arc<str>, Box<str>);

pub(super) struct Index<'l> {
    live: &'l Inventory,
    by_name: HashMap<Name, Vec<usize>>,
    /// By physical id: stack and resource.
    owners: HashMap<Name, Vec<(usize, usize)>>,
}

impl<'l> Index<'l> {
    pub fn new(live: &'l Inventory) -> Self {
        let mut by_name: HashMap<Name, Vec<usize>> = HashMap::new();
        for (place, item) in live.items.iter().enumerate() {
            for name in names_of(item) {
                let places = by_name.entry((item.scope.account.clone(), name)).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let mut owners: HashMap<Name, Vec<(usize, usize)>> = HashMap::new();
        for (stack, of) in live.stacks.iter().enumerate() {
            for (place, resource) in of.resources.iter().flatten().enumerate() {
                for name in spellings(&resource.physical, &of.scope) {
                    owners.entry((of.scope.account.clone(), name)).or_default().push((stack, place));
                }
            }
        }
        Self { live, by_name, owners }
    }

    /// The live resource of a type that goes by this name.
    pub fn find(&self, scope: &Scope, kind: &str, name: &str) -> Option<usize> {
        spellings(name, scope).into_iter().find_map(|name| {
            let places = self.by_name.get(&(scope.account.clone(), name))?;
            places.iter().copied().find(|place| {
                self.live
                    .items
                    .get(*place)
                    .is_some_and(|item| is_kind(item, kind) && is_near(&item.scope, scope, kind))
            })
        })
    }

    /// The stack that owns a live resource.
    pub fn owner(&self, item: &Item) -> Option<(usize, &'l StackResource)> {
        names_of(item).into_iter().find_map(|name| {
            let found = self.owners.get(&(item.scope.account.clone(), name))?;
            found.iter().find_map(|(stack, place)| {
                let of = self.live.stacks.get(*stack)?;
                let resource = of.resources.as_ref()?.get(*place)?;
                let fits = is_kind(item, &resource.kind) && is_near(&item.scope, &of.scope, &item.kind);
                fits.then_some((*stack, resource))
            })
        })
    }

    /// Why it cannot be told that a resource of a type is not there; `None` when it can.
    pub fn incomplete(&self, scope: &Scope, kind: &str) -> Option<String> {
        let is_recorded = crate::aws::types::of(kind).is_none_or(|known| known.recorded);
        let mut best: Option<&Reach> = None;
        for covered in &self.live.coverage {
            let of_kind = covered.kind.as_deref() == Some(kind);
            // What is said of all types holds for those that the source knows.
            let of_all = covered.kind.is_none() && covered.source == Source::Config && is_recorded;
            if !(of_kind || of_all) || !is_near(&covered.scope, scope, kind) {
                continue;
            }
            // A word about the type itself overrides one about all, from the same source.
            let overridden = of_all
                && self.live.coverage.iter().any(|other| {
                    other.kind.as_deref() == Some(kind)
                        && other.source == covered.source
                        && is_near(&other.scope, scope, kind)
                });
            if overridden {
                continue;
            }
            match covered.reach {
                Reach::Complete => return None,
                Reach::Partial(_) => best = Some(&covered.reach),
                Reach::Unread(_) => best = best.or(Some(&covered.reach)),
            }
        }
        Some(match best {
            Some(Reach::Partial(reason) | Reach::Unread(reason)) => reason.clone(),
            _ => format!("{kind} was not listed in {scope}"),
        })
    }

    /// Whether all stacks of a region are known, so that what none of them owns is owned by none.
    pub fn knows_stacks(&self, scope: &Scope) -> bool {
        self.live.coverage.iter().any(|covered| {
            covered.source == Source::CloudFormation
                && covered.kind.is_none()
                && covered.reach == Reach::Complete
                && covered.scope.account == scope.account
                && (scope.region == GLOBAL.into() || covered.scope.region == scope.region)
        })
    }
}

/// Whether something at `scope` is what a stack in `other` may own: the same region, or none.
pub(super) fn is_near(scope: &Scope, other: &Scope, kind: &str) -> bool {
    scope.account == other.account
        && (scope.region == other.region || &*scope.region == GLOBAL || names::is_global(kind))
}

fn is_kind(item: &Item, kind: &str) -> bool {
    *item.kind == *kind || item.kind.eq_ignore_ascii_case(kind)
}

/// Every name a live resource goes by.
pub(super) fn names_of(item: &Item) -> Vec<Box<str>> {
    let mut out: Vec<Box<str>> = spellings(&item.id, &item.scope);
    for name in [&item.name, &item.arn].into_iter().flatten() {
        out.extend(spellings(name, &item.scope));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// A physical id, and what it may stand for: the name in an ARN, the ARN of a queue's address.
fn spellings(text: &str, scope: &Scope) -> Vec<Box<str>> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut out: Vec<Box<str>> = vec![text.into()];
    if let Some(arn) = Arn::parse(text) {
        out.push(text.trim_end_matches(":*").into());
        out.push(arn.name().into());
    } else if text.starts_with("http")
        && let Some(queue) = arn::of_queue(text, &scope.region)
    {
        out.extend(Arn::parse(&queue).map(|arn| arn.name().into()));
        out.push(queue.into());
    }
    out
}
