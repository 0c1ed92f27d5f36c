//! Runs the simple conformance tests of the CEL specification (google/cel-spec) over the engine.
//!
//! The cases are in the corpus (`TRUEUP_CORPUS`), not in this repository. Cases that need protobuf
//! messages or a type checker are skipped and counted; every other case that fails is listed with its
//! reason in `cel_conformance_known.txt`, and an entry that passes again must be taken off the list.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/known.rs"]
mod known;
#[path = "support/no_host.rs"]
mod no_host;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;
use no_host::NoHost;
use serde_json::Value as Json;
use trueup::cel::{CallStyle, CompileError, Environment, HostFunction, Map, Program, Scope, Value};

/// Cases that must pass; raise it when more do.
const FLOOR: usize = 1_726;

#[test]
fn conforms_to_the_specification() {
    let Some(corpus) = corpus::with("cel-spec") else { return };
    let known = known::rows(include_str!("cel_conformance_known.txt"));
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut passed, mut wrong) = (0, Vec::new());
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus.join("cel-spec"))
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "json")) {
        let suite: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for section in list(&suite, "section") {
            for test in list(section, "test") {
                if let Some(reason) = unsupported(test) {
                    *skipped.entry(reason).or_default() += 1;
                    continue;
                }
                let name =
                    format!("{}/{}/{}", text(&suite, "name"), text(section, "name"), text(test, "name"));
                let result = run(test);
                let expected = known.get(name.as_str());
                match (&result, expected) {
                    (Ok(()), None) => passed += 1,
                    (Ok(()), Some(_)) => wrong.push(format!("{name}: passes now, take it off the list")),
                    (Err(_), Some(_)) => {}
                    (Err(why), None) => wrong.push(format!("{name}: {why}: {}", text(test, "expr"))),
                }
            }
        }
    }
    println!("{passed} passed, {} known failures, skipped {skipped:?}", known.len());
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(passed >= FLOOR, "only {passed} cases pass");
}

fn list<'j>(json: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> {
    json.get(key).and_then(Json::as_array).into_iter().flatten()
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Why a case is beyond an engine without messages and type checker.
fn unsupported(test: &Json) -> Option<&'static str> {
    let whole = test.to_string();
    let messages = [
        "TestAllTypes",
        "TestRequired",
        "proto2",
        "proto3",
        "GlobalEnum",
        "NestedEnum",
        "enum_value",
        "proto.getExt",
        "proto.hasExt",
        "protobuf.Any",
        "protobuf.Struct",
        "protobuf.Value",
        "protobuf.ListValue",
        "protobuf.NullValue",
        "protobuf.Empty",
        "protobuf.FieldMask",
        "protobuf.BoolValue",
        "protobuf.BytesValue",
        "protobuf.DoubleValue",
        "protobuf.FloatValue",
        "protobuf.Int32Value",
        "protobuf.Int64Value",
        "protobuf.StringValue",
        "protobuf.UInt32Value",
        "protobuf.UInt64Value",
    ];
    if messages.iter().any(|name| whole.contains(name)) || text(test, "expr").contains("Value{") {
        return Some("needs protobuf messages or enums");
    }
    let deduces = test.get("typed_result").is_some_and(|result| result.get("result").is_none());
    (deduces || test.get("check_only") == Some(&Json::Bool(true))).then_some("needs a type checker")
}

fn run(test: &Json) -> Result<(), String> {
    let mut environment = Environment::new();
    environment.container(text(test, "container"));
    let mut slots = Vec::new();
    for declared in list(test, "type_env").filter(|declared| declared.get("ident").is_some()) {
        environment.variable(text(declared, "name"));
    }
    for (name, binding) in test.get("bindings").and_then(Json::as_object).into_iter().flatten() {
        slots.push((environment.variable(name), &binding["value"]));
    }
    let fails = test.get("eval_error").is_some();
    let program = match compile(test, environment) {
        Err(_) if fails => return Ok(()),
        Err(error) => return Err(format!("does not compile: {error}")),
        Ok(program) => program,
    };
    let arena = Bump::new();
    let mut scope = Scope::new(&arena, &NoHost, &[]);
    for (slot, value) in slots {
        scope.set(slot, value_of(value, &arena));
    }
    let wanted = test.get("value").or_else(|| test.get("typed_result").map(|typed| &typed["result"]));
    let wanted = wanted.map_or(Value::Bool(true), |wanted| value_of(wanted, &arena));
    match program.evaluate(&scope) {
        Err(_) if fails => Ok(()),
        Err(error) => Err(format!("fails: {error}")),
        Ok(value) if fails => Err(format!("should fail, is {}", show(value))),
        Ok(value) if same(value, wanted) => Ok(()),
        Ok(value) => Err(format!("is {}, not {}", show(value), show(wanted))),
    }
}

