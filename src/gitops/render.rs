//! From a repository to everything it applies: where rendering starts, and what each rendered object
//! leads to.
//!
//! A start is an object of a controller (Flux, Argo CD) that nothing else in the repository applies, or a
//! kustomization that nothing else builds on. What is rendered may hold objects of controllers again.

use std::collections::{HashMap, HashSet, VecDeque};

use rayon::prelude::*;

use super::controller::{At, Controller, Options, Root, RootKind, kustomization_of};
use super::followed::Followed;
use super::tree::{FileId, Tree};
use super::{FileKind, Files, Refusal, Sources, argo, flux, helm, kustomize};
use crate::model::Span;
use crate::model::file_path::{folder_of, is_within, join};
use crate::platform::is_kustomization;

/// Every controller.
static CONTROLLERS: &[&dyn Controller] =
    &[&flux::Kustomization, &helm::Release, &argo::Application, &argo::ApplicationSet];

/// The texts without which a file holds no object of a controller.
const SIGNS: [&[u8]; 2] = [b"fluxcd.io/", b"argoproj.io/"];

/// Renders everything that the files at `paths` lead to. Roots come in a fixed order.
pub fn render(sources: &Sources<'_>, paths: &[&str], options: &Options) -> Vec<Root> {
    let (mut roots, overlays) = starts(sources, paths, options);
    let paths: Vec<&str> = overlays.into_iter().flatten().collect();
    roots.par_extend(paths.into_par_iter().flat_map_iter(|path| with_releases(sources, path, options)));
    roots
}

/// The same, but what `visit` makes of each root is all that is kept of it, so that memory does not grow
/// with the repository.
pub fn each<T: Send>(
    files: &dyn Files,
    paths: &[&str],
    options: &Options,
    visit: &(dyn Fn(&Sources<'_>, &Root, &Followed<'_>) -> T + Sync),
) -> Vec<T> {
    let (followed, overlays): (Vec<T>, _) = {
        // Every kustomization has been opened in these by the end, and the overlays want them a group at a time.
        let sources = Sources::new(files);
        let (roots, overlays) = starts(&sources, paths, options);
        let side_by_side = Followed::new(&roots);
        (roots.par_iter().map(|root| visit(&sources, root, &side_by_side)).collect(), overlays)
    };
    let of_group = |group: Vec<&str>| -> Vec<T> {
        let sources = Sources::new(files);
        let roots = group.into_iter().flat_map(|path| with_releases(&sources, path, options));
        roots.map(|root| visit(&sources, &root, &Followed::new(&[]))).collect()
    };
    let overlays: Vec<Vec<T>> = overlays.into_par_iter().map(of_group).collect();
    followed.into_iter().chain(overlays.into_iter().flatten()).collect()
}

/// What controllers apply, rendered, and the kustomizations that nothing else builds on, in groups that
/// share no base.
fn starts<'p>(sources: &Sources<'_>, paths: &[&'p str], options: &Options) -> (Vec<Root>, Vec<Vec<&'p str>>) {
    let found = scan(sources, paths);
    let mut work = Work { sources, options, found: &found, roots: Vec::new(), reached: HashSet::new() };
    for entry in entries(sources, &found) {
        work.follow(entry);
    }
    let mut built = HashSet::new();
    for folder in work.roots.iter().filter_map(|root| root.folder.clone()) {
        add_bases(sources, &folder, &mut built);
    }
    let overlays = overlays(sources, paths, options, &built);
    (work.roots, groups(sources, overlays))
}

/// Puts overlays that share a base, however far below, into one group.
fn groups<'p>(sources: &Sources<'_>, overlays: Vec<&'p str>) -> Vec<Vec<&'p str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut group_of: HashMap<String, usize> = HashMap::new();
    for path in overlays {
        let mut folders = HashSet::new();
        add_bases(sources, folder_of(path), &mut folders);
        let mut shared: Vec<usize> =
            folders.iter().filter_map(|folder| group_of.get(folder).copied()).collect();
        shared.sort_unstable();
        shared.dedup();
        let home = shared.first().copied().unwrap_or(groups.len());
        if home == groups.len() {
            groups.push(Vec::new());
        }
        // What this overlay joins becomes one; the emptied groups stay behind, which harms nobody.
        for other in shared.into_iter().skip(1) {
            let moved = std::mem::take(&mut groups[other]);
            groups[home].extend(moved);
            group_of.values_mut().filter(|group| **group == other).for_each(|group| *group = home);
        }
        groups[home].push(path);
        group_of.extend(folders.into_iter().map(|folder| (folder, home)));
    }
    for group in &mut groups {
        group.sort_unstable();
    }
    groups
}

