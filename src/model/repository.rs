//! What is known of a repository as a whole: its role, its files, its remotes.

use std::sync::Arc;

use super::code_owners::CodeOwners;

/// What a repository is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Application source and what builds it.
    App,
    /// Kubernetes manifests of applications.
    Manifests,
    /// Flux or Argo CD configuration: what is reconciled, from where.
    GitOps,
    /// Cloud infrastructure: CloudFormation, CDK, Terraform.
    Infra,
    /// A library or a tool others depend on.
    Library,
    /// Several of these on purpose.
    Monorepo,
    /// Neither declared nor inferable.
    Unknown,
}

impl Role {
    /// Every role a user may declare, with its spelling.
    pub const DECLARABLE: [(&'static str, Self); 6] = [
        ("app", Self::App),
        ("manifests", Self::Manifests),
        ("gitops", Self::GitOps),
        ("infra", Self::Infra),
        ("library", Self::Library),
        ("monorepo", Self::Monorepo),
    ];

    /// The word policies and trueup.yaml use.
    pub fn as_str(self) -> &'static str {
        Self::DECLARABLE.iter().find(|(_, role)| *role == self).map_or("unknown", |(word, _)| word)
    }
}

/// How the role is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleSource {
    /// trueup.yaml says so.
    Declared,
    /// Judged from the files.
    Inferred,
}

/// A Git remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name, such as `origin`.
    pub name: String,
    /// Its address, user information removed.
    pub url: String,
}

/// What a file is, judged from its path (and, for YAML, its first bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileClass {
    /// Program text of an application.
    Source,
    /// Dockerfile, build and package descriptions of an application.
    Build,
    /// A Kubernetes manifest or a kustomization.
    Manifest,
    /// Flux or Argo CD configuration.
    GitOps,
    /// A Helm chart's own files.
    Chart,
    /// CloudFormation, SAM, CDK or Terraform.
    Infra,
    /// A pipeline.
    Pipeline,
    /// Documentation.
    Docs,
    /// Anything else.
    Other,
}

impl FileClass {
    /// The word policies compare with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Build => "build",
            Self::Manifest => "manifest",
            Self::GitOps => "gitops",
            Self::Chart => "chart",
            Self::Infra => "infra",
            Self::Pipeline => "pipeline",
            Self::Docs => "docs",
            Self::Other => "other",
        }
    }
}

/// A tracked file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedFile {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// What it is.
    pub class: FileClass,
}

/// A repository: a Git work tree, or a folder whose trueup.yaml declares one.
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    /// Its name: the last part of the origin's address, else the folder's name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// How that is known.
    pub role_source: RoleSource,
    /// 0 to 1; 1 when declared.
    pub role_confidence: f64,
    /// Tracked files (all files that are not ignored, outside Git), sorted by path.
    pub files: Arc<Vec<TrackedFile>>,
    /// Git remotes, sorted by name.
    pub remotes: Vec<Remote>,
    /// Who owns which paths, where a file says so.
    pub code_owners: Option<CodeOwners>,
}
