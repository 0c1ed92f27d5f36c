//! Gatekeeper's `ConstraintTemplate`s in CEL, and their constraints
//! (<https://open-policy-agent.github.io/gatekeeper/website/docs/validating-admission-policy>).
//!
//! Deliberately absent: Rego, and what Gatekeeper's own configuration exempts.

use std::borrow::Cow;

use super::describe::{self, Written};
use super::labels::LabelSelector;
use super::matching::{KindPattern, Test};
use super::reading::{Expressions, Read, Refusal, required, texts};
use super::world::Object;
use super::{Binding, Loaded, NativePolicy, OnError, Params, World};
use crate::model::decode::DecodeError;
use crate::model::{Data, Document, NodeId, NodeRef, Severity, Span, Style};

const ENGINE: &str = "K8sNativeValidation";
const CONSTRAINTS: &str = "constraints.gatekeeper.sh";

/// The variables Gatekeeper declares before those of the template.
const VARIABLES: [(&str, &str); 2] = [
    ("anyObject", "request.operation == 'DELETE' && object == null ? oldObject : object"),
    ("params", "has(params.spec) && has(params.spec.parameters) ? params.spec.parameters : null"),
];

/// Whether an object is a policy of this format.
pub(super) fn claims(object: &Object<'_>) -> bool {
    object.kind == "ConstraintTemplate" && object.group() == "templates.gatekeeper.sh"
}

/// The constraints of a template.
pub(super) fn needs(object: &Object<'_>, kinds: &mut Vec<String>) {
    let kind = object.node.descend(&["spec", "crd", "spec", "names", "kind"]).and_then(NodeRef::text);
    kinds.extend(kind.map(str::to_owned));
}

/// Reads the template, once for every constraint of its kind.
pub(super) fn load(object: Object<'_>, world: &World, loaded: &mut Loaded) {
    match read(object, world) {
        Ok(policies) => loaded.policies.extend(policies),
        Err(refusal) => loaded.refuse(&object, refusal),
    }
}

fn read(template: Object<'_>, world: &World) -> Read<Vec<NativePolicy>> {
    let at = |path: &[&str]| template.node.descend(path);
    let targets = at(&["spec", "targets"]).into_iter().flat_map(NodeRef::items);
    let mut code = targets.flat_map(|target| target.get("code").into_iter().flat_map(NodeRef::items));
    let source = code
        .find(|code| code.get("engine").and_then(NodeRef::text) == Some(ENGINE))
        .and_then(|code| code.get("source"));
    let Some(source) = source else {
        return Err(Refusal::Unsupported("it is written in Rego".to_owned()));
    };
    let kind = at(&["spec", "crd", "spec", "names"]).map_or(Ok(""), |names| required(names, "kind"))?;
    let schema = at(&["spec", "crd", "spec", "validation", "openAPIV3Schema"]);
    let mut policies = Vec::new();
    for constraint in world.of_kind(kind).filter(|object| object.group() == CONSTRAINTS) {
        policies.push(bound(template, source, schema, constraint)?);
    }
    if policies.is_empty() {
        return Err(Refusal::Unsupported(format!("there is no constraint of kind {kind}")));
    }
    Ok(policies)
}

fn bound(
    template: Object<'_>,
    source: NodeRef<'_>,
    schema: Option<NodeRef<'_>>,
    constraint: Object<'_>,
) -> Read<NativePolicy> {
    let mut expressions = Expressions::new();
    for (name, source) in VARIABLES {
        expressions.variable(name, source)?;
    }
    expressions.variables(source.get("variables"))?;
    // The field is called `matchCondition`; the documentation says `matchConditions`.
    let conditions = source.get("matchCondition").or_else(|| source.get("matchConditions"));
    let matching = constraint.node.descend(&["spec", "match"]);
    Ok(NativePolicy {
        rule: describe::rule(
            &template,
            format!("gatekeeper/{}/{}", template.name(), constraint.name()),
            severity(constraint),
            Written { conditions, ..Written::of(source) },
        ),
        rule_name: None,
        file: template.file.clone(),
        every_format: false,
        matching: matching.map_or(Ok(Test::ALWAYS), match_block)?,
        bindings: vec![Binding {
            matching: Test::ALWAYS,
            params: Params::Given(with_defaults(constraint.node, schema)),
        }],
        exceptions: Vec::new(),
        conditions: expressions.conditions(conditions)?,
        validations: expressions.validations(source.get("validations"))?,
        audits: Vec::new(),
        variables: expressions.programs(),
        on_error: OnError::of(source.get("failurePolicy")),
        stop_at_first_false: false,
    })
}

/// How bad a finding is, by what Gatekeeper would do.
fn severity(constraint: Object<'_>) -> Severity {
    let spec = constraint.spec();
    let action = spec.and_then(|spec| spec.get("enforcementAction")).and_then(NodeRef::text);
    let of = |action| match action {
        "dryrun" => Severity::Low,
        "warn" => Severity::Medium,
        _ => Severity::High,
    };
    let scoped = spec.and_then(|spec| spec.get("scopedEnforcementActions"));
    let scoped = scoped.into_iter().flat_map(NodeRef::items);
    match action {
        Some("scoped") => {
            let actions = scoped.filter_map(|item| item.get("action").and_then(NodeRef::text));
            actions.map(of).max().unwrap_or(Severity::High)
        }
        action => of(action.unwrap_or("deny")),
    }
}

