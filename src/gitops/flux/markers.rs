//! The comments by which Flux's image automation knows what to update:
//! `image: cart:1.2 # {"$imagepolicy": "flux-system:cart"}`.

use crate::gitops::SourceFile;
use crate::model::Span;

/// A marker behind a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The namespace of the ImagePolicy.
    pub namespace: String,
    /// Its name.
    pub policy: String,
    /// The part of the image that is updated: `name`, `tag` or `digest`; `None` for all of it.
    pub part: Option<String>,
}

impl std::fmt::Display for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.namespace, self.policy)?;
        self.part.iter().try_for_each(|part| write!(f, ":{part}"))
    }
}

/// The marker on the line of the value at `span`.
pub fn marker(file: &SourceFile, span: Span) -> Option<Marker> {
    let rest = file.text.get(span.end as usize..)?;
    let line = rest.split(['\n', '\r']).next()?;
    parse(line.trim_start_matches([' ', '\t', '"', '\'']).strip_prefix('#')?)
}

fn parse(comment: &str) -> Option<Marker> {
    let object: serde_json::Value = serde_json::from_str(comment.trim()).ok()?;
    let mut parts = object.get("$imagepolicy")?.as_str()?.split(':');
    let (namespace, policy) = (parts.next()?, parts.next()?);
    let part = parts.next().map(str::to_owned);
    (parts.next().is_none() && !policy.is_empty()).then(|| Marker {
        namespace: namespace.to_owned(),
        policy: policy.to_owned(),
        part,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_names_a_policy_and_a_part() {
        let marker = parse(r#" {"$imagepolicy": "flux-system:cart:tag"}"#).unwrap();
        assert_eq!((marker.namespace.as_str(), marker.policy.as_str()), ("flux-system", "cart"));
        assert_eq!(marker.part.as_deref(), Some("tag"));
        assert_eq!(parse(r#"{"$imagepolicy": "cart"}"#), None);
        assert_eq!(parse(" pinned on purpose"), None);
    }
}
