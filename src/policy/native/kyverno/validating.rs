//! `ValidatingPolicy` and `NamespacedValidatingPolicy`
//! (<https://kyverno.io/docs/policy-types/validating-policy/>).

use std::sync::Arc;

use super::autogen::{HOLDERS, Holder};
use super::exception;
use super::{FUNCTIONS, VARIABLES};
use crate::model::decode::error;
use crate::model::{NodeRef, Rule, Severity};
use crate::policy::native::admission::match_resources;
use crate::policy::native::describe::{self, Written};
use crate::policy::native::matching::{KindPattern, ResourceRule, Test};
use crate::policy::native::reading::{Expressions, Read, items, required, texts};
use crate::policy::native::world::{Object, World};
use crate::policy::native::{Binding, Loaded, NativePolicy, OnError, Params};

/// Reads the policy, and those derived from it.
pub(super) fn load(object: Object<'_>, world: &World, loaded: &mut Loaded) {
    match read(object, world) {
        Ok(policies) => loaded.policies.extend(policies),
        Err(refusal) => loaded.refuse(&object, refusal),
    }
}

fn read(object: Object<'_>, world: &World) -> Read<Vec<NativePolicy>> {
    let Some(spec) = object.spec() else { return Ok(error(object.node, "the policy needs a `spec`")?) };
    let actions = spec.get("validationActions").into_iter().flat_map(NodeRef::items);
    let severity = describe::severity_of(actions).unwrap_or(Severity::Medium);
    let rule = describe::rule(&object, format!("kyverno/{}", object.name()), severity, Written::of(spec));
    if spec.descend(&["evaluation", "mode"]).and_then(NodeRef::text) == Some("JSON") {
        let mut policy = policy(object, spec, &rule, whole_documents(), world, None)?;
        policy.every_format = true;
        policy.on_error = OnError::Unknown;
        return Ok(vec![policy]);
    }
    let constraints = spec.get("matchConstraints");
    let mut matching = vec![constraints.map_or(Ok(Test::ALWAYS), match_resources)?];
    if object.kind == "NamespacedValidatingPolicy" {
        matching.push(Test::Namespace(vec![object.namespace().to_owned()]));
    }
    let mut policies = vec![policy(object, spec, &rule, Test::All(matching.clone()), world, None)?];
    for holder in HOLDERS {
        let targets = targets(spec, holder);
        if !targets.is_empty() {
            matching[0] = Test::Any(targets);
            let matching = Test::All(matching.clone());
            policies.push(policy(object, spec, &rule, matching, world, Some(holder))?);
        }
    }
    Ok(policies)
}

/// `evaluation.mode: JSON` is about whatever document it is given; here that is every document there is,
/// and the policy's own conditions say which it means.
fn whole_documents() -> Test {
    Test::Not(Box::new(Test::Kind(KindPattern::of("*::*"))))
}

fn policy(
    object: Object<'_>,
    spec: NodeRef<'_>,
    rule: &Arc<Rule>,
    matching: Test,
    world: &World,
    holder: Option<&Holder>,
) -> Read<NativePolicy> {
    let mut expressions = Expressions::with(&VARIABLES, FUNCTIONS);
    let exceptions = exception::of_policy(object, &expressions, world);
    if let Some(holder) = holder {
        expressions.rewriting(holder.rewrite);
    }
    let conditions = expressions.conditions(spec.get("matchConditions"))?;
    expressions.variables(spec.get("variables"))?;
    let audits = items(spec.get("auditAnnotations"), "auditAnnotations")?
        .map(|item| expressions.compile(required(item, "valueExpression")?))
        .collect::<Read<_>>()?;
    Ok(NativePolicy {
        rule: rule.clone(),
        rule_name: holder.map(|holder| holder.prefix.into()),
        file: object.file.clone(),
        every_format: false,
        matching,
        bindings: vec![Binding { matching: Test::ALWAYS, params: Params::None }],
        exceptions,
        conditions,
        validations: expressions.validations(spec.get("validations"))?,
        audits,
        variables: expressions.programs(),
        on_error: OnError::of(spec.get("failurePolicy")),
        stop_at_first_false: true,
    })
}

/// What the policy derived for a holder is about; nothing when none is derived.
///
/// One is derived from policies about Pods and nothing else, without selectors and names.
fn targets(spec: NodeRef<'_>, holder: &Holder) -> Vec<Test> {
    let Some(constraints) = spec.get("matchConstraints") else { return Vec::new() };
    let selects = |key| {
        constraints.get(key).is_some_and(|selector| {
            ["matchLabels", "matchExpressions"]
                .iter()
                .any(|part| selector.get(part).is_some_and(|part| part.len() > 0))
        })
    };
    let excludes = constraints.get("excludeResourceRules").is_some_and(|rules| rules.len() > 0);
    let rules: Vec<_> = constraints.get("resourceRules").into_iter().flat_map(NodeRef::items).collect();
    let &[only] = rules.as_slice() else { return Vec::new() };
    let is = |key, wanted: &str| matches!(texts(only.get(key)).as_slice(), [one] if one == wanted);
    let pods = is("apiGroups", "") && is("apiVersions", "v1") && is("resources", "pods");
    let named = only.get("resourceNames").is_some_and(|names| names.len() > 0);
    if selects("namespaceSelector") || selects("objectSelector") || excludes || !pods || named {
        return Vec::new();
    }
    let asked = spec.descend(&["autogen", "podControllers", "controllers"]).map(|list| texts(Some(list)));
    // Replication controllers are older than this kind of policy, which leaves them out.
    let kinds = holder.kinds.iter().filter(|(group, _, plural)| {
        !group.is_empty() && asked.as_ref().is_none_or(|asked| asked.iter().any(|name| name == plural))
    });
    let target = |(group, _, plural): &(&str, &str, &str)| {
        Test::All(vec![
            Test::Operation(texts(only.get("operations"))),
            Test::Resource(ResourceRule {
                groups: vec![(*group).to_owned()],
                versions: vec!["v1".to_owned()],
                resources: vec![(*plural).to_owned()],
                equivalent: true,
            }),
        ])
    };
    kinds.map(target).collect()
}
