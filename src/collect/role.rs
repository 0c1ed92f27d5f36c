//! What a repository is for, judged from its files when nobody says so.
//!
//! Every file that speaks for an area (application, manifests, GitOps configuration, infrastructure)
//! counts one; the largest area wins, and its share is the confidence. The heads of a sample of the
//! YAML files whose path says nothing are read for it. A guess below one half is no guess.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::model::{FileClass, Repository, Role, RoleSource};

use super::classify::is_aside;

/// How many heads are read at most.
const SAMPLE: usize = 200;
/// How much of a file its head is, in bytes.
pub(super) const HEAD: usize = 4096;
/// That several areas are kept together *on purpose* cannot be seen, so the user is always asked.
const MONOREPO_CONFIDENCE: f64 = 0.7;
/// How the files in which programs start are called, or end.
const ENTRIES: [&str; 12] = [
    "main.go",
    "main.rs",
    "main.py",
    "main.ts",
    "app.py",
    "manage.py",
    "wsgi.py",
    "server.js",
    "server.ts",
    "Application.java",
    "Application.kt",
    "Program.cs",
];
/// Files of other tools that have an `apiVersion` and a `kind` as well.
const OTHER_VERSIONS: [&str; 4] = ["skaffold/", "backstage.io/", "trueup.dev/", "kind.x-k8s.io/"];

/// Sets the role of `repository` and the class of the files that were looked into; `head` gives the first
/// bytes of a file, at least [`HEAD`] if it has as many.
pub(super) fn infer(repository: &mut Repository, head: impl Fn(&str) -> Option<String>) {
    let mut areas = Areas::default();
    let undecided: Vec<usize> = (0..repository.files.len())
        .filter(|&index| repository.files.get(index).is_some_and(|file| is_undecided(&file.path, file.class)))
        .collect();
    let stride = undecided.len().div_ceil(SAMPLE).max(1);
    for index in undecided.into_iter().step_by(stride) {
        let Some(file) = Arc::make_mut(&mut repository.files).get_mut(index) else { continue };
        if let Some(class) = head(&file.path).as_deref().and_then(class_of_head) {
            file.class = class;
            // A file of the sample stands for those that were not read.
            areas.add(class, &file.path, u32::try_from(stride - 1).unwrap_or(0));
        }
    }
    for file in repository.files.iter() {
        areas.add(file.class, &file.path, 1);
    }
    let (role, confidence) = areas.judge();
    repository.role = if confidence < 0.5 { Role::Unknown } else { role };
    repository.role_source = RoleSource::Inferred;
    repository.role_confidence = confidence;
}

/// How many files speak for each area.
#[derive(Default)]
struct Areas {
    code: u32,
    manifests: u32,
    gitops: u32,
    infra: u32,
    /// The directories of build descriptions.
    builds: BTreeSet<String>,
    /// Whether an image is built here.
    image: bool,
    /// Whether a program starts here.
    entry: bool,
}

impl Areas {
    fn add(&mut self, class: FileClass, path: &str, weight: u32) {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let area = match class {
            FileClass::Source | FileClass::Build => &mut self.code,
            FileClass::Manifest | FileClass::Chart => &mut self.manifests,
            FileClass::GitOps => &mut self.gitops,
            FileClass::Infra => &mut self.infra,
            FileClass::Pipeline | FileClass::Docs | FileClass::Other => return,
        };
        *area = area.saturating_add(weight);
        if class == FileClass::Build {
            self.builds.insert(directory.to_owned());
            self.image |= ["Dockerfile", "Containerfile", "Procfile"].iter().any(|it| name.starts_with(it));
        }
        self.entry |= class == FileClass::Source && ENTRIES.iter().any(|entry| name.ends_with(entry));
    }

