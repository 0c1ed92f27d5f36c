//! What was not checked.

/// Something that could not be checked, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What: a file, a kind, a region.
    pub subject: String,
    /// Why, and what to do.
    pub reason: String,
}
