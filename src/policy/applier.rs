//! What applies an object of a render: the answer to `applier` and to `resources.alsoAppliedBy`.

use crate::model::NodeRef;

/// What applies an object, and who does so besides.
#[derive(Clone, Debug)]
pub struct Applier<'a> {
    /// What applies it.
    pub declared: Declared<'a>,
    /// The object that has it applied, as it is applied itself.
    pub object: NodeRef<'a>,
    /// What else applies the same object to the same cluster; empty when no policy asks.
    pub others: Vec<Declared<'a>>,
}

/// A Flux Kustomization, an Argo CD Application or a Helm release, and where it is declared.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// What it is, as output calls it.
    pub kind: &'a str,
    /// Its namespace and name.
    pub name: &'a str,
    /// The file, from the repository's root.
    pub file: &'a str,
}
