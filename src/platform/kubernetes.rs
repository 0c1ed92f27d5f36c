//! Kubernetes objects: any mapping with an `apiVersion` and a `kind`, and the items of lists of them.
//!
//! Deliberately absent: whether an object is valid, and telling a strategic-merge patch from an object,
//! which only the kustomization that names the file can.

use crate::model::{
    Container, ContainerRole, Document, Field, Format, NodeRef, Platform, Resource, Scalar, Schema, TagStyle,
    Tags, ValueKind,
};
use crate::secrets;

/// Kubernetes manifests.
pub(super) struct Kubernetes;

/// How deep lists of lists are followed.
const MAX_LIST_DEPTH: usize = 8;

impl Platform for Kubernetes {
    fn format(&self) -> Format {
        Format("kubernetes")
    }

    fn claims(&self, _file: &str, document: &Document<'_>) -> bool {
        document.root().is_some_and(|root| text(root, "apiVersion").is_some() && text(root, "kind").is_some())
    }

    fn prepare(&self, document: &mut Document<'_>) {
        choose_schema(document);
    }

    fn resources<'d>(&'static self, document: &'d Document<'d>, out: &mut Vec<Resource<'d>>) {
        if let Some(root) = document.root() {
            // Shared (aliased) items could multiply; a document names no more objects than it has nodes.
            let limit = out.len().saturating_add(document.node_count());
            self.collect(root, ("", ""), 0, limit, out);
        }
    }

    fn tags<'d>(&self, resource: &Resource<'d>) -> Tags<'d> {
        let mut tags = Tags { known: true, style: TagStyle::Map, ..Tags::default() };
        let Some(metadata) = resource.body.get("metadata") else { return tags };
        tags.supported = true;
        let Some(labels) = metadata.get("labels") else { return tags };
        tags.node = Some(labels);
        tags.known = labels.is_mapping() || labels.is_null();
        for (key, value) in labels.entries() {
            tags.known &= self.indirect(key).is_none();
            let is_plain = self.indirect(value).is_none() && !value.is_null();
            let plain = is_plain.then(|| Field::of(value)).flatten();
            if let Some(key) = Field::of(key) {
                tags.entries.push((key, plain));
            }
        }
        tags
    }

    fn indirect(&self, value: NodeRef<'_>) -> Option<ValueKind> {
        interpolated(value)
    }

    fn pod_spec<'d>(&self, resource: &Resource<'d>) -> Option<NodeRef<'d>> {
        let group = resource.api_version.split_once('/').map_or("", |(group, _)| group);
        let (_, _, path) =
            POD_SPECS.iter().find(|(of, kinds, _)| *of == group && kinds.contains(&resource.kind))?;
        resource.body.descend(path)
    }

    fn containers<'d>(&self, resource: &Resource<'d>) -> Vec<Container<'d>> {
        const LISTS: [(&str, ContainerRole); 3] = [
            ("containers", ContainerRole::Main),
            ("initContainers", ContainerRole::Init),
            ("ephemeralContainers", ContainerRole::Ephemeral),
        ];
        let Some(spec) = self.pod_spec(resource) else { return Vec::new() };
        let mut containers = Vec::new();
        for (list, role) in LISTS {
            let items = spec.get(list).into_iter().flat_map(NodeRef::items).filter(|item| item.is_mapping());
            containers.extend(items.map(|node| Container { node, role }));
        }
        containers
    }
}

const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// Where workloads keep their pod specification: API group, kinds, path.
const POD_SPECS: [(&str, &[&str], &[&str]); 9] = [
    ("", &["Pod"], &["spec"]),
    ("", &["PodTemplate"], &["template", "spec"]),
    ("", &["ReplicationController"], TEMPLATE),
    ("apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"], TEMPLATE),
    ("batch", &["Job"], TEMPLATE),
    ("batch", &["CronJob"], &["spec", "jobTemplate", "spec", "template", "spec"]),
    ("serving.knative.dev", &["Service", "Configuration", "Revision"], TEMPLATE),
    ("argoproj.io", &["Rollout"], TEMPLATE),
    ("apps.openshift.io", &["DeploymentConfig"], TEMPLATE),
];

impl Kubernetes {
    /// Appends the object `body`, or the items when it is a list. `expected` is the API version and
    /// kind of items that, as in a `PodList` from the API server, leave out their own.
    fn collect<'d>(
        &'static self,
        body: NodeRef<'d>,
        expected: (&'d str, &'d str),
        depth: usize,
        limit: usize,
        out: &mut Vec<Resource<'d>>,
    ) {
        let api_version = text(body, "apiVersion").unwrap_or(expected.0);
        let kind = text(body, "kind").unwrap_or(expected.1);
        if !body.is_mapping() || kind.is_empty() || api_version.is_empty() || out.len() >= limit {
            return;
        }
        let items = body.get("items").filter(|items| items.is_sequence());
        if let (Some(item_kind), Some(items)) = (kind.strip_suffix("List"), items) {
            if depth < MAX_LIST_DEPTH {
                for item in items.items() {
                    self.collect(item, (api_version, item_kind), depth + 1, limit, out);
                }
            }
            return;
        }
        let metadata = body.get("metadata");
        let field = |key| {
            let node = metadata?.get(key)?;
            Field::of(node).filter(|_| node.scalar() != Some(Scalar::Null))
        };
        let name = field("name");
        out.push(Resource {
            platform: self,
            body,
            header: body.get("kind").or(name.map(|name| name.node)).unwrap_or(body),
            api_version,
            kind,
            name,
            namespace: field("namespace"),
        });
    }
}

