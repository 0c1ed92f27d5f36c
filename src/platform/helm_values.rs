//! Files of values for Helm's charts: a chart's own defaults, and what an environment gives instead.
//!
//! Nothing in such a file says what it is, so its name has to. Deliberately absent: what a chart makes of them.

use crate::model::file_path::name_of;
use crate::model::{Document, Format, NodeRef, Platform, Resource, ValueKind};

use super::kubernetes;

/// Values of a chart (`values.yaml`, `values-prod.yaml`, `prod.values.yaml`).
pub(super) struct HelmValues;

impl Platform for HelmValues {
    fn format(&self) -> Format {
        Format("helm-values")
    }

    fn claims(&self, file: &str, document: &Document<'_>) -> bool {
        let is_plain = |root: &NodeRef<'_>| root.is_mapping() && root.get("apiVersion").is_none();
        is_values(name_of(file)) && document.root().is_some_and(|root| is_plain(&root))
    }

    fn prepare(&self, document: &mut Document<'_>) {
        kubernetes::choose_schema(document);
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        out.extend(document.root().map(|body| Resource::whole(self, body, "Values")));
    }

    fn indirect(&self, value: NodeRef<'_>) -> Option<ValueKind> {
        kubernetes::interpolated(value)
    }
}

/// Whether `values` is a word of its own at the beginning or the end of a file's name.
fn is_values(name: &str) -> bool {
    let Some(stem) = [".yaml", ".yml"].iter().find_map(|ending| name.strip_suffix(ending)) else {
        return false;
    };
    let is_apart = |rest: &str| rest.is_empty() || rest.contains(['-', '_', '.']);
    let after = stem.strip_prefix("values").is_some_and(|rest| is_apart(rest.get(..1).unwrap_or_default()));
    let before = stem.strip_suffix("values").is_some_and(|rest| rest.ends_with(['-', '_', '.']));
    after || before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::document;

    #[test]
    fn the_name_tells_and_an_object_is_none() {
        let plain = document(r#"{"replicas": 2}"#);
        for name in [
            "values.yaml",
            "shop/values-prod.yml",
            "values.prod.yaml",
            "prod-values.yaml",
            "a/db.values.yaml",
        ] {
            assert!(HelmValues.claims(name, &plain), "{name}");
        }
        for name in ["valuesets.yaml", "myvalues.yaml", "values.json", "prod.yaml", "values/prod.txt"] {
            assert!(!HelmValues.claims(name, &plain), "{name}");
        }
        let object = document(r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#);
        assert!(!HelmValues.claims("values.yaml", &object));
        assert!(!HelmValues.claims("values.yaml", &document("[]")));
    }
}
