//! Which resource types can be tagged, and by which property: what the schemas say, and SAM's own types.

use crate::aws::types::{TagShape, tag_property};

/// SAM's types that hand their `Tags` on to what they make.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-resources-and-properties.html>
const SERVERLESS: [&str; 7] =
    ["Api", "Application", "Function", "GraphQLApi", "HttpApi", "SimpleTable", "StateMachine"];

/// The tag property of a type and its shape; `None` for types that cannot be tagged or are not known. A type
/// that is not known counts as taggable once it writes plain `Tags`.
pub(super) fn shape(kind: &str) -> Option<(&'static str, TagShape)> {
    match kind.strip_prefix("AWS::Serverless::") {
        Some(name) => SERVERLESS.contains(&name).then_some(("Tags", TagShape::Map)),
        None => tag_property(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_sam_and_of_cloudformation_are_known() {
        assert_eq!(shape("AWS::Serverless::Function"), Some(("Tags", TagShape::Map)));
        assert_eq!(shape("AWS::Serverless::LayerVersion"), None);
        assert_eq!(shape("AWS::S3::Bucket"), Some(("Tags", TagShape::List)));
    }
}