/// The kustomizations in `folders`, when every folder holds one and no cluster was asked for: what somebody
/// means who names an overlay.
pub fn render_folders(sources: &Sources<'_>, folders: &[String], options: &Options) -> Option<Vec<Root>> {
    if folders.is_empty() || options.cluster_path.is_some() {
        return None;
    }
    let kustomizations: Option<Vec<String>> =
        folders.iter().map(|folder| kustomization_of(sources, folder)).collect();
    Some(kustomizations?.iter().map(|path| overlay(sources, path, options)).collect())
}

struct Work<'w> {
    sources: &'w Sources<'w>,
    options: &'w Options,
    found: &'w [Tree],
    roots: Vec<Root>,
    /// The objects of controllers that something applies.
    reached: HashSet<(FileId, Span)>,
}

/// How many roots one repository may have.
const MAX_ROOTS: usize = 20_000;

impl Work<'_> {
    fn follow(&mut self, entry: &Tree) {
        if self.reached.contains(&identity(entry)) {
            return;
        }
        let cluster = cluster_of(self.sources, entry);
        let is_wanted = self.options.cluster_path.as_ref().is_none_or(|wanted| {
            let own = self.sources.file(entry.origin.file).map(|file| file.path.clone()).unwrap_or_default();
            is_within(&cluster, wanted) || is_within(&own, wanted)
        });
        if !is_wanted {
            return;
        }
        let mut seen = HashSet::new();
        let mut queue = VecDeque::from([entry.clone()]);
        while let Some(object) = queue.pop_front() {
            let Some(controller) = CONTROLLERS.iter().find(|controller| controller.claims(&object)) else {
                continue;
            };
            self.reached.insert(identity(&object));
            if !seen.insert(name_of(&object)) || self.roots.len() > MAX_ROOTS {
                continue;
            }
            let at = At {
                sources: self.sources,
                options: self.options,
                roots: &self.roots,
                found: self.found,
                cluster: &cluster,
            };
            let roots = controller.render(&object, &at);
            for root in &roots {
                let led_to = root.build.objects.iter();
                queue.extend(led_to.filter(|object| CONTROLLERS.iter().any(|c| c.claims(object))).cloned());
            }
            self.roots.extend(roots);
        }
    }
}

fn identity(object: &Tree) -> (FileId, Span) {
    (object.origin.file, object.origin.span)
}

/// `Kind/namespace/name`, as one cluster knows an object.
fn name_of(object: &Tree) -> String {
    let text = |keys: &[&str]| object.descend(keys).and_then(Tree::text).unwrap_or_default();
    format!(
        "{}/{}/{}/{}",
        text(&["apiVersion"]),
        text(&["kind"]),
        text(&["metadata", "namespace"]),
        text(&["metadata", "name"])
    )
}

/// The objects of controllers in the files, in the order of paths.
fn scan(sources: &Sources<'_>, paths: &[&str]) -> Vec<Tree> {
    let of_file = |path: &&str| -> Vec<Tree> {
        let holds = |bytes: &[u8]| SIGNS.iter().any(|sign| memchr::memmem::find(bytes, sign).is_some());
        let is_yaml = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        if !is_yaml || !sources.files().read(path).is_ok_and(|bytes| holds(&bytes)) {
            return Vec::new();
        }
        let Ok(file) = sources.open(path) else { return Vec::new() };
        file.documents.iter().filter(|object| object.get("apiVersion").is_some()).cloned().collect()
    };
    paths.par_iter().flat_map_iter(of_file).collect()
}

/// The objects to begin with: those that apply the folder they stand in first, then the upper folders.
fn entries<'f>(sources: &Sources<'_>, found: &'f [Tree]) -> Vec<&'f Tree> {
    let mut entries: Vec<(bool, usize, String, &Tree)> = found
        .iter()
        .filter_map(|object| {
            let controller = CONTROLLERS.iter().find(|controller| controller.claims(object))?;
            if !controller.is_entry() {
                return None;
            }
            let file = sources.file(object.origin.file)?.path.clone();
            let path = controller.path(object);
            let is_bootstrap = path.as_ref().is_some_and(|path| is_within(&file, path));
            Some((!is_bootstrap, path.map_or(usize::MAX, |path| path.len()), file.to_string(), object))
        })
        .collect();
    entries.sort_by(|a, b| (a.0, a.1, &a.2, a.3.origin.span).cmp(&(b.0, b.1, &b.2, b.3.origin.span)));
    entries.into_iter().map(|(.., object)| object).collect()
}

