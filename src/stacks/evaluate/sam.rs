//! Resources of the Serverless Application Model, as far as it is plain what its transform makes of them.
//!
//! The rest is named: [`Transformed::rest`] says what else a resource becomes, under ids of its own.
//!
//! <https://github.com/aws/serverless-application-model/blob/develop/docs/internals/generated_resources.rst>

use std::borrow::Cow;

use crate::aws::{Node, Value};
use crate::model::NodeId;

use super::Resource;

/// What the transform makes of a resource.
pub(super) struct Transformed<'d> {
    /// What it certainly becomes.
    pub resources: Vec<Resource<'d>>,
    /// What else it becomes, for a gap; `None` when that is all.
    pub rest: Option<String>,
}

/// Properties of a function that Lambda takes as they are.
const FUNCTION: &[&str] = &[
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Timeout",
    "VpcConfig",
];

/// Properties of a state machine that Step Functions takes as they are; its definition is rewritten.
const STATE_MACHINE: &[&str] = &["Logging", "Name", "Role", "Tracing", "Type"];

/// What becomes of a resource of SAM, its properties merged with `Globals`; `None` for other resources.
pub(super) fn transform<'d>(resource: &Resource<'d>) -> Option<Transformed<'d>> {
    let kind = resource.kind.strip_prefix("AWS::Serverless::")?;
    let sam = Sam { resource };
    let become_one = |resource| Transformed { resources: vec![resource], rest: None };
    let unknown = |kind: &'static str| become_one(sam.of(kind, Value::Unknown(why(kind))));
    Some(match kind {
        "Function" => sam.function(),
        "SimpleTable" => become_one(sam.table()),
        "StateMachine" => sam.state_machine(),
        "Application" => become_one(sam.application()),
        "Api" => Transformed {
            rest: Some("its deployment, stages and what they are protected with".to_owned()),
            ..unknown("AWS::ApiGateway::RestApi")
        },
        "HttpApi" => Transformed {
            rest: Some("its stages and domain".to_owned()),
            ..unknown("AWS::ApiGatewayV2::Api")
        },
        // Its logical id ends in a hash of its content.
        "LayerVersion" => {
            Transformed { resources: Vec::new(), rest: Some("a version of a layer".to_owned()) }
        }
        "GraphQLApi" => Transformed {
            rest: Some("its schema, data sources and resolvers".to_owned()),
            ..unknown("AWS::AppSync::GraphQLApi")
        },
        // Connectors become policies of the roles they connect.
        kind => {
            Transformed { resources: Vec::new(), rest: Some(format!("what AWS::Serverless::{kind} becomes")) }
        }
    })
}

/// Merges what `Globals` say of a kind into the properties of a resource: maps are merged, lists put one after
/// the other, and of anything else the resource's own counts.
///
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
pub(super) fn merged<'d>(global: Node<'d>, own: Node<'d>) -> Node<'d> {
    let at = own.at;
    let value = match (global.value, own.value) {
        (Value::Map(globals), Value::Map(mut entries)) => {
            for (key, global) in globals {
                match entries.iter_mut().find(|(own, _)| *own == key) {
                    Some((_, own)) => {
                        let placeholder = Node { value: Value::Null, at: own.at };
                        let taken = std::mem::replace(own, placeholder);
                        *own = merged(global, taken);
                    }
                    None => entries.push((key, global)),
                }
            }
            Value::Map(entries)
        }
        (Value::List(mut items), Value::List(own)) => {
            items.extend(own);
            Value::List(items)
        }
        (Value::Unknown(why), Value::Map(_) | Value::List(_)) => Value::Unknown(why),
        (_, own) => own,
    };
    Node { value, at }
}

/// A resource being transformed.
struct Sam<'r, 'd> {
    resource: &'r Resource<'d>,
}

