//! What one source tells of one region, and how such parts become an inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aws::{Scope, arn, names};
use crate::model::Gap;
use crate::state::aws::collect::Collector;
use crate::state::aws::item::Told;
use crate::state::aws::permissions::Operation;
use crate::state::aws::{Covered, Inventory, Item, Properties, Reach, Source, Stack};

use super::failure::Failure;

/// What one source tells of one region.
#[derive(Default)]
pub struct Part {
    /// The resources it knows.
    pub told: Vec<Told>,
    /// The stacks, where that is the source.
    pub stacks: Vec<Stack>,
    /// How far it was read.
    pub coverage: Vec<Covered>,
    /// What failed.
    pub gaps: Vec<Gap>,
}

impl Part {
    /// Notes how far a type was read; one without a region counts for the account.
    pub fn cover(&mut self, scope: &Scope, source: Source, kind: Option<Arc<str>>, reach: Reach) {
        let is_global = kind.as_deref().is_some_and(names::is_global);
        let scope = if is_global { scope.global() } else { scope.clone() };
        self.coverage.push(Covered { scope, source, kind, reach });
    }

    /// Notes a request that failed.
    pub fn failed(&mut self, scope: &Scope, operation: Operation, failure: &Failure) {
        let request = operation.action.split_once(':').map_or(operation.action, |(_, request)| request);
        self.gap(scope, &format!("{request}: {failure}"));
    }

    /// Notes what is not known of a region.
    pub fn gap(&mut self, scope: &Scope, reason: &str) {
        let gap = Gap { subject: scope.to_string(), reason: reason.to_owned() };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }
}

impl Item {
    /// A resource of which a list tells the id and no more.
    pub fn listed(scope: Scope, kind: Arc<str>, id: &str, source: Source) -> Self {
        let arn = match id {
            _ if id.starts_with("arn:") => Some(id.into()),
            _ if &*kind == "AWS::SQS::Queue" => arn::of_queue(id, &scope.region).map(Into::into),
            _ => None,
        };
        Self {
            scope,
            kind,
            id: id.into(),
            name: None,
            arn,
            tags: None,
            properties: Properties::Unread,
            source,
            captured: "".into(),
            created: "".into(),
        }
    }
}

/// The parts as one: every resource once, every type by whoever read it furthest.
pub fn join(parts: Vec<Part>) -> Inventory {
    let mut items = Collector::default();
    let mut reaches: BTreeMap<(Scope, Source, Option<Arc<str>>), Reach> = BTreeMap::new();
    let mut inventory = Inventory::default();
    for part in parts {
        for told in part.told {
            items.add(told);
        }
        for Covered { scope, source, kind, reach } in part.coverage {
            let known = reaches.entry((scope, source, kind)).or_insert_with(|| reach.clone());
            if reach.is_further_than(known) {
                *known = reach;
            }
        }
        inventory.stacks.extend(part.stacks);
        for gap in part.gaps {
            if !inventory.gaps.contains(&gap) {
                inventory.gaps.push(gap);
            }
        }
    }
    inventory.items = items.finish();
    let covered = |((scope, source, kind), reach)| Covered { scope, source, kind, reach };
    inventory.coverage = reaches.into_iter().map(covered).collect();
    inventory.stacks.sort_by(|a, b| (&a.scope, &a.name, &a.id).cmp(&(&b.scope, &b.name, &b.id)));
    inventory.gaps.sort_by(|a, b| (&a.subject, &a.reason).cmp(&(&b.subject, &b.reason)));
    inventory
}
