//! `trueup explain`: the page of a rule.

use std::io::Write as _;

use super::error::CliError;
use super::library;
use super::ui::Ui;
use crate::audit;

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
    let mut out = ui.stdout();
    match audit::rules::ALL.iter().find(|rule| rule.id() == args.rule) {
        Some(rule) => out.write_all(rule.rule().help.as_bytes())?,
        None => out.write_all(args.library.load()?.rule(&args.rule)?.help.as_bytes())?,
    }
    out.flush()?;
    Ok(super::exit::CLEAN)
}
