//! The programs of others that tests run where they are installed: API server, moto, helm, kustomize.

#![expect(clippy::print_stdout, reason = "says when a test is skipped")]

use std::env;

/// What was found; where nothing was, a word about it, unless `TRUEUP_REQUIRE_LIVE` asks for it.
pub fn or_skip<T>(found: Option<T>, missing: &str) -> Option<T> {
    if found.is_none() {
        assert!(env::var_os("TRUEUP_REQUIRE_LIVE").is_none(), "{missing}");
        println!("skipped: {missing}");
    }
    found
}
