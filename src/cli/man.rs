//! `trueup man`: the manual page, in roff.

use std::io::Write as _;

use clap::CommandFactory as _;

use super::error::CliError;
use super::ui::Ui;
use super::{Cli, exit};

/// Print the manual page.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The command it is about; trueup as a whole when not given
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => match root.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(CliError::usage(format!("there is no command `{name}`"))),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    let mut out = ui.stdout();
    out.write_all(&page)?;
    out.flush()?;
    Ok(exit::CLEAN)
}
