//! What is done to objects before they are handed out: what is text to the reference becomes text, what only
//! configures tools is left out, and the rest is put in order.

use super::fault::Outcome;
use super::resource::Resource;
use super::scalars::check;
use super::{folded, order};
use crate::gitops::Tree;
use crate::gitops::tree::Value;

/// Finishes the objects of a build.
pub(super) fn finish(resources: &mut Vec<Resource>, sort_options: Option<&Tree>) -> Outcome<()> {
    resources.retain(|resource| !is_local(&resource.tree));
    order::sort(resources, sort_options)?;
    for resource in resources {
        annotations_as_text(&mut resource.tree);
        check(&resource.tree)?;
        folded::rewrite(&mut resource.tree)?;
    }
    Ok(())
}

/// Whether an object only configures tools and is not applied.
fn is_local(tree: &Tree) -> bool {
    let note = tree.descend(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    note.and_then(Tree::text).is_some_and(|value| value != "false")
}

/// Annotations are text, whatever they look like.
fn annotations_as_text(tree: &mut Tree) {
    let notes = tree.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    let Some(Value::Map(entries)) = notes.map(|notes| &mut notes.value) else { return };
    for (_, value) in entries {
        *value = Tree::string(value.text().unwrap_or_default(), value.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::kustomize::testing::{show, tree};

    fn finished(text: &str) -> Result<String, String> {
        let mut all = vec![Resource::new(tree(text))];
        finish(&mut all, None).map_err(|fault| fault.reason)?;
        Ok(all.first().map(|resource| show(&resource.tree)).unwrap_or_default())
    }

    #[test]
    fn what_only_configures_tools_is_left_out() {
        let note = |value| {
            format!(
                "{{kind: A, metadata: {{annotations: {{config.kubernetes.io/local-config: '{value}'}}}}}}"
            )
        };
        assert_eq!(finished(&note("true")).as_deref(), Ok(""));
        assert!(finished(&note("false")).expect("kept").contains("kind:A"));
    }
}
