//! Kustomize, natively: what `kustomize build` makes of a folder, with origins.

use super::{Build, Sources, Tree};

/// The names a kustomization may have, in the order they are looked for.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Builds the kustomization in `folder`.
pub fn build(_sources: &Sources<'_>, _folder: &str) -> Build {
    Build::default()
}

/// Builds `kustomization` as if it stood in `folder`: what Flux and Argo CD write there before they build.
pub fn build_as(_sources: &Sources<'_>, _folder: &str, _kustomization: &Tree) -> Build {
    Build::default()
}

/// Whether objects of this kind have no namespace.
pub fn is_cluster_scoped(_api_version: &str, _kind: &str) -> bool {
    false
}
