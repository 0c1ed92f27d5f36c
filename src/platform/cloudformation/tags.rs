//! The effective tags of a CloudFormation resource: its own and, for SAM, those of `Globals`.
//!
//! Deliberately absent: tags given to the whole stack at deployment, which no template shows.

use crate::model::{Field, NodeRef, Resource, TagStyle, Tags};

use super::intrinsic::{indirect, is_intrinsic};
use super::taggable::shape;
use crate::aws::types::TagShape as Shape;

/// The tags of `resource`; of a type the table does not know, what it plainly writes as `Tags`.
pub(super) fn of<'d>(resource: &Resource<'d>) -> Tags<'d> {
    let properties = resource.body.get("Properties");
    let evident = properties.and_then(|properties| properties.get("Tags")).and_then(evident_shape);
    let mut tags = Tags { known: true, ..Tags::default() };
    let Some((property, shape)) = shape(resource.kind).or(evident.map(|shape| ("Tags", shape))) else {
        return tags;
    };
    tags.supported = true;
    tags.style = if shape == Shape::Map { TagStyle::Map } else { TagStyle::List };
    if let Some(properties) = properties {
        // A macro among the properties may add any of them.
        tags.known = !is_intrinsic(properties) && properties.get("Fn::Transform").is_none();
        add(&mut tags, properties.get(property), shape);
        if shape == Shape::Specifications {
            let data = properties.get("LaunchTemplateData");
            add(&mut tags, data.and_then(|data| data.get(property)), shape);
        }
    }
    if let Some(globals) = globals(resource) {
        let own = tags.node;
        let mut shared = Tags { known: true, ..Tags::default() };
        add(&mut shared, globals.get(property), shape);
        tags.known &= shared.known;
        // A resource's own tag wins over the global one of the same key.
        shared.entries.retain(|(key, _)| !tags.entries.iter().any(|(own, _)| own.text == key.text));
        tags.entries.append(&mut shared.entries);
        tags.node = own.or(shared.node);
    }
    tags
}

/// SAM's shared properties for resources of this type.
fn globals<'d>(resource: &Resource<'d>) -> Option<NodeRef<'d>> {
    let kind = resource.kind.strip_prefix("AWS::Serverless::")?;
    resource.body.document.root()?.descend(&["Globals", kind])
}

/// How a `Tags` property is written, when that can be seen.
fn evident_shape(tags: NodeRef<'_>) -> Option<Shape> {
    if is_intrinsic(tags) {
        return None;
    }
    if tags.items().next().is_some_and(|item| item.get("Key").is_some()) {
        return Some(Shape::List);
    }
    (tags.is_mapping() && tags.len() > 0).then_some(Shape::Map)
}

/// Adds the tags written at `node`.
fn add<'d>(tags: &mut Tags<'d>, node: Option<NodeRef<'d>>, shape: Shape) {
    let Some(node) = node.filter(|node| is_present(*node)) else { return };
    tags.node = tags.node.or(Some(node));
    if is_intrinsic(node) {
        tags.known = false;
        return;
    }
    match shape {
        Shape::Map => {
            for (key, value) in node.entries() {
                // `Fn::If` among other keys is a mistake of the author's, and no tag.
                if key.text().is_some_and(|key| key.starts_with("Fn::")) {
                    tags.known = false;
                } else {
                    push(tags, Some(key), Some(value));
                }
            }
        }
        Shape::List => {
            for item in node.items() {
                if is_intrinsic(item) {
                    tags.known = false;
                } else {
                    push(tags, item.get("Key"), item.get("Value"));
                }
            }
        }
        Shape::Specifications => {
            for item in node.items() {
                tags.known &= !is_intrinsic(item);
                add(tags, item.get("Tags"), Shape::List);
            }
        }
    }
}

/// Adds one tag; a key that is computed makes the tags unknown, a value that is computed stays out.
fn push<'d>(tags: &mut Tags<'d>, key: Option<NodeRef<'d>>, value: Option<NodeRef<'d>>) {
    let Some(key) = key.filter(|key| is_present(*key)) else { return };
    match Field::of(key) {
        Some(field) if indirect(key).is_none() => {
            let plain = value.filter(|value| indirect(*value).is_none() && is_present(*value));
            tags.entries.push((field, plain.and_then(Field::of)));
        }
        _ => tags.known = false,
    }
}

/// Whether a node is not null.
fn is_present(node: NodeRef<'_>) -> bool {
    !node.is_null()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::with_resources;

    fn tags_of(kind: &str, properties: &str, check: impl FnOnce(&Tags<'_>)) {
        let template = format!(
            r#"{{"Globals": {{"Function": {{"Tags": {{"Owner": "shared", "Team": "a"}}}}}},
                "Resources": {{"R": {{"Type": "{kind}", "Properties": {properties}}}}}}}"#
        );
        with_resources("x.json", &template, |resources| check(&of(&resources[1])));
    }

    fn entries<'d>(tags: &Tags<'d>) -> Vec<(&'d str, Option<&'d str>)> {
        tags.entries.iter().map(|(key, value)| (key.text, value.map(|value| value.text))).collect()
    }

    #[test]
    fn every_shape_is_read() {
        let list = r#"[{"Key": "Owner", "Value": "cart"}, {"Key": "Env", "Value": {"Ref": "Env"}}]"#;
        tags_of("AWS::S3::Bucket", &format!(r#"{{"Tags": {list}}}"#), |tags| {
            assert!(tags.supported && tags.known && tags.node.is_some());
            assert_eq!(tags.style, TagStyle::List);
            assert_eq!(entries(tags), [("Owner", Some("cart")), ("Env", None)]);
        });
        tags_of("AWS::SSM::Parameter", r#"{"Tags": {"Owner": "cart"}}"#, |tags| {
            assert_eq!((tags.style, entries(tags)), (TagStyle::Map, vec![("Owner", Some("cart"))]));
        });
        tags_of("AWS::Route53::HostedZone", &format!(r#"{{"HostedZoneTags": {list}}}"#), |tags| {
            assert_eq!(entries(tags).len(), 2);
        });
        let specifications =
            format!(r#"{{"TagSpecifications": [{{"ResourceType": "launch-template", "Tags": {list}}}]}}"#);
        tags_of("AWS::EC2::LaunchTemplate", &specifications, |tags| assert_eq!(entries(tags).len(), 2));
        tags_of("AWS::Made::Up", &format!(r#"{{"Tags": {list}}}"#), |tags| assert!(tags.supported));
        tags_of("AWS::Made::Up", "{}", |tags| assert!(!tags.supported));
        tags_of("AWS::S3::Bucket", "{}", |tags| assert!(tags.supported && tags.known && tags.node.is_none()));
    }

    #[test]
    fn globals_are_merged() {
        tags_of("AWS::Serverless::Function", r#"{"Tags": {"Owner": "own"}}"#, |tags| {
            assert_eq!(entries(tags), [("Owner", Some("own")), ("Team", Some("a"))]);
        });
    }

    #[test]
    fn computed_tags_are_unknown() {
        for properties in [
            r#"{"Tags": {"Ref": "Tags"}}"#,
            r#"{"Tags": [{"Fn::If": ["A", {"Key": "a", "Value": "b"}, {"Ref": "AWS::NoValue"}]}]}"#,
            r#"{"Tags": [{"Key": {"Ref": "Name"}, "Value": "b"}]}"#,
            r#"{"Fn::Transform": {"Name": "AWS::Include"}}"#,
        ] {
            tags_of("AWS::S3::Bucket", properties, |tags| assert!(!tags.known, "{properties}"));
        }
    }
}
