//! Puts walk, roots and Git together: which file belongs to which project.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{Gap, Remote, Repository, Role, RoleSource};
use crate::syntax;

use super::configuration::governed;
use super::files::Files;
use super::git::{self, WorkTree};
use super::names::{Names, text};
use super::roots::{Lookup, Root, Roots};
use super::states::States;
use super::walk::{Found, Walk, holds_addresses, is_foreign, is_input, not_a_file};
use super::{CollectError, Collected, Contents, InputFile, Options, Project, classify, patches, role};

/// Work trees by their root.
type WorkTrees = BTreeMap<PathBuf, WorkTree>;

/// Does what [`super::collect`] says.
pub(super) fn gather(options: &Options) -> Result<Collected, CollectError> {
    let names = Names::new(&options.paths)?;
    let states = States::open(options, &names)?;
    let mut roots = Roots::new(options, &names, &states)?;
    let asked = find_roots(&names, &mut roots)?;

    let mut gaps = Vec::new();
    let mut remotes = states.remotes();
    let mut files = if states.are_staged() {
        find_declared(&mut roots, &states.governed(), &names, &mut gaps)?;
        Files::of(states.staged(), roots.lookup(), &names)
    } else {
        let mut work_trees = WorkTrees::new();
        read_work_trees(&mut work_trees, &mut roots, &names, &mut gaps);
        let mut walk = walk(&names, &roots, options.jobs);
        gaps.append(&mut walk.gaps);
        for directory in &walk.repositories {
            roots.add_repository(directory)?;
        }
        read_work_trees(&mut work_trees, &mut roots, &names, &mut gaps);
        let walked = walk.files.iter().map(|found| found.path.as_path());
        let tracked = work_trees.values().flat_map(|tree| &tree.files).map(PathBuf::as_path);
        let candidates = walked.chain(tracked).filter_map(governed).map(Path::to_owned).collect();
        find_declared(&mut roots, &candidates, &names, &mut gaps)?;

        let mut inputs = Inputs { lookup: roots.lookup(), names: &names, by_root: BTreeMap::new() };
        inputs.add_named(&mut gaps);
        inputs.add_links(&walk.links, &mut gaps);
        inputs.add_found(&walk, &work_trees);
        let inputs = inputs.by_root;
        remotes = work_trees.iter().map(|(path, tree)| (path.clone(), tree.remotes.clone())).collect();
        Files { inputs, listings: listings(&roots, &names, &walk, &work_trees) }
    };
    let mut past = Files::of(states.before(), roots.lookup(), &names);

    let mut projects = Vec::new();
    for (path, root) in roots.iter() {
        // The other roots are only the borders of an outer one.
        if !asked.contains(path) && names.directory_of(path).is_none() {
            continue;
        }
        let (contents, contents_before) = states.contents(path);
        // A repository within the one that is compared has a past of its own.
        if options.against.is_some() && contents_before.is_none() {
            let reason = "a repository of its own; compare it by itself".to_owned();
            gaps.push(Gap { subject: names.show(path), reason });
            continue;
        }
        let project = |files: &mut Files<'_>, contents| {
            let remotes = remotes.get(path).cloned().unwrap_or_default();
            project(path, root, files, contents, remotes, &names, options)
        };
        let mut now = project(&mut files, contents);
        if let Some(contents) = contents_before {
            let mut before = project(&mut past, contents);
            let changed = Arc::new(states.changed(&now, &before));
            before.narrowed = Some(changed.clone());
            now.narrowed = Some(changed);
            now.before = Some(Box::new(before));
        }
        projects.push(now);
    }
    gaps.sort_unstable();
    gaps.dedup();
    Ok(Collected { projects, gaps })
}

