//! The files of a repository, wherever they are read from: the work tree, the index, a revision.

/// What is asked of a repository. Paths go from its root, with `/`.
pub trait Files {
    /// The files that belong to it.
    fn paths(&self) -> Vec<String>;

    /// The bytes of a file, whether it is among [`Self::paths`] or not: `cdk.out` is ignored by Git. `None`
    /// when there is no such file or it cannot be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}
