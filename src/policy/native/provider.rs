//! Who answers what only a cluster, a registry or the network knows.
//!
//! Policies ask through one trait, whoever answers: the files at hand, or what a test says there is. What
//! nobody answers is *unknown*, never absent.

use super::World;
use crate::model::NodeRef;

/// What somebody says of the world outside the object at hand. By default nobody knows anything.
pub trait Provider: Send + Sync {
    /// Objects of the cluster, in order: all of those that the API calls `resource`, as in `deployments`, and
    /// perhaps others.
    fn objects<'p>(&'p self, _resource: &str) -> Box<dyn Iterator<Item = NodeRef<'p>> + 'p> {
        Box::new(std::iter::empty())
    }

    /// Whether the cluster has no objects besides those of all providers, so that what is not found is not
    /// there.
    fn is_whole(&self) -> bool {
        false
    }

    /// Images of the registries, each a mapping with its reference under `image`; `None` when nothing is
    /// known of any registry.
    fn images<'p>(&'p self) -> Option<Box<dyn Iterator<Item = NodeRef<'p>> + 'p>> {
        None
    }

    /// The answer to a request, by its method and URL.
    fn response<'p>(&'p self, _method: &str, _url: &str) -> Option<Response<'p>> {
        None
    }

    /// A value of an entry of Kyverno's global context: the entry's own when the projection has no name.
    fn global<'p>(&'p self, _entry: &str, _projection: &str) -> Option<Global<'p>> {
        None
    }
}

/// The answer to a request.
#[derive(Clone, Copy)]
pub struct Response<'p> {
    /// Its status.
    pub status: i64,
    /// Its body, read as JSON; `None` when it has none.
    pub body: Option<NodeRef<'p>>,
}

/// A value of the global context.
pub enum Global<'p> {
    /// One value.
    Value(NodeRef<'p>),
    /// A list of objects.
    Objects(Vec<NodeRef<'p>>),
}

/// The files at hand know some objects of the cluster; there may be others.
impl Provider for World {
    fn objects<'p>(&'p self, resource: &str) -> Box<dyn Iterator<Item = NodeRef<'p>> + 'p> {
        Box::new(self.of_resource(resource).map(|object| object.node))
    }
}
