//! The corpus of real repositories, hostile files and cases whose verdicts are known.
//!
//! It lies outside the repository: where `TRUEUP_CORPUS` says, or in `target/shared/corpus`.

#![expect(clippy::print_stdout, reason = "says when a test is skipped")]

use std::env;
use std::path::{Path, PathBuf};

/// The corpus, when it has this part; `None`, and a word about it, where it has not and
/// `TRUEUP_REQUIRE_CORPUS` does not ask for it.
pub fn with(part: &str) -> Option<PathBuf> {
    let folder = env::var_os("TRUEUP_CORPUS").unwrap_or_else(|| "target/shared/corpus".into());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if corpus.join(part).exists() {
        return Some(corpus);
    }
    assert!(env::var_os("TRUEUP_REQUIRE_CORPUS").is_none(), "no {part} in {}", corpus.display());
    println!("skipped: no {part} in {}", corpus.display());
    None
}
