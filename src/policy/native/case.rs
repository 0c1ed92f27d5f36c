//! An object to judge, with what is the same for every policy, so that it is worked out once.

use std::cell::OnceCell;

use bumpalo::Bump;

use super::World;
use super::host::NativeHost;
use super::matching::{Facts, Subject};
use super::request::{Surroundings, surroundings};

/// An object and its surroundings. Temporary values live in its arena.
pub struct Case<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) host: &'a NativeHost<'a>,
    pub(super) arena: &'a Bump,
    surroundings: OnceCell<Surroundings<'a>>,
}

impl<'a> Case<'a> {
    /// The case of an object among the objects of a world.
    pub fn new(subject: Subject<'a>, world: &'a World, arena: &'a Bump) -> Self {
        Self {
            facts: Facts::new(subject, world),
            host: arena.alloc(NativeHost { subject, world }),
            arena,
            surroundings: OnceCell::new(),
        }
    }

    /// The variables besides `params`; most objects meet no policy, and these are not cheap.
    pub(super) fn surroundings(&self) -> &Surroundings<'a> {
        self.surroundings.get_or_init(|| surroundings(&self.facts, self.arena))
    }
}
