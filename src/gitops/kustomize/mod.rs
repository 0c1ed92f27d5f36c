//! Kustomize, natively: what `kustomize build` (5.8) makes of a folder, with origins.
//!
//! It either does exactly what the reference does or refuses. Deliberately absent: fetching remote bases,
//! running plugins and Helm.

mod build;
mod fault;
mod field_specs;
mod finish;
mod folded;
mod generate;
mod json_patch;
mod loader;
mod objects;
mod openapi;
mod order;
mod patches;
mod references;
mod replacements;
mod resource;
mod scalars;
mod select;
mod strategic;
#[cfg(test)]
mod testing;
mod transform;
mod vars;

use super::{Build, Sources, Tree};

/// Builds the kustomization in `folder`. As `kustomize build` does by default, it reads no files outside a
/// kustomization's own folder.
pub fn build(sources: &Sources<'_>, folder: &str) -> Build {
    build::Builder::new(sources, true).run(folder, None)
}

/// Builds `kustomization` as if it stood in `folder`: what Flux and Argo CD write there before they build.
/// Files anywhere in the repository may be read, as Flux allows it.
pub fn build_as(sources: &Sources<'_>, folder: &str, kustomization: &Tree) -> Build {
    build::Builder::new(sources, false).run(folder, Some(kustomization))
}

/// Whether objects of this kind have no namespace.
pub fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    openapi::is_cluster_scoped(api_version, kind)
}
