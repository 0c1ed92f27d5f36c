//! Kustomize, natively: what `kustomize build` makes of a folder, with origins.

use super::{Build, Sources, Tree};

/// Builds the kustomization in `folder`.
pub fn build(_sources: &Sources<'_>, _folder: &str) -> Build {
    Build::default()
}

/// Builds `kustomization` as if it stood in `folder`: what Flux and Argo CD write there before they build.
pub fn build_as(_sources: &Sources<'_>, _folder: &str, _kustomization: &Tree) -> Build {
    Build::default()
}
