//! CloudFormation and SAM templates, YAML or JSON.
//!
//! The first resource is the whole template (kind `template`); then one for each logical id. Deliberately
//! absent: schemas of resource types, running transforms and macros, values known only at deployment.

mod call;
mod intrinsic;
mod taggable;
mod tags;

use crate::model::{
    Container, ContainerRole, Document, Field, Format, NodeRef, Platform, Resource, Schema, Tags, ValueKind,
};

pub use self::call::{Call, SubPart, sub_parts};

/// CloudFormation templates.
pub(super) struct CloudFormation;

/// The kind of the resource that stands for the whole template.
const TEMPLATE: &str = "template";

/// How deep `Fn::ForEach` is followed; CloudFormation allows five.
const MAX_LOOP_DEPTH: usize = 8;

impl Platform for CloudFormation {
    fn format(&self) -> Format {
        Format("cloudformation")
    }

    fn claims(&self, _file: &str, document: &Document<'_>) -> bool {
        let Some(root) = document.root().filter(|root| root.is_mapping()) else { return false };
        root.get("AWSTemplateFormatVersion").is_some_and(|version| version.text().is_some())
            || root
                .get("Resources")
                .is_some_and(|resources| resources.entries().any(|(_, body)| resource_type(body).is_some()))
    }

    fn prepare(&self, document: &mut Document<'_>) {
        if document.schema != Schema::Json {
            document.schema = Schema::CloudFormation;
        }
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        let Some(root) = document.root() else { return };
        let header = root.entries().next().map_or(root, |(key, _)| key);
        out.push(self.resource(root, header, TEMPLATE, None));
        if let Some(resources) = root.get("Resources") {
            let limit = out.len().saturating_add(document.node_count());
            self.collect(resources, 0, limit, out);
        }
    }

    fn tags<'d>(&self, resource: &Resource<'d>) -> Tags<'d> {
        tags::of(resource)
    }

    fn indirect(&self, value: NodeRef<'_>) -> Option<ValueKind> {
        intrinsic::indirect(value)
    }

    fn source<'d>(&self, value: NodeRef<'d>) -> NodeRef<'d> {
        intrinsic::source(value)
    }

    fn containers<'d>(&self, resource: &Resource<'d>) -> Vec<Container<'d>> {
        if resource.kind != "AWS::ECS::TaskDefinition" {
            return Vec::new();
        }
        let list = resource.body.descend(&["Properties", "ContainerDefinitions"]);
        let items = list.into_iter().flat_map(NodeRef::items).filter(|item| item.is_mapping());
        items.map(|node| Container { node, role: ContainerRole::Main }).collect()
    }
}

impl CloudFormation {
    /// Appends the entries of `Resources`, or of a `Fn::ForEach` among them.
    fn collect<'d>(
        &'static self,
        entries: NodeRef<'d>,
        depth: usize,
        limit: usize,
        out: &mut Vec<Resource<'d>>,
    ) {
        for (id, body) in entries.entries() {
            if out.len() >= limit {
                return;
            }
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
            if id.text().is_some_and(|id| id.starts_with("Fn::ForEach::")) {
                if let Some(output) = body.item(2).filter(|_| depth < MAX_LOOP_DEPTH) {
                    self.collect(output, depth + 1, limit, out);
                }
            } else if let Some(kind) = resource_type(body) {
                out.push(self.resource(body, id, kind, Field::of(id)));
            }
        }
    }

    fn resource<'d>(
        &'static self,
        body: NodeRef<'d>,
        header: NodeRef<'d>,
        kind: &'d str,
        name: Option<Field<'d>>,
    ) -> Resource<'d> {
        Resource { platform: self, body, header, api_version: "", kind, name, namespace: None }
    }
}

/// The `Type` of a resource; `None` for macro calls and whatever else stands among resources.
fn resource_type(body: NodeRef<'_>) -> Option<&str> {
    body.get("Type")
        .filter(|kind| kind.tag().is_none())
        .and_then(NodeRef::as_str)
        .filter(|kind| kind.contains("::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::{document, with_resources};

    #[test]
    fn resources_follow_the_template() {
        let text = r#"{"Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Broken": 7,
            "Fn::Transform": {"Name": "Macro", "Parameters": {}},
            "Fn::ForEach::Topics": ["Name", ["a", "b"], {"Topic${Name}": {"Type": "AWS::SNS::Topic"}}],
            "Fn::ForEach::Wrong": "x",
            "Untyped": {"Properties": {}}
        }}"#;
        with_resources("template.json", text, |resources| {
            let mut found: Vec<_> =
                resources.iter().map(|resource| (resource.kind, resource.name())).collect();
            found.sort_unstable();
            assert_eq!(
                found,
                [("AWS::S3::Bucket", "Bucket"), ("AWS::SNS::Topic", "Topic${Name}"), ("template", ""),]
            );
            assert_eq!(resources[0].kind, "template");
        });
    }

    #[test]
    fn other_documents_are_not_claimed() {
        for text in
            [r#"{"Resources": {"a": 1}}"#, r#"{"Resources": []}"#, "[]", r#"{"Statement": []}"#, "null"]
        {
            assert!(!CloudFormation.claims("x.json", &document(text)), "{text}");
        }
        assert!(CloudFormation.claims("x.json", &document(r#"{"AWSTemplateFormatVersion": "2010-09-09"}"#)));
    }

    #[test]
    fn containers_of_a_task_definition() {
        let text = r#"{"Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties":
            {"ContainerDefinitions": [{"Name": "web"}, {"Name": "log"}]}}}}"#;
        with_resources("x.json", text, |resources| {
            assert_eq!(CloudFormation.containers(&resources[1]).len(), 2);
            assert!(CloudFormation.containers(&resources[0]).is_empty());
        });
    }
}
