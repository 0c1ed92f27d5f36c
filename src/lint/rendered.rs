//! Kubernetes objects judged as they are applied, not as they stand: overlays built, names and
//! namespaces given, variables filled in. What is found is reported where it is written.
//!
//! One cause is one finding, although five overlays show it: the others are named beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bumpalo::Bump;

use super::admitted::Admitted;
use super::place::{Source, whole_file};
use super::policies::Chosen;
use super::verdict::{Judge, Origins};
use super::{Checked, Options, file, rendering, surroundings};
use crate::collect::Project;
use crate::gitops::{self, FileId, Followed, Origin, Programs, Root, SourceFile, Sources, Tree};
use crate::model::file_path::folder_of;
use crate::model::{Category, Document, Finding, NodeRef, Region, Related};
use crate::platform::{self, is_kustomization};
use crate::policy::{Applier, Declared, Policy};

/// What the rendered objects of a project gave.
#[derive(Default)]
pub(super) struct Rendered {
    /// The findings, by the file they point at, from the repository's root; of every file that was covered.
    pub by_file: BTreeMap<String, Vec<Finding>>,
    /// Everything but the findings.
    pub rest: Checked,
}

/// How many overlays are named beside a finding.
const MOST_RELATED: usize = 8;

/// What makes two findings one: rule, file and region, and which of several of one object it is.
type Cause = (String, String, Region, usize);

/// Renders and judges everything that starts in a project's files.
///
/// Where `only` some files are judged, rendering starts around these.
pub(super) fn check(
    project: &Project,
    only: Option<&BTreeSet<String>>,
    chosen: &Chosen,
    programs: Programs,
    options: &Options,
) -> Rendered {
    let files = rendering::files_of(project);
    let rendering = rendering::options_of(project, None, programs);
    let asks_for_applier = chosen.policies.iter().any(Policy::asks_for_applier);
    let asks_for_others = chosen.policies.iter().any(|policy| policy.uses("resources.alsoAppliedBy"));
    let judged = gitops::each(&*files, &starts(project, only), &rendering, &|sources, root, followed| {
        let options = &surroundings::within(&root.build.objects, chosen, options);
        let object = root.object.as_ref().filter(|_| asks_for_applier).map(|object| object.document(0).0);
        let (applier, followed) = (object.as_ref(), asks_for_others.then_some(followed));
        Visit { sources, root, applier, followed, project, chosen, options }.root()
    });
    let mut rendered = Rendered::default();
    let mut known: HashMap<Cause, (String, usize)> = HashMap::new();
    for of_root in judged {
        for file in of_root.covered {
            rendered.by_file.entry(file).or_default();
        }
        rendered.rest.undecided.add(of_root.rest.undecided);
        rendered.rest.verdicts.extend(of_root.rest.verdicts);
        rendered.rest.summary.add(&of_root.rest.summary);
        rendered.rest.left_out.refused += of_root.rest.left_out.refused;
        rendered.rest.left_out.unknown += of_root.rest.left_out.unknown;
        for (cause, finding) in of_root.findings {
            match known.get(&cause) {
                Some((file, index)) => {
                    let of_file = rendered.by_file.get_mut(file);
                    if let Some(first) = of_file.and_then(|of_file| of_file.get_mut(*index)) {
                        relate(first, &of_root.place);
                    }
                }
                None => {
                    let file = cause.1.clone();
                    let of_file = rendered.by_file.entry(file.clone()).or_default();
                    known.insert(cause, (file, of_file.len()));
                    of_file.push(finding);
                }
            }
        }
    }
    rendered
}

/// The files in which rendering may start. Where only files that differ are judged, those are the
/// kustomizations around them: below the parent of a folder in which something differs.
fn starts<'p>(project: &'p Project, only: Option<&'p BTreeSet<String>>) -> Vec<&'p str> {
    let paths = project.files.iter().map(|file| file.in_repo.as_str());
    let Some(only) = only else { return paths.collect() };
    let around: BTreeSet<&str> = only.iter().map(|path| folder_of(folder_of(path))).collect();
    let is_near = |path: &str| {
        let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
        is_kustomization(path) && (around.contains("") || above.any(|folder| around.contains(folder)))
    };
    paths.filter(|path| only.contains(*path) || is_near(path)).collect()
}

/// What was found in files that are not judged themselves: other manifests, whose suppressions count, and
/// files that are no manifests, such as the properties that a generator reads.
pub(super) fn settle(
    project: &Project,
    by_file: BTreeMap<String, Vec<Finding>>,
    options: &Options,
) -> Checked {
    let mut settled = Checked::default();
    if !project.whole && project.narrowed.is_none() {
        return settled;
    }
    for (path, findings) in by_file.into_iter().filter(|(_, findings)| !findings.is_empty()) {
        let input = project.files.binary_search_by(|file| file.in_repo.as_str().cmp(&path)).ok();
        let input = input.and_then(|at| project.files.get(at));
        let input = input.or_else(|| project.files.iter().find(|file| file.in_repo == path));
        settled.findings.extend(match input {
            Some(input) => {
                let checked = file::check(input, Some(findings), project, &Chosen::default(), options);
                checked.findings.into_iter().filter(|found| found.rule.category != Category::Meta).collect()
            }
            None => findings,
        });
    }
    settled
}

/// Names another root that shows the same.
fn relate(finding: &mut Finding, place: &Related) {
    let is_known = finding.related.iter().any(|related| related.message == place.message);
    if !is_known && finding.location.file != place.location.file && finding.related.len() < MOST_RELATED {
        finding.related.push(place.clone());
    }
}

