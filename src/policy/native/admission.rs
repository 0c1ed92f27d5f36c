//! `ValidatingAdmissionPolicy` and its bindings
//! (<https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>).

use super::describe::{self, Written};
use super::labels::LabelSelector;
use super::matching::{KindPattern, ResourceRule, Test};
use super::reading::{Expressions, Read, Refusal, items, required, texts};
use super::world::Object;
use super::{Binding, Choice, Loaded, NativePolicy, OnError, ParamRef, Params, World};
use crate::model::decode::{DecodeError, error};
use crate::model::{NodeRef, Severity};

const GROUP: &str = "admissionregistration.k8s.io";

/// Whether an object is a policy of this format.
pub(super) fn claims(object: &Object<'_>) -> bool {
    object.kind == "ValidatingAdmissionPolicy" && object.group() == GROUP
}

/// Its bindings, and its parameters.
pub(super) fn needs(object: &Object<'_>, kinds: &mut Vec<String>) {
    kinds.push("ValidatingAdmissionPolicyBinding".to_owned());
    let kind = object.node.descend(&["spec", "paramKind", "kind"]).and_then(NodeRef::text);
    kinds.extend(kind.map(str::to_owned));
}

/// Reads the policy with its bindings.
pub(super) fn load(object: Object<'_>, world: &World, loaded: &mut Loaded) {
    match read(object, world) {
        Ok(policy) => loaded.policies.push(policy),
        Err(refusal) => loaded.refuse(&object, refusal),
    }
}

fn read(object: Object<'_>, world: &World) -> Read<NativePolicy> {
    // Parts of policies are no mistake: patches, and what tests expect of a status.
    let Some(spec) = object.spec() else { return Err(Refusal::Unsupported("it has no `spec`".to_owned())) };
    let kind = spec.get("paramKind").filter(|kind| kind.is_mapping());
    let (bindings, severity) = bindings(object, kind, world)?;
    let mut expressions = Expressions::new();
    expressions.variables(spec.get("variables"))?;
    let audits = items(spec.get("auditAnnotations"), "auditAnnotations")?
        .map(|item| expressions.compile(required(item, "valueExpression")?))
        .collect::<Read<_>>()?;
    Ok(NativePolicy {
        rule: describe::rule(&object, format!("vap/{}", object.name()), severity, Written::of(spec)),
        rule_name: None,
        file: object.file.clone(),
        every_format: false,
        matching: Test::All(vec![
            spec.get("matchConstraints").map_or(Ok(Test::ALWAYS), match_resources)?,
            not_itself(),
        ]),
        bindings,
        exceptions: Vec::new(),
        conditions: expressions.conditions(spec.get("matchConditions"))?,
        validations: expressions.validations(spec.get("validations"))?,
        audits,
        variables: expressions.programs(),
        on_error: OnError::of(spec.get("failurePolicy")),
        stop_at_first_false: false,
    })
}

/// The API server never asks admission policies about admission policies.
fn not_itself() -> Test {
    let of = |kind: &str| {
        let pattern = KindPattern { group: GROUP.to_owned(), ..KindPattern::of(kind) };
        Test::Kind(pattern)
    };
    let kinds = ["ValidatingAdmissionPolicy*", "MutatingAdmissionPolicy*"];
    Test::Not(Box::new(Test::Any(kinds.map(of).into())))
}

/// The bindings of a policy, and how bad the strictest makes a finding.
fn bindings(policy: Object<'_>, kind: Option<NodeRef<'_>>, world: &World) -> Read<(Vec<Binding>, Severity)> {
    let mut bindings = Vec::new();
    let mut severity = None;
    for object in world.of_kind("ValidatingAdmissionPolicyBinding") {
        let Some(spec) = object.spec().filter(|_| object.group() == GROUP) else { continue };
        if spec.get("policyName").and_then(NodeRef::text) != Some(policy.name()) {
            continue;
        }
        let actions = spec.get("validationActions").into_iter().flat_map(NodeRef::items);
        severity = severity.max(describe::severity_of(actions));
        let params = match (kind, spec.get("paramRef")) {
            (Some(kind), Some(reference)) => Params::Found(param_ref(kind, reference)?),
            _ => Params::None,
        };
        let matching = spec.get("matchResources").map_or(Ok(Test::ALWAYS), match_resources)?;
        bindings.push(Binding { matching, params });
    }
    if bindings.is_empty() {
        let params = kind.map_or(Ok(Params::None), |kind| unbound(kind, world))?;
        bindings.push(Binding { matching: Test::ALWAYS, params });
    }
    Ok((bindings, severity.unwrap_or(Severity::Medium)))
}

