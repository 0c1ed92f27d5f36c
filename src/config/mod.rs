//! trueup.yaml: what a repository declares about itself and about the policies it is held to.
//!
//! A configuration is read from a parsed document; where its file is found and how it is parsed is
//! the business of `collect`. Deliberately absent: the meaning of policy parameters. They are kept as
//! nodes of the document, so that the policy they belong to can check them and point at the line.

mod audit;
mod aws;
mod read;
mod template;

use std::collections::BTreeMap;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use jiff::civil::Date;

use crate::model::decode::DecodeError;
use crate::model::{Confidence, Document, NodeId, NodeRef, Role, Rule, Severity, Span};

pub use audit::{AuditConfig, ClusterConfig};
pub use aws::{AwsConfig, StackConfig};
pub use template::template;

/// The names of a configuration file in the directory it governs; the first that exists wins.
pub const FILE_NAMES: [&str; 8] = [
    ".trueup.yaml",
    ".trueup.yml",
    "trueup.yaml",
    "trueup.yml",
    ".config/trueup.yaml",
    ".config/trueup.yml",
    ".github/trueup.yaml",
    ".github/trueup.yml",
];

/// The JSON Schema (2020-12) of trueup.yaml, for editors.
pub const JSON_SCHEMA: &str = include_str!("../../schemas/config-v1.json");

/// Where editors find [`JSON_SCHEMA`]; its `$id`.
pub const JSON_SCHEMA_URL: &str = "https://trueup.dev/schemas/config-v1.json";

/// Where findings are `low` unless the configuration says otherwise: tests, examples, documents, and what is
/// kept but no longer used.
pub const LOW_SEVERITY_PATHS: [&str; 17] = [
    "test/",
    "tests/",
    "__tests__/",
    "testdata/",
    "test-data/",
    "e2e/",
    "fixture/",
    "fixtures/",
    "example/",
    "examples/",
    "sample/",
    "samples/",
    "doc/",
    "docs/",
    "archive/",
    "archived/",
    "_archived/",
];

/// A configuration, or the defaults where a key is not given.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `repo`: what the repository is; `None` when the file does not say.
    pub repo: Option<RepoConfig>,
    /// `include`: the files to read, in gitignore syntax; empty means all.
    pub include: Vec<String>,
    /// `exclude`: the files to pass over, in gitignore syntax.
    pub exclude: Vec<String>,
    /// `policyPaths`: files and directories with the user's own policies, relative to the file.
    pub policy_paths: Vec<String>,
    /// `tagPolicies`: files with AWS Organizations tag policies, from the root's to the account's, relative to
    /// the file.
    pub tag_policies: Vec<String>,
    /// `builtin`: whether the policies of trueup itself run.
    pub builtin: Option<bool>,
    /// `select`: the policies to run: ids, globs such as `secrets/*`, categories.
    pub select: Vec<String>,
    /// `ignore`: the policies not to run, in the same words.
    pub ignore: Vec<String>,
    /// `failOn`: the least severity that fails a run.
    pub fail_on: Option<Severity>,
    /// `minConfidence`: the least confidence of the policies that run.
    pub min_confidence: Option<Confidence>,
    /// `baseline`: the file with the findings that are known, relative to this one.
    pub baseline: Option<String>,
    /// `policies`: settings of single policies, by id.
    pub policies: BTreeMap<String, PolicyConfig>,
    /// `overrides`: other settings for some files; of several that say something, the last counts.
    pub overrides: Vec<Override>,
    /// `lowSeverityPaths`: the files in which every finding is `low`; `None` leaves it to
    /// [`LOW_SEVERITY_PATHS`].
    pub low_severity_paths: Option<Vec<String>>,
    /// `suppressions`: findings accepted for a reason.
    pub suppressions: Vec<ConfigSuppression>,
    /// `audit`: what is audited when the command line names nothing.
    pub audit: AuditConfig,
    /// The file itself, which [`PolicyConfig::params`] points into.
    document: Document<'static>,
}

/// What a repository says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepoConfig {
    /// What it is for.
    pub role: Option<Role>,
    /// Its name, where the folder or the remote does not tell.
    pub name: Option<String>,
}

/// The settings of one policy.
#[derive(Clone, Debug)]
pub struct PolicyConfig {
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// How bad its findings are here.
    pub severity: Option<Severity>,
    /// Its parameters, a mapping; read it with [`Config::node`].
    pub params: Option<NodeId>,
    /// The policy's id in the file.
    pub span: Span,
}

/// Settings of policies that hold for some files only.
#[derive(Clone, Debug)]
pub struct Override {
    /// The files, in gitignore syntax; at least one pattern.
    pub paths: Vec<String>,
    /// The settings, by id.
    pub policies: BTreeMap<String, PolicyConfig>,
}

