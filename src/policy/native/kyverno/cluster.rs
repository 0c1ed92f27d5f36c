//! The `validate.cel` rules of `ClusterPolicy` and `Policy`
//! (<https://kyverno.io/docs/policy-types/cluster-policy/validate/#common-expression-language-cel>).

use super::autogen::{self, HOLDERS, Holder};
use super::blocks::{self, Kinds};
use super::exception;
use super::{FUNCTIONS, VARIABLES};
use crate::model::decode::{DecodeError, error};
use crate::model::{NodeRef, Severity};
use crate::policy::native::admission::param_ref;
use crate::policy::native::describe::{self, Written};
use crate::policy::native::matching::Test;
use crate::policy::native::reading::{Expressions, Read, Refusal, items, required, texts};
use crate::policy::native::world::{Object, World};
use crate::policy::native::{Binding, Loaded, NativePolicy, NotEvaluated, OnError, Params};

/// The annotation that says for which makers of Pods rules are derived.
const CONTROLLERS: &str = "pod-policies.kyverno.io/autogen-controllers";

/// Parts of a rule that are no judgement in CEL, and what they do.
const OTHERWISE: [(&[&str], &str); 9] = [
    (&["mutate"], "it changes objects"),
    (&["generate"], "it creates objects"),
    (&["verifyImages"], "it verifies the signatures of images"),
    (&["validate", "pattern"], "it is a pattern, not CEL"),
    (&["validate", "anyPattern"], "it is a pattern, not CEL"),
    (&["validate", "deny"], "its conditions are JMESPath, not CEL"),
    (&["validate", "foreach"], "its conditions are JMESPath, not CEL"),
    (&["validate", "podSecurity"], "it is a Pod Security profile, not CEL"),
    (&["validate", "assert"], "it is an assertion tree, not CEL"),
];

/// Reads every rule of the policy, and those derived from them.
pub(super) fn load(object: Object<'_>, world: &World, loaded: &mut Loaded) {
    let holders = match holders(object) {
        Ok(holders) => holders,
        Err(problem) => return loaded.refuse(&object, Refusal::Wrong(problem)),
    };
    let rules = object.spec().and_then(|spec| spec.get("rules"));
    for rule in rules.into_iter().flat_map(NodeRef::items) {
        match read(object, rule, world, &holders) {
            Ok(policies) => loaded.policies.extend(policies),
            Err(Refusal::Unsupported(reason)) => loaded.not_evaluated.push(NotEvaluated {
                file: object.file.clone(),
                policy: format!("{} {}/{}", object.kind, object.name(), name(rule)),
                reason,
            }),
            Err(refusal) => loaded.refuse(&object, refusal),
        }
    }
}

fn name(rule: NodeRef<'_>) -> &str {
    rule.get("name").and_then(NodeRef::text).unwrap_or_default()
}

/// A way to hold a template and the kinds a policy's derived rules are about: API group and kind.
struct Chosen {
    holder: &'static Holder,
    kinds: Vec<(&'static str, &'static str)>,
}

/// The makers of Pods for which the policy's rules are derived. One rule that cannot be, and none is.
fn holders(object: Object<'_>) -> Result<Vec<Chosen>, DecodeError> {
    let rules: Vec<_> =
        object.spec().and_then(|spec| spec.get("rules")).into_iter().flat_map(NodeRef::items).collect();
    for rule in rules {
        let blocks = ["match", "exclude"].iter().filter_map(|key| rule.get(key));
        for block in blocks {
            if !blocks::can_derive(block)? {
                return Ok(Vec::new());
            }
        }
        if rule.get("generate").is_some() || rule.descend(&["mutate", "patchesJson6902"]).is_some() {
            return Ok(Vec::new());
        }
    }
    let asked = object.annotation(CONTROLLERS).filter(|list| !list.is_empty());
    let wanted = |kind: &str| {
        asked.is_none_or(|list| list == "all" || list.split(',').any(|name| name.trim() == kind))
    };
    let chosen = HOLDERS.iter().map(|holder| {
        let kinds = holder.kinds.iter().filter(|(_, kind, _)| wanted(kind));
        Chosen { holder, kinds: kinds.map(|&(group, kind, _)| (group, kind)).collect() }
    });
    Ok(chosen.filter(|chosen| !chosen.kinds.is_empty()).collect())
}

