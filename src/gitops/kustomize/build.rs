//! One kustomization after the other: what it takes in, in which order it is changed, and what is refused.

use std::collections::HashSet;
use std::sync::Arc;

use super::fault::{Fault, Fields, Outcome};
use super::field_specs::Config;
use super::loader::{Loader, Place};
use super::objects::{check_json, documents, inline, resources};
use super::resource::Resource;
use super::vars::Var;
use super::{finish, generate, patches, references, replacements, transform, vars};
use crate::gitops::{Build, FileKind, Refusal, Sources, Tree};
use crate::model::Span;

/// How deep bases may be nested.
const MAX_DEPTH: usize = 64;
/// How many kustomizations one build may take in.
const MAX_KUSTOMIZATIONS: usize = 10_000;
/// How many values the objects of one build may hold.
const MAX_VALUES: usize = 10_000_000;

/// The fields that are rendered.
const FIELDS: &str = "apiVersion kind metadata resources bases components namespace namePrefix nameSuffix labels \
    commonLabels commonAnnotations patches patchesStrategicMerge patchesJson6902 images imageTags replicas \
    configMapGenerator secretGenerator generatorOptions replacements configurations vars sortOptions";
/// The fields that are the reference's and not rendered.
const REFUSED: &str = "openapi crds helmCharts helmGlobals helmChartInflationGenerator generators transformers \
    validators buildMetadata";

/// What has been taken in so far.
#[derive(Clone, Debug)]
struct Accumulator {
    resources: Vec<Resource>,
    config: Arc<Config>,
    vars: Vec<Var>,
}

impl Accumulator {
    fn new(resources: Vec<Resource>) -> Self {
        Self { resources, config: Config::default_fields(), vars: Vec::new() }
    }
}

/// One build.
pub(super) struct Builder<'s> {
    loader: Loader<'s>,
    refusals: Vec<Refusal>,
    kustomizations: usize,
    values: usize,
}

impl<'s> Builder<'s> {
    /// A build that may read files anywhere in the repository unless it is `confined`.
    pub(super) fn new(sources: &'s Sources<'s>, confined: bool) -> Self {
        Self { loader: Loader { sources, confined }, refusals: Vec::new(), kustomizations: 0, values: 0 }
    }

    /// Builds the kustomization in `folder`, or `kustomization` as if it stood there.
    pub(super) fn run(mut self, folder: &str, kustomization: Option<&Tree>) -> Build {
        let objects = match kustomization {
            Some(tree) => {
                let file = self.loader.sources.file(tree.origin.file);
                self.root(folder, file.map_or_else(|| folder.into(), |file| file.path.clone()), tree)
            }
            None => match self.loader.find(folder) {
                Ok(file) => {
                    let tree = file.documents.first();
                    tree.map(|tree| self.root(folder, file.path.clone(), tree)).unwrap_or_default()
                }
                Err(reason) => {
                    self.refusals.push(Refusal { file: folder.into(), span: Span::default(), reason });
                    Vec::new()
                }
            },
        };
        self.refusals.sort_unstable();
        self.refusals.dedup();
        Build {
            objects: objects.into_iter().map(|resource| resource.tree).collect(),
            refusals: self.refusals,
        }
    }

    /// A kustomization that no other takes in: what is done once, when every name is final, is done here.
    fn root(&mut self, folder: &str, file: Arc<str>, tree: &Tree) -> Vec<Resource> {
        let place = Place { folder, file, chain: vec![folder.to_owned()] };
        let Some(mut all) = self.accumulate(&place, tree, None) else { return Vec::new() };
        let objects = &mut all.resources;
        self.note(&place, generate::add_hashes(objects));
        self.note(&place, references::fix(objects, &all.config));
        self.note(&place, vars::resolve(objects, &all.vars, &all.config));
        self.note(
            &place,
            finish::finish(objects, tree.get("sortOptions").filter(|options| !options.is_null())),
        );
        all.resources
    }

    fn refuse(&mut self, place: &Place<'_>, fault: Fault) {
        if fault.is_consequence && !self.refusals.is_empty() {
            return;
        }
        let file = fault.at.and_then(|at| self.loader.sources.file(at.file));
        let file = file.map_or_else(|| place.file.clone(), |file| file.path.clone());
        let span = fault.at.map(|at| at.span).unwrap_or_default();
        self.refusals.push(Refusal { file, span, reason: fault.reason });
    }

    fn note<T>(&mut self, place: &Place<'_>, outcome: Outcome<T>) -> Option<T> {
        outcome.map_err(|fault| self.refuse(place, fault)).ok()
    }

    /// The items of a list; what is none is refused.
    fn each<'t>(&mut self, place: &Place<'_>, items: Outcome<&'t [Tree]>) -> &'t [Tree] {
        self.note(place, items).unwrap_or_default()
    }

