//! The tagging policies over what is live in AWS, whether Git says so or not: the inventory as one template, in
//! which each resource has the tags it has.

use serde_json::{Map, Value as Json, json};

use super::classify::{Class, Judged};
use super::findings::Teller;
use super::outcome::Found;
use crate::aws::types::{TagShape, tag_property};
use crate::collect::Project;
use crate::lint::live::judge_document;
use crate::lint::policies::Chosen;
use crate::model::{Category, Summary};
use crate::state::aws::Item;
use crate::syntax;

/// The policies, and the repository they belong to.
#[derive(Clone, Copy)]
pub struct Policies<'p> {
    /// The repository.
    pub project: &'p Project,
    /// Those that run.
    pub chosen: &'p Chosen,
}

/// Judges every resource that somebody made.
pub(super) fn judge(
    policies: Policies<'_>,
    teller: &Teller<'_, '_>,
    classes: &[Judged],
) -> (Vec<Found>, Summary) {
    let (mut found, mut summary) = (Vec::new(), Summary::default());
    for (item, judged) in teller.plan.live.items.iter().zip(classes) {
        let is_made = matches!(
            judged.class,
            Class::Declared | Class::Orphan(_) | Class::OfStack(_) | Class::Shadow | Class::Unknown
        );
        let Some(template) = template(item).filter(|_| is_made) else { continue };
        let Some(syntax) = syntax::for_file("live.json") else { continue };
        let mut parsed = syntax.parse(&template);
        let Some(document) = parsed.documents.first_mut() else { continue };
        let (violations, counts) = judge_document(document, policies.project, policies.chosen, |category| {
            category == Category::Tagging
        });
        summary.add(&counts);
        found.extend(violations.into_iter().map(|violation| teller.violation(item, violation)));
    }
    (found, summary)
}

/// A template of one resource and its tags; `None` where the tags are not known or there can be none.
fn template(item: &Item) -> Option<String> {
    let (property, shape) = tag_property(&item.kind)?;
    let own = item.tags.as_ref()?.iter().filter(|(key, _)| !key.starts_with("aws:"));
    let tags: Json = match shape {
        TagShape::List => own.map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
        TagShape::Map => {
            Json::Object(own.map(|(key, value)| (key.clone(), Json::from(value.as_str()))).collect())
        }
        TagShape::Specifications => return None,
    };
    let properties = Map::from_iter([(property.to_owned(), tags)]);
    let resources = json!({"Live": {"Type": &*item.kind, "Properties": properties}});
    Some(json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}).to_string())
}
