//! Any text is compiled and, if it is a program, evaluated and blamed: without a crash or a hang.

#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use trueup::cel::{Environment, Error, Handle, Host, HostFunction, Scope, Value};
use trueup::model::{Data, Document, NodeRef, Span, Style};

struct NoHost;

impl<'a> Host<'a> for NoHost {
    fn call(&self, _: &'static HostFunction, _: &[Value<'a>], _: &Scope<'a>) -> Result<Value<'a>, Error<'a>> {
        Err(Error::Unset)
    }

    fn field(&self, _: Handle, _: &str, _: &Scope<'a>) -> Option<Value<'a>> {
        None
    }

    fn indirect(&self, node: NodeRef<'a>) -> bool {
        node.text() == Some("indirect")
    }

    fn origin(&self, _: &'static HostFunction, _: &[Value<'a>]) -> Option<NodeRef<'a>> {
        None
    }
}

/// `{a: [1, text, indirect]}`
fn document() -> Document<'static> {
    let mut document = Document::default();
    let mut scalar = |text: &'static str| document.push(Data::Scalar(text.into(), Style::Plain), Span::default(), None);
    let (key, items) = (scalar("a"), [scalar("1"), scalar("text"), scalar("indirect")]);
    let items = Data::Sequence(document.push_children(&items));
    let list = document.push(items, Span::default(), None);
    let entries = Data::Mapping(document.push_children(&[key, list]));
    let root = document.push(entries, Span::default(), None);
    document.set_root(root);
    document
}

fuzz_target!(|source: &str| {
    let mut environment = Environment::new();
    let object = environment.variable("object");
    let Ok(program) = environment.compile(source) else { return };
    let document = document();
    let Some(root) = document.root() else { return };
    let arena = Bump::new();
    let mut scope = Scope::new(&arena, &NoHost, &[]);
    scope.set(object, Value::Node(root));
    scope.subject(root);
    let _ = program.evaluate(&scope);
    let _ = program.blame(&scope);
});
