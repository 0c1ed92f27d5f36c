//! Plugs what `gitops` renders into [`Desired`]: each object as a document whose nodes lead to the files
//! they come from, and what was refused or is unknown as gaps.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::{AppliedRoot, Desired, DesiredFile, Origin};
use crate::collect::{Contents, Project};
use crate::gitops::{
    FileId, Files, Options, Programs, Refusal, Root, RootKind, Sources, WorkTree, render, render_folder,
};
use crate::lint::Kept;
use crate::model::Gap;

impl Desired {
    /// What the repositories apply: everything they render, and the plain manifests that nothing renders.
    /// `named` are the folders that were asked for, from the root; with one cluster's folder, only what that
    /// applies; without `programs` nothing is rendered.
    pub fn of_repositories(
        projects: &[Project],
        named: &[String],
        cluster_path: Option<&str>,
        programs: Option<Programs>,
    ) -> Self {
        let mut desired = Self::default();
        for project in projects {
            let Some(programs) = programs else {
                desired.add_plain(project, &[], &BTreeSet::new());
                continue;
            };
            let disk = WorkTree::new(&project.root);
            let kept = Kept(project);
            let files: &dyn Files = match project.contents {
                Contents::Disk => &disk,
                Contents::Git { .. } => &kept,
            };
            let sources = Sources::new(files);
            let options = Options {
                name: project.repository.name.clone(),
                remotes: project.repository.remotes.iter().map(|remote| remote.url.clone()).collect(),
                cluster_path: cluster_path.map(|path| path.trim_matches('/').to_owned()),
                programs,
            };
            let alone: Option<Vec<Root>> =
                named.iter().map(|folder| render_folder(&sources, folder, &options)).collect();
            let paths: Vec<&str> = project.files.iter().map(|file| file.in_repo.as_str()).collect();
            let alone = alone.filter(|roots| !roots.is_empty() && options.cluster_path.is_none());
            let is_alone = alone.is_some();
            let roots = alone.unwrap_or_else(|| render(&sources, &paths, &options));
            desired.add_roots(project, &sources, &roots);
            let controlled = roots.iter().any(|root| root.kind != RootKind::Kustomize);
            // Where a controller applies what it is told to, a file that it is not told of is not applied.
            if !controlled && !is_alone {
                desired.add_plain(project, &roots, &kustomized(project));
            }
        }
        desired
    }

    fn add_roots(&mut self, project: &Project, sources: &Sources<'_>, roots: &[Root]) {
        let mut known: BTreeMap<FileId, usize> = BTreeMap::new();
        for root in roots.iter().filter(|root| root.destination.is_none()) {
            self.roots.push(AppliedRoot {
                name: root.name.clone(),
                // Charts carry the marks of Helm, which name their release.
                marks: matches!(root.kind, RootKind::Flux | RootKind::Argo),
                complete: root.is_complete() || root.kind == RootKind::Helm,
                cluster: root.cluster.clone(),
            });
            let first = self.objects.len();
            for object in &root.build.objects {
                let (document, origins) = object.document(0);
                let places = origins
                    .iter()
                    .map(|origin| {
                        let file = *known.entry(origin.file).or_insert_with(|| {
                            let source = sources.file(origin.file);
                            let (path, text) = source
                                .map(|file| (file.path.to_string(), file.text.clone()))
                                .unwrap_or_default();
                            self.files.push(DesiredFile {
                                display: project.display(&path),
                                in_repo: path,
                                text,
                            });
                            self.files.len() - 1
                        });
                        (file, origin.span)
                    })
                    .collect();
                self.add_document("rendered.yaml", document.into_owned(), Origin::Nodes(places));
            }
            let is_uncertain = !root.build.refusals.is_empty();
            self.objects.iter_mut().skip(first).for_each(|object| object.uncertain = is_uncertain);
            for refusal in root.build.refusals.iter().chain(&root.unknown) {
                self.gaps.push(gap(project, root, refusal));
            }
        }
    }

    /// The manifests that no kustomization is responsible for.
    fn add_plain(&mut self, project: &Project, roots: &[Root], kustomized: &BTreeSet<&str>) {
        let folders: BTreeSet<&str> = kustomized
            .iter()
            .copied()
            .chain(roots.iter().filter_map(|root| root.folder.as_deref()))
            .collect();
        let is_rendered = |path: &str| {
            let mut folder = path;
            while let Some((outer, _)) = folder.rsplit_once('/') {
                if folders.contains(outer) {
                    return true;
                }
                folder = outer;
            }
            folders.contains("")
        };
        for input in project.files.iter().filter(|input| !is_rendered(&input.in_repo)) {
            if !project.patches.contains(&input.in_repo) {
                self.add_file(project, input);
            }
        }
    }
}

/// The folders that a kustomization or a chart is responsible for.
fn kustomized(project: &Project) -> BTreeSet<&str> {
    let is_responsible = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization" | "Chart.yaml")
    };
    let files = project.files.iter().filter(|file| is_responsible(&file.in_repo));
    files.map(|file| file.in_repo.rsplit_once('/').map_or("", |(folder, _)| folder)).collect()
}

fn gap(project: &Project, root: &Root, refusal: &Refusal) -> Gap {
    Gap {
        subject: project.display(&refusal.file).to_string(),
        reason: format!("{} {} is not wholly known: {}", root.kind.as_str(), root.name, refusal.reason),
    }
}
