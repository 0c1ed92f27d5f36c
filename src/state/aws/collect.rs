//! Items gathered from several regions, files and sources into one list that holds every resource once.

use std::collections::HashMap;
use std::sync::Arc;

use super::item::Told;
use super::{Item, Properties, Source};
use crate::aws::Scope;

/// What tells resources apart that have no ARN.
type Id = (Scope, Arc<str>, Box<str>);

/// The items so far.
#[derive(Default)]
pub struct Collector {
    slots: Vec<Slot>,
    by_id: HashMap<Id, usize>,
    by_arn: HashMap<Box<str>, usize>,
}

struct Slot {
    item: Item,
    is_there: bool,
}

impl Collector {
    /// Takes in what a source tells; of two that tell of the same resource, who looked last is believed.
    pub fn add(&mut self, told: Told) {
        let Told { item, is_there, .. } = told;
        let id: Id = (item.scope.clone(), item.kind.clone(), item.id.clone());
        let known = self.by_id.get(&id).copied().or_else(|| self.with_arn(&item));
        let at = known.unwrap_or(self.slots.len());
        if let Some(arn) = &item.arn {
            self.by_arn.entry(arn.clone()).or_insert(at);
        }
        self.by_id.insert(id, at);
        match self.slots.get_mut(at) {
            Some(slot) => slot.merge(item, is_there),
            None => self.slots.push(Slot { item, is_there }),
        }
    }

    /// The items that are there, in a fixed order.
    pub fn finish(self) -> Vec<Item> {
        let mut items: Vec<Item> =
            self.slots.into_iter().filter(|slot| slot.is_there).map(|slot| slot.item).collect();
        items.sort_by(|a, b| (&a.scope, &a.kind, &a.id).cmp(&(&b.scope, &b.kind, &b.id)));
        items
    }

    /// The slot of the resource with the same ARN: regions list the same bucket, and the tagging API knows
    /// nothing but ARNs. AWS Config files several things under the ARN of what they belong to.
    fn with_arn(&self, item: &Item) -> Option<usize> {
        let at = *self.by_arn.get(item.arn.as_deref()?)?;
        let slot = self.slots.get(at)?;
        let is_same = slot.item.kind == item.kind
            || slot.item.source == Source::Tagging
            || item.source == Source::Tagging;
        is_same.then_some(at)
    }
}

impl Slot {
    fn merge(&mut self, mut other: Item, is_there: bool) {
        let is_same_source = self.item.source == other.source;
        let is_better = if is_same_source {
            other.captured >= self.item.captured
        } else {
            rank(other.source) > rank(self.item.source)
        };
        if is_better {
            std::mem::swap(&mut self.item, &mut other);
            self.is_there = is_there;
        }
        let (best, rest) = (&mut self.item, other);
        best.name = best.name.take().or(rest.name);
        best.arn = best.arn.take().or(rest.arn);
        if best.created.is_empty() {
            best.created = rest.created;
        }
        // The tagging API asks the service itself; AWS Config looked some time ago, or has no tags to tell.
        if rest.tags.is_some() && (best.tags.is_none() || rest.source == Source::Tagging) {
            best.tags = rest.tags;
        }
        if !is_same_source && matches!(best.properties, Properties::Unread) {
            best.properties = rest.properties;
        }
    }
}

/// How much a source knows of a resource.
const fn rank(source: Source) -> u8 {
    match source {
        Source::Tagging => 0,
        Source::CloudFormation => 1,
        Source::CloudControl => 2,
        Source::Config => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(item: Item, is_there: bool) -> Told {
        Told { item, is_there, is_recorded: true }
    }

    fn item(region: &str, source: Source, captured: &str) -> Item {
        Item {
            scope: Scope::new("123456789012", region),
            kind: "AWS::S3::Bucket".into(),
            id: "shop".into(),
            name: None,
            arn: Some("arn:aws:s3:::shop".into()),
            tags: None,
            properties: Properties::Unread,
            source,
            captured: captured.into(),
            created: "".into(),
        }
    }

    fn collected(all: Vec<Told>) -> Vec<Item> {
        let mut collector = Collector::default();
        for told in all {
            collector.add(told);
        }
        collector.finish()
    }

    #[test]
    fn a_bucket_that_two_regions_list_is_one() {
        let first = told(item("eu-west-1", Source::Config, "2026-01-01T00:00:00.000Z"), true);
        let second = told(item("us-east-1", Source::Config, "2026-01-02T00:00:00.000Z"), true);
        let items = collected(vec![first, second]);
        assert_eq!(items.len(), 1);
        assert_eq!(&*items[0].scope.region, "us-east-1");
    }

    #[test]
    fn who_looked_last_is_believed() {
        let live = |at: &str| told(item("eu-west-1", Source::Config, at), true);
        let deleted = |at: &str| told(item("eu-west-1", Source::Config, at), false);
        assert!(collected(vec![live("2026-01-01"), deleted("2026-01-02")]).is_empty());
        assert!(collected(vec![deleted("2026-01-02"), live("2026-01-01")]).is_empty());
        assert_eq!(collected(vec![deleted("2026-01-01"), live("2026-01-02")]).len(), 1);
    }

    #[test]
    fn the_tagging_api_knows_tags_best_and_nothing_else() {
        let mut tagged = item("eu-west-1", Source::Tagging, "");
        tagged.kind = "s3".into();
        tagged.tags = Some([("team".to_owned(), "pay".to_owned())].into());
        for order in [true, false] {
            let known = item("eu-west-1", Source::Config, "2026-01-01");
            let mut all = vec![told(known, true), told(tagged.clone(), true)];
            if order {
                all.reverse();
            }
            let items = collected(all);
            assert_eq!((items.len(), &*items[0].kind), (1, "AWS::S3::Bucket"));
            assert!(items[0].tags.as_ref().is_some_and(|tags| tags["team"] == "pay"));
        }
    }
}
