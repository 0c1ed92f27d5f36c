//! Digests of texts.

use std::fmt::Write as _;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Answer, NativeHost, text};
use crate::cel::{Error, Scope, Value};

pub(super) fn md5<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    hash::<Md5>(args, scope)
}

pub(super) fn sha1<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    hash::<Sha1>(args, scope)
}

pub(super) fn sha256<'a>(_: &NativeHost<'a>, args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    hash::<Sha256>(args, scope)
}

fn hash<'a, D: Digest>(args: &[Value<'a>], scope: &Scope<'a>) -> Answer<'a> {
    let [Value::Str(source)] = *args else { return Err(Error::NoSuchOverload("digest")) };
    scope.spend_bytes(source.len().saturating_mul(4))?;
    let mut digits = String::new();
    for byte in &D::digest(source.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    text(scope, &digits)
}
