//! The order in which the reference prints objects: what others need comes first.

use std::cmp::Ordering;

use super::fault::{Fault, Fields, Outcome};
use super::resource::Resource;
use crate::gitops::Tree;

const FIRST: &str = "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount \
    PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service \
    LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob \
    PodDisruptionBudget";
const LAST: &str = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

/// Sorts as `sortOptions` say; as `legacy` when there are none.
pub(super) fn sort(resources: &mut [Resource], options: Option<&Tree>) -> Outcome<()> {
    let mut first: Vec<&str> = FIRST.split_whitespace().collect();
    let mut last: Vec<&str> = LAST.split_whitespace().collect();
    if let Some(options) = options {
        let fields = Fields::of(options, &["order", "legacySortOptions"])?;
        let lists = fields.get("legacySortOptions");
        match (fields.string("order")?, lists) {
            ("fifo", None) => return Ok(()),
            ("legacy", None) => {}
            ("legacy", Some(lists)) => {
                let fields = Fields::of(lists, &["orderFirst", "orderLast"])?;
                first = fields.texts("orderFirst")?.iter().filter_map(Tree::text).collect();
                last = fields.texts("orderLast")?.iter().filter_map(Tree::text).collect();
            }
            _ => return Err(Fault::at(options, "these options are not understood")),
        }
    }
    let rank = |kind: &str| {
        let after = last.iter().rposition(|name| *name == kind).map(|at| (1, at));
        after.or_else(|| first.iter().rposition(|name| *name == kind).map(|at| (-1, at))).unwrap_or((0, 0))
    };
    resources.sort_by(|a, b| rank(a.kind()).cmp(&rank(b.kind())).then_with(|| alphabetical(a, b)));
    Ok(())
}

fn alphabetical(a: &Resource, b: &Resource) -> Ordering {
    let (left, right) = (a.id(), b.id());
    let or = |text: &str, otherwise: &'static str| if text.is_empty() { otherwise } else { text }.to_owned();
    let kinds = |id: &super::resource::Id<'_>| {
        [or(id.group, "~G"), or(id.version, "~V"), or(id.kind, "~K")].join("_")
    };
    let names = |resource: &Resource| [or(resource.namespace(), "~X"), or(resource.name(), "~N")].join("|");
    kinds(&left).cmp(&kinds(&right)).then_with(|| names(a).cmp(&names(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::tree;

    #[test]
    fn namespaces_come_first_and_webhooks_last() {
        let kinds = ["ValidatingWebhookConfiguration", "Pod", "Deployment", "Namespace", "Cart"];
        let sorted = |options: Option<&Tree>| {
            let text = |kind: &str| format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}}}");
            let mut all: Vec<Resource> = kinds.map(|kind| Resource::new(tree(&text(kind)))).into();
            sort(&mut all, options).expect("options");
            all.iter().map(|resource| resource.kind().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(sorted(None), "Namespace Deployment Cart Pod ValidatingWebhookConfiguration");
        assert_eq!(sorted(Some(&tree("{order: fifo}"))), kinds.join(" "));
        let own = tree("{order: legacy, legacySortOptions: {orderFirst: [Pod], orderLast: [Cart]}}");
        assert!(sorted(Some(&own)).starts_with("Pod ") && sorted(Some(&own)).ends_with(" Cart"));
    }
}
