//! What a repository *applies*: overlays built, substitutions made, charts expanded; every value
//! remembers the file and the line that owns it.
//!
//! Nothing here guesses. What cannot be rendered exactly as the real tool would is a [`Refusal`] with a
//! place and a reason, and the objects it would have made are unknown. Deliberately absent: the network,
//! judging what is rendered (`lint`), and comparing it with a cluster (`audit`).

mod argo;
mod controller;
pub mod creates;
pub mod external;
pub mod files;
pub mod flux;
mod followed;
mod helm;
pub mod kustomize;
pub mod print;
mod render;
pub mod sources;
pub mod tree;

use std::sync::Arc;

use crate::model::Span;

pub use self::controller::{Options, Programs, Root, RootKind};
pub use self::files::{FileKind, Files, WorkTree};
pub use self::followed::Followed;
pub use self::helm::release_name;
pub use self::render::{each, render, render_folders};
pub use self::sources::{SourceFile, Sources};
pub use self::tree::{FileId, Maker, Origin, Tree};

/// What was built from one entry: its objects, and what stands between them and the whole.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The objects in the order the real tool prints them.
    pub objects: Vec<Tree>,
    /// Why something is missing or may be wrong; empty when `objects` is exactly what is applied.
    pub refusals: Vec<Refusal>,
}

/// Something that was not rendered, where, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The file, from the repository's root.
    pub file: Arc<str>,
    /// The bytes that name it; empty for the file as a whole.
    pub span: Span,
    /// What, and why; one sentence for a user.
    pub reason: String,
}