/// What one root gave.
struct OfRoot {
    place: Related,
    covered: BTreeSet<String>,
    findings: Vec<(Cause, Finding)>,
    rest: Checked,
}

impl OfRoot {
    fn new(root: &Root, project: &Project) -> Self {
        let place = Related {
            location: whole_file(project.display(&root.file)),
            message: format!("also in the {} {}", root.kind.as_str(), root.name),
        };
        Self { place, covered: BTreeSet::new(), findings: Vec::new(), rest: Checked::default() }
    }

    fn add(&mut self, checked: Checked, project: &Project) {
        let mut counts: HashMap<(String, String, Region), usize> = HashMap::new();
        for finding in checked.findings {
            let file = project.in_repo(&finding.location.file).to_owned();
            let (rule, region) = (finding.rule.id.clone(), finding.location.region);
            let nth = counts.entry((rule.clone(), file.clone(), region)).or_default();
            *nth += 1;
            self.findings.push(((rule, file, region, *nth), finding));
        }
        self.rest.undecided.add(checked.undecided);
        self.rest.verdicts.extend(checked.verdicts);
        self.rest.summary.add(&checked.summary);
    }
}

/// A root at which rendering has arrived.
struct Visit<'v> {
    sources: &'v Sources<'v>,
    root: &'v Root,
    /// The object that has the root applied, when a policy asks for it.
    applier: Option<&'v Document<'v>>,
    /// The other roots, when a policy asks for them.
    followed: Option<&'v Followed<'v>>,
    project: &'v Project,
    chosen: &'v Chosen,
    options: &'v Options,
}

impl Visit<'_> {
    fn root(&self) -> OfRoot {
        let build = &self.root.build;
        let mut of_root = OfRoot::new(self.root, self.project);
        of_root.rest.left_out.refused = usize::from(!build.refusals.is_empty());
        of_root.rest.left_out.unknown =
            usize::from(build.objects.is_empty() && !self.root.unknown.is_empty());
        for object in &build.objects {
            self.object(object, &mut of_root);
        }
        of_root
    }

    fn object(&self, object: &Tree, of_root: &mut OfRoot) {
        let Self { sources, project, chosen, options, .. } = *self;
        let (mut document, origins) = object.document(0);
        let Some(platform) = platform::recognise("object.yaml", &document) else { return };
        platform.prepare(&mut document);
        let document = &document;
        let mut files: BTreeMap<FileId, Arc<SourceFile>> = BTreeMap::new();
        for origin in &origins {
            if !files.contains_key(&origin.file)
                && let Some(file) = sources.file(origin.file)
            {
                files.insert(origin.file, file);
            }
        }
        let text = |file: &'_ Arc<SourceFile>| project.display(&file.path);
        let texts = files.iter().map(|(id, file)| (*id, Source::new(text(file), &file.path, &file.text)));
        let Some(texts) = Texts::new(texts.collect(), &origins, object.origin.file) else { return };
        let mut resources = Vec::new();
        platform.resources(document, &mut resources);
        let applier = self.applier_of(object);
        let mut judge = Judge::new(&texts, project, options, Checked::default());
        judge.applier = applier.as_ref();
        let overridden = chosen.overrides.policies(texts.main().in_repo, &chosen.policies);
        let policies = overridden.as_deref().unwrap_or(&chosen.policies);
        let mut arena = Bump::new();
        for resource in &resources {
            judge.resource(resource, false, policies, &arena);
            arena.reset();
        }
        if !chosen.native.policies.is_empty() {
            let admitted = Admitted::new(std::slice::from_ref(document), &resources, &chosen.native.world);
            for resource in &resources {
                judge.native(resource, &admitted, chosen, &arena);
                arena.reset();
            }
        }
        of_root.covered.extend(files.values().map(|file| file.path.to_string()));
        of_root.add(judge.checked, project);
    }

    /// What applies an object of the root, when a policy asks and it is not a person.
    fn applier_of(&self, object: &Tree) -> Option<Applier<'_>> {
        let others = self.followed.map(|followed| followed.others(self.root, object));
        Some(Applier {
            declared: declared(self.root),
            object: self.applier?.root()?,
            others: others.into_iter().flatten().map(declared).collect(),
        })
    }
}

fn declared(root: &Root) -> Declared<'_> {
    Declared { kind: root.kind.as_str(), name: &root.name, file: &root.file }
}

/// The texts that the nodes of one object stand in.
struct Texts<'t> {
    origins: &'t [Origin],
    sources: Vec<(FileId, Source<'t>)>,
    /// Which of them the object as a whole belongs to.
    main: usize,
}

impl<'t> Texts<'t> {
    /// `None` when the object belongs to none of the texts.
    fn new(sources: Vec<(FileId, Source<'t>)>, origins: &'t [Origin], main: FileId) -> Option<Self> {
        let main = sources.iter().position(|(id, _)| *id == main)?;
        Some(Self { origins, sources, main })
    }
}

impl Texts<'_> {
    fn main(&self) -> &Source<'_> {
        &self.sources[self.main].1
    }
}

impl Origins for Texts<'_> {
    fn source_of(&self, node: NodeRef<'_>) -> &Source<'_> {
        let of_node = self
            .origins
            .get(node.id.0 as usize)
            .and_then(|origin| self.sources.iter().find(|(id, _)| *id == origin.file));
        of_node.map_or_else(|| self.main(), |(_, source)| source)
    }
}
