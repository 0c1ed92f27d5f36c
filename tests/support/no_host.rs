//! A host for expressions that need none.

use trueup::cel::{Error, Handle, Host, HostFunction, Scope, Value};
use trueup::model::NodeRef;

/// Has no objects, no functions and no node that stands for another value.
pub struct NoHost;

impl<'a> Host<'a> for NoHost {
    fn call(&self, _: &'static HostFunction, _: &[Value<'a>], _: &Scope<'a>) -> Result<Value<'a>, Error<'a>> {
        Err(Error::Unset)
    }

    fn field(&self, _: Handle, _: &str, _: &Scope<'a>) -> Option<Value<'a>> {
        None
    }

    fn indirect(&self, _: NodeRef<'a>) -> bool {
        false
    }

    fn origin(&self, _: &'static HostFunction, _: &[Value<'a>]) -> Option<NodeRef<'a>> {
        None
    }
}
