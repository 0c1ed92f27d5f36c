//! The program under test.

use std::env;
use std::process::Command;

/// `trueup` without colours, and without what the user, or Git that runs a hook, has set for it.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("TRUEUP_") || name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1");
    command
}
