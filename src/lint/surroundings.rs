//! What else there is in a project, for the policies that ask: every object of its files, noted before the
//! first file is judged.
//!
//! Files are read a second time for this, so it happens only when a policy that runs asks `resources.…`. What
//! the tree leaves to others to make (charts, remote bases, files not read) leaves the inventory incomplete, and
//! then absence is *unknown*.

use std::sync::Arc;

use rayon::prelude::*;

use super::Options;
use super::policies::Chosen;
use super::stack_tags;
use crate::collect::{InputFile, Project};
use crate::gitops::Tree;
use crate::model::{Document, NodeRef, Resource};
use crate::policy::{Inventory, Policy};
use crate::{platform, syntax};

/// The objects of a project; empty and incomplete when no policy asks.
pub(super) fn of(project: &Project, chosen: &Chosen) -> Arc<Inventory> {
    let mut all = Inventory::default();
    all.tag_policy.clone_from(&chosen.tag_policy);
    if chosen.policies.iter().any(|policy| policy.uses("tags.ofStack")) {
        all.stack_tags = Some(stack_tags::of(project));
    }
    if !chosen.policies.iter().any(Policy::looks_around) {
        return Arc::new(all);
    }
    let parts: Vec<(Inventory, bool)> =
        project.files.par_iter().map(|input| of_file(input, project)).collect();
    let mut whole = project.whole;
    for (part, is_whole) in parts {
        all.absorb(part);
        whole &= is_whole;
    }
    if project.whole {
        all.saw_all_files();
    }
    if whole {
        all.complete();
    }
    Arc::new(all)
}

/// The same options among the objects of a render, which lie above those of its tree.
pub(super) fn within(objects: &[Tree], chosen: &Chosen, options: &Options) -> Options {
    let mut options = options.clone();
    if chosen.policies.iter().any(Policy::looks_around) {
        let mut rendered = Inventory::above(options.around);
        for object in objects {
            let (mut document, _) = object.document(0);
            note_document("object.yaml", &mut document, &mut rendered);
        }
        options.around = Arc::new(rendered);
    }
    options
}

/// The objects of a file, and whether these are all it stands for.
fn of_file(input: &InputFile, project: &Project) -> (Inventory, bool) {
    let mut found = Inventory::default();
    if project.is_chart_template(&input.in_repo) {
        return (found, false);
    }
    let text = project.read(input).ok().and_then(|bytes| syntax::decode(bytes).ok());
    // A patch repeats the name of an object that stands elsewhere.
    if project.patches.contains(&input.in_repo) {
        return (found, text.is_some());
    }
    let whole = text.is_some_and(|text| note(&input.in_repo, &text, &mut found));
    (found, whole)
}

/// Notes the objects of a text; `false` when it stands for more than can be read from it.
pub(super) fn note(file: &str, text: &str, found: &mut Inventory) -> bool {
    // A file of neither objects nor kustomizations adds nothing.
    let is_kustomization = platform::is_kustomization(file);
    if !is_kustomization
        && memchr::memmem::find(text.as_bytes(), b"kind").is_none()
        && !text.contains("enerator")
    {
        return true;
    }
    let Some(syntax) = syntax::for_file(file) else { return true };
    let parsed = syntax.parse(text);
    let mut whole = !parsed.templated && !parsed.has_parse_error();
    for mut document in parsed.documents {
        whole &= note_document(file, &mut document, found);
    }
    whole
}

fn note_document(file: &str, document: &mut Document<'_>, found: &mut Inventory) -> bool {
    let Some(platform) = platform::recognise(file, document) else { return true };
    platform.prepare(document);
    let mut resources = Vec::new();
    platform.resources(document, &mut resources);
    for resource in &resources {
        found.add(resource);
        if resource.format().0 == "kustomize" {
            found.add_named(file, resource.body);
        }
    }
    !resources.iter().any(stands_for_others)
}

/// Whether a controller or Kustomize makes objects of it that nobody can list from here.
fn stands_for_others(resource: &Resource<'_>) -> bool {
    match resource.format().0 {
        "kustomize" => {
            let is_remote = |node: NodeRef<'_>| {
                node.text()
                    .is_some_and(|text| text.contains("://") || text.contains("?ref=") || text.contains("//"))
            };
            let lists = ["resources", "bases", "components"];
            let remote = lists
                .iter()
                .filter_map(|list| resource.body.get(list))
                .any(|list| list.items().any(is_remote));
            remote
                || ["helmCharts", "helmChartInflationGenerator", "generators"]
                    .iter()
                    .any(|key| resource.body.get(key).is_some())
        }
        "kubernetes" => matches!(
            resource.kind,
            "HelmRelease" | "HelmChart" | "Application" | "ApplicationSet" | "CompositeResourceDefinition"
        ),
        _ => false,
    }
}
