//! `trueup completions`: a completion script.

use std::io::Write as _;

use clap::CommandFactory as _;

use super::error::CliError;
use super::ui::Ui;
use super::{Cli, exit};

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trueup", &mut script);
    let mut out = ui.stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(exit::CLEAN)
}
