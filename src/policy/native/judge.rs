//! One native policy, one object: the verdict the API server would give.

use super::case::Case;
use super::conditions::{Exempt, all_hold, exempt};
use super::host::slot;
use super::matching::{Facts, KindFacts, Test};
use super::reading::shortened;
use super::request::exceptions;
use super::truth::Truth;
use super::{Binding, Choice, NativePolicy, OnError, ParamRef, Params, Validation, World};
use crate::cel::{Error, Program, Scope, Value};
use crate::model::{Format, NodeRef, Verdict};
use crate::policy::evaluate::{Judgement, NOT_KNOWN, Outcome, Place, Violation, holds, text, worsen};

/// The only format whose objects an API server sees.
const KUBERNETES: Format = Format("kubernetes");

/// The longest message a policy may compute, as for the API server.
const MAX_MESSAGE: usize = 5 * 1024;

impl NativePolicy {
    /// The name of the object that holds it.
    pub fn name(&self) -> &str {
        self.rule.id.split('/').nth(1).unwrap_or_default()
    }

    /// Whether it may be about objects of a kind. A `false` is certain, so that whoever judges many objects
    /// asks once for each kind.
    pub fn may_be_about(&self, api_version: &str, kind: &str, world: &World) -> bool {
        let kind = KindFacts::new(api_version, kind, world);
        let may_hold = |test: &Test| test.of_kind(&kind) != Truth::No;
        may_hold(&self.matching) && self.bindings.iter().any(|binding| may_hold(&binding.matching))
    }

    /// Judges an object; `None` when the policy is not about it.
    pub fn judge<'a>(&'a self, case: &Case<'a>) -> Option<Judgement<'a>> {
        let facts = &case.facts;
        if !self.every_format && facts.subject.resource.format() != KUBERNETES {
            return None;
        }
        match self.matching.holds(facts) {
            Truth::No => return None,
            Truth::Unknown(reason) => return Some(Judgement::because(Verdict::Unknown, reason)),
            Truth::Yes => {}
        }
        let mut total = None;
        for binding in &self.bindings {
            let judgement = match binding.matching.holds(facts) {
                Truth::No => continue,
                Truth::Unknown(reason) => Judgement::because(Verdict::Unknown, reason),
                Truth::Yes => self.bound(binding, facts, |params| {
                    let mut scope = Scope::new(case.arena, case.host, &self.variables);
                    scope.subject(facts.subject.resource.body);
                    for (slot, value) in case.surroundings() {
                        scope.set(*slot, *value);
                    }
                    scope.set(slot::PARAMS, params);
                    self.evaluate(&mut scope, facts)
                }),
            };
            total = Some(match total {
                None => judgement,
                Some(before) => worse(before, judgement),
            });
        }
        total
    }

    /// Judges with every object the binding names as parameters.
    fn bound<'a>(
        &'a self,
        binding: &'a Binding,
        facts: &Facts<'a>,
        judge: impl Fn(Value<'a>) -> Judgement<'a>,
    ) -> Judgement<'a> {
        let reference = match &binding.params {
            Params::None => return judge(Value::Null),
            Params::Given(document) => return judge(document.root().map_or(Value::Null, Value::Node)),
            Params::Unknown(reason) => return Judgement::because(Verdict::Unknown, reason.clone()),
            Params::Found(reference) => reference,
        };
        let found = match reference.find(facts) {
            Ok(found) => found,
            Err(reason) => return Judgement::because(Verdict::Unknown, reason),
        };
        if found.is_empty() {
            if !reference.required || self.on_error == OnError::Skip {
                return Judgement::of(Verdict::Skip);
            }
            return failed(format!(
                "no {} is found for the policy's parameters, and its binding denies without one",
                reference.kind
            ));
        }
        let judgements = found.into_iter().map(|params| judge(Value::Node(params)));
        judgements.reduce(worse).unwrap_or_else(|| Judgement::of(Verdict::Skip))
    }

    fn evaluate<'a>(&'a self, scope: &mut Scope<'a>, facts: &Facts<'a>) -> Judgement<'a> {
        match exempt(&self.exceptions, scope, facts) {
            Exempt::Whole => return Judgement::of(Verdict::Skip),
            Exempt::Unknown(reason) => return Judgement::because(Verdict::Unknown, reason),
            Exempt::Only { images, values } if images.is_empty() && values.is_empty() => {}
            Exempt::Only { images, values } => {
                scope.set(slot::EXCEPTIONS, exceptions(&images, &values, scope.arena()));
            }
        }
        let scope = &*scope;
        match all_hold(&self.conditions, scope) {
            Outcome::True => {}
            Outcome::False => return Judgement::of(Verdict::Skip),
            Outcome::Unknown(value) => {
                return Judgement::depends("whether it applies depends on a value not known here", value);
            }
            Outcome::Error(_) if self.on_error != OnError::Fail => return Judgement::of(Verdict::Skip),
            Outcome::Error(reason) => return failed(format!("a match condition has no value: {reason}")),
        }
        let mut judgement = Judgement::of(Verdict::Pass);
        for validation in &self.validations {
            self.check(validation, scope, &mut judgement);
            if self.stop_at_first_false && judgement.verdict != Verdict::Pass {
                return judgement;
            }
        }
        for audit in &self.audits {
            if let Err(problem) = audit.evaluate(scope) {
                self.error(audit, &problem, scope, &mut judgement);
            }
        }
        judgement
    }

    fn check<'a>(&'a self, check: &'a Validation, scope: &Scope<'a>, judgement: &mut Judgement<'a>) {
        let result = check.expression.evaluate(scope);
        if let Err(problem) = &result {
            return self.error(&check.expression, problem, scope, judgement);
        }
        match holds(scope, result) {
            Outcome::True => {}
            Outcome::Unknown(value) => worsen(judgement, Judgement::depends(NOT_KNOWN, value)),
            Outcome::Error(reason) => worsen(judgement, Judgement::because(Verdict::Error, reason)),
            Outcome::False => {
                judgement.verdict = Verdict::Fail;
                judgement.violations.push(Violation {
                    message: message(check, scope),
                    place: place(&check.expression, scope),
                });
            }
        }
    }

    /// An expression without a value: the API server refuses the object, or lets the policy pass over it.
    fn error<'a>(
        &'a self,
        program: &'a Program,
        problem: &Error<'a>,
        scope: &Scope<'a>,
        judgement: &mut Judgement<'a>,
    ) {
        // Our bounds are not the API server's: what it would have said is not known.
        if matches!(problem, Error::Fuel | Error::TooLarge | Error::TooDeep) {
            return worsen(judgement, Judgement::because(Verdict::Error, problem.to_string()));
        }
        match self.on_error {
            OnError::Skip => return,
            OnError::Unknown => {
                return worsen(judgement, Judgement::because(Verdict::Unknown, problem.to_string()));
            }
            OnError::Fail => {}
        }
        let message = format!("expression `{}` has no value: {problem}", shortened(program.source()));
        judgement.verdict = Verdict::Fail;
        if judgement.reason.is_empty() {
            judgement.reason.clone_from(&message);
        }
        judgement.violations.push(Violation { message, place: place(program, scope) });
    }
}

