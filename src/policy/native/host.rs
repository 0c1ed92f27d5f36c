//! What native policies can ask besides CEL's own functions, and the variables they are given.
//!
//! A format's own functions are a table of [`Function`]s in its file and a word in [`functions`].

use super::kyverno;
use super::matching::Subject;
use super::world::World;
use crate::cel::{self, CallStyle, Environment, Error, Handle, HostFunction, Scope, Value};
use crate::model::{ContainerRole, NodeRef};

/// The top-level variables in slot order.
const VARIABLES: [&str; 6] = ["object", "oldObject", "params", "request", "namespaceObject", "authorizer"];

/// Slots of [`VARIABLES`].
pub(super) mod slot {
    pub(crate) const OBJECT: usize = 0;
    pub(crate) const OLD_OBJECT: usize = 1;
    pub(crate) const PARAMS: usize = 2;
    pub(crate) const REQUEST: usize = 3;
    pub(crate) const NAMESPACE_OBJECT: usize = 4;
    pub(crate) const AUTHORIZER: usize = 5;
    // Declared for Kyverno's policies only.
    pub(crate) const IMAGES: usize = 6;
    pub(crate) const EXCEPTIONS: usize = 7;
}

/// The functions of every format; each declares its own besides the authorizer's.
///
/// Not a static: functions are told by their address, and a static made from others may hold copies.
fn functions() -> impl Iterator<Item = &'static Function> {
    [AUTHORIZER, kyverno::FUNCTIONS].into_iter().flatten()
}

/// The answer of a function.
pub type Answer<'a> = Result<Value<'a>, Error<'a>>;

/// A function native policies may call, and what it does.
pub struct Function {
    /// Its name, how it is called, what it is for.
    pub function: HostFunction,
    /// Answers it from arguments whose content is known; unknown when the files cannot tell.
    pub run: for<'a> fn(&NativeHost<'a>, &[Value<'a>], &Scope<'a>) -> Answer<'a>,
}

/// The authorizer (<https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library>):
/// only the cluster knows its answers.
static AUTHORIZER: &[Function] = &[
    unknown("path", 1..=1),
    unknown("group", 1..=1),
    unknown("serviceAccount", 2..=2),
    unknown("resource", 1..=1),
    unknown("subresource", 1..=1),
    unknown("namespace", 1..=1),
    unknown("name", 1..=1),
    unknown("check", 1..=1),
    unknown("fieldSelector", 1..=1),
    unknown("labelSelector", 1..=1),
    unknown("errored", 0..=0),
    unknown("error", 0..=0),
    unknown("allowed", 0..=0),
    unknown("reason", 0..=0),
];

const fn unknown(name: &'static str, arity: std::ops::RangeInclusive<usize>) -> Function {
    let doc = "Asks the authorizer of the cluster; unknown here.";
    let function = HostFunction { name, call: CallStyle::Member, arity, doc };
    Function { function, run: |_, _, _| Ok(Value::Unknown(None)) }
}

/// The environment native policies are compiled in, before their own variables are added.
pub(super) fn environment() -> Environment {
    let mut environment = Environment::new();
    for name in VARIABLES {
        environment.variable(name);
    }
    environment.host(AUTHORIZER.iter().map(|row| &row.function));
    environment
}

/// `images`: those of the containers an object runs, by their role.
pub(super) const IMAGES: Handle = Handle { kind: 0, index: 0 };

/// The surroundings of one evaluation.
pub struct NativeHost<'a> {
    /// The object and its request.
    pub subject: Subject<'a>,
    /// What is around it.
    pub world: &'a World,
}

impl<'a> cel::Host<'a> for NativeHost<'a> {
    fn call(
        &self,
        function: &'static HostFunction,
        args: &[Value<'a>],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Error<'a>> {
        let args: Vec<Value<'a>> = args.iter().map(|arg| scope.resolve(*arg)).collect();
        if let Some(unknown) = args.iter().find(|arg| matches!(arg, Value::Unknown(_))) {
            return Ok(*unknown);
        }
        match functions().find(|row| std::ptr::eq(&raw const row.function, function)) {
            Some(row) => (row.run)(self, &args, scope),
            None => Err(Error::Unset),
        }
    }

    fn field(&self, handle: Handle, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
        let role = match name {
            "containers" => ContainerRole::Main,
            "initContainers" => ContainerRole::Init,
            "ephemeralContainers" => ContainerRole::Ephemeral,
            _ => return None,
        };
        let resource = self.subject.resource;
        if handle != IMAGES || resource.platform.pod_spec(resource).is_none() {
            return None;
        }
        let containers = resource.platform.containers(resource).into_iter();
        let images = containers.filter(|it| it.role == role).filter_map(|it| it.node.get("image"));
        let images: Vec<Value<'a>> = images.map(Value::Node).collect();
        Some(Value::List(scope.arena().alloc_slice_copy(&images)))
    }

    fn indirect(&self, node: NodeRef<'a>) -> bool {
        self.subject.resource.platform.indirect(node).is_some()
    }

    fn origin(&self, _: &'static HostFunction, args: &[Value<'a>]) -> Option<NodeRef<'a>> {
        args.iter().find_map(|value| match value {
            Value::Node(node) | Value::Unknown(Some(node)) => Some(*node),
            _ => None,
        })
    }
}
