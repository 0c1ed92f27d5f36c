//! What a file is, judged by its path: where it lies, what it is called, what lies beside it.
//!
//! *Source* means program text of an application. Programs that only serve configuration (scripts,
//! tests, policies, CDK and Pulumi programs) and configuration languages (Lua, Rego, CEL, Starlark,
//! Jsonnet, KCL, CUE) are none: repository rules count on that. What YAML files hold is judged in
//! `role`.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::model::{FileClass, TrackedFile};

/// Directories of other people's files.
const FOREIGN: &[&str] = &["node_modules", "vendor", "third_party", ".terraform"];
/// Directories whose programs serve the repository, not an application.
const ASIDE: &[&str] = &[
    "scripts",
    "script",
    "hack",
    "test",
    "tests",
    "__tests__",
    "testdata",
    "e2e",
    "fixtures",
    "examples",
    "example",
    "samples",
    "benches",
    "benchmarks",
    "ci",
    ".github",
    ".gitlab",
    ".circleci",
    ".buildkite",
];
const DOCS: &[&str] = &["docs", "doc"];
const DOC_EXTENSIONS: &[&str] = &["md", "mdx", "rst", "adoc", "txt"];
const PIPELINE_DIRECTORIES: &[&str] =
    &[".circleci", ".buildkite", ".tekton", ".woodpecker", ".azure-pipelines", ".semaphore"];
const PIPELINE_FILES: &[&str] = &[
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    "bitbucket-pipelines.yml",
    "cloudbuild.yaml",
    "buildspec.yml",
    "buildspec.yaml",
    "appspec.yml",
    "appspec.yaml",
    "Jenkinsfile",
];
/// Files whose directory is a program that describes infrastructure.
const PROGRAMS: &[&str] = &["cdk.json", "cdktf.json", "Pulumi.yaml", "Pulumi.yml"];
const INFRA_FILES: &[&str] =
    &["samconfig.toml", "serverless.yml", "serverless.yaml", "terragrunt.hcl", ".terraform.lock.hcl"];
const INFRA_SUFFIXES: &[&str] = &[
    ".tf",
    ".tf.json",
    ".tfvars",
    ".bicep",
    ".template",
    ".template.json",
    ".template.yaml",
    ".template.yml",
];
const INFRA_DIRECTORIES: &[&str] = &["cloudformation", "cfn"];
const GITOPS_DIRECTORIES: &[&str] = &["flux-system"];
const GITOPS_FILES: &[&str] = &["gotk-components.yaml", "gotk-sync.yaml"];
const MANIFEST_DIRECTORIES: &[&str] = &["k8s", "kubernetes", "manifests", "overlays", "kustomize"];
const MANIFEST_FILES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];
const BUILD_FILES: &[&str] = &[
    "Cargo.toml",
    "go.mod",
    "package.json",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "pyproject.toml",
    "setup.py",
    "requirements.txt",
    "Pipfile",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "CMakeLists.txt",
    "Procfile",
    "Tiltfile",
    "skaffold.yaml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yaml",
    "compose.yml",
];
const BUILD_EXTENSIONS: &[&str] = &["csproj", "fsproj", "sln", "gemspec", "dockerfile"];
const SOURCE_EXTENSIONS: &[&str] = &[
    "rs", "go", "java", "kt", "scala", "groovy", "clj", "py", "rb", "php", "js", "mjs", "cjs", "jsx", "ts",
    "tsx", "vue", "svelte", "c", "cc", "cpp", "h", "hpp", "cs", "fs", "vb", "swift", "m", "dart", "ex",
    "exs", "erl", "hs", "ml", "r", "jl", "pl", "zig", "sql",
];

/// Judges every path; the order is kept.
pub fn classify(paths: Vec<String>) -> Vec<TrackedFile> {
    let layout = Layout::of(&paths);
    paths.into_par_iter().map(|path| TrackedFile { class: layout.class(&path), path }).collect()
}

/// Whether a file lies where nothing speaks for the repository: among tests, examples, scripts, or
/// other people's files.
pub(super) fn is_aside(path: &str) -> bool {
    let (directory, _) = split(path);
    directory.split('/').any(|part| ASIDE.contains(&part) || FOREIGN.contains(&part))
}

/// The directories that say what the files in them are.
struct Layout {
    charts: HashSet<String>,
    programs: HashSet<String>,
}

impl Layout {
    fn of(paths: &[String]) -> Self {
        let holding = |names: &[&str]| {
            let inside = paths.iter().map(|path| split(path)).filter(|(_, name)| names.contains(name));
            inside.map(|(directory, _)| directory.to_owned()).collect()
        };
        Self { charts: holding(&["Chart.yaml"]), programs: holding(PROGRAMS) }
    }

    fn class(&self, path: &str) -> FileClass {
        let (directory, name) = split(path);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        let within = |names: &[&str]| directory.split('/').any(|part| names.contains(&part));
        let is_yaml = matches!(extension, "yaml" | "yml" | "json");
        let is_source = SOURCE_EXTENSIONS.contains(&extension);
        let is_build = BUILD_FILES.contains(&name)
            || BUILD_EXTENSIONS.contains(&extension)
            || ["Dockerfile", "Containerfile"].iter().any(|prefix| name.starts_with(prefix));

        if within(FOREIGN) {
            FileClass::Other
        } else if PIPELINE_FILES.contains(&name)
            || within(PIPELINE_DIRECTORIES)
            || directory.ends_with(".github/workflows")
        {
            FileClass::Pipeline
        } else if within(DOCS) || DOC_EXTENSIONS.contains(&extension) && !is_build {
            FileClass::Docs
        } else if holds(&self.charts, directory) {
            FileClass::Chart
        } else if within(ASIDE) {
            FileClass::Other
        } else if PROGRAMS.contains(&name)
            || ((is_source || is_build) && holds(&self.programs, directory))
            || INFRA_FILES.contains(&name)
            || INFRA_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
            || (is_yaml && within(INFRA_DIRECTORIES))
        {
            FileClass::Infra
        } else if GITOPS_FILES.contains(&name) || (is_yaml && within(GITOPS_DIRECTORIES)) {
            FileClass::GitOps
        } else if MANIFEST_FILES.contains(&name) || (is_yaml && within(MANIFEST_DIRECTORIES)) {
            FileClass::Manifest
        } else if is_build {
            FileClass::Build
        } else if is_source {
            FileClass::Source
        } else {
            FileClass::Other
        }
    }
}

/// Directory (empty at the root) and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether `directory` or one above it is in `set`.
fn holds(set: &HashSet<String>, directory: &str) -> bool {
    let mut above = Some(directory);
    !set.is_empty()
        && std::iter::from_fn(|| {
            let here = above?;
            above = (!here.is_empty()).then(|| split(here).0);
            Some(here)
        })
        .any(|here| set.contains(here))
}
