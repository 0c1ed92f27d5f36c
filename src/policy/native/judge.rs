//! One native policy, one object: the verdict the API server would give.

use bumpalo::Bump;

use super::host::{NativeHost, slot};
use super::matching::{Facts, KindFacts, Subject, Test};
use super::truth::Truth;
use super::{Binding, Choice, Exception, NativePolicy, OnError, ParamRef, Params, Validation, World};
use crate::cel::{Error, Map, Program, Scope, Value};
use crate::model::{Document, Format, NodeRef, Verdict};
use crate::policy::evaluate::{Judgement, Outcome, Place, Violation, holds, text, worsen};

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

    /// Judges an object; `None` when the policy is not about it. Temporary values live in `arena`.
    pub fn judge<'a>(
        &'a self,
        subject: Subject<'a>,
        world: &'a World,
        arena: &'a Bump,
    ) -> Option<Judgement<'a>> {
        if !self.every_format && subject.resource.format() != KUBERNETES {
            return None;
        }
        let facts = Facts::new(subject, world);
        match self.matching.holds(&facts) {
            Truth::No => return None,
            Truth::Unknown(reason) => return Some(Judgement::because(Verdict::Unknown, reason)),
            Truth::Yes => {}
        }
        let host: &NativeHost<'a> = arena.alloc(NativeHost { subject, world });
        let surroundings = surroundings(&facts, arena);
        let mut total = None;
        for binding in &self.bindings {
            let judgement = match binding.matching.holds(&facts) {
                Truth::No => continue,
                Truth::Unknown(reason) => Judgement::because(Verdict::Unknown, reason),
                Truth::Yes => self.bound(binding, &facts, |params| {
                    let mut scope = Scope::new(arena, host, &self.variables);
                    scope.subject(subject.resource.body);
                    for (slot, value) in surroundings {
                        scope.set(slot, value);
                    }
                    scope.set(slot::PARAMS, params);
                    self.evaluate(&scope, &facts)
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

    fn evaluate<'a>(&'a self, scope: &Scope<'a>, facts: &Facts<'a>) -> Judgement<'a> {
        match excepted(&self.exceptions, scope, facts) {
            Truth::Yes => return Judgement::of(Verdict::Skip),
            Truth::Unknown(reason) => return Judgement::because(Verdict::Unknown, reason),
            Truth::No => {}
        }
        match all_hold(&self.conditions, scope) {
            Outcome::True => {}
            Outcome::False => return Judgement::of(Verdict::Skip),
            Outcome::Unknown => {
                let reason = "whether it applies depends on a value not known here";
                return Judgement::because(Verdict::Unknown, reason);
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
            Outcome::Unknown => {
                worsen(judgement, Verdict::Unknown, "a value it needs is not known here".to_owned());
            }
            Outcome::Error(reason) => worsen(judgement, Verdict::Error, reason),
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
            return worsen(judgement, Verdict::Error, problem.to_string());
        }
        match self.on_error {
            OnError::Skip => return,
            OnError::Unknown => return worsen(judgement, Verdict::Unknown, problem.to_string()),
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

/// The values of the variables besides `params`.
fn surroundings<'a>(facts: &Facts<'a>, arena: &'a Bump) -> [(usize, Value<'a>); 5] {
    let subject = facts.subject;
    let namespace_object = match facts.namespaced() {
        Some(false) => Value::Null,
        _ => facts
            .namespace()
            .and_then(|name| facts.world.namespace(name))
            .map_or(Value::Unknown(None), Value::Node),
    };
    [
        (slot::OBJECT, Value::Node(subject.resource.body)),
        (slot::OLD_OBJECT, subject.old_object.map_or(Value::Null, Value::Node)),
        (slot::REQUEST, request(facts, arena)),
        (slot::NAMESPACE_OBJECT, namespace_object),
        (slot::AUTHORIZER, Value::Unknown(None)),
    ]
}

/// The request the object would come with (<https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/#admission-k8s-io-v1-AdmissionRequest>).
fn request<'a>(facts: &Facts<'a>, arena: &'a Bump) -> Value<'a> {
    let subject = facts.subject;
    let resource = subject.resource;
    let text = |text: &str| Value::Str(arena.alloc_str(text));
    let kind = map(
        arena,
        &[
            ("group", Value::Str(facts.kind.group)),
            ("version", Value::Str(facts.kind.version)),
            ("kind", Value::Str(resource.kind)),
        ],
    );
    let plural = map(
        arena,
        &[
            ("group", Value::Str(facts.kind.group)),
            ("version", Value::Str(facts.kind.version)),
            ("resource", text(&facts.kind.names.plural)),
        ],
    );
    let namespace = match (facts.is_namespace(), facts.namespace(), facts.namespaced()) {
        (true, ..) => Value::Str(resource.name()),
        (_, Some(namespace), _) => {
            resource.namespace.map_or(Value::Str(namespace), |field| Value::Node(field.node))
        }
        (_, None, Some(false)) => Value::Str(""),
        (_, None, _) => Value::Unknown(None),
    };
    let user = facts.world.user.as_ref().and_then(Document::root);
    map(
        arena,
        &[
            ("kind", kind),
            ("resource", plural),
            ("requestKind", kind),
            ("requestResource", plural),
            ("subResource", Value::Str("")),
            ("requestSubResource", Value::Str("")),
            ("name", resource.name.map_or(Value::Str(""), |field| Value::Node(field.node))),
            ("namespace", namespace),
            ("operation", Value::Str(subject.operation)),
            ("userInfo", user.map_or(Value::Unknown(None), Value::Node)),
            ("dryRun", Value::Bool(false)),
            ("options", Value::Unknown(None)),
            ("uid", Value::Unknown(None)),
        ],
    )
}

fn map<'a>(arena: &'a Bump, entries: &[(&'a str, Value<'a>)]) -> Value<'a> {
    let entries: Vec<_> = entries.iter().map(|&(key, value)| (Value::Str(key), value)).collect();
    Map::new(&entries, arena).map_or(Value::Null, Value::Map)
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

fn excepted<'a>(exceptions: &'a [Exception], scope: &Scope<'a>, facts: &Facts<'a>) -> Truth {
    Truth::any(exceptions.iter().map(|exception| {
        let matching = exception.matching.holds(facts);
        if matching == Truth::No {
            return Truth::No;
        }
        let conditions = match all_hold(&exception.conditions, scope) {
            Outcome::True => Truth::Yes,
            // An exception that cannot be evaluated excepts nothing.
            Outcome::False | Outcome::Error(_) => Truth::No,
            Outcome::Unknown => Truth::Unknown("whether it is excepted is not known here".to_owned()),
        };
        Truth::all([matching, conditions])
    }))
}

/// Whether all conditions hold. One that does not outweighs errors, as for the API server; one that is
/// unknown may be such a one.
fn all_hold<'a>(conditions: &'a [Program], scope: &Scope<'a>) -> Outcome {
    let mut all = Outcome::True;
    for condition in conditions {
        match (holds(scope, condition.evaluate(scope)), &all) {
            (Outcome::False, _) => return Outcome::False,
            (Outcome::Unknown, _) => all = Outcome::Unknown,
            (error @ Outcome::Error(_), Outcome::True) => all = error,
            (Outcome::True | Outcome::Error(_), _) => {}
        }
    }
    all
}

fn message<'a>(check: &'a Validation, scope: &Scope<'a>) -> String {
    let computed = check.message_expression.as_ref().and_then(|expression| {
        let text = text(scope, expression.evaluate(scope).ok()?)?.trim();
        let usable = !text.is_empty() && !text.contains('\n') && text.len() <= MAX_MESSAGE;
        usable.then(|| text.to_owned())
    });
    let fixed = || check.message.as_deref().map(one_line).filter(|text| !text.is_empty());
    computed
        .or_else(fixed)
        .unwrap_or_else(|| format!("failed expression: {}", shortened(check.expression.source())))
}

fn place<'a>(program: &'a Program, scope: &Scope<'a>) -> Place<'a> {
    program.blame(scope).map_or(Place::Resource, Place::Node)
}

fn failed<'a>(message: String) -> Judgement<'a> {
    Judgement {
        verdict: Verdict::Fail,
        reason: message.clone(),
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

/// A text as one line, its white space collapsed.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An expression as one line that is not too long for a message.
fn shortened(source: &str) -> String {
    const LONGEST: usize = 200;
    let line = one_line(source);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}