impl<'d> Sam<'_, 'd> {
    fn of(&self, kind: &'static str, properties: Value<'d>) -> Resource<'d> {
        let from = self.resource;
        Resource {
            logical: from.logical.clone(),
            kind: Cow::Borrowed(kind),
            header: from.header,
            body: from.body,
            properties: Node { value: properties, at: from.properties.at },
            condition: from.condition.clone(),
            deletion_policy: from.deletion_policy.clone(),
            asset: from.asset,
        }
    }

    fn property(&self, name: &str) -> Option<&Node<'d>> {
        self.resource.properties.get(name)
    }

    /// The properties that are taken as they are; all unknown when they are no map.
    fn taken(&self, names: &[&str]) -> Result<Vec<(Cow<'d, str>, Node<'d>)>, Value<'d>> {
        match &self.resource.properties.value {
            Value::Map(entries) => {
                Ok(entries.iter().filter(|(name, _)| names.contains(&name.as_ref())).cloned().collect())
            }
            Value::Unknown(why) => Err(Value::Unknown(why.clone())),
            _ => Ok(Vec::new()),
        }
    }

    fn function(&self) -> Transformed<'d> {
        let kind = "AWS::Lambda::Function";
        let properties = self.taken(FUNCTION).map(|mut entries| {
            let at = self.resource.properties.at;
            entries.push(("Code".into(), unknown(at, "the code that is packaged")));
            if let Some(tracing) = self.property("Tracing") {
                let mode = Node { value: tracing.value.clone(), at: tracing.at };
                let config = Value::Map(vec![("Mode".into(), mode)]);
                if tracing.text() != Some("Disabled") {
                    entries.push(("TracingConfig".into(), Node { value: config, at: tracing.at }));
                }
            }
            if let Some(queue) = self.property("DeadLetterQueue") {
                let target = queue.get("TargetArn").cloned();
                let target = target.unwrap_or_else(|| unknown(queue.at, "the dead-letter queue"));
                let config = Value::Map(vec![("TargetArn".into(), target)]);
                entries.push(("DeadLetterConfig".into(), Node { value: config, at: queue.at }));
            }
            if !entries.iter().any(|(name, _)| name == "Role") {
                entries.push(("Role".into(), unknown(at, "the role that SAM makes")));
            }
            entries.push(("Tags".into(), self.tags(&[("lambda:createdBy", "SAM")])));
            Value::Map(entries)
        });
        let mut resources = vec![self.of(kind, properties.unwrap_or_else(|unknown| unknown))];
        resources.extend(self.role());
        let more =
            ["Events", "AutoPublishAlias", "EventInvokeConfig", "FunctionUrlConfig", "DeploymentPreference"];
        let more: Vec<&str> = more.into_iter().filter(|name| self.property(name).is_some()).collect();
        Transformed { resources, rest: (!more.is_empty()).then(|| format!("its {}", more.join(", "))) }
    }

    /// The role that is made for what names none.
    fn role(&self) -> Option<Resource<'d>> {
        if self.property("Role").is_some() {
            return None;
        }
        let mut role = self.of("AWS::IAM::Role", Value::Unknown("the role that SAM makes".into()));
        role.logical = Cow::Owned(format!("{}Role", role.logical));
        Some(role)
    }

    fn table(&self) -> Resource<'d> {
        let at = self.resource.properties.at;
        let kind = "AWS::DynamoDB::Table";
        let properties = self.taken(&["TableName", "SSESpecification", "PointInTimeRecoverySpecification"]);
        let properties = properties.map(|mut entries| {
            let key = self.property("PrimaryKey");
            let key_at = key.map_or(at, |key| key.at);
            let name = match key {
                Some(key) => key.get("Name").cloned().unwrap_or_else(|| unknown(key.at, "the primary key")),
                None => text(at, "id"),
            };
            let of = match key.and_then(|key| key.get("Type")).and_then(Node::text) {
                Some("Number") => text(key_at, "N"),
                Some("Binary") => text(key_at, "B"),
                Some("String") => text(key_at, "S"),
                None if key.is_none() => text(key_at, "S"),
                _ => unknown(key_at, "the type of the primary key"),
            };
            entries.push((
                "AttributeDefinitions".into(),
                one(key_at, [("AttributeName", name.clone()), ("AttributeType", of)]),
            ));
            entries.push((
                "KeySchema".into(),
                one(key_at, [("AttributeName", name), ("KeyType", text(key_at, "HASH"))]),
            ));
            match self.property("ProvisionedThroughput") {
                Some(throughput) => entries.push(("ProvisionedThroughput".into(), throughput.clone())),
                None => entries.push(("BillingMode".into(), text(at, "PAY_PER_REQUEST"))),
            }
            if self.property("Tags").is_some() {
                entries.push(("Tags".into(), self.tags(&[])));
            }
            Value::Map(entries)
        });
        self.of(kind, properties.unwrap_or_else(|unknown| unknown))
    }

    fn state_machine(&self) -> Transformed<'d> {
        let properties = self.taken(STATE_MACHINE).map(|entries| {
            let renamed = |(name, node): (Cow<'d, str>, Node<'d>)| {
                let name = match &*name {
                    "Name" => "StateMachineName",
                    "Type" => "StateMachineType",
                    "Role" => "RoleArn",
                    "Logging" => "LoggingConfiguration",
                    _ => "TracingConfiguration",
                };
                (Cow::Borrowed(name), node)
            };
            let mut entries: Vec<_> = entries.into_iter().map(renamed).collect();
            entries.push(("Tags".into(), self.tags(&[("stateMachine:createdBy", "SAM")])));
            Value::Map(entries)
        });
        let kind = "AWS::StepFunctions::StateMachine";
        let mut resources = vec![self.of(kind, properties.unwrap_or_else(|unknown| unknown))];
        resources.extend(self.role());
        Transformed { resources, rest: self.property("Events").map(|_| "its Events".to_owned()) }
    }

    fn application(&self) -> Resource<'d> {
        let properties =
            self.taken(&["Parameters", "NotificationARNs", "TimeoutInMinutes"]).map(|mut entries| {
                let location = self.property("Location");
                let at = location.map_or(self.resource.properties.at, |location| location.at);
                let url = location.filter(|location| location.text().is_some()).cloned();
                let url = url.unwrap_or_else(|| unknown(at, "the application's template"));
                entries.push(("TemplateURL".into(), url));
                Value::Map(entries)
            });
        self.of("AWS::CloudFormation::Stack", properties.unwrap_or_else(|unknown| unknown))
    }

    /// SAM's map of tags as the list that others take, after those that SAM adds.
    fn tags(&self, added: &[(&str, &str)]) -> Node<'d> {
        let own = self.property("Tags");
        let at = own.map_or(self.resource.properties.at, |tags| tags.at);
        if let Some(Value::Unknown(why)) = own.map(|tags| &tags.value) {
            return Node { value: Value::Unknown(why.clone()), at };
        }
        let added = added.iter().map(|(key, value)| tag(at, Cow::Owned((*key).to_owned()), text(at, value)));
        let own = own.map(Node::entries).unwrap_or_default();
        let own = own.iter().map(|(key, value)| tag(value.at, key.clone(), value.clone()));
        Node { value: Value::List(added.chain(own).collect()), at }
    }
}

fn tag<'d>(at: NodeId, key: Cow<'d, str>, value: Node<'d>) -> Node<'d> {
    let key = Node { value: Value::Text(key), at };
    Node { value: Value::Map(vec![("Key".into(), key), ("Value".into(), value)]), at }
}

/// A list of one map.
fn one<'d, const N: usize>(at: NodeId, entries: [(&'static str, Node<'d>); N]) -> Node<'d> {
    let entries = entries.into_iter().map(|(key, node)| (Cow::Borrowed(key), node)).collect();
    Node { value: Value::List(vec![Node { value: Value::Map(entries), at }]), at }
}

fn text<'d>(at: NodeId, text: &str) -> Node<'d> {
    Node { value: Value::Text(Cow::Owned(text.to_owned())), at }
}

fn unknown<'d>(at: NodeId, why: &'static str) -> Node<'d> {
    Node { value: Value::Unknown(Cow::Borrowed(why)), at }
}

fn why<'d>(kind: &str) -> Cow<'d, str> {
    Cow::Owned(format!("what SAM makes of it as {kind}"))
}
