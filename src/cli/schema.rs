//! `trueup schema`: the JSON Schemas of our own files, for editors and for those who read our reports.

use std::io::Write as _;

use clap::ValueEnum;

use super::error::CliError;
use super::exit;
use super::ui::Ui;

/// Print the JSON Schema of one of our files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which file
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// trueup.yaml
    Config,
    /// A policy
    Policy,
    /// The output of `--format json`
    Report,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let text = match args.of {
        Of::Config => crate::config::JSON_SCHEMA,
        Of::Policy => crate::policy::JSON_SCHEMA,
        Of::Report => crate::report::JSON_SCHEMA,
    };
    let mut out = ui.stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(exit::CLEAN)
}
