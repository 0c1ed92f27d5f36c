//! One kustomization after the other: what it takes in, in which order it is changed, and what is refused.

use std::collections::HashSet;
use std::sync::Arc;

use super::fault::{Fault, Fields, Outcome, text};
use super::field_specs::Config;
use super::objects::{documents, inline, resources};
use super::resource::Resource;
use super::{FILE_NAMES, order, patches, references, transform};
use crate::gitops::files::join;
use crate::gitops::tree::Value;
use crate::gitops::{Build, FileKind, Refusal, SourceFile, Sources, Tree};
use crate::model::Span;

/// How deep bases may be nested.
const MAX_DEPTH: usize = 64;
/// How many kustomizations one build may take in.
const MAX_KUSTOMIZATIONS: usize = 10_000;
/// How many values the objects of one build may hold.
const MAX_VALUES: usize = 10_000_000;

/// The fields that are rendered.
const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "images",
    "imageTags",
    "replicas",
    "sortOptions",
    "configurations",
];

/// What has been taken in so far.
#[derive(Clone, Debug)]
struct Accumulator {
    resources: Vec<Resource>,
    config: Arc<Config>,
}

impl Accumulator {
    fn new() -> Self {
        Self { resources: Vec::new(), config: Config::default_fields() }
    }
}

/// Where a kustomization stands.
struct Place<'p> {
    folder: &'p str,
    /// The file that says so.
    file: Arc<str>,
    /// The folders that led here, the entry first, this one last.
    chain: Vec<String>,
}

/// One build.
pub(super) struct Builder<'s> {
    sources: &'s Sources<'s>,
    refusals: Vec<Refusal>,
    /// Whether files outside a kustomization's folder are refused.
    confined: bool,
    kustomizations: usize,
    values: usize,
}

impl<'s> Builder<'s> {
    /// A build that may read files anywhere in the repository unless it is `confined`.
    pub(super) fn new(sources: &'s Sources<'s>, confined: bool) -> Self {
        Self { sources, refusals: Vec::new(), confined, kustomizations: 0, values: 0 }
    }

    /// Builds the kustomization in `folder`, or `kustomization` as if it stood there.
    pub(super) fn run(mut self, folder: &str, kustomization: Option<&Tree>) -> Build {
        let accumulated = match kustomization {
            Some(tree) => {
                let file = self
                    .sources
                    .file(tree.origin.file)
                    .map_or_else(|| folder.into(), |file| file.path.clone());
                self.accumulate(folder, file, tree, &[], None)
            }
            None => match self.find(folder) {
                Ok(file) => {
                    let tree = file.documents.first();
                    tree.map(|tree| self.accumulate(folder, file.path.clone(), tree, &[], None))
                        .unwrap_or_default()
                }
                Err(reason) => {
                    self.refuse_at(&Arc::from(folder), Span::default(), reason);
                    None
                }
            },
        };
        let objects = accumulated.map(|all| all.resources).unwrap_or_default();
        self.refusals.sort_unstable();
        self.refusals.dedup();
        Build {
            objects: objects.into_iter().map(|resource| resource.tree).collect(),
            refusals: self.refusals,
        }
    }

    /// What is done once, at the root.
    fn finish(&mut self, place: &Place<'_>, fields: Fields<'_>, all: &mut Accumulator) {
        let fixed = references::fix(&mut all.resources, &all.config);
        self.note(place, fixed);
        for resource in &mut all.resources {
            annotations_as_text(&mut resource.tree);
        }
        all.resources.retain(|resource| !is_local(&resource.tree));
        let sorted = order::sort(&mut all.resources, fields.get("sortOptions"));
        self.note(place, sorted);
    }

    fn refuse_at(&mut self, file: &Arc<str>, span: Span, reason: String) {
        self.refusals.push(Refusal { file: file.clone(), span, reason });
    }

    fn refuse(&mut self, place: &Place<'_>, fault: Fault) {
        if fault.is_consequence && !self.refusals.is_empty() {
            return;
        }
        let (file, span) = match fault.at {
            Some(at) => {
                (self.sources.file(at.file).map_or(place.file.clone(), |file| file.path.clone()), at.span)
            }
            None => (place.file.clone(), Span::default()),
        };
        self.refuse_at(&file, span, fault.reason);
    }

