//! Kustomizations: what `kustomize build` reads, which is no Kubernetes object though it looks like one.
//!
//! Deliberately absent: building them, which is `gitops`.

use crate::model::file_path::name_of;
use crate::model::{Document, Field, Format, NodeRef, Platform, Resource, Tags, ValueKind};

use super::kubernetes;

/// Kustomize (`kustomization.yaml`).
pub(super) struct Kustomize;

const GROUP: &str = "kustomize.config.k8s.io/";

/// The names a kustomization may have, in the order they are looked for.
pub const KUSTOMIZATION_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether a file is a kustomization by its name.
pub fn is_kustomization(path: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&name_of(path))
}

impl Platform for Kustomize {
    fn format(&self) -> Format {
        Format("kustomize")
    }

    fn claims(&self, file: &str, document: &Document<'_>) -> bool {
        let Some(root) = document.root().filter(|root| root.is_mapping()) else { return false };
        // A Flux Kustomization may well stand in a kustomization.yaml, so the group counts first.
        if let Some(api_version) = root.get("apiVersion").and_then(NodeRef::text) {
            return api_version.starts_with(GROUP);
        }
        is_kustomization(file)
    }

    fn prepare(&self, document: &mut Document<'_>) {
        kubernetes::choose_schema(document);
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        let Some(body) = document.root() else { return };
        let kind = body.get("kind").filter(|kind| kind.as_str().is_some());
        out.push(Resource {
            platform: self,
            body,
            header: kind.unwrap_or(body),
            api_version: body
                .get("apiVersion")
                .and_then(NodeRef::as_str)
                .unwrap_or("kustomize.config.k8s.io/v1beta1"),
            kind: kind.and_then(NodeRef::as_str).unwrap_or("Kustomization"),
            name: body.descend(&["metadata", "name"]).and_then(Field::of),
            namespace: None,
        });
    }

    fn tags<'d>(&self, _resource: &Resource<'d>) -> Tags<'d> {
        // Its labels go to what it builds; it never reaches a cluster itself.
        Tags::default()
    }

    fn indirect(&self, value: NodeRef<'_>) -> Option<ValueKind> {
        kubernetes::interpolated(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::{document, with_resources};

    #[test]
    fn the_group_or_the_file_name_claims() {
        let plain = document(r#"{"resources": ["a.yaml"]}"#);
        assert!(Kustomize.claims("base/kustomization.yaml", &plain));
        assert!(Kustomize.claims("Kustomization", &plain));
        assert!(!Kustomize.claims("base/values.yaml", &plain));
        let component =
            document(r#"{"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}"#);
        assert!(Kustomize.claims("x.yaml", &component));
        let flux = document(r#"{"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}"#);
        assert!(!Kustomize.claims("kustomization.yaml", &flux));
    }

    #[test]
    fn the_kind_is_optional() {
        with_resources("kustomization.yaml", r#"{"resources": []}"#, |resources| {
            assert_eq!(resources[0].kind, "Kustomization");
            assert!(resources[0].name.is_none());
        });
    }
}
