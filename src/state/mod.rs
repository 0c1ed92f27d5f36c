//! Live state to an [`Inventory`]: dumps of any kind, and, with the feature `kubernetes`, clusters; in `aws`
//! what AWS Config left in files.
//!
//! The only room that is asynchronous or opens a socket, and that only in `cluster` and `aws::client`.
//! Everything streams: of an object that is not declared only a header stays. The values of Secrets are taken
//! out as they are read. Deliberately absent: writing to a cluster or to AWS, and judging what was read
//! (`audit`).

pub mod aws;
#[cfg(feature = "kubernetes")]
pub mod cluster;
mod dump;
mod header;
mod inventory;
mod json_stream;
mod release;
mod secret;
mod yaml_stream;

pub use self::dump::{read_dumps, read_stream};
pub use self::header::{Header, Owner};
pub use self::inventory::{Extent, Inventory, Kept, scale_target};
pub use self::release::Release;

/// Why a stream of objects ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The text is not what it should be.
    #[error("{0}")]
    Shape(&'static str),
    /// An object is larger than any API server allows.
    #[error("an object is larger than 16 MiB")]
    TooLarge,
    /// The text ends within an object.
    #[error("the text ends within an object")]
    Ended,
}
