//! A resource: one thing a platform manages, and where each part of its identity is written.
//!
//! The trait of platforms stands here, its implementations in `platform/`, so that policies can ask a
//! resource for its tags without knowing which platform found it.

use super::document::{Document, Field, NodeRef};
use super::platform::{Container, Format, Tags, ValueKind};

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

impl<'d> Resource<'d> {
    /// A document that is one resource, without a name.
    pub const fn whole(platform: &'static dyn Platform, body: NodeRef<'d>, kind: &'d str) -> Self {
        Self { platform, body, header: body, api_version: "", kind, name: None, namespace: None }
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

/// A kind of input: recognises its documents, finds their resources, knows what values mean there.
pub trait Platform: Sync {
    /// Its name in policies.
    fn format(&self) -> Format;

    /// The names of the only files its documents stand in; `None` when the name does not tell.
    fn file_names(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// Whether this document is one of its own. `file` is the path from the repository's root with `/`.
    fn claims(&self, file: &str, document: &Document<'_>) -> bool;

    /// Prepares a claimed document: chooses the schema its scalars follow.
    fn prepare(&self, _document: &mut Document<'_>) {}

    /// Appends the resources of a prepared document.
    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>);

    /// The effective tags (AWS) or labels (Kubernetes) of one of its resources.
    fn tags<'d>(&self, _resource: &Resource<'d>) -> Tags<'d> {
        Tags::default()
    }

    /// What a value that is not plain data is: a reference, a parameter, a substituted text. `None`
    /// for plain data.
    ///
    /// A value with a kind is *unknown* to an expression that needs its content.
    fn indirect(&self, _value: NodeRef<'_>) -> Option<ValueKind> {
        None
    }

    /// Where the content of a value stands in its document: the `Default` that a `!Ref` falls back to,
    /// the literal branch of an `!If`. The value itself when it is plain data or its content is elsewhere.
    ///
    /// Findings about what a value *is* point here.
    fn source<'d>(&self, value: NodeRef<'d>) -> NodeRef<'d> {
        value
    }

    /// The pod specification of a workload; `None` for what runs no pod.
    fn pod_spec<'d>(&self, _resource: &Resource<'d>) -> Option<NodeRef<'d>> {
        None
    }

    /// The containers a resource runs, in order: main, init, ephemeral.
    fn containers<'d>(&self, _resource: &Resource<'d>) -> Vec<Container<'d>> {
        Vec::new()
    }
}