/// Findings accepted in the configuration rather than beside the cause.
#[derive(Clone, Debug)]
pub struct ConfigSuppression {
    /// The policies it is about: an id, a glob such as `secrets/*`, or a category.
    pub policy: String,
    /// The files it is about, in gitignore syntax; empty means all.
    pub paths: Vec<String>,
    /// The resources it is about, by identity, `*` as a wildcard; empty means all.
    pub resources: Vec<String>,
    /// The fields of live objects they are about, as an audit names them, `*` as a wildcard; empty means all.
    pub fields: Vec<String>,
    /// The clusters it is about, by the names that `audit` gives them, `*` as a wildcard; empty means all.
    pub targets: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// The whole entry in the file.
    pub span: Span,
}

impl ConfigSuppression {
    /// Whether it accepts findings about `target`, the name of a cluster where it has one.
    pub fn covers_target(&self, target: Option<&str>) -> bool {
        let is_it = |pattern: &String| target.is_some_and(|target| fast_glob::glob_match(pattern, target));
        self.targets.is_empty() || self.targets.iter().any(is_it)
    }

    /// Whether it accepts a difference at `field` of a live object.
    pub fn covers_field(&self, field: &str) -> bool {
        self.fields.is_empty()
            || self.fields.iter().any(|pattern| pattern == field || matches_field(pattern, field))
    }

    /// Whether it accepts a finding of `rule` in `file` (from the repository's root) about `resource`.
    pub fn covers(&self, rule: &Rule, file: &str, resource: &str) -> bool {
        let named = self.policy == rule.id
            || self.policy == rule.category.as_str()
            || (self.policy.contains('*') && fast_glob::glob_match(&self.policy, &rule.id));
        let here = || {
            self.paths.is_empty()
                || globs(Path::new(""), self.paths.iter().map(String::as_str))
                    .is_ok_and(|globs| globs.matched_path_or_any_parents(file, false).is_ignore())
        };
        let meant = || {
            self.resources.is_empty()
                || self
                    .resources
                    .iter()
                    .any(|pattern| pattern == resource || fast_glob::glob_match(pattern, resource))
        };
        named && here() && meant()
    }
}

impl Config {
    /// Reads the configuration out of the only document of its file.
    ///
    /// # Errors
    /// The first mistake: an unknown key, a wrong type, version, glob or date.
    pub fn from_document(document: &Document<'_>) -> Result<Self, DecodeError> {
        read::config(document)
    }

    /// The node of the file with that id; for [`PolicyConfig::params`].
    pub fn node(&self, id: NodeId) -> NodeRef<'_> {
        self.document.node(id)
    }

    /// The files in which every finding is `low`, in gitignore syntax.
    pub fn low_severity_paths(&self) -> impl Iterator<Item = &str> {
        let given = self.low_severity_paths.iter().flatten().map(String::as_str);
        let default = LOW_SEVERITY_PATHS.into_iter().filter(|_| self.low_severity_paths.is_none());
        given.chain(default)
    }

    /// The role the file declares.
    pub fn role(&self) -> Option<Role> {
        self.repo.as_ref().and_then(|repo| repo.role)
    }
}

/// Whether `field` is what `pattern` says, in which `*` stands for any text: brackets are only brackets here.
fn matches_field(pattern: &str, field: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = field.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = "";
    let mut wild = false;
    for part in parts {
        wild = true;
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = part;
    }
    rest.is_empty() || (wild && (last.is_empty() || field.ends_with(last)))
}

/// Compiles gitignore patterns that stand in a file of the directory `root`.
///
/// # Errors
/// What is wrong with the first bad pattern.
pub fn globs<'p>(
    root: &Path,
    patterns: impl IntoIterator<Item = &'p str>,
) -> Result<Gitignore, ignore::Error> {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        builder.add_line(None, pattern)?;
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_matched_with_a_star() {
        assert!(matches_field("spec.replicas", "spec.replicas"));
        assert!(matches_field("spec.containers[name=*].image", "spec.containers[name=web].image"));
        assert!(matches_field("metadata.annotations*", "metadata.annotations[\"a/b\"]"));
        assert!(!matches_field("spec.rep", "spec.replicas"));
        assert!(!matches_field("*.image", "spec.containers[name=web].imagePullPolicy"));
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        let globs = globs(Path::new("/r"), ["*.json", "/gen/"]).unwrap();
        assert!(globs.matched("/r/a/b.json", false).is_ignore());
        assert!(globs.matched_path_or_any_parents("/r/gen/x.yaml", false).is_ignore());
        assert!(!globs.matched_path_or_any_parents("/r/a/gen/x.yaml", false).is_ignore());
    }
}