/// The parameters of a policy nobody binds: the only object of their kind at hand.
fn unbound(kind: NodeRef<'_>, world: &World) -> Result<Params, DecodeError> {
    let (api_version, kind) = (param_version(kind)?, required(kind, "kind")?);
    let mut found = world.of(&api_version, kind);
    let (first, second) = (found.next(), found.next());
    drop(found);
    let reason = match (first, second) {
        (Some(object), None) => {
            return Ok(Params::Found(ParamRef {
                choice: Choice::Named(object.name().to_owned()),
                namespace: Some(object.namespace().to_owned()),
                required: true,
                api_version,
                kind: kind.to_owned(),
            }));
        }
        (None, _) => format!("there is no {kind} to take its parameters from"),
        (Some(_), Some(_)) => format!("no binding says which {kind} holds its parameters"),
    };
    Ok(Params::Unknown(reason))
}

/// `paramKind` says `apiVersion`; its first version said `group` and `version`.
fn param_version(kind: NodeRef<'_>) -> Result<String, DecodeError> {
    if let Some(text) = kind.get("apiVersion").and_then(NodeRef::text) {
        return Ok(text.to_owned());
    }
    let version = required(kind, "version")?;
    Ok(match kind.get("group").and_then(NodeRef::text) {
        Some(group) if !group.is_empty() => format!("{group}/{version}"),
        _ => version.to_owned(),
    })
}

/// Reads `paramKind` and `paramRef`.
pub(super) fn param_ref(kind: NodeRef<'_>, reference: NodeRef<'_>) -> Result<ParamRef, DecodeError> {
    let text = |key| reference.get(key).and_then(NodeRef::text);
    let choice = match (text("name"), reference.get("selector")) {
        (Some(name), _) => Choice::Named(name.to_owned()),
        (None, Some(selector)) => Choice::Selected(LabelSelector::read(selector)?),
        (None, None) => return error(reference, "`paramRef` needs a `name` or a `selector`"),
    };
    Ok(ParamRef {
        api_version: param_version(kind)?,
        kind: required(kind, "kind")?.to_owned(),
        namespace: text("namespace").map(str::to_owned),
        choice,
        required: text("parameterNotFoundAction") != Some("Allow"),
    })
}

/// Reads `matchConstraints` or `matchResources`; without resource rules every resource is meant.
pub(super) fn match_resources(node: NodeRef<'_>) -> Result<Test, DecodeError> {
    let equivalent = node.get("matchPolicy").and_then(NodeRef::text) != Some("Exact");
    let rules = |key: &'static str| -> Result<Vec<Test>, DecodeError> {
        Ok(items(node.get(key), key)?.map(|rule| resource_rule(rule, equivalent)).collect())
    };
    let mut parts = Vec::new();
    let included = rules("resourceRules")?;
    if !included.is_empty() {
        parts.push(Test::Any(included));
    }
    parts.push(Test::Not(Box::new(Test::Any(rules("excludeResourceRules")?))));
    if let Some(selector) = node.get("objectSelector") {
        parts.push(Test::Labels(LabelSelector::read(selector)?));
    }
    if let Some(selector) = node.get("namespaceSelector") {
        parts.push(Test::NamespaceLabels(LabelSelector::read(selector)?));
    }
    Ok(Test::All(parts))
}

fn resource_rule(rule: NodeRef<'_>, equivalent: bool) -> Test {
    let list = |key| texts(rule.get(key));
    let mut parts = vec![
        Test::Operation(list("operations")),
        Test::Resource(ResourceRule {
            groups: list("apiGroups"),
            versions: list("apiVersions"),
            resources: list("resources"),
            equivalent,
        }),
    ];
    let names = list("resourceNames");
    if !names.is_empty() {
        parts.push(Test::Name(names));
    }
    match rule.get("scope").and_then(NodeRef::text) {
        Some("Cluster") => parts.push(Test::Namespaced(false)),
        Some("Namespaced") => parts.push(Test::Namespaced(true)),
        _ => {}
    }
    Test::All(parts)
}
