//! What a document is: recognises its format and finds the resources in it.
//!
//! Kinds of input are rows of [`PLATFORMS`]. Deliberately absent: what a repository makes of its
//! documents (overlays, charts, patches), which is `gitops`, and judging them, which is `policy`.

mod cloudformation;
mod defaults;
mod helm_values;
mod kubernetes;
mod kustomize;
mod sops;
#[cfg(test)]
mod testing;
mod text;

use crate::model::{Document, Platform};

pub use self::cloudformation::{Call, SubPart, sub_parts};
pub use self::defaults::{CustomSchemas, Defaulted};
pub use self::kustomize::{KUSTOMIZATION_NAMES, is_kustomization};
pub use self::text::Text;

/// Every platform. The first that claims a document has it, so the more special stand first.
pub static PLATFORMS: &[&dyn Platform] = &[
    &kustomize::Kustomize,
    &kubernetes::Kubernetes,
    &cloudformation::CloudFormation,
    &helm_values::HelmValues,
    &sops::Sops,
    &Text,
];

/// The platform that `document` of `file` belongs to; `file` is the path from the repository's root.
pub fn recognise(file: &str, document: &Document<'_>) -> Option<&'static dyn Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.claims(file, document))
}

/// The platform that policies call `format`.
pub fn by_name(format: &str) -> Option<&'static dyn Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.format().0 == format)
}
