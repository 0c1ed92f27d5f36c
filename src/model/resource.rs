//! A resource: one thing a platform manages, and where each part of its identity is written.

use super::document::NodeRef;
use super::platform::{Format, Platform};

/// A text and the node it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Field<'d> {
    /// The text.
    pub text: &'d str,
    /// Where it is written.
    pub node: NodeRef<'d>,
}

impl<'d> Field<'d> {
    /// The field of a scalar node; `None` for other nodes.
    pub fn of(node: NodeRef<'d>) -> Option<Self> {
        node.text().map(|text| Self { text, node })
    }
}

/// One resource of a document.
#[derive(Clone, Copy)]
pub struct Resource<'d> {
    /// The platform that found it.
    pub platform: &'static dyn Platform,
    /// Its body: the whole Kubernetes object, the CloudFormation resource below its logical id.
    pub body: NodeRef<'d>,
    /// The node that introduces it: the value of `kind:`, the logical id. Findings without a better
    /// place point here.
    pub header: NodeRef<'d>,
    /// Kubernetes `apiVersion`; empty elsewhere.
    pub api_version: &'d str,
    /// Kubernetes `kind`, CloudFormation `Type`; `template` for a whole template.
    pub kind: &'d str,
    /// Kubernetes `metadata.name`, CloudFormation logical id.
    pub name: Option<Field<'d>>,
    /// Kubernetes `metadata.namespace`.
    pub namespace: Option<Field<'d>>,
}

impl std::fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resource({} {} at byte {})", self.format(), self.id(), self.header.span().start)
    }
}

impl Resource<'_> {
    /// The format that policies match on.
    pub fn format(&self) -> Format {
        self.platform.format()
    }

    /// The name, or nothing when it has none or is generated.
    pub fn name(&self) -> &str {
        self.name.map_or("", |field| field.text)
    }

    /// The namespace, or nothing.
    pub fn namespace(&self) -> &str {
        self.namespace.map_or("", |field| field.text)
    }

    /// Its identity within its file: `namespace/Kind/name`, or the logical id.
    pub fn id(&self) -> String {
        if self.api_version.is_empty() {
            return self.name().to_owned();
        }
        match self.namespace {
            Some(namespace) => format!("{}/{}/{}", namespace.text, self.kind, self.name()),
            None => format!("{}/{}", self.kind, self.name()),
        }
    }
}
