//! How the questions of an expression reach whoever knows the answer.

use super::host::Host;
use super::{objects, words};
use crate::cel::{self, Error, Handle, HostFunction, Scope, Value};
use crate::model::NodeRef;

impl<'a> cel::Host<'a> for Host<'a> {
    fn call(
        &self,
        function: &'static HostFunction,
        args: &[Value<'a>],
        scope: &Scope<'a>,
    ) -> Result<Value<'a>, Error<'a>> {
        words::call(self, function, args, scope)
    }

    fn field(&self, handle: Handle, name: &str, scope: &Scope<'a>) -> Option<Value<'a>> {
        objects::field(self, handle, name, scope)
    }

    fn indirect(&self, node: NodeRef<'a>) -> bool {
        // Parameters and other documents of ours are plain data.
        self.resource().is_some_and(|resource| {
            std::ptr::eq(resource.body.document, node.document) && resource.platform.indirect(node).is_some()
        })
    }

    fn origin(&self, function: &'static HostFunction, args: &[Value<'a>]) -> Option<NodeRef<'a>> {
        words::origin(self, function, args)
    }
}