/// The project at `path`, with its part of `files`.
fn project(
    path: &Path,
    root: &Root,
    files: &mut Files<'_>,
    contents: Contents,
    remotes: Vec<Remote>,
    names: &Names,
    options: &Options,
) -> Project {
    let mut inputs = files.inputs.remove(path).unwrap_or_default();
    inputs.sort_unstable_by(|a, b| a.display.cmp(&b.display));
    inputs.dedup_by(|a, b| a.path == b.path);
    let config = root.loaded.as_ref().map(|loaded| loaded.config.clone()).unwrap_or_default();
    let declared = options.role.or(config.role());
    let repository = Repository {
        name: config.repo.as_ref().and_then(|repo| repo.name.clone()).unwrap_or_else(|| name(path, &remotes)),
        role: declared.unwrap_or(Role::Unknown),
        role_source: RoleSource::Declared,
        role_confidence: 1.0,
        files: classify(files.listings.remove(path).unwrap_or_default()).into(),
        remotes,
        code_owners: None,
    };
    let mut project = Project {
        root: path.to_owned(),
        display_root: names.show(path),
        config,
        config_file: root.loaded.as_ref().map(|loaded| loaded.file.clone()),
        repository,
        files: inputs,
        texts: Vec::new(),
        patches: BTreeSet::new(),
        asked: names
            .directories()
            .filter_map(|directory| directory.strip_prefix(path).ok())
            .map(text)
            .collect(),
        whole: names.directories().any(|directory| path.starts_with(directory)),
        has_git: root.work_tree.is_some(),
        contents,
        narrowed: None,
        before: None,
    };
    project.texts = texts(&project, names, options.texts);
    project.patches = patches::find(&project);
    project.repository.code_owners = project.code_owners();
    if declared.is_none() {
        let Project { repository, contents, .. } = &mut project;
        let contents = &*contents;
        role::infer(repository, |file| match contents {
            Contents::Disk => role::head(&path.join(file)),
            Contents::Given(texts) => texts.get(file).cloned(),
            Contents::Git { snapshot, prefix } => {
                let mut bytes = snapshot.read(&format!("{prefix}{file}")).ok()?;
                bytes.truncate(role::HEAD);
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
        });
    }
    project
}

/// The roots that the arguments belong to.
fn find_roots(names: &Names, roots: &mut Roots<'_>) -> Result<BTreeSet<PathBuf>, CollectError> {
    let mut asked = BTreeSet::new();
    for directory in names.directories() {
        asked.insert(roots.find(directory, directory)?);
    }
    for file in names.files() {
        let Some(directory) = file.parent() else { continue };
        // Files named one by one, outside any repository, belong together.
        let together = if file.starts_with(&names.current) { &names.current } else { directory };
        asked.insert(roots.find(directory, together)?);
    }
    Ok(asked)
}

/// Reads the index and the remotes of every work tree; one that cannot be read is a gap, and its files
/// are taken as they lie there.
fn read_work_trees(trees: &mut WorkTrees, roots: &mut Roots<'_>, names: &Names, gaps: &mut Vec<Gap>) {
    let paths: BTreeSet<PathBuf> = roots.iter().filter_map(|(_, root)| root.work_tree.clone()).collect();
    for path in paths {
        if trees.contains_key(&path) {
            continue;
        }
        match git::read(&path) {
            Ok(tree) => {
                trees.insert(path, tree);
            }
            Err(problem) => {
                let subject = names.show(&path.join(".git"));
                gaps.push(Gap { subject, reason: format!("Git cannot be read here: {problem}") });
                roots.leave_work_tree(&path);
            }
        }
    }
}

/// Walks what was named. A repository without Git of which only a part was named is walked as a whole
/// besides, for the names of its files.
fn walk(names: &Names, roots: &Roots<'_>, jobs: usize) -> Walk {
    let mut walk = Walk::default();
    for directory in names.directories() {
        let in_git = roots.nearest(directory).is_some_and(|(_, root)| root.work_tree.is_some());
        walk.add(directory, in_git, jobs, names);
    }
    for (path, root) in roots.iter() {
        if root.marked && root.work_tree.is_none() && names.directory_of(path).is_none() {
            let mut rest = Walk::default();
            rest.add(path, false, jobs, names);
            walk.files.extend(rest.files.into_iter().map(|found| Found { input: false, ..found }));
            walk.repositories.append(&mut rest.repositories);
        }
    }
    walk.repositories.sort_unstable();
    walk
}

/// Finds the repositories that a trueup.yaml declares inside the known roots, whether the walk or the
/// index shows it: where one repository ends must not depend on the arguments.
fn find_declared(
    roots: &mut Roots<'_>,
    candidates: &BTreeSet<PathBuf>,
    names: &Names,
    gaps: &mut Vec<Gap>,
) -> Result<(), CollectError> {
    for directory in candidates {
        if !roots.add_declared(directory)? && names.directory_of(directory).is_some() {
            let subject = names.show(&directory.join("trueup.yaml"));
            let reason = "only the configuration at the root of a repository applies; \
                          a `repo:` key would make this directory one";
            gaps.push(Gap { subject, reason: reason.to_owned() });
        }
    }
    Ok(())
}

/// The files to read, by root.
struct Inputs<'r> {
    lookup: Lookup<'r>,
    names: &'r Names,
    by_root: BTreeMap<&'r Path, Vec<InputFile>>,
}

impl<'r> Inputs<'r> {
    /// The files the user named, which no pattern keeps out.
    fn add_named(&mut self, gaps: &mut Vec<Gap>) {
        for argument in &self.names.arguments {
            if argument.kind.is_file() {
                if let Some((root, _)) = self.lookup.nearest(&argument.path)
                    && has_syntax(&argument.path)
                {
                    self.add(root, &argument.path);
                }
            } else if !argument.kind.is_dir() {
                gaps.push(not_a_file(&argument.path, self.names));
            }
        }
    }

