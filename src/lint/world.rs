//! The native policies of a run: those given, those in the linted tree, and the objects around both.
//!
//! Files are looked through for this before the first is judged. A text without the words that matter is not
//! parsed here.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;

use crate::collect::{InputFile, Project};
use crate::model::{Document, Platform, Resource};
use crate::policy::native::{self, Input, Loaded, NativePolicy, Needs, World};
use crate::{platform, syntax};

/// How many native policies a linted tree may hold that run on it unasked. A cluster's configuration has a
/// few dozen; a tree with more is a library of policies, whose objects are test cases.
pub const MOST_IN_TREE: usize = 100;

/// The native policies that run on a project, and what they can know.
#[derive(Clone, Default)]
pub struct Native {
    /// The policies, sorted by id.
    pub policies: Vec<Arc<NativePolicy>>,
    /// The objects around.
    pub world: Arc<World>,
    index: Arc<Index>,
}

/// Which policies may be about a kind, by kind and API version; filled as kinds are met.
#[derive(Default)]
struct Index(RwLock<HashMap<String, ByVersion>>);

/// The places of policies in their list, by API version.
type ByVersion = HashMap<String, Arc<[usize]>>;

impl Native {
    /// These policies.
    pub fn new(policies: Vec<Arc<NativePolicy>>, world: Arc<World>) -> Self {
        Self { policies, world, index: Arc::default() }
    }

    /// The policies that may be about a resource, in order.
    pub fn about<'n>(&'n self, resource: &Resource<'_>) -> impl Iterator<Item = &'n NativePolicy> + use<'n> {
        let found = self.places(resource);
        (0..found.len()).filter_map(move |at| Some(&**self.policies.get(*found.get(at)?)?))
    }

    fn places(&self, resource: &Resource<'_>) -> Arc<[usize]> {
        let (version, kind) = (resource.api_version, resource.kind);
        let known = self.index.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(kind).and_then(|versions| versions.get(version)) {
            return found.clone();
        }
        drop(known);
        let policies = self.policies.iter().enumerate();
        let found = policies.filter(|(_, policy)| policy.may_be_about(version, kind, &self.world));
        let found: Arc<[usize]> = found.map(|(at, _)| at).collect();
        let mut known = self.index.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(kind.to_owned()).or_default().insert(version.to_owned(), found.clone());
        found
    }
}

/// What was loaded, and what was not.
pub struct Found {
    /// The policies and the objects around.
    pub loaded: Loaded,
    /// How many policies the tree holds that do not run, because it is a library of them.
    pub passed_over: usize,
}

/// Loads the native policies in `given`, and in the files of `project` that are not among `files`, from
/// which `given` was read.
pub fn load(given: Vec<Input>, files: &BTreeSet<PathBuf>, project: Option<&Project>) -> Found {
    let tree: Vec<&InputFile> = project
        .into_iter()
        .flat_map(|project| project.files.iter().map(move |file| (project, file)))
        .filter(|(project, file)| {
            let is_part = project.patches.contains(&file.in_repo);
            !is_part && !project.is_chart_template(&file.in_repo) && !files.contains(&file.path)
        })
        .map(|(_, file)| file)
        .collect();
    let mut inputs = given;
    let in_tree = AtomicUsize::new(0);
    let holds_policies = |text: &[u8], _: &_| native::may_hold_policies(text);
    // Of a library only the number is kept, which may be thousands.
    let until_too_many = |found: Vec<Input>| {
        let policies = found.iter().map(Input::policies).sum();
        let before = in_tree.fetch_add(policies, Ordering::Relaxed);
        if before + policies > MOST_IN_TREE { Vec::new() } else { found }
    };
    let read = |needs: &Needs, may_hold: &MayHold<'_>, keep: &Keep<'_>| {
        project.map_or_else(Vec::new, |project| read(project, &tree, needs, may_hold, keep))
    };
    let mut policies = read(&Needs::default(), &holds_policies, &until_too_many);
    let in_tree = in_tree.into_inner();
    let is_library = in_tree > MOST_IN_TREE;
    if is_library {
        policies.clear();
    }
    let passed_over = if is_library { in_tree } else { 0 };
    inputs.extend(policies.iter().cloned());
    let needs = Needs::of(&inputs);
    if !needs.any() {
        return Found { loaded: native::load(Vec::new()), passed_over };
    }
    inputs.truncate(inputs.len() - policies.len());
    let around = read(
        &needs,
        &|text, needs: &Needs| needs.may_be_in(text) || (!is_library && native::may_hold_policies(text)),
        &|found| found,
    );
    inputs.extend(around.into_iter().filter(|input| !is_library || input.policies() == 0));
    let mut loaded = native::load(inputs);
    loaded.world.read_yaml = Some(read_yaml);
    Found { loaded, passed_over }
}

/// Whether the files of a project that are judged hold a native policy.
pub fn is_in(project: &Project) -> bool {
    let judged =
        |file: &&InputFile| project.narrowed.as_ref().is_none_or(|narrowed| narrowed.contains(&file.in_repo));
    let files: Vec<&InputFile> = project.files.iter().filter(judged).collect();
    let may_hold = |text: &[u8], _: &Needs| native::may_hold_policies(text);
    !read(project, &files, &Needs::default(), &may_hold, &|found| found).is_empty()
}

/// The first document of a YAML text.
pub(super) fn read_yaml(text: &str) -> Option<Document<'static>> {
    let parsed = syntax::for_file("text.yaml")?.parse(text);
    (!parsed.has_parse_error()).then(|| parsed.documents.into_iter().next().map(Document::into_owned))?
}

/// Whether a text may hold what is asked for; a look at its bytes.
type MayHold<'m> = dyn Fn(&[u8], &Needs) -> bool + Sync + 'm;
/// What is kept of the documents of a file.
type Keep<'k> = dyn Fn(Vec<Input>) -> Vec<Input> + Sync + 'k;

/// The documents that `needs` asks for, of the files whose text may hold them, as far as they are to be kept.
fn read(
    project: &Project,
    files: &[&InputFile],
    needs: &Needs,
    may_hold: &MayHold<'_>,
    keep: &Keep<'_>,
) -> Vec<Input> {
    let of_file = |file: &&InputFile| {
        // What cannot be read is reported when the file is checked.
        let bytes = project.read(file).ok().filter(|bytes| may_hold(bytes, needs));
        bytes.map_or_else(Vec::new, |bytes| keep(documents(file, bytes, needs)))
    };
    files.par_iter().flat_map_iter(of_file).collect()
}

fn documents(file: &InputFile, bytes: Vec<u8>, needs: &Needs) -> Vec<Input> {
    let (Some(syntax), Ok(text)) = (syntax::for_file(&file.in_repo), syntax::decode(bytes)) else {
        return Vec::new();
    };
    let is_object = |document: &Document<'_>| {
        let platform = platform::recognise(&file.in_repo, document);
        platform.is_some_and(|platform: &dyn Platform| platform.format().0 == "kubernetes")
    };
    let documents = syntax.parse(&text).documents.into_iter();
    documents
        .filter(|document| is_object(document) && needs.met_by(&file.display, document))
        .map(|document| Input { file: file.display.clone(), document: document.into_owned() })
        .collect()
}
