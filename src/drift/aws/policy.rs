//! Policies that no template declares, told statement by statement.

use serde_json::Value as Json;

use super::compare::Walk;
use super::document::{self, Statement};
use super::permission;
use super::shape::{POLICY, Policy};
use super::{Pair, guarded};
use crate::aws::Value;
use crate::model::ChangeKind;

/// Tells of the statements that nobody declares, of every policy of a resource that it does not declare itself.
pub(super) fn undeclared<'p>(walk: &mut Walk<'p>, pair: &Pair<'p>) {
    for property in guarded::policies(pair.kind) {
        let live = pair.live.properties.get(property).filter(|_| pair.live.covers(property));
        if let (None, Some(live)) = (pair.declared.get(property), live) {
            walk.at(property, |walk| added(walk, live, |statement, _| is_own(pair, statement)));
        }
    }
    if !guarded::is_guarded_apart(pair.kind) {
        return;
    }
    let mut declared = pair.others.iter().filter(|(of, _)| *of == POLICY).map(|(_, node)| *node);
    match pair.live.policy() {
        // Without a word about it nobody can say that nothing was added.
        Policy::Untold => walk.not_told(POLICY),
        Policy::Document(_) if declared.clone().any(|it| matches!(it.value, Value::Unknown(_))) => {
            walk.count_unknown();
        }
        // A function's is made of permissions, one resource each.
        Policy::Document(live) if pair.kind == permission::WHOLE => walk.at(POLICY, |walk| {
            added(walk, live, |statement, json| {
                is_own(pair, statement) || declared.clone().any(|it| permission::is_declared_by(it, json))
            });
        }),
        // Whoever declares the policy of anything else declares all of it, and is compared as such.
        Policy::Document(live) if declared.next().is_none() => {
            walk.at(POLICY, |walk| added(walk, live, |statement, _| is_own(pair, statement)));
        }
        Policy::Nothing | Policy::Document(_) => {}
    }
}

/// Whether a statement lets nobody in but the account itself, as the policies do that AWS starts with.
fn is_own(pair: &Pair<'_>, statement: &Statement) -> bool {
    pair.account.is_some_and(|account| statement.lets_only(account))
}

/// Tells of live statements but those that are `known`.
fn added(walk: &mut Walk<'_>, live: &Json, known: impl Fn(&Statement, &Json) -> bool) {
    if live.as_str().is_some_and(str::is_empty) {
        return;
    }
    let Some(statements) = document::live_statements(live) else { return walk.count_unknown() };
    walk.count_compared();
    for (place, json) in statements.iter().enumerate() {
        let statement = document::live_statement(place, json);
        if !known(&statement, json) {
            let (label, live) = (statement.label(), Some(json.clone()));
            walk.at("Statement", |walk| walk.note_at(&label, ChangeKind::ForeignAdded, None, None, live));
        }
    }
}