/// Compiles a case. What is undeclared is rejected by this engine; where a case wants it to fail at run
/// time instead (`disable_check`), it is declared as a variable without a value, a function that fails.
fn compile(test: &Json, mut environment: Environment) -> Result<Program, CompileError> {
    loop {
        let compiled = environment.compile(text(test, "expr"));
        let Err(error) = &compiled else { return compiled };
        let undeclared =
            error.message.strip_prefix("undeclared ").filter(|_| test.get("disable_check").is_some());
        let Some((kind, name)) = undeclared.and_then(|rest| rest.split_once(" `")) else { return compiled };
        let name = name.split('`').next().unwrap_or_default();
        if kind == "name" {
            environment.variable(name);
            continue;
        }
        let name: &'static str = name.to_owned().leak();
        let function = |call| HostFunction { name, call, arity: 0..=9, doc: "" };
        environment.host(&*vec![function(CallStyle::Global), function(CallStyle::Member)].leak());
    }
}

/// A value of the suite's JSON form (`cel.expr.Value`).
fn value_of<'a>(json: &Json, arena: &'a Bump) -> Value<'a> {
    let Some((kind, content)) = json.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "bool_value" => Value::Bool(content.as_bool().unwrap()),
        "int64_value" => Value::Int(content.as_str().unwrap().parse().unwrap()),
        "uint64_value" => Value::Uint(content.as_str().unwrap().parse().unwrap()),
        "double_value" => Value::Double(match content.as_str() {
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            Some(_) => f64::NAN,
            None => content.as_f64().unwrap(),
        }),
        "string_value" => Value::Str(arena.alloc_str(content.as_str().unwrap())),
        "bytes_value" => {
            Value::Bytes(arena.alloc_slice_copy(&STANDARD.decode(content.as_str().unwrap()).unwrap()))
        }
        "type_value" => Value::Type(arena.alloc_str(content.as_str().unwrap())),
        "list_value" => {
            let items: Vec<Value<'a>> = list(content, "values").map(|item| value_of(item, arena)).collect();
            Value::List(arena.alloc_slice_copy(&items))
        }
        "map_value" => {
            let entries = list(content, "entries");
            let entries: Vec<(Value<'a>, Value<'a>)> = entries
                .map(|entry| (value_of(&entry["key"], arena), value_of(&entry["value"], arena)))
                .collect();
            Value::Map(Map::new(&entries, arena).unwrap())
        }
        "object_value" => {
            let seconds = text(content, "value").trim_end_matches('s');
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            let nanos = format!("{fraction:0<9}").parse().unwrap();
            Value::Duration(jiff::SignedDuration::new(whole.parse().unwrap(), nanos))
        }
        _ => Value::Null,
    }
}

/// Stricter than `==`: types must agree too, and NaN is NaN.
fn same(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Uint(a), Value::Uint(b)) => a == b,
        (Value::Double(a), Value::Double(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Value::Str(a), Value::Str(b)) | (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b)),
        (Value::Map(a), Value::Map(b)) => {
            a.entries().len() == b.entries().len()
                && a.entries().iter().all(|(key, value)| b.get(*key).is_some_and(|other| same(*value, other)))
        }
        _ => false,
    }
}

fn show(value: Value<'_>) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => format!("{number}u"),
        Value::Double(number) => format!("{number:?}"),
        Value::Str(text) | Value::Type(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{bytes:?}"),
        Value::List(items) => format!("{:?}", items.iter().map(|item| show(*item)).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}
