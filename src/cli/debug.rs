//! `trueup debug`: measures a part of the work alone, for the benchmark script.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::error::CliError;
use super::exit;
use super::ui::Ui;
use crate::{collect, lint};

/// For benchmarks.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Walk, read and parse; judge nothing
    Parse {
        /// Files and folders
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Threads
        #[arg(short, long, default_value_t = 0)]
        jobs: usize,
    },
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<u8, CliError> {
    let Command::Parse { paths, jobs } = &args.command;
    let collected = collect::collect(&collect::Options {
        paths: paths.clone(),
        no_config: true,
        jobs: *jobs,
        ..collect::Options::default()
    })?;
    let summary = lint::parse_only(&collected.projects, *jobs)?;
    let mut out = ui.stdout();
    writeln!(
        out,
        "{} files, {} documents, {} unreadable, {} templates skipped",
        summary.files, summary.documents, summary.unreadable, summary.templates_skipped
    )?;
    out.flush()?;
    Ok(exit::CLEAN)
}
