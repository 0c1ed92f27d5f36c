//! Plugs what `gitops` renders into [`Desired`]: each object as a document whose nodes lead to the files
//! they come from, and what was refused or is unknown as gaps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::desired::{AppliedRoot, Desired, DesiredFile, Origin};
use crate::collect::Project;
use crate::gitops::{FileId, Programs, Refusal, Root, RootKind, Sources, render, render_folders};
use crate::lint::rendering;
use crate::model::Gap;
use crate::model::file_path::{folder_of, is_within, name_of};
use crate::platform::is_kustomization;

impl Desired {
    /// What the repositories apply: everything they render, and the plain manifests that nothing renders.
    /// `paths` are those that were asked for; with one cluster's folder, only what that applies; without
    /// `programs` nothing is rendered.
    pub fn of_repositories(
        projects: &[Project],
        paths: &[PathBuf],
        cluster_path: Option<&str>,
        programs: Option<Programs>,
    ) -> Self {
        let mut desired = Self::default();
        for project in projects {
            let Some(programs) = programs else {
                desired.add_plain(project, cluster_path, &[], &BTreeSet::new());
                continue;
            };
            let files = rendering::files_of(project);
            let sources = Sources::new(&*files);
            let options = rendering::options_of(project, cluster_path, programs);
            let alone = render_folders(&sources, &project.folders(paths), &options);
            let is_alone = alone.is_some();
            let in_repo: Vec<&str> = project.files.iter().map(|file| file.in_repo.as_str()).collect();
            let roots = alone.unwrap_or_else(|| render(&sources, &in_repo, &options));
            desired.add_roots(project, &sources, &roots);
            let controlled = roots.iter().any(|root| root.kind != RootKind::Kustomize);
            // Where a controller applies what it is told to, a file that it is not told of is not applied.
            if !controlled && !is_alone {
                desired.add_plain(project, cluster_path, &roots, &kustomized(project));
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
                marks: matches!(root.kind, RootKind::Flux | RootKind::Argo | RootKind::ArgoSet),
                complete: root.is_complete() || root.kind == RootKind::Helm,
                cluster: root.cluster.clone(),
                file: (project.display(&root.file), root.file.to_string()),
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
                let gap = gap(project, root, refusal);
                match root.kind {
                    RootKind::Helm => self.unrendered.entry(root.name.clone()).or_default().push(gap),
                    _ => self.gaps.push(gap),
                }
            }
        }
    }

    /// The manifests that no kustomization is responsible for, in the cluster's folder where there is one.
    fn add_plain(
        &mut self,
        project: &Project,
        cluster_path: Option<&str>,
        roots: &[Root],
        kustomized: &BTreeSet<&str>,
    ) {
        let folder = cluster_path.map(rendering::from_root).unwrap_or_default();
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
        let is_plain =
            |path: &str| is_within(path, &folder) && !is_rendered(path) && !project.patches.contains(path);
        for input in project.files.iter().filter(|input| is_plain(&input.in_repo)) {
            self.add_file(project, input);
        }
    }
}

/// The folders that a kustomization or a chart is responsible for.
fn kustomized(project: &Project) -> BTreeSet<&str> {
    let is_responsible = |path: &str| is_kustomization(path) || name_of(path) == "Chart.yaml";
    let files = project.files.iter().filter(|file| is_responsible(&file.in_repo));
    files.map(|file| folder_of(&file.in_repo)).collect()
}

fn gap(project: &Project, root: &Root, refusal: &Refusal) -> Gap {
    Gap {
        subject: project.display(&refusal.file).to_string(),
        reason: format!("{} {} is not wholly known: {}", root.kind.as_str(), root.name, refusal.reason),
    }
}
