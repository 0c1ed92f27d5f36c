//! A run of the program under test.

use std::path::Path;
use std::process::Output;

mod program;

/// Runs `trueup` in a folder.
pub fn trueup(folder: &Path, arguments: &[&str]) -> Output {
    program::command().args(arguments).current_dir(folder).output().unwrap()
}
