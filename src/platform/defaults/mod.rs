//! What the API server adds to a Kubernetes object before admission, for policies that were written for
//! the API server: a policy that reads `object.spec.replicas` finds it there though nobody wrote it.
//!
//! Deliberately absent: what comes after defaulting (mutating admission plugins, which mount service
//! account tokens; the storage strategies, which set `metadata.uid` and cluster IPs), the empty structs
//! that Go's JSON writes (`resources: {}`), and all but the best known of the zeros it leaves out.

mod custom;
mod fill;
mod objects;
mod pods;
mod rule;
mod workloads;
mod write;

use std::collections::HashSet;

use self::rule::{Type, structure};
use self::write::Writer;
use crate::model::{Document, Field, Format, NodeId, NodeRef, Resource};

pub use self::custom::CustomSchemas;

/// A copy of a document in which the objects have their defaults.
///
/// A written node keeps its text, its span, and, unless it gained a field, its id. An added node has an
/// empty span at the start of its nearest written parent. A default taken from another field (the
/// `targetPort` from the `port`) is that field's node.
#[derive(Clone, Debug)]
pub struct Defaulted<'d> {
    document: Document<'d>,
    origins: Vec<NodeId>,
}

impl<'d> Defaulted<'d> {
    /// The copy of `document` with the defaults of those of `resources` that stand in it; `None` when
    /// they lack none. Takes time and space in proportion to the document and to `resources`.
    pub fn new(
        document: &Document<'d>,
        resources: &[Resource<'_>],
        schemas: &CustomSchemas<'_>,
    ) -> Option<Self> {
        let mut seen = HashSet::new();
        let own: Vec<_> = resources
            .iter()
            .filter(|resource| std::ptr::eq(resource.body.document, document))
            .filter(|resource| resource.format() == Format("kubernetes") && seen.insert(resource.body.id))
            .map(|resource| (resource, defaults_of(resource), schemas.of(resource)))
            .filter(|(_, of, schema)| of.is_some() || schema.is_some())
            .collect();
        if own.is_empty() {
            return None;
        }
        let mut writer = Writer::new(document);
        for (resource, of, schema) in own {
            let body = resource.body.id;
            let changed = match (of, schema) {
                (Some(of), _) => fill::fill(&mut writer, body, of, body),
                (None, Some(schema)) => custom::fill(&mut writer, body, schema),
                (None, None) => body,
            };
            writer.replace(body, changed);
        }
        let (document, origins) = writer.finish()?;
        Some(Self { document, origins })
    }

    /// The resource of the copy that stands for `written`, one of the source document.
    pub fn resource<'c>(&'c self, written: &Resource<'c>) -> Resource<'c> {
        let node = |written: NodeRef<'_>| self.document.node(written.id);
        let field =
            |written: Option<Field<'c>>| written.map(|field| Field { node: node(field.node), ..field });
        Resource {
            body: node(written.body),
            header: node(written.header),
            name: field(written.name),
            namespace: field(written.namespace),
            ..*written
        }
    }

    /// The node of the source document that a node of the copy stands for: for an added one the nearest
    /// written parent.
    pub fn origin(&self, id: NodeId) -> NodeId {
        self.origins.get(id.0 as usize).copied().unwrap_or(id)
    }
}

/// The defaults of a kind; `None` for kinds without, and for custom ones.
fn defaults_of(resource: &Resource<'_>) -> Option<Type> {
    let (_, _, of) = KINDS
        .iter()
        .find(|(api_version, kind, _)| *kind == resource.kind && *api_version == resource.api_version)?;
    Some(of)
}

/// The kinds that have defaults: API version, kind, defaults.
const KINDS: &[(&str, &str, Type)] = &[
    ("v1", "Endpoints", objects::ENDPOINTS),
    ("v1", "LimitRange", objects::LIMIT_RANGE),
    ("v1", "Namespace", objects::NAMESPACE),
    ("v1", "PersistentVolume", objects::PERSISTENT_VOLUME),
    ("v1", "PersistentVolumeClaim", workloads::CLAIM),
    ("v1", "Pod", pods::POD),
    ("v1", "PodTemplate", &[structure("template", pods::POD_TEMPLATE)]),
    ("v1", "ReplicationController", workloads::REPLICATION_CONTROLLER),
    ("v1", "Secret", objects::SECRET),
    ("v1", "Service", objects::SERVICE),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", objects::MUTATING_WEBHOOKS),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", objects::ADMISSION_POLICY),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        objects::ADMISSION_POLICY_BINDING,
    ),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", objects::VALIDATING_WEBHOOKS),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", objects::CUSTOM_RESOURCE_DEFINITION),
    ("apiregistration.k8s.io/v1", "APIService", objects::API_SERVICE),
    ("apps/v1", "DaemonSet", workloads::DAEMON_SET),
    ("apps/v1", "Deployment", workloads::DEPLOYMENT),
    ("apps/v1", "ReplicaSet", workloads::REPLICA_SET),
    ("apps/v1", "StatefulSet", workloads::STATEFUL_SET),
    ("autoscaling/v1", "HorizontalPodAutoscaler", workloads::AUTOSCALER_V1),
    ("autoscaling/v2", "HorizontalPodAutoscaler", workloads::AUTOSCALER),
    ("batch/v1", "CronJob", workloads::CRON_JOB),
    ("batch/v1", "Job", workloads::JOB),
    ("discovery.k8s.io/v1", "EndpointSlice", objects::ENDPOINT_SLICE),
    ("networking.k8s.io/v1", "IngressClass", objects::INGRESS_CLASS),
    ("networking.k8s.io/v1", "NetworkPolicy", objects::NETWORK_POLICY),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", objects::ROLE),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", objects::ROLE_BINDING),
    ("rbac.authorization.k8s.io/v1", "Role", objects::ROLE),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", objects::ROLE_BINDING),
    ("scheduling.k8s.io/v1", "PriorityClass", objects::PRIORITY_CLASS),
    ("storage.k8s.io/v1", "CSIDriver", objects::CSI_DRIVER),
    ("storage.k8s.io/v1", "StorageClass", objects::STORAGE_CLASS),
];
