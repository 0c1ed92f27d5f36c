//! Documents from JSON, and a host with a few objects and functions.

use bumpalo::Bump;
use trueup::cel::{
    Blame, CallStyle, CompileError, Environment, Error, Handle, Host, HostFunction, Scope, Value,
};
use trueup::model::scalar::Schema;
use trueup::model::{Data, Document, NodeId, NodeRef, Span, Style};

/// `tags(x)` answers the node `x.tags`, `value.kind(x)` and `x.glob(y)` text.
pub static FUNCTIONS: [HostFunction; 4] = [
    HostFunction { name: "tags", call: CallStyle::Global, arity: 1..=1, doc: "" },
    HostFunction { name: "value.kind", call: CallStyle::Global, arity: 1..=1, doc: "" },
    HostFunction { name: "glob", call: CallStyle::Member, arity: 1..=1, doc: "" },
    HostFunction { name: "names", call: CallStyle::Global, arity: 1..=1, doc: "" },
];

/// Nodes whose text starts with `${` are indirect.
pub struct TestHost;

impl<'a> Host<'a> for TestHost {
    fn call(
        &self,
        function: &'static HostFunction,
        args: &[Value<'a>],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Error<'a>> {
        match (function.name, args) {
            ("tags", [Value::Node(node)]) => Ok(node.get("tags").map_or(Value::Null, Value::Node)),
            ("value.kind", [Value::Node(node)]) if self.indirect(*node) => Ok(Value::Str("reference")),
            ("value.kind", _) => Ok(Value::Str("literal")),
            ("glob", [Value::Handle(_), _]) => Ok(Value::List(scope.arena().alloc([Value::Str("a.yaml")]))),
            ("names", [Value::Node(node)]) => {
                let names: Vec<_> = node.entries().map(|(key, _)| Value::Str(key.text().unwrap())).collect();
                Ok(Value::List(scope.arena().alloc_slice_copy(&names)))
            }
            _ => Err(Error::NoSuchOverload(function.name)),
        }
    }

    fn field(&self, handle: Handle, name: &str, _: &Scope<'a>) -> Option<Value<'a>> {
        (handle.kind == 1 && name == "role").then_some(Value::Str("infra"))
    }

    fn indirect(&self, node: NodeRef<'a>) -> bool {
        node.text().is_some_and(|text| text.starts_with("${"))
    }

    fn origin(&self, function: &'static HostFunction, args: &[Value<'a>]) -> Option<NodeRef<'a>> {
        match (function.name, args) {
            ("names", [Value::Node(node)]) => Some(*node),
            _ => None,
        }
    }
}

/// A document with the content of `json`.
pub fn document(json: &str) -> Document<'static> {
    let mut document = Document::default();
    document.schema = Schema::Json;
    let root = push(&mut document, &serde_json::from_str(json).unwrap());
    document.set_root(root);
    document
}

fn push(document: &mut Document<'static>, json: &serde_json::Value) -> NodeId {
    use serde_json::Value as Json;
    let data = match json {
        Json::Array(items) => {
            let items: Vec<NodeId> = items.iter().map(|item| push(document, item)).collect();
            Data::Sequence(document.push_children(&items))
        }
        Json::Object(entries) => {
            let mut children = Vec::new();
            for (key, value) in entries {
                children.push(push(document, &Json::String(key.clone())));
                children.push(push(document, value));
            }
            Data::Mapping(document.push_children(&children))
        }
        Json::String(text) => Data::Scalar(text.clone().into(), Style::DoubleQuoted),
        other => Data::Scalar(other.to_string().into(), Style::Plain),
    };
    document.push(data, Span::default(), None)
}

/// What an expression comes to over `object` and `params`, as text.
pub struct Outcome {
    /// The value, or the error's message after `error: `.
    pub value: String,
    /// The path of the blamed node, with `-` before it when something is missing there.
    pub blame: Option<String>,
}

/// Evaluates and blames; `variables` are declared first.
pub fn outcome(object: &str, variables: &[(&str, &str)], source: &str) -> Result<Outcome, CompileError> {
    let object = document(object);
    let params = document(r#"{"required": ["team", "env"], "limit": 3}"#);
    let mut environment = Environment::new();
    environment.host(&FUNCTIONS);
    let slots = ["object", "params", "repo"].map(|name| environment.variable(name));
    for (name, source) in variables {
        let program = environment.compile(source)?;
        environment.lazy(name, program);
    }
    let program = environment.compile(source)?;
    let arena = Bump::new();
    let mut scope = Scope::new(&arena, &TestHost, environment.lazy_programs());
    scope.set(slots[0], Value::Node(object.root().unwrap()));
    scope.set(slots[1], Value::Node(params.root().unwrap()));
    scope.set(slots[2], Value::Handle(Handle { kind: 1, index: 0 }));
    scope.subject(object.root().unwrap());
    let value = match program.evaluate(&scope) {
        Ok(value) => show(value),
        Err(error) => format!("error: {error}"),
    };
    Ok(Outcome { value, blame: program.blame(&scope).map(place) })
}

/// The value of an expression without variables.
pub fn value(source: &str) -> String {
    outcome("{}", &[], source).map_or_else(|error| format!("does not compile: {error}"), |it| it.value)
}

fn place(blame: Blame<'_>) -> String {
    let path = blame.node.place().unwrap().path;
    format!("{}{path}", if blame.missing { "-" } else { "" })
}

fn show(value: Value<'_>) -> String {
    match value.plain() {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => format!("{number}u"),
        Value::Double(number) => number.to_string(),
        Value::Str(text) => text.to_owned(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| show(*item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Optional(Some(value)) => format!("some {}", show(*value)),
        Value::Optional(None) => "none".to_owned(),
        Value::Unknown(_) => "unknown".to_owned(),
        other => other.type_name().to_owned(),
    }
}
