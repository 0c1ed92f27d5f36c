//! `trueup explain`: the page of a rule.

use std::io::Write as _;

use super::error::CliError;
use super::library;
use super::ui::Ui;

/// Print the page of a rule.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rule's id, such as `tagging/required-tags`
    #[arg(value_name = "RULE")]
    rule: String,
    #[command(flatten)]
    library: library::Args,
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let library = args.library.load()?;
    let rule = library.rule(&args.rule)?;
    let mut out = ui.stdout();
    out.write_all(rule.help.as_bytes())?;
    out.flush()?;
    Ok(super::exit::CLEAN)
}
