//! What a test of the Kyverno CLI says there is: in its `Context`, and in the suite itself
//! (<https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/>).
//!
//! Deliberately absent: `JMESPath`. A path of names and dots is followed; what needs more is unknown.

use crate::model::{Document, NodeRef};
use crate::policy::native::provider::{Global, Provider, Response};

/// The answers of one suite.
#[derive(Default)]
pub struct Answers {
    /// A `Context`: with one, there is nothing else in the cluster and the registries.
    pub context: Option<Document<'static>>,
    /// The suite: `apiCallResponses` and `globalContextEntries`.
    pub suite: Option<Document<'static>>,
}

impl Answers {
    fn of_context(&self, list: &str) -> impl Iterator<Item = NodeRef<'_>> {
        let root = self.context.as_ref().and_then(Document::root);
        items(root.and_then(|root| root.descend(&["spec", list])))
    }

    fn of_suite(&self, list: &str) -> impl Iterator<Item = NodeRef<'_>> {
        let root = self.suite.as_ref().and_then(Document::root);
        items(root.and_then(|root| root.get(list)))
    }
}

impl Provider for Answers {
    fn objects<'p>(&'p self, _resource: &str) -> Box<dyn Iterator<Item = NodeRef<'p>> + 'p> {
        Box::new(self.of_context("resources"))
    }

    fn is_whole(&self) -> bool {
        self.context.is_some()
    }

    fn images<'p>(&'p self) -> Option<Box<dyn Iterator<Item = NodeRef<'p>> + 'p>> {
        self.context.as_ref()?;
        Some(Box::new(self.of_context("images")))
    }

    fn response<'p>(&'p self, method: &str, url: &str) -> Option<Response<'p>> {
        let text = |node: NodeRef<'p>, key| node.get(key).and_then(NodeRef::text).unwrap_or_default();
        let found = self.of_suite("apiCallResponses").find(|entry| {
            let of = text(*entry, "method");
            text(*entry, "url") == url
                && (of.eq_ignore_ascii_case(method) || (of.is_empty() && method == "GET"))
        })?;
        let response = found.get("response");
        let status = response.and_then(|response| response.get("statusCode")).and_then(NodeRef::text);
        Some(Response {
            status: status.and_then(|status| status.parse().ok()).unwrap_or(200),
            body: response.and_then(|response| response.get("body")),
        })
    }

    fn global<'p>(&'p self, entry: &str, projection: &str) -> Option<Global<'p>> {
        let is = |node: &NodeRef<'p>, name: &str| node.get("name").and_then(NodeRef::text) == Some(name);
        let found = self.of_suite("globalContextEntries").find(|node| is(node, entry))?;
        if let (Some(objects), "") = (found.get("resources"), projection) {
            return Some(Global::Objects(objects.items().collect()));
        }
        let mut value = found.get("data")?;
        if let Some(path) = found.get("fieldPath").and_then(NodeRef::text) {
            value = follow(value, path)?;
        }
        if !projection.is_empty() {
            let projection = items(found.get("projections")).find(|node| is(node, projection))?;
            value = follow(value, projection.get("path")?.text()?)?;
        }
        Some(Global::Value(value))
    }
}

/// The node at a path of names and dots.
fn follow<'d>(node: NodeRef<'d>, path: &str) -> Option<NodeRef<'d>> {
    path.split('.').try_fold(node, NodeRef::get)
}

fn items(list: Option<NodeRef<'_>>) -> impl Iterator<Item = NodeRef<'_>> {
    list.into_iter().flat_map(NodeRef::items)
}
