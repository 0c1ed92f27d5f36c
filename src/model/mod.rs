//! The vocabulary every other room speaks: plain data, no I/O.
//!
//! Nothing here imports another room of this crate, knows a command line, a network or CEL.
//! What is deliberately absent: parsing (`syntax`), meaning of formats (`platform`), judging (`policy`).

pub mod code_owners;
pub mod decode;
pub mod document;
pub mod drift;
pub mod file_path;
pub mod finding;
mod gap;
pub mod identity;
pub mod path;
pub mod platform;
pub mod report;
pub mod repository;
pub mod resource;
pub mod rule;
pub mod scalar;
pub mod span;

pub use document::{Comment, Data, Document, Field, Node, NodeId, NodeRef, Style};
pub use drift::{Audit, ChangeKind, ChangeRow, Coverage, Trend, Writer};
pub use finding::{Finding, Location, Related, Snippet, Suppression};
pub use gap::Gap;
pub use identity::Identity;
pub use path::{Path, Segment};
pub use platform::{Container, ContainerRole, Format, TagStyle, Tags, ValueKind};
pub use report::{Report, Summary, Undecided, VerdictRow};
pub use repository::{FileClass, Remote, Repository, Role, RoleSource, TrackedFile};
pub use resource::{Platform, Resource};
pub use rule::{Category, Confidence, Rule, Severity, Verdict};
pub use scalar::{Scalar, Schema};
pub use span::{LineIndex, Position, Region, Span};
