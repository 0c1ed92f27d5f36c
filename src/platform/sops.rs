//! `.sops.yaml`: with which keys SOPS encrypts which files.
//!
//! <https://getsops.io/docs/#using-sopsyaml-conf-to-select-kmspgp-for-new-files>

use crate::model::file_path::name_of;
use crate::model::{Document, Format, NodeRef, Platform, Resource};

/// SOPS's configuration.
pub(super) struct Sops;

/// SOPS looks for no other name; `.sops.yml` it passes over.
const FILE_NAMES: &[&str] = &[".sops.yaml"];

impl Platform for Sops {
    fn format(&self) -> Format {
        Format("sops")
    }

    fn file_names(&self) -> Option<&'static [&'static str]> {
        Some(FILE_NAMES)
    }

    fn claims(&self, file: &str, document: &Document<'_>) -> bool {
        FILE_NAMES.contains(&name_of(file)) && document.root().is_some_and(NodeRef::is_mapping)
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        out.extend(document.root().map(|body| Resource::whole(self, body, "Configuration")));
    }
}