/// The text under `key` that resolves to text.
fn text<'d>(node: NodeRef<'d>, key: &str) -> Option<&'d str> {
    node.get(key).and_then(NodeRef::as_str).filter(|text| !text.is_empty())
}

/// Chooses the API server's reading of plain scalars, which JSON documents do not need.
pub(super) fn choose_schema(document: &mut Document<'_>) {
    if document.schema != Schema::Json {
        document.schema = Schema::Kubernetes;
    }
}

/// What a scalar is of which a part is filled in before it reaches the API server: Flux's `${VAR}`, a
/// template's `{{ … }}`. `$(VAR)`, which the kubelet fills in, is content to the API server.
///
/// Texts of several lines are content too: scripts and configuration files use the same signs.
pub(super) fn interpolated(value: NodeRef<'_>) -> Option<ValueKind> {
    let text = value.text()?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    memchr::memchr2(b'$', b'{', line.as_bytes())?;
    if line.contains('\n') {
        return None;
    }
    let kind = secrets::kind(line);
    matches!(kind, ValueKind::Substituted | ValueKind::Templated).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::{at, with_resources};

    #[test]
    fn lists_give_their_items() {
        let text = r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}},
            {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}}, 7, null]},
            7
        ]}"#;
        with_resources("x.yaml", text, |resources| {
            let ids: Vec<_> = resources.iter().map(Resource::id).collect();
            assert_eq!(ids, ["n/ConfigMap/a", "Pod/p"]);
        });
    }

    #[test]
    fn a_generated_name_is_none() {
        let text = r#"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "run-"}}"#;
        with_resources("x.yaml", text, |resources| assert!(resources[0].name.is_none()));
    }

    #[test]
    fn labels_are_tags() {
        let text = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"team": "cart", "env": "${ENV}"}}}"#;
        with_resources("x.yaml", text, |resources| {
            let tags = resources[0].platform.tags(&resources[0]);
            assert!(tags.supported && tags.known);
            let entries: Vec<_> =
                tags.entries.iter().map(|(key, value)| (key.text, value.map(|value| value.text))).collect();
            assert_eq!(entries, [("env", None), ("team", Some("cart"))]);
        });
        let text =
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": "{{ include \"labels\" . }}"}}"#;
        with_resources("x.yaml", text, |resources| {
            assert!(!resources[0].platform.tags(&resources[0]).known);
        });
    }

    #[test]
    fn substitution_is_told_from_content() {
        let text = r#"{"apiVersion": "v1", "kind": "ConfigMap", "data": {
            "a": "${NAME}", "b": "${NAME:=x}", "c": "$(NAME)", "d": "{{ .Values.x }}", "e": "plain $5 {}",
            "f": "echo ${A}\necho done\n", "g": "$${NAME}"}}"#;
        with_resources("x.yaml", text, |resources| {
            let kinds: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"]
                .map(|key| Kubernetes.indirect(at(resources[0].body, &format!("data/{key}"))))
                .into();
            let (substituted, templated) = (Some(ValueKind::Substituted), Some(ValueKind::Templated));
            assert_eq!(kinds, [substituted, substituted, None, templated, None, None, None]);
        });
    }

    #[test]
    fn containers_of_every_workload() {
        let spec = r#"{"initContainers": [{"name": "i"}], "containers": [{"name": "m"}, "broken"]}"#;
        for (api_version, kind, open, close) in [
            ("v1", "Pod", r#""spec":"#, ""),
            ("apps/v1", "Deployment", r#""spec": {"template": {"spec":"#, "}}"),
            ("batch/v1", "CronJob", r#""spec": {"jobTemplate": {"spec": {"template": {"spec":"#, "}}}}"),
            ("serving.knative.dev/v1", "Service", r#""spec": {"template": {"spec":"#, "}}"),
        ] {
            let text = format!(r#"{{"apiVersion": "{api_version}", "kind": "{kind}", {open}{spec}{close}}}"#);
            with_resources("x.yaml", &text, |resources| {
                let found: Vec<_> = Kubernetes
                    .containers(&resources[0])
                    .iter()
                    .map(|found| (at(found.node, "name").text().unwrap(), found.role))
                    .collect();
                assert_eq!(found, [("m", ContainerRole::Main), ("i", ContainerRole::Init)], "{kind}");
            });
        }
        with_resources("x.yaml", r#"{"apiVersion": "v1", "kind": "Service", "spec": {}}"#, |resources| {
            assert!(Kubernetes.containers(&resources[0]).is_empty());
        });
    }
}