/// Reads `spec.match` of a constraint.
fn match_block(node: NodeRef<'_>) -> Result<Test, DecodeError> {
    let mut parts = Vec::new();
    let kinds: Vec<Test> = node.get("kinds").into_iter().flat_map(NodeRef::items).map(kinds).collect();
    if !kinds.is_empty() {
        parts.push(Test::Any(kinds));
    }
    match node.get("scope").and_then(NodeRef::text) {
        Some("Cluster") => parts.push(Test::Namespaced(false)),
        Some("Namespaced") => parts.push(Test::Namespaced(true)),
        _ => {}
    }
    let namespaces = texts(node.get("namespaces"));
    if !namespaces.is_empty() {
        parts.push(Test::Any(vec![in_no_namespace(), Test::Namespace(namespaces)]));
    }
    let excluded = texts(node.get("excludedNamespaces"));
    if !excluded.is_empty() {
        let outside = Test::Not(Box::new(Test::Namespace(excluded)));
        parts.push(Test::Any(vec![in_no_namespace(), outside]));
    }
    if let Some(selector) = node.get("labelSelector") {
        parts.push(Test::Labels(LabelSelector::read(selector)?));
    }
    if let Some(selector) = node.get("namespaceSelector") {
        parts.push(Test::NamespaceLabels(LabelSelector::read(selector)?));
    }
    if let Some(name) = node.get("name").and_then(NodeRef::text).filter(|name| !name.is_empty()) {
        parts.push(Test::Name(vec![name.to_owned()]));
    }
    // `Generated` objects come out of an expansion template; files hold originals.
    if node.get("source").and_then(NodeRef::text) == Some("Generated") {
        parts.push(Test::Any(Vec::new()));
    }
    Ok(Test::All(parts))
}

/// What Gatekeeper's lists of namespaces say nothing of.
fn in_no_namespace() -> Test {
    let core = Test::Group(vec![String::new()]);
    let namespace = Test::All(vec![core, Test::Kind(KindPattern::of("Namespace"))]);
    Test::All(vec![Test::Namespaced(false), Test::Not(Box::new(namespace))])
}

/// Reads an entry of `kinds`; a list that is missing or empty means any.
fn kinds(entry: NodeRef<'_>) -> Test {
    let mut parts = Vec::new();
    let groups = texts(entry.get("apiGroups"));
    if !groups.is_empty() {
        parts.push(Test::Group(groups));
    }
    let kinds = texts(entry.get("kinds"));
    if !kinds.is_empty() {
        let patterns = kinds.iter().map(|kind| Test::Kind(KindPattern::of(kind)));
        parts.push(Test::Any(patterns.collect()));
    }
    Test::All(parts)
}

/// The constraint with the defaults of its template, as the API server stores it. The schema of a
/// template describes `spec.parameters`.
fn with_defaults(constraint: NodeRef<'_>, schema: Option<NodeRef<'_>>) -> Document<'static> {
    let mut out = Document::new(0, constraint.document.schema);
    let root = copy(&mut out, constraint, &["spec", "parameters"], schema);
    out.set_root(root);
    out
}

/// Copies a tree; what stands at `path` gets the defaults of `schema`. Nesting is bounded by the reader's.
fn copy(
    out: &mut Document<'static>,
    from: NodeRef<'_>,
    path: &[&str],
    schema: Option<NodeRef<'_>>,
) -> NodeId {
    let here = schema.filter(|_| path.is_empty());
    let data = match from.data() {
        Data::Scalar(text, style) => Data::Scalar(Cow::Owned(text.clone().into_owned()), *style),
        Data::Mapping(_) => {
            let properties = here.and_then(|schema| schema.get("properties"));
            let others = here.and_then(|schema| schema.get("additionalProperties"));
            let mut list = Vec::with_capacity(from.len().saturating_mul(2));
            for (key, value) in from.entries() {
                let name = key.text().unwrap_or_default();
                let (path, schema) = match path.split_first() {
                    Some((first, rest)) if *first == name => (rest, schema),
                    Some(_) => (&[][..], None),
                    None => (path, properties.and_then(|known| known.get(name)).or(others)),
                };
                list.push(copy(out, key, &[], None));
                list.push(copy(out, value, path, schema));
            }
            for (key, schema) in properties.into_iter().flat_map(NodeRef::entries) {
                let name = key.text().unwrap_or_default();
                if let Some(default) = schema.get("default").filter(|_| from.get(name).is_none()) {
                    let text = Data::Scalar(Cow::Owned(name.to_owned()), Style::DoubleQuoted);
                    list.push(out.push(text, Span::default(), None));
                    list.push(copy(out, default, &[], Some(schema)));
                }
            }
            Data::Mapping(out.push_children(&list))
        }
        // A `NodeRef` never is an alias: a sequence is all that is left.
        Data::Sequence(_) | Data::Alias(_) => {
            let items = here.and_then(|schema| schema.get("items"));
            let list: Vec<NodeId> = from.items().map(|item| copy(out, item, &[], items)).collect();
            Data::Sequence(out.push_children(&list))
        }
    };
    let tag = from.tag().map(|tag| Cow::Owned(tag.to_owned()));
    out.push(data, from.span(), tag)
}
