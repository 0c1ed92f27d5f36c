//! What an expression can ask about its surroundings: the resource at hand and its repository.

use std::cell::OnceCell;

use super::applier::Applier;
use super::inventory::Inventory;
use crate::model::platform::REPOSITORY;
use crate::model::{Format, NodeRef, Repository, Resource, Tags, ValueKind};

/// The kinds of host objects.
pub(super) mod handle {
    pub(crate) const RESOURCE: u16 = 0;
    pub(crate) const REQUEST: u16 = 1;
    pub(crate) const TEMPLATE: u16 = 2;
    pub(crate) const REPO: u16 = 3;
    pub(crate) const FILE: u16 = 4;
    pub(crate) const REMOTE: u16 = 5;
    pub(crate) const APPLIER: u16 = 6;
}

/// The surroundings of one evaluation.
pub struct Host<'a> {
    resource: Option<&'a Resource<'a>>,
    repository: &'a Repository,
    file: &'a str,
    is_patch: bool,
    inventory: Option<&'a Inventory>,
    applier: Option<&'a Applier<'a>>,
    tags: OnceCell<Tags<'a>>,
}

impl<'a> Host<'a> {
    /// The surroundings of a resource (`None`: of the repository as a whole) in `file`.
    pub fn new(resource: Option<&'a Resource<'a>>, repository: &'a Repository, file: &'a str) -> Self {
        Self {
            resource,
            repository,
            file,
            is_patch: false,
            inventory: None,
            applier: None,
            tags: OnceCell::new(),
        }
    }

    /// The same for a resource that is only a part, to be merged into another by Kustomize.
    #[must_use]
    pub fn patch(mut self, is_patch: bool) -> Self {
        self.is_patch = is_patch;
        self
    }

    /// The same among the other objects of its tree or render; without them `resources.…` is unknown.
    #[must_use]
    pub fn among(mut self, inventory: &'a Inventory) -> Self {
        self.inventory = Some(inventory);
        self
    }

    /// The same for an object of a render: what applies it.
    #[must_use]
    pub fn applied_by(mut self, applier: Option<&'a Applier<'a>>) -> Self {
        self.applier = applier;
        self
    }

    pub(super) fn applier(&self) -> Option<&'a Applier<'a>> {
        self.applier
    }

    pub(super) fn inventory(&self) -> Option<&'a Inventory> {
        self.inventory
    }

    pub(super) fn is_patch(&self) -> bool {
        self.is_patch
    }

    pub(super) fn resource(&self) -> Option<&'a Resource<'a>> {
        self.resource
    }

    pub(super) fn repository(&self) -> &'a Repository {
        self.repository
    }

    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    pub(super) fn format(&self) -> Format {
        self.resource.map_or(REPOSITORY, Resource::format)
    }

    /// The tags of the resource, computed once.
    pub(super) fn tags(&self) -> Option<&Tags<'a>> {
        let resource = self.resource?;
        Some(self.tags.get_or_init(|| resource.platform.tags(resource)))
    }

    pub(super) fn indirect_kind(&self, node: NodeRef<'a>) -> Option<ValueKind> {
        self.resource?.platform.indirect(node)
    }
}