    /// Takes in a kustomization; as a component it changes `into`, otherwise it starts with nothing.
    fn accumulate(
        &mut self,
        place: &Place<'_>,
        tree: &Tree,
        into: Option<Accumulator>,
    ) -> Option<Accumulator> {
        self.kustomizations += 1;
        if self.kustomizations > MAX_KUSTOMIZATIONS || place.chain.len() > MAX_DEPTH {
            self.refuse(place, Fault::at(tree, "this build takes in too many kustomizations"));
            return into;
        }
        if let Err(fault) = check_kind(tree, into.is_some(), place.chain.len() == 1) {
            self.refuse(place, fault);
            return into;
        }
        for (key, value) in tree.entries() {
            let name = key.text().unwrap_or_default();
            let known = |list: &str| list.split_whitespace().any(|known| known == name);
            if known(REFUSED) {
                // An empty one asks for nothing.
                if !value.is_null() && (!value.items().is_empty() || !value.entries().is_empty()) {
                    self.refuse(place, Fault::at(key, format!("`{name}` is not rendered here")));
                }
            } else if !known(FIELDS) {
                self.refuse(place, Fault::at(key, format!("Kustomize has no field `{name}`")));
            }
        }
        let fields = Fields::any(tree);
        let mut all = into.unwrap_or_else(|| Accumulator::new(Vec::new()));
        for key in ["resources", "bases"] {
            for item in self.each(place, fields.texts(key)) {
                let more = self.resource(place, item).and_then(|more| self.append(&mut all, more, item));
                self.note(place, more);
            }
        }
        for item in self.each(place, fields.texts("configurations")) {
            let done = self.configure(place, item, &mut all.config);
            self.note(place, done);
        }
        self.generate(place, fields, &mut all.resources);
        for item in self.each(place, fields.texts("components")) {
            all = self.component(place, item, all);
        }
        self.transform(place, fields, &mut all);
        for item in self.each(place, fields.list("vars")) {
            let var = vars::read(item, &mut all.resources, &all.vars);
            all.vars.extend(self.note(place, var));
        }
        Some(all)
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
        for var in more.vars {
            var.check_new(&all.vars)?;
            all.vars.push(var);
        }
        Ok(())
    }

    /// A file of objects, or a folder with a kustomization.
    fn resource(&mut self, place: &Place<'_>, item: &Tree) -> Outcome<Accumulator> {
        if self.loader.kind(place, item)? == FileKind::File {
            let file = self.loader.open(place, item)?;
            return Ok(Accumulator::new(resources(documents(&file)?)?));
        }
        let (folder, file) = self.loader.base(place, item)?;
        let below = below(place, &folder, &file.path);
        let built = file.documents.first().and_then(|tree| self.accumulate(&below, tree, None));
        Ok(built.unwrap_or_else(|| Accumulator::new(Vec::new())))
    }

    fn component(&mut self, place: &Place<'_>, item: &Tree, all: Accumulator) -> Accumulator {
        let found = self.loader.base(place, item);
        let Some((folder, file)) = self.note(place, found) else { return all };
        let below = below(place, &folder, &file.path);
        let Some(tree) = file.documents.first() else { return all };
        self.accumulate(&below, tree, Some(all)).unwrap_or_else(|| Accumulator::new(Vec::new()))
    }

    /// A file that says which fields transformers set, besides the reference's own.
    fn configure(&self, place: &Place<'_>, item: &Tree, config: &mut Arc<Config>) -> Outcome<()> {
        let file = self.loader.open(place, item)?;
        for document in documents(&file)?.iter().take(1) {
            let more = Config::read(document)?;
            Arc::make_mut(config).merge(&more).map_err(|fault| fault.or_at(item))?;
        }
        Ok(())
    }

    fn generate(&mut self, place: &Place<'_>, fields: Fields<'_>, objects: &mut Vec<Resource>) {
        let options = fields.get("generatorOptions");
        let kinds =
            [("configMapGenerator", generate::Kind::ConfigMap), ("secretGenerator", generate::Kind::Secret)];
        for (key, kind) in kinds {
            for item in self.each(place, fields.list(key)) {
                let read: generate::Read<'_> = &|item, path| self.loader.read(place, item, path);
                let made = generate::generate(item, kind, options, read);
                let done = made.and_then(|made| generate::absorb(objects, made, item));
                self.note(place, done);
            }
        }
    }

    /// Everything that changes what was taken in, in the reference's order.
    fn transform(&mut self, place: &Place<'_>, fields: Fields<'_>, all: &mut Accumulator) {
        let config = all.config.clone();
        let objects = &mut all.resources;
        for item in self.each(place, fields.texts("patchesStrategicMerge")) {
            let done = self.strategic(place, item, objects);
            self.note(place, done);
        }
        for item in self.each(place, fields.list("patches")) {
            let done = self.patch(place, item, objects);
            self.note(place, done);
        }
        if let Some(namespace) = self.note(place, fields.text("namespace")).flatten() {
            self.note(place, transform::namespace(objects, namespace, &config));
        }
        let prefix = self.note(place, fields.text("namePrefix")).flatten();
        let suffix = self.note(place, fields.text("nameSuffix")).flatten();
        self.note(place, transform::names(objects, prefix, suffix, &config));
        for item in self.each(place, fields.list("labels")) {
            self.note(place, transform::labels(objects, item, &config));
        }
        for key in ["commonLabels", "commonAnnotations"] {
            if let Some(pairs) = self.note(place, fields.pairs(key)) {
                self.note(place, transform::notes(objects, pairs, config.fields(key)));
            }
        }
        for item in self.each(place, fields.list("patchesJson6902")) {
            let done = self.json6902(place, item, objects);
            self.note(place, done);
        }
        for item in self.each(place, fields.list("replicas")) {
            self.note(place, transform::replicas(objects, item, &config));
        }
        for key in ["images", "imageTags"] {
            for item in self.each(place, fields.list(key)) {
                self.note(place, transform::images(objects, item, &config));
            }
        }
        for item in self.each(place, fields.list("replacements")) {
            let done = self.replace(place, item, objects);
            self.note(place, done);
        }
    }

