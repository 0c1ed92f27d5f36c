//! Base64 (cel-go's `encoders` extension).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::{Answer, Function, MISMATCH, global, text};
use crate::cel::error::Error;
use crate::cel::scope::Scope;
use crate::cel::value::Value;

pub static FUNCTIONS: &[Function] = &[
    global("base64.decode", 1..=1, decode, "The bytes a base64 string stands for, padded or not."),
    global("base64.encode", 1..=1, encode, "Bytes as a base64 string."),
];

fn decode<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Str(text)] = *args else { return Err(MISMATCH) };
    scope.spend_bytes(text.len())?;
    let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text));
    let bytes = decoded.map_err(|_| Error::Invalid("base64"))?;
    Ok(Value::Bytes(scope.arena().alloc_slice_copy(&bytes)))
}

fn encode<'a>(scope: &Scope<'a>, args: &[Value<'a>]) -> Answer<'a> {
    let [Value::Bytes(bytes)] = *args else { return Err(MISMATCH) };
    text(scope, &STANDARD.encode(bytes))
}