    /// The role and how sure it is, 0 to 1.
    fn judge(self) -> (Role, f64) {
        // GitOps configuration comes with kustomizations and namespaces, manifests with a HelmRelease or two.
        let deployed = self.manifests.saturating_add(self.gitops);
        let (manifests, gitops) =
            if f64::from(self.gitops) >= 0.3 * f64::from(deployed) { (0, deployed) } else { (deployed, 0) };
        let areas = [
            (Role::App, self.code),
            (Role::Manifests, manifests),
            (Role::GitOps, gitops),
            (Role::Infra, self.infra),
        ];
        let total = f64::from(self.code) + f64::from(deployed) + f64::from(self.infra);
        let large = areas.iter().filter(|(_, count)| f64::from(*count) >= 0.2 * total.max(1.0)).count();
        let Some((role, most)) = areas.into_iter().rev().max_by_key(|(_, count)| *count) else {
            return (Role::Unknown, 0.0);
        };
        // One file is little to go by, ten are enough.
        let certainty = total / (total + 1.0);
        let share = f64::from(most) / total.max(1.0);
        match role {
            _ if large >= 2 && self.builds.len() >= 2 => (Role::Monorepo, MONOREPO_CONFIDENCE * certainty),
            Role::App if !self.image && !self.entry && deployed == 0 && self.infra == 0 => {
                (Role::Library, 0.9 * certainty)
            }
            Role::App if !self.image => (Role::App, 0.75 * share * certainty),
            role => (role, share * certainty),
        }
    }
}

/// Whether only the text of the file can tell what it is.
fn is_undecided(path: &str, class: FileClass) -> bool {
    matches!(class, FileClass::Other | FileClass::Manifest)
        && [".yaml", ".yml", ".json"].iter().any(|extension| path.ends_with(extension))
        && !is_aside(path)
}

/// The first bytes of a regular file, as far as they are text.
pub(super) fn head(path: &Path) -> Option<String> {
    // A tracked name may lie there as a pipe by now, and opening one waits for ever.
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(HEAD as u64).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn class_of_head(head: &str) -> Option<FileClass> {
    let value = |key| value(head, key);
    let is_template = value("AWSTemplateFormatVersion").is_some()
        || value("Transform").is_some_and(|transform| transform.starts_with("AWS::"))
        || (value("Resources").is_some() && head.contains("AWS::"));
    if is_template {
        return Some(FileClass::Infra);
    }
    let (version, kind) = (value("apiVersion")?, value("kind")?);
    if OTHER_VERSIONS.iter().any(|other| version.starts_with(other)) {
        return None;
    }
    let flux = ["toolkit.fluxcd.io", "fluxcd.controlplane.io", "source.extensions.fluxcd.io"];
    let argo = version.starts_with("argoproj.io/")
        && matches!(kind, "Application" | "ApplicationSet" | "AppProject");
    let is_gitops = argo || flux.iter().any(|group| version.contains(group));
    Some(if is_gitops { FileClass::GitOps } else { FileClass::Manifest })
}

/// The scalar under an outermost key: `key:` at the start of a line in YAML, `"key":` anywhere in JSON.
fn value<'h>(head: &'h str, key: &str) -> Option<&'h str> {
    let is_json = head.trim_start().starts_with('{');
    let after = |text: &'h str| {
        let rest = text.strip_prefix(key)?;
        let rest = if is_json { rest.strip_prefix('"')? } else { rest };
        Some(rest.trim_start().strip_prefix(':')?.trim_start_matches([' ', '"', '\'']))
    };
    let rest = if is_json {
        head.match_indices('"').find_map(|(at, quote)| after(head.get(at + quote.len()..)?))
    } else {
        head.lines().find_map(after)
    }?;
    rest.split(['"', '\'', ',', '\n', '\r', ' ']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_tell_what_a_file_holds() {
        let cases = [
            ("apiVersion: apps/v1\nkind: Deployment\n", Some(FileClass::Manifest)),
            (
                "# x\napiVersion: \"source.toolkit.fluxcd.io/v1\"\nkind: GitRepository",
                Some(FileClass::GitOps),
            ),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout", Some(FileClass::Manifest)),
            ("apiVersion: argoproj.io/v1alpha1\r\nkind: AppProject\r\n", Some(FileClass::GitOps)),
            ("{\"AWSTemplateFormatVersion\": \"2010-09-09\"}", Some(FileClass::Infra)),
            ("Resources:\n  B:\n    Type: AWS::S3::Bucket", Some(FileClass::Infra)),
            ("Transform: AWS::Serverless-2016-10-31\n", Some(FileClass::Infra)),
            ("{\"apiVersion\":\"v1\",\"kind\":\"List\"}", Some(FileClass::Manifest)),
            ("apiVersion: skaffold/v4beta6\nkind: Config", None),
            ("a:\n  apiVersion: v1\n  kind: Pod\n", None),
            ("replicas: 3\n", None),
        ];
        for (head, class) in cases {
            assert_eq!(class_of_head(head), class, "{head}");
        }
    }
}