/// The cluster an entry stands for: the folder it applies when it stands in it, else its own folder.
fn cluster_of(sources: &Sources<'_>, entry: &Tree) -> String {
    let file = sources.file(entry.origin.file).map(|file| file.path.clone()).unwrap_or_default();
    let path = CONTROLLERS.iter().find(|controller| controller.claims(entry)).and_then(|c| c.path(entry));
    path.filter(|path| is_within(&file, path)).unwrap_or_else(|| folder_of(&file).to_owned())
}

/// Adds `folder` and every folder it builds on.
fn add_bases(sources: &Sources<'_>, folder: &str, built: &mut HashSet<String>) {
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        if !built.insert(folder.clone()) {
            continue;
        }
        match kustomization_of(sources, &folder) {
            Some(path) => next.extend(bases(sources, &path)),
            // A folder without one is applied with everything below it.
            None => next.extend(sources.files().list(&folder).into_iter().filter_map(|(name, kind)| {
                (kind == FileKind::Folder).then(|| join(&folder, &name)).flatten()
            })),
        }
    }
}

/// The folders that a kustomization builds on.
fn bases(sources: &Sources<'_>, path: &str) -> Vec<String> {
    let Ok(file) = sources.open(path) else { return Vec::new() };
    let lists = ["resources", "bases", "components"];
    let named = file.documents.iter().flat_map(|document| lists.iter().filter_map(|key| document.get(key)));
    let folders =
        named.flat_map(Tree::items).filter_map(Tree::text).filter_map(|to| join(folder_of(path), to));
    folders.filter(|folder| sources.files().kind(folder) == Some(FileKind::Folder)).collect()
}

/// The kustomizations that nothing else builds on.
fn overlays<'p>(
    sources: &Sources<'_>,
    paths: &[&'p str],
    options: &Options,
    built: &HashSet<String>,
) -> Vec<&'p str> {
    let kustomizations: Vec<&str> = paths.iter().copied().filter(|path| is_kustomization(path)).collect();
    let based_on: HashSet<String> =
        kustomizations.par_iter().flat_map_iter(|path| bases(sources, path)).collect();
    let wanted = |folder: &str| options.cluster_path.as_ref().is_none_or(|wanted| is_within(folder, wanted));
    let is_overlay = |path: &&&str| {
        let folder = folder_of(path);
        let is_component = |document: &Tree| document.get("kind").and_then(Tree::text) == Some("Component");
        !built.contains(folder)
            && !based_on.contains(folder)
            && wanted(folder)
            && sources.open(path).is_ok_and(|file| !file.documents.iter().any(is_component))
    };
    kustomizations.iter().filter(is_overlay).copied().collect()
}

/// The overlay and the Helm releases it holds. Objects of other controllers are entries of their own.
fn with_releases(sources: &Sources<'_>, path: &str, options: &Options) -> Vec<Root> {
    let root = overlay(sources, path, options);
    let at = At { sources, options, roots: &[], found: &[], cluster: &root.cluster };
    let releases = root.build.objects.iter().filter(|object| helm::Release.claims(object));
    let releases: Vec<Root> = releases.flat_map(|release| helm::Release.render(release, &at)).collect();
    [root].into_iter().chain(releases).collect()
}

fn overlay(sources: &Sources<'_>, path: &str, options: &Options) -> Root {
    let folder = folder_of(path);
    let mut build = kustomize::build(sources, folder);
    if !build.refusals.is_empty()
        && let Some(program) = options.programs.kustomize
    {
        build = program.build(sources, path).unwrap_or_else(|reason| {
            build.refusals.push(Refusal { file: path.into(), span: Span::default(), reason });
            build
        });
    }
    Root {
        kind: RootKind::Kustomize,
        name: if folder.is_empty() { ".".to_owned() } else { folder.to_owned() },
        file: path.into(),
        span: Span::default(),
        cluster: folder.to_owned(),
        destination: None,
        object: None,
        folder: Some(folder.to_owned()),
        build,
        unknown: Vec::new(),
    }
}
