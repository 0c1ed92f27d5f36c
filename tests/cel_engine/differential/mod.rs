//! Random expressions over random documents, here and in the `cel` crate's own evaluator.
//!
//! Where the two differ, a rule says which of them the specification is with, and cites it; a difference
//! that no rule explains fails the test, and so does a rule that explains nothing any more. The random
//! numbers are the same in every run.

mod choices;
mod generate;
mod rules;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use bumpalo::Bump;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value as Json;
use trueup::cel::{Environment, Scope, Value};

use crate::support::{TestHost, document};
use choices::Choices;
use rules::{Difference, RULES};

/// How many expressions are compared, each over as many documents.
const EXPRESSIONS: u32 = 5_000;
const DOCUMENTS: u32 = 4;
/// How often both must give the same value, no error: else the comparison says little.
const LEAST_AGREED: u32 = 12_000;

/// What an evaluation came to, in words common to both.
#[derive(Clone, Debug)]
enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    List(Vec<Plain>),
    Map(BTreeMap<String, Plain>),
    /// None, for the reason given.
    Error(String),
}

impl PartialEq for Plain {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Error(_), Self::Error(_)) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

#[test]
fn every_difference_from_the_crate_is_explained() {
    let mut env = cel::Env::stdlib();
    env.add_extension(cel::extensions::strings).unwrap();
    env.add_extension(cel::extensions::lists).unwrap();
    let env = Arc::new(env);
    let (agreed, failed) = (Cell::new(0), Cell::new(0));
    let explained: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let compare = |bytes: Vec<u8>| {
        let mut choices = Choices::new(&bytes);
        let source = generate::expression(&mut choices);
        let documents: Vec<Json> = (0..DOCUMENTS).map(|_| generate::document(&mut choices)).collect();
        let pairs = ours(&source, &documents).into_iter().zip(theirs(&env, &source, &documents));
        for (document, (ours, theirs)) in documents.iter().zip(pairs) {
            let difference = Difference { source: &source, ours, theirs };
            match (&difference.ours, difference.ours == difference.theirs) {
                (Plain::Error(_), true) => failed.set(failed.get() + 1),
                (_, true) => agreed.set(agreed.get() + 1),
                (_, false) => match RULES.iter().find(|rule| (rule.explains)(&difference)) {
                    Some(rule) => *explained.borrow_mut().entry(rule.name).or_default() += 1,
                    None => return Err(TestCaseError::fail(format!("{difference:?} over {document}"))),
                },
            }
        }
        Ok(())
    };

    let config = Config { cases: EXPRESSIONS, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"trueup against the crate, case 1");
    let bytes = proptest::collection::vec(any::<u8>(), 300);
    let result = TestRunner::new_with_rng(config, rng).run(&bytes, compare);
    if let Err(TestError::Fail(reason, _)) = result {
        panic!("{reason}");
    }
    let (agreed, explained) = (agreed.get(), explained.into_inner());
    println!("{agreed} values agree, {} errors; explained: {explained:?}", failed.get());
    assert!(agreed >= LEAST_AGREED, "only {agreed} values agree");
    for rule in RULES {
        assert!(explained.contains_key(rule.name), "the rule `{}` explains nothing", rule.name);
    }
}

/// What our engine says of an expression over each document.
fn ours(source: &str, documents: &[Json]) -> Vec<Plain> {
    let mut environment = Environment::new();
    let object = environment.variable("object");
    let program = environment.compile(source).unwrap_or_else(|problem| panic!("{source}: {problem}"));
    let evaluate = |json: &Json| {
        let document = document(&json.to_string());
        let arena = Bump::new();
        let mut scope = Scope::new(&arena, &TestHost, &[]);
        scope.set(object, Value::Node(document.root().unwrap()));
        program.evaluate(&scope).map_or_else(|error| Plain::Error(error.to_string()), plain)
    };
    documents.iter().map(evaluate).collect()
}

fn plain(value: Value<'_>) -> Plain {
    match value.plain() {
        Value::Null => Plain::Null,
        Value::Bool(flag) => Plain::Bool(flag),
        Value::Int(number) => Plain::Int(number),
        Value::Uint(number) => Plain::Uint(number),
        Value::Double(number) => Plain::Double(number),
        Value::Str(text) => Plain::Text(text.to_owned()),
        Value::List(items) => Plain::List(items.iter().map(|item| plain(*item)).collect()),
        Value::Map(map) => {
            let entries = map.entries().iter();
            Plain::Map(entries.map(|(key, value)| (format!("{:?}", plain(*key)), plain(*value))).collect())
        }
        Value::Node(node) if node.is_sequence() => {
            Plain::List(node.items().map(|item| plain(Value::Node(item))).collect())
        }
        Value::Node(node) => {
            let key = |key: &str| format!("{:?}", Plain::Text(key.to_owned()));
            let entries = node.entries();
            Plain::Map(
                entries.map(|(name, value)| (key(name.text().unwrap()), plain(Value::Node(value)))).collect(),
            )
        }
        other => panic!("no expression here gives a {}", other.type_name()),
    }
}

/// What the crate says of it.
fn theirs(env: &Arc<cel::Env>, source: &str, documents: &[Json]) -> Vec<Plain> {
    let program = env.compile(source).unwrap_or_else(|problem| panic!("{source}: {problem}"));
    let evaluate = |json: &Json| {
        let mut context = cel::Context::with_env(env.clone());
        context.add_variable_from_value("object", their_value(json));
        let result = program.execute(&context);
        result.map_or_else(|error| Plain::Error(error.to_string()), |value| their_plain(&value))
    };
    documents.iter().map(evaluate).collect()
}

/// Not through the crate's serializer, which makes unsigned integers of positive ones.
fn their_value(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(flag) => cel::Value::Bool(*flag),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| cel::Value::Float(number.as_f64().unwrap()), cel::Value::Int)
        }
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(their_value).collect::<Vec<_>>().into(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), their_value(value)));
            entries.collect::<std::collections::HashMap<_, _>>().into()
        }
    }
}

fn their_plain(value: &cel::Value) -> Plain {
    match value {
        cel::Value::Null => Plain::Null,
        cel::Value::Bool(flag) => Plain::Bool(*flag),
        cel::Value::Int(number) => Plain::Int(*number),
        cel::Value::UInt(number) => Plain::Uint(*number),
        cel::Value::Float(number) => Plain::Double(*number),
        cel::Value::String(text) => Plain::Text(text.to_string()),
        cel::Value::List(items) => Plain::List(items.iter().map(their_plain).collect()),
        cel::Value::Map(map) => {
            let entries = map.map.iter();
            let plain =
                |(key, value)| (format!("{:?}", their_plain(&cel::Value::from(key))), their_plain(value));
            Plain::Map(entries.map(plain).collect())
        }
        other => panic!("no expression here gives {other:?}"),
    }
}
