//! The tags that a deployment gives every resource of a template: the answer to `tags.ofStack`.
//!
//! Most runs never ask, and finding out means to read every file that may deploy something, so it is done when
//! first asked for. Deliberately absent: the finding.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// By template, from the repository's root: the keys that all its stacks have; the value where it is the same
/// in all.
pub type ByTemplate = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// The tags of the stacks of a repository.
#[derive(Clone)]
pub struct StackTags(Arc<LazyLock<ByTemplate, Box<dyn FnOnce() -> ByTemplate + Send>>>);

impl StackTags {
    /// What `find` will say.
    pub fn new(find: impl FnOnce() -> ByTemplate + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(find))))
    }

    /// The tags of the template at a path, key by key.
    pub(super) fn of(&self, template: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        let tags = self.0.get(template).into_iter().flatten();
        tags.map(|(key, value)| (key.as_str(), value.as_deref()))
    }
}

impl fmt::Debug for StackTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StackTags")
    }
}
