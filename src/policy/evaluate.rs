//! One policy, one resource: a verdict, and for a failure the message and the place.

use bumpalo::Bump;

use super::host::{Host, handle};
use super::words::slot;
use super::{Check, Policy};
use crate::cel::{Blame, Error, Handle, Scope, Value};
use crate::model::{NodeRef, Span, Verdict};

/// Why most verdicts are *unknown*.
pub(super) const NOT_KNOWN: &str = "a value it needs is not known here";

/// Where a violation points.
#[derive(Clone, Debug)]
pub enum Place<'a> {
    /// At a node, or at the parent of one that is missing.
    Node(Blame<'a>),
    /// At the resource as a whole.
    Resource,
    /// At a file of the repository, from its root.
    File(String),
}

/// One way in which a resource breaks a policy.
#[derive(Clone, Debug)]
pub struct Violation<'a> {
    /// What to say; one line.
    pub message: String,
    /// Where.
    pub place: Place<'a>,
}

/// What a policy says of a resource.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// In one word.
    pub verdict: Verdict,
    /// Why, for *unknown* and *error*.
    pub reason: String,
    /// The value that is not known, for *unknown*, where it is one.
    pub unknown: Option<NodeRef<'a>>,
    /// For *fail*: at least one.
    pub violations: Vec<Violation<'a>>,
}

impl<'a> Judgement<'a> {
    pub(super) const fn of(verdict: Verdict) -> Self {
        Self { verdict, reason: String::new(), unknown: None, violations: Vec::new() }
    }

    pub(super) fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::of(verdict) }
    }

    pub(super) fn depends(reason: impl Into<String>, unknown: Option<NodeRef<'a>>) -> Self {
        Self { unknown, ..Self::because(Verdict::Unknown, reason) }
    }
}

impl Policy {
    /// Judges the resource (or the repository) that `host` surrounds. The caller has checked
    /// [`Policy::matches`]. Temporary values live in `arena`.
    pub fn judge<'a>(&'a self, host: &'a Host<'a>, arena: &'a Bump) -> Judgement<'a> {
        let compiled = &*self.compiled;
        let mut scope = self.scope(host, arena);
        let subject = host.resource().map(|resource| resource.body);
        for condition in &compiled.conditions {
            match holds(&scope, condition.evaluate(&scope)) {
                Outcome::True => {}
                Outcome::False => return Judgement::of(Verdict::Skip),
                Outcome::Unknown(value) => {
                    return Judgement::depends("whether it applies depends on a value not known here", value);
                }
                Outcome::Error(reason) => return Judgement::because(Verdict::Error, reason),
            }
        }
        let mut judgement = Judgement::of(Verdict::Pass);
        for check in &compiled.validations {
            self.check(check, &mut scope, subject, &mut judgement);
        }
        judgement
    }

    /// What expressions see of `host`.
    pub(super) fn scope<'a>(&'a self, host: &'a Host<'a>, arena: &'a Bump) -> Scope<'a> {
        let mut scope = Scope::new(arena, host, &self.compiled.variables);
        scope.leave_out_nulls();
        let object = |kind| Value::Handle(Handle { kind, index: 0 });
        match host.resource().map(|resource| resource.body) {
            Some(body) => {
                scope.subject(body);
                scope.set(slot::OBJECT, Value::Node(body));
            }
            None => scope.set(slot::OBJECT, Value::Null),
        }
        scope.set(slot::OLD_OBJECT, Value::Null);
        scope.set(slot::NAMESPACE_OBJECT, Value::Null);
        if let Some(params) = self.params.root() {
            scope.set(slot::PARAMS, Value::Node(params));
        }
        scope.set(slot::RESOURCE, object(handle::RESOURCE));
        scope.set(slot::REQUEST, object(handle::REQUEST));
        scope.set(slot::TEMPLATE, object(handle::TEMPLATE));
        scope.set(slot::REPO, object(handle::REPO));
        scope.set(slot::APPLIER, host.applier().map_or(Value::Null, |_| object(handle::APPLIER)));
        scope
    }