    fn note<T>(&mut self, place: &Place<'_>, outcome: Outcome<T>) -> Option<T> {
        outcome.map_err(|fault| self.refuse(place, fault)).ok()
    }

    /// The one kustomization in a folder.
    fn find(&self, folder: &str) -> Result<Arc<SourceFile>, String> {
        let mut found = FILE_NAMES.iter().filter_map(|name| {
            let path = join(folder, name)?;
            (self.sources.files().kind(&path) == Some(FileKind::File)).then_some(path)
        });
        let Some(path) = found.next() else {
            return Err("there is no kustomization.yaml in this folder".to_owned());
        };
        if found.next().is_some() {
            return Err("there are several kustomization files in this folder".to_owned());
        }
        let file = self.sources.open(&path)?;
        match file.documents.first() {
            None => Err("this kustomization is empty or cannot be read".to_owned()),
            Some(_) => Ok(file),
        }
    }

    /// Takes in a kustomization; as a component it changes `into`, otherwise it starts with nothing.
    fn accumulate(
        &mut self,
        folder: &str,
        file: Arc<str>,
        tree: &Tree,
        chain: &[String],
        into: Option<Accumulator>,
    ) -> Option<Accumulator> {
        let chain: Vec<String> = chain.iter().cloned().chain([folder.to_owned()]).collect();
        let place = Place { folder, file, chain };
        self.kustomizations += 1;
        if self.kustomizations > MAX_KUSTOMIZATIONS || place.chain.len() > MAX_DEPTH {
            self.refuse(&place, Fault::at(tree, "this build takes in too many kustomizations"));
            return into;
        }
        for (key, _) in tree.entries() {
            let name = key.text().unwrap_or_default();
            if !FIELDS.contains(&name) {
                self.refuse(&place, Fault::at(key, format!("`{name}` is not rendered")));
            }
        }
        let is_component = into.is_some();
        let kind = tree.get("kind").and_then(Tree::text).unwrap_or("Kustomization");
        if kind != if is_component { "Component" } else { "Kustomization" }
            && (is_component || !place.chain.is_empty() && place.chain.len() > 1)
        {
            let wanted = if is_component { "a Component" } else { "a Kustomization" };
            self.refuse(&place, Fault::at(tree, format!("{wanted} is expected here")));
            return into;
        }
        let all_known =
            Fields::of(tree, &tree.entries().iter().filter_map(|(key, _)| key.text()).collect::<Vec<_>>());
        let fields = self.note(&place, all_known)?;
        let mut all = into.unwrap_or_else(Accumulator::new);
        self.take_in(&place, fields, &mut all);
        for item in self.note(&place, fields.texts("configurations")).unwrap_or_default() {
            let done = self.configure(&place, item, &mut all.config);
            self.note(&place, done);
        }
        for item in self.note(&place, fields.texts("components")).unwrap_or_default() {
            all = self.component(&place, item, all);
        }
        self.transform(&place, fields, &mut all);
        if place.chain.len() == 1 {
            self.finish(&place, fields, &mut all);
        }
        Some(all)
    }

    /// `resources` and `bases`.
    fn take_in(&mut self, place: &Place<'_>, fields: Fields<'_>, all: &mut Accumulator) {
        for key in ["resources", "bases"] {
            for item in self.note(place, fields.texts(key)).unwrap_or_default() {
                let more = self.resource(place, item).and_then(|more| self.append(all, more, item));
                self.note(place, more);
            }
        }
    }

    fn append(&mut self, all: &mut Accumulator, more: Accumulator, blamed: &Tree) -> Outcome<()> {
        self.values += more.resources.iter().map(|resource| resource.tree.size()).sum::<usize>();
        if self.values > MAX_VALUES {
            return Err(Fault::at(blamed, "this build is too large"));
        }
        let mut ids: HashSet<_> = all.resources.iter().map(Resource::id).collect();
        if let Some(id) = more.resources.iter().map(Resource::id).find(|id| !ids.insert(*id)) {
            return Err(Fault::at(blamed, format!("{} is there twice", id.shown())));
        }
        drop(ids);
        all.resources.extend(more.resources);
        if !Arc::ptr_eq(&all.config, &more.config) {
            Arc::make_mut(&mut all.config).merge(&more.config).map_err(|fault| fault.or_at(blamed))?;
        }
        Ok(())
    }

