//! Which resources a policy is about: formats, and kinds as people write them.

use super::file::Match;
use crate::model::Resource;

/// A pattern for kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Deployment`, `AWS::S3::Bucket`.
    Exact(String),
    /// `AWS::*`.
    Glob(String),
    /// `apps/v1/Deployment`, `v1/Secret`: API version and kind.
    Versioned(String, String),
}

impl Kind {
    pub(super) fn read(text: &str) -> Self {
        match text.rsplit_once('/') {
            Some((version, kind)) => Self::Versioned(version.to_owned(), kind.to_owned()),
            None if text.contains(['*', '?', '{', '[']) => Self::Glob(text.to_owned()),
            None => Self::Exact(text.to_owned()),
        }
    }

    /// Whether an object of this API version and kind is meant.
    pub(super) fn is(&self, api_version: &str, of_kind: &str) -> bool {
        match self {
            Self::Exact(kind) => kind == of_kind,
            Self::Glob(pattern) => fast_glob::glob_match(pattern, of_kind),
            Self::Versioned(version, kind) => {
                (kind == of_kind || kind == "*")
                    && (version == api_version || fast_glob::glob_match(version, api_version))
            }
        }
    }
}

/// One alternative of a policy's `match`.
#[derive(Clone, Debug)]
pub struct Selector {
    format: String,
    kinds: Vec<Kind>,
}

impl Selector {
    /// Prepares an entry of `match`.
    pub fn new(entry: &Match) -> Self {
        Self {
            format: entry.format.clone(),
            kinds: entry.kinds.iter().map(|kind| Kind::read(kind)).collect(),
        }
    }

    /// The format it is about.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Whether a resource is meant. A whole template is meant only when it is named.
    pub fn matches(&self, resource: &Resource<'_>) -> bool {
        if self.format != resource.format().0 {
            return false;
        }
        if resource.kind == "template" && !self.kinds.contains(&Kind::Exact("template".to_owned())) {
            return false;
        }
        self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.is(resource.api_version, resource.kind))
    }
}