    fn check<'a>(
        &'a self,
        check: &'a Check,
        scope: &mut Scope<'a>,
        subject: Option<NodeRef<'a>>,
        judgement: &mut Judgement<'a>,
    ) {
        let Some(each) = &check.each else {
            self.check_one(check, scope, subject, None, judgement);
            return;
        };
        let items = match each.evaluate(scope) {
            Ok(list) => match scope.resolve(list) {
                Value::List(items) => items.to_vec(),
                Value::Node(node) if node.is_sequence() => node.items().map(Value::Node).collect(),
                Value::Unknown(value) => {
                    return worsen(
                        judgement,
                        Judgement::depends("the list to check is not known here", value),
                    );
                }
                _ => return worsen(judgement, Judgement::because(Verdict::Error, "`each` must be a list")),
            },
            Err(problem) => {
                return worsen(judgement, Judgement::because(Verdict::Error, problem.to_string()));
            }
        };
        for item in items {
            scope.set(slot::ITEM, item);
            self.check_one(check, scope, subject, Some(item), judgement);
        }
    }

    fn check_one<'a>(
        &'a self,
        check: &'a Check,
        scope: &Scope<'a>,
        subject: Option<NodeRef<'a>>,
        item: Option<Value<'a>>,
        judgement: &mut Judgement<'a>,
    ) {
        match holds(scope, check.expression.evaluate(scope)) {
            Outcome::True => {}
            Outcome::Unknown(value) => worsen(judgement, Judgement::depends(NOT_KNOWN, value)),
            Outcome::Error(reason) => worsen(judgement, Judgement::because(Verdict::Error, reason)),
            Outcome::False => {
                judgement.verdict = Verdict::Fail;
                judgement.violations.push(Violation {
                    message: self.message(check, scope),
                    place: place(check, scope, subject, item),
                });
            }
        }
    }

    fn message<'a>(&'a self, check: &'a Check, scope: &Scope<'a>) -> String {
        let computed = check.message_expression.as_ref().and_then(|expression| {
            let text = text(scope, expression.evaluate(scope).ok()?)?.trim().to_owned();
            // As for a ValidatingAdmissionPolicy, a message of several lines or none is not used.
            (!text.is_empty() && !text.contains('\n')).then_some(text)
        });
        computed.or_else(|| check.message.clone()).unwrap_or_else(|| self.rule.title.clone())
    }
}

fn place<'a>(
    check: &'a Check,
    scope: &Scope<'a>,
    subject: Option<NodeRef<'a>>,
    item: Option<Value<'a>>,
) -> Place<'a> {
    let at = check.at.as_ref().and_then(|at| at.evaluate(scope).ok());
    if let Some((node, span)) = at.and_then(|value| part(scope, value, subject))
        && node.text().is_some()
    {
        return Place::Node(Blame { node, missing: false, span: Some(span) });
    }
    if let Some(value) = at
        && let Some(text) = text(scope, value)
    {
        return match subject {
            None => Place::File(text.to_owned()),
            Some(root) => Place::Node(at_pointer(root, text)),
        };
    }
    let blamed = check.expression.blame(scope).or(match item {
        Some(Value::Node(node)) => Some(Blame { node, missing: false, span: None }),
        _ => None,
    });
    blamed.map_or(Place::Resource, Place::Node)
}

pub(super) fn text<'a>(scope: &Scope<'a>, value: Value<'a>) -> Option<&'a str> {
    match scope.resolve(value) {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

/// Two numbers: bytes of a text, which is the resource itself or stands before them.
fn part<'a>(
    scope: &Scope<'a>,
    value: Value<'a>,
    subject: Option<NodeRef<'a>>,
) -> Option<(NodeRef<'a>, Span)> {
    let Value::List(list) = scope.resolve(value) else { return None };
    let (node, start, end) = match list {
        [start, end] => (subject?, start, end),
        [Value::Node(node), start, end] => (*node, start, end),
        _ => return None,
    };
    let offset = |value: &Value<'a>| match scope.resolve(*value) {
        Value::Int(at) => u32::try_from(at).ok(),
        _ => None,
    };
    let (start, end) = (offset(start)?, offset(end)?);
    (start <= end).then(|| (node, Span::new(start, end)))
}

/// Follows a JSON pointer from `root` as far as it goes.
fn at_pointer<'a>(root: NodeRef<'a>, pointer: &str) -> Blame<'a> {
    let mut node = root;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let next = if node.is_sequence() {
            key.parse().ok().and_then(|index| node.item(index))
        } else {
            node.get(&key)
        };
        match next {
            Some(next) => node = next,
            None => return Blame { node, missing: true, span: None },
        }
    }
    Blame { node, missing: false, span: None }
}

pub(super) enum Outcome<'a> {
    True,
    False,
    /// With the value it depends on, where it is one.
    Unknown(Option<NodeRef<'a>>),
    Error(String),
}

pub(super) fn holds<'a>(scope: &Scope<'a>, result: Result<Value<'a>, Error<'a>>) -> Outcome<'a> {
    match result {
        Ok(value) => match scope.resolve(value) {
            Value::Bool(true) => Outcome::True,
            Value::Bool(false) => Outcome::False,
            Value::Unknown(value) => Outcome::Unknown(value),
            _ => Outcome::Error("the expression must be true or false".to_owned()),
        },
        Err(problem) => Outcome::Error(problem.to_string()),
    }
}

/// A failure outweighs an error, an error outweighs not knowing, and both outweigh a pass.
pub(super) fn worsen<'a>(judgement: &mut Judgement<'a>, other: Judgement<'a>) {
    let worse =
        matches!((judgement.verdict, other.verdict), (Verdict::Pass, _) | (Verdict::Unknown, Verdict::Error));
    if worse {
        *judgement = other;
    }
}