    /// A file that says which fields transformers set, besides the reference's own.
    fn configure(&self, place: &Place<'_>, item: &Tree, config: &mut Arc<Config>) -> Outcome<()> {
        let file = self.open(place, item)?;
        for document in documents(&file)?.iter().take(1) {
            let more = Config::read(document)?;
            Arc::make_mut(config).merge(&more).map_err(|fault| fault.or_at(item))?;
        }
        Ok(())
    }

    /// A file of objects, or a folder with a kustomization.
    fn resource(&mut self, place: &Place<'_>, item: &Tree) -> Outcome<Accumulator> {
        let path = text(item)?;
        let at = join(place.folder, path);
        match at.as_deref().and_then(|at| self.sources.files().kind(at)) {
            Some(FileKind::File) => {
                let file = self.open(place, item)?;
                let mut all = Accumulator::new();
                all.resources = resources(documents(&file)?)?;
                Ok(all)
            }
            Some(FileKind::Folder) => {
                let (folder, file) = self.base(place, item)?;
                let tree =
                    file.documents.first().ok_or_else(|| Fault::at(item, "this kustomization is empty"))?;
                let built = self.accumulate(&folder, file.path.clone(), tree, &place.chain, None);
                Ok(built.unwrap_or_else(Accumulator::new))
            }
            None => Err(Fault::at(item, missing(path))),
        }
    }

    fn component(&mut self, place: &Place<'_>, item: &Tree, all: Accumulator) -> Accumulator {
        let Some((folder, file)) = self.base(place, item).map_err(|fault| self.refuse(place, fault)).ok()
        else {
            return all;
        };
        let Some(tree) = file.documents.first() else { return all };
        let kept = all.clone();
        self.accumulate(&folder, file.path.clone(), tree, &place.chain, Some(all)).unwrap_or(kept)
    }

    /// The folder that `item` names, and the kustomization in it.
    fn base(&self, place: &Place<'_>, item: &Tree) -> Outcome<(String, Arc<SourceFile>)> {
        let path = text(item)?;
        let folder = join(place.folder, path)
            .filter(|folder| self.sources.files().kind(folder) == Some(FileKind::Folder))
            .ok_or_else(|| Fault::at(item, missing(path)))?;
        let holds =
            |seen: &String| *seen == folder || folder.is_empty() || seen.starts_with(&format!("{folder}/"));
        if place.chain.iter().any(holds) {
            return Err(Fault::at(item, "this folder holds the kustomization that takes it in"));
        }
        let file = self.find(&folder).map_err(|reason| Fault::at(item, reason))?;
        Ok((folder, file))
    }

    /// A file that a kustomization names.
    fn open(&self, place: &Place<'_>, item: &Tree) -> Outcome<Arc<SourceFile>> {
        let path = text(item)?;
        let at = join(place.folder, path).ok_or_else(|| Fault::at(item, missing(path)))?;
        let inside = place.folder.is_empty()
            || at.strip_prefix(place.folder).is_some_and(|rest| rest.starts_with('/'));
        if self.confined && !inside {
            return Err(Fault::at(
                item,
                "this file is outside the kustomization's folder, where it may not read",
            ));
        }
        if self.sources.files().kind(&at) != Some(FileKind::File) {
            return Err(Fault::at(item, missing(path)));
        }
        self.sources.open(&at).map_err(|reason| Fault::at(item, reason))
    }