    /// What links to files lead to, as long as it is in the same repository.
    fn add_links(&mut self, links: &[PathBuf], gaps: &mut Vec<Gap>) {
        for link in links {
            let Some((root, settings)) = self.lookup.nearest(link) else { continue };
            let is_input = has_syntax(link);
            let mut gap = |reason: &str| {
                gaps.push(Gap { subject: self.names.show(link), reason: reason.to_owned() });
            };
            match (fs::metadata(link), link.canonicalize()) {
                _ if !settings.filter.reads(link) => {}
                (Ok(about), Ok(target)) if is_input || about.is_dir() => {
                    if !target.starts_with(root) {
                        gap("a link out of the repository; it was not followed");
                    } else if about.is_file() {
                        // A target without an extension is read under the link's name.
                        self.add(root, if has_syntax(&target) { &target } else { link });
                    } else if !about.is_dir() {
                        gaps.push(not_a_file(link, self.names));
                    }
                }
                (Err(_), _) | (_, Err(_)) if is_input => gap("a link that leads nowhere"),
                _ => {}
            }
        }
    }

    /// What the walk found, and what Git tracks although `.gitignore` names it.
    fn add_found(&mut self, walk: &Walk, work_trees: &WorkTrees) {
        for found in walk.files.iter().filter(|found| found.input) {
            self.add_filtered(&found.path);
        }
        if work_trees.is_empty() {
            return;
        }
        let walked: HashSet<_> = walk.files.iter().map(|found| found.path.as_os_str()).collect();
        for path in work_trees.values().flat_map(|tree| &tree.files) {
            if walked.contains(path.as_os_str()) {
                continue;
            }
            let below = self.names.directory_of(path).and_then(|directory| path.strip_prefix(directory).ok());
            if below.is_some_and(is_input) && path.symlink_metadata().is_ok_and(|about| about.is_file()) {
                self.add_filtered(path);
            }
        }
    }

    fn add_filtered(&mut self, path: &Path) {
        if let Some((root, settings)) = self.lookup.nearest(path)
            && settings.filter.reads(path)
        {
            self.add(root, path);
        }
    }

    fn add(&mut self, root: &'r Path, path: &Path) {
        let file = InputFile {
            path: path.to_owned(),
            display: self.names.show(path).into(),
            in_repo: text(path.strip_prefix(root).unwrap_or(path)),
        };
        self.by_root.entry(root).or_default().push(file);
    }
}

fn has_syntax(path: &Path) -> bool {
    syntax::for_file(&text(path)).is_some()
}

/// The paths of every root's files from that root, sorted: what Git tracks, or what lies there.
fn listings<'r>(
    roots: &'r Roots<'_>,
    names: &Names,
    walk: &Walk,
    work_trees: &WorkTrees,
) -> BTreeMap<&'r Path, Vec<String>> {
    let mut listings: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    let mut lookup = roots.lookup();
    let mut list = |path: &Path, tree: Option<&PathBuf>| {
        if let Some((root, settings)) = lookup.nearest(path)
            && settings.work_tree.as_ref() == tree
            && !settings.filter.excludes(path, false)
        {
            listings.entry(root).or_default().push(text(path.strip_prefix(root).unwrap_or(path)));
        }
    };
    for (root, tree) in work_trees {
        tree.files.iter().for_each(|file| list(file, Some(root)));
    }
    walk.files.iter().for_each(|found| list(&found.path, None));
    names.files().for_each(|file| list(file, None));
    for listing in listings.values_mut() {
        listing.sort_unstable();
        listing.dedup();
    }
    listings
}

/// The files of a project that were named, but are no inputs, `all` or those that hold addresses; those of other
/// people left out.
fn texts(project: &Project, names: &Names, all: bool) -> Vec<InputFile> {
    let is_named = |path: &Path| names.directory_of(path).is_some() || names.files().any(|file| file == path);
    let is_asked_for = |path: &str| (all || holds_addresses(path)) && !is_foreign(path);
    let listed = project.repository.files.iter().filter(|file| is_asked_for(&file.path));
    let texts = listed.filter_map(|file| {
        let path = project.root.join(&file.path);
        let display = names.show(&path).into();
        is_named(&path).then(|| InputFile { path, display, in_repo: file.path.clone() })
    });
    let is_input =
        |file: &InputFile| project.files.binary_search_by(|input| input.display.cmp(&file.display)).is_ok();
    let mut texts: Vec<InputFile> = texts.filter(|file| !is_input(file)).collect();
    texts.sort_unstable_by(|a, b| a.display.cmp(&b.display));
    texts
}

/// A repository's name where none is declared: the last part of its origin, else its directory.
fn name(root: &Path, remotes: &[Remote]) -> String {
    let origin = remotes.iter().find(|remote| remote.name == "origin").or(remotes.first());
    let from_origin = origin.and_then(|remote| remote.url.trim_end_matches('/').rsplit(['/', ':']).next());
    let from_origin = from_origin.map(|name| name.strip_suffix(".git").unwrap_or(name).to_owned());
    from_origin
        .filter(|name| !name.is_empty())
        .or_else(|| root.file_name().map(|name| text(Path::new(name))))
        .unwrap_or_default()
}