fn read(object: Object<'_>, rule: NodeRef<'_>, world: &World, holders: &[Chosen]) -> Read<Vec<NativePolicy>> {
    if let Some((_, what)) = OTHERWISE.iter().find(|(path, _)| rule.descend(path).is_some()) {
        return Err(Refusal::Unsupported((*what).to_owned()));
    }
    for key in ["preconditions", "context"] {
        if rule.get(key).is_some_and(|part| part.len() > 0) {
            return Err(Refusal::Unsupported(format!("its `{key}` are JMESPath, not CEL")));
        }
    }
    let Some(cel) = rule.descend(&["validate", "cel"]) else {
        return Ok(error(rule, "the rule says nothing to be judged by")?);
    };
    let Some(block) = rule.get("match") else { return Ok(error(rule, "the rule needs `match`")?) };
    let part = Part { object, rule, cel, world };
    let mut policies = vec![part.policy(Kinds::Written, None)?];
    let pods = |block: NodeRef<'_>| {
        let kinds = blocks::kinds(block)?;
        Ok::<_, DecodeError>((kinds.is_empty(), kinds.iter().any(|kind| blocks::is_pod(kind))))
    };
    let excludes_others = match rule.get("exclude").map(pods).transpose()? {
        Some((empty, pods)) => !empty && !pods,
        None => false,
    };
    if pods(block)?.1 && !excludes_others && !name(rule).starts_with("autogen-") {
        for chosen in holders {
            policies.push(part.policy(Kinds::Instead(&chosen.kinds), Some(chosen.holder))?);
        }
    }
    Ok(policies)
}

/// A rule and what it is a part of.
struct Part<'w> {
    object: Object<'w>,
    rule: NodeRef<'w>,
    cel: NodeRef<'w>,
    world: &'w World,
}

impl Part<'_> {
    fn policy(&self, kinds: Kinds<'_>, holder: Option<&Holder>) -> Read<NativePolicy> {
        let Self { object, rule, cel, world } = *self;
        let rule_name = holder.map_or(name(rule).to_owned(), |it| autogen::name(it.prefix, name(rule)));
        let mut expressions = Expressions::with(&VARIABLES, FUNCTIONS);
        if let Some(holder) = holder {
            expressions.rewriting(holder.rewrite);
        }
        let conditions = expressions.conditions(rule.get("celPreconditions"))?;
        expressions.variables(cel.get("variables"))?;
        let audits = items(cel.get("auditAnnotations"), "auditAnnotations")?
            .map(|item| expressions.compile(required(item, "valueExpression")?))
            .collect::<Read<_>>()?;
        let params = match (cel.get("paramKind"), cel.get("paramRef")) {
            (Some(kind), Some(reference)) => Params::Found(param_ref(kind, reference)?),
            _ => Params::None,
        };
        let id = format!("kyverno/{}/{}", object.name(), name(rule));
        let failure = object.spec().and_then(|spec| spec.get("failurePolicy"));
        let written = Written {
            conditions: rule.get("celPreconditions"),
            variables: cel.get("variables"),
            validations: cel.get("expressions"),
        };
        Ok(NativePolicy {
            rule: describe::rule(&object, id, self.severity(), written),
            file: object.file.clone(),
            every_format: false,
            matching: self.matching(kinds)?,
            bindings: vec![Binding { matching: Test::ALWAYS, params }],
            exceptions: exception::of_rule(object, &rule_name, world),
            rule_name: Some(rule_name),
            conditions,
            validations: expressions.validations(cel.get("expressions"))?,
            audits,
            variables: expressions.programs(),
            on_error: OnError::of(failure),
            stop_at_first_false: true,
        })
    }

    fn matching(&self, kinds: Kinds<'_>) -> Read<Test> {
        let mut parts = vec![self.rule.get("match").map_or(Ok(Test::ALWAYS), |it| blocks::read(it, kinds))?];
        if let Some(exclude) = self.rule.get("exclude") {
            parts.push(Test::Not(Box::new(blocks::read(exclude, kinds)?)));
        }
        if self.object.kind == "Policy" {
            parts.push(match self.object.namespace() {
                "" => Test::Unknowable("the namespace of its Policy is not known here".to_owned()),
                namespace => Test::Namespace(vec![namespace.to_owned()]),
            });
        }
        let operations = texts(self.cel.get("operations"));
        if !operations.is_empty() {
            parts.push(Test::Operation(operations));
        }
        Ok(Test::All(parts))
    }

    /// `Enforce` refuses objects; `Audit`, which is also meant where nothing is said, reports them.
    fn severity(&self) -> Severity {
        let of_rule = self.rule.descend(&["validate", "failureAction"]);
        let of_policy = self.object.spec().and_then(|spec| spec.get("validationFailureAction"));
        match of_rule.or(of_policy).and_then(NodeRef::text) {
            Some(action) if action.eq_ignore_ascii_case("enforce") => Severity::High,
            _ => Severity::Medium,
        }
    }
}