    /// Everything that changes what was taken in, in the reference's order.
    fn transform(&mut self, place: &Place<'_>, fields: Fields<'_>, all: &mut Accumulator) {
        let config = all.config.clone();
        let objects = &mut all.resources;
        for item in self.note(place, fields.texts("patchesStrategicMerge")).unwrap_or_default() {
            let done = self.strategic(place, item, objects);
            self.note(place, done);
        }
        for item in self.note(place, fields.list("patches")).unwrap_or_default() {
            let done = self.patch(place, item, objects);
            self.note(place, done);
        }
        if let Some(namespace) = self.note(place, fields.text("namespace")).flatten() {
            self.note(place, transform::namespace(objects, namespace, &config));
        }
        let prefix = self.note(place, fields.text("namePrefix")).flatten();
        let suffix = self.note(place, fields.text("nameSuffix")).flatten();
        self.note(place, transform::names(objects, prefix, suffix, &config));
        for item in self.note(place, fields.list("labels")).unwrap_or_default() {
            self.note(place, transform::labels(objects, item, &config));
        }
        for (key, list) in [("commonLabels", "commonLabels"), ("commonAnnotations", "commonAnnotations")] {
            if let Some(pairs) = self.note(place, fields.pairs(key)) {
                self.note(place, transform::notes(objects, pairs, config.fields(list)));
            }
        }
        for item in self.note(place, fields.list("patchesJson6902")).unwrap_or_default() {
            let done = self.json6902(place, item, objects);
            self.note(place, done);
        }
        for item in self.note(place, fields.list("replicas")).unwrap_or_default() {
            self.note(place, transform::replicas(objects, item, &config));
        }
        for key in ["images", "imageTags"] {
            for item in self.note(place, fields.list(key)).unwrap_or_default() {
                self.note(place, transform::images(objects, item, &config));
            }
        }
    }

    fn strategic(&self, place: &Place<'_>, item: &Tree, objects: &mut Vec<Resource>) -> Outcome<()> {
        // An entry is a patch itself, or the name of a file with some.
        let inline = inline(self.sources, item)
            .ok()
            .filter(|found| found.iter().all(Tree::is_map) && !found.is_empty());
        match inline {
            Some(found) => patches::apply_strategic(objects, item, &found),
            None => {
                let file = self.open(place, item)?;
                patches::apply_strategic(objects, item, documents(&file)?)
            }
        }
    }

    fn patch(&self, place: &Place<'_>, item: &Tree, objects: &mut Vec<Resource>) -> Outcome<()> {
        let fields = Fields::of(item, &["path", "patch", "target", "options"])?;
        let allowed = patches::Allowed::read(fields.get("options"))?;
        let target = fields.get("target");
        match (fields.text("patch")?, fields.text("path")?) {
            (Some(patch), None) => {
                patches::apply(objects, item, &inline(self.sources, patch)?, target, allowed)
            }
            (None, Some(path)) => {
                let file = self.open(place, path)?;
                patches::apply(objects, item, documents(&file)?, target, allowed)
            }
            _ => Err(Fault::at(item, "a patch has either `patch` or `path`")),
        }
    }

    fn json6902(&self, place: &Place<'_>, item: &Tree, objects: &mut [Resource]) -> Outcome<()> {
        let fields = Fields::of(item, &["path", "patch", "target"])?;
        let target = fields.get("target");
        match (fields.text("patch")?, fields.text("path")?) {
            (Some(patch), None) => {
                patches::apply_json6902(objects, item, &inline(self.sources, patch)?, target)
            }
            (None, Some(path)) => {
                let file = self.open(place, path)?;
                patches::apply_json6902(objects, item, documents(&file)?, target)
            }
            _ => Err(Fault::at(item, "a patch has either `patch` or `path`")),
        }
    }
}

/// Annotations are text, whatever they look like.
fn annotations_as_text(tree: &mut Tree) {
    let notes = tree.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    let Some(Value::Map(entries)) = notes.map(|notes| &mut notes.value) else { return };
    for (_, value) in entries {
        let text = value.text().unwrap_or_default();
        if value.as_str().is_none() {
            *value = Tree::string(text, value.origin);
        }
    }
}

/// Whether an object only configures tools and is not applied.
fn is_local(tree: &Tree) -> bool {
    let note = tree.descend(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
    note.and_then(Tree::text).is_some_and(|value| value != "false")
}

/// Why nothing is at a path.
fn missing(path: &str) -> String {
    let remote = path.contains("://")
        || path.contains("git@")
        || path.contains("?ref=")
        || ["github.com/", "gitlab.com/", "bitbucket.org/", "git::"]
            .iter()
            .any(|host| path.starts_with(host));
    if remote {
        "this is fetched from elsewhere, and nothing is fetched".to_owned()
    } else if path.is_empty() {
        "a path is expected here".to_owned()
    } else {
        format!("there is no `{path}` in this repository")
    }
}