impl ParamRef {
    /// The objects meant; the error says why that is not known.
    fn find<'a>(&self, facts: &Facts<'a>) -> Result<Vec<NodeRef<'a>>, String> {
        let group = self.api_version.split_once('/').map_or("", |(group, _)| group);
        let namespaced = facts.world.names(group, &self.kind).namespaced;
        let namespace = match (&self.namespace, namespaced) {
            (_, Some(false)) => "",
            (Some(namespace), _) => namespace,
            (None, _) => facts.namespace().unwrap_or_default(),
        };
        match &self.choice {
            Choice::Named(name) => {
                let found = facts.world.get(&self.api_version, &self.kind, namespace, name);
                Ok(found.map(|object| object.node).into_iter().collect())
            }
            Choice::Selected(selector) => {
                let mut found = Vec::new();
                for object in facts.world.of(&self.api_version, &self.kind) {
                    let elsewhere = !namespace.is_empty()
                        && !object.namespace().is_empty()
                        && object.namespace() != namespace;
                    if elsewhere {
                        continue;
                    }
                    match selector.selects(|key| facts.label(object.node, key)) {
                        Truth::Yes => found.push(object.node),
                        Truth::No => {}
                        Truth::Unknown(reason) => return Err(reason),
                    }
                }
                Ok(found)
            }
        }
    }
}

fn message<'a>(check: &'a Validation, scope: &Scope<'a>) -> String {
    let computed = check.message_expression.as_ref().and_then(|expression| {
        let text = text(scope, expression.evaluate(scope).ok()?)?.trim();
        let usable = !text.is_empty() && !text.contains('\n') && text.len() <= MAX_MESSAGE;
        usable.then(|| text.to_owned())
    });
    computed.unwrap_or_else(|| check.message.clone())
}

fn place<'a>(program: &'a Program, scope: &Scope<'a>) -> Place<'a> {
    program.blame(scope).map_or(Place::Resource, Place::Node)
}

fn failed<'a>(message: String) -> Judgement<'a> {
    Judgement {
        verdict: Verdict::Fail,
        reason: message.clone(),
        unknown: None,
        violations: vec![Violation { message, place: Place::Resource }],
    }
}

/// Both must hold: the worse of two verdicts, and the violations of both.
fn worse<'a>(mut one: Judgement<'a>, mut other: Judgement<'a>) -> Judgement<'a> {
    if rank(other.verdict) > rank(one.verdict) {
        std::mem::swap(&mut one, &mut other);
    }
    for violation in other.violations {
        if !one.violations.iter().any(|known| known.message == violation.message) {
            one.violations.push(violation);
        }
    }
    one
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skip => 0,
        Verdict::Pass => 1,
        Verdict::Unknown => 2,
        Verdict::Error => 3,
        Verdict::Fail => 4,
    }
}