    fn strategic(&self, place: &Place<'_>, item: &Tree, objects: &mut Vec<Resource>) -> Outcome<()> {
        // An entry is a patch itself, or the name of a file with some.
        let own = inline(self.loader.sources, item).ok();
        if let Some(own) = own.filter(|own| own.iter().all(Tree::is_map) && !own.is_empty()) {
            return patches::apply_strategic(objects, item, &own);
        }
        let file = self.loader.open(place, item)?;
        patches::apply_strategic(objects, item, documents(&file)?)
    }

    fn patch(&self, place: &Place<'_>, item: &Tree, objects: &mut Vec<Resource>) -> Outcome<()> {
        let fields = Fields::of(item, &["path", "patch", "target", "options"])?;
        let allowed = patches::Allowed::read(fields.get("options"))?;
        let target = fields.get("target");
        self.texts_of(place, item, |found| patches::apply(objects, item, found, target, allowed))
    }

    fn json6902(&self, place: &Place<'_>, item: &Tree, objects: &mut [Resource]) -> Outcome<()> {
        let target = Fields::of(item, &["path", "patch", "target", "options"])?.get("target");
        self.texts_of(place, item, |found| patches::apply_json6902(objects, item, found, target))
    }

    /// The documents of a patch, which stands in the kustomization or in a file.
    fn texts_of(
        &self,
        place: &Place<'_>,
        item: &Tree,
        apply: impl FnOnce(&[Tree]) -> Outcome<()>,
    ) -> Outcome<()> {
        let fields = Fields::any(item);
        match (fields.text("patch")?, fields.text("path")?) {
            (Some(patch), None) => {
                check_json(patch.text().unwrap_or_default().trim_start(), patch)?;
                apply(&inline(self.loader.sources, patch)?)
            }
            (None, Some(path)) => {
                let file = self.loader.open(place, path)?;
                check_json(&file.text, path)?;
                apply(documents(&file)?)
            }
            _ => Err(Fault::at(item, "a patch has either `patch` or `path`")),
        }
    }

    fn replace(&self, place: &Place<'_>, item: &Tree, objects: &mut [Resource]) -> Outcome<()> {
        let Some(path) = Fields::any(item).get("path") else { return replacements::apply(objects, item) };
        let file = self.loader.open(place, path)?;
        let Some(document) = documents(&file)?.first() else { return Ok(()) };
        match document.items() {
            [] => replacements::apply(objects, document),
            all => all.iter().try_for_each(|item| replacements::apply(objects, item)),
        }
    }
}

fn below<'p>(place: &Place<'_>, folder: &'p str, file: &Arc<str>) -> Place<'p> {
    let chain = place.chain.iter().cloned().chain([folder.to_owned()]).collect();
    Place { folder, file: file.clone(), chain }
}

/// Whether a kustomization is one, and one that may stand where it does.
fn check_kind(tree: &Tree, as_component: bool, is_root: bool) -> Outcome<()> {
    if !tree.is_map() {
        return Err(Fault::at(tree, "a kustomization is a mapping"));
    }
    let says = |key| tree.get(key).and_then(Tree::text).unwrap_or_default();
    let is_component = says("kind") == "Component";
    if !is_component && !matches!(says("kind"), "" | "Kustomization") {
        return Err(Fault::at(tree, "the `kind` has to be Kustomization or Component"));
    }
    let version = if is_component { "v1alpha1" } else { "v1beta1" };
    if !matches!(says("apiVersion").strip_prefix("kustomize.config.k8s.io/"), Some(said) if said == version)
        && !says("apiVersion").is_empty()
    {
        return Err(Fault::at(tree, format!("the `apiVersion` has to be kustomize.config.k8s.io/{version}")));
    }
    if is_component != as_component && !is_root {
        let wanted =
            if as_component { "a Component is expected" } else { "a Component stands under `components`" };
        return Err(Fault::at(tree, wanted));
    }
    let is_empty =
        |(key, value): &(Tree, Tree)| matches!(key.text(), Some("apiVersion" | "kind")) || value.is_null();
    if tree.entries().iter().all(is_empty) {
        return Err(Fault::at(tree, "this kustomization is empty"));
    }
    Ok(())
}
