//! The objects of a file as the API server sees them at admission, with its defaults, for policies that
//! were written for the API server; and the way back to what the author wrote.

use crate::cel::Blame;
use crate::model::{Document, NodeRef, Resource};
use crate::platform::{CustomSchemas, Defaulted};
use crate::policy::Place;
use crate::policy::native::World;

/// The documents of a file, each with a copy that has the defaults, where it gained any.
pub(super) struct Admitted<'d> {
    documents: &'d [Document<'d>],
    copies: Vec<Option<Defaulted<'d>>>,
}

impl<'d> Admitted<'d> {
    /// Applies the defaults to `resources`, which stand in `documents`; those of custom kinds from the
    /// definitions in `world`.
    pub(super) fn new(documents: &'d [Document<'d>], resources: &[Resource<'d>], world: &World) -> Self {
        let mut schemas = CustomSchemas::default();
        for definition in world.of("apiextensions.k8s.io/v1", "CustomResourceDefinition") {
            schemas.add(definition.node);
        }
        // Resources come in the order of their documents.
        let mut rest = resources;
        let copies = documents.iter().map(|document| {
            let is_own = |resource: &&Resource<'d>| std::ptr::eq(resource.body.document, document);
            let (own, others) = rest.split_at(rest.iter().take_while(is_own).count());
            rest = others;
            Defaulted::new(document, own, &schemas)
        });
        Self { documents, copies: copies.collect() }
    }

    /// The resource that stands for `written` at admission.
    pub(super) fn resource<'c>(&'c self, written: &Resource<'c>) -> Resource<'c> {
        self.copy_of(written.body).map_or(*written, |(_, copy)| copy.resource(written))
    }

    /// The place in the author's document that a place in the copy of `written` stands for.
    pub(super) fn place<'c>(&'c self, written: &Resource<'c>, place: &Place<'c>) -> Place<'c> {
        let Place::Node(blame) = place else { return place.clone() };
        let Some(node) = self.node(written, blame.node) else { return place.clone() };
        // An added node has no bytes of its own: what it says is missing where it would stand.
        let added = blame.node.span() != node.span();
        Place::Node(Blame { node, missing: blame.missing || added, span: blame.span })
    }

    /// The author's node that a node in the copy of `written` stands for; `None` where there is no copy.
    pub(super) fn node<'c>(&'c self, written: &Resource<'c>, node: NodeRef<'_>) -> Option<NodeRef<'c>> {
        let (document, copy) = self.copy_of(written.body)?;
        Some(document.node(copy.origin(node.id)))
    }

    fn copy_of(&self, node: NodeRef<'_>) -> Option<(&Document<'d>, &Defaulted<'d>)> {
        let at = self.documents.binary_search_by_key(&node.document.index, |document| document.index).ok()?;
        Some((&self.documents[at], self.copies.get(at)?.as_ref()?))
    }
}
