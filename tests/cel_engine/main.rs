//! The CEL engine over documents: what it evaluates, blames, refuses and leaves unknown.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

mod blame;
mod compile;
mod differential;
mod hostile;
mod support;
mod values;
