//! What a format is and what it is told beside the report.

use std::io::{self, Write};
use std::time::Duration;

use crate::model::{Report, Repository};

/// How the text for people looks; other formats ignore it.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// Columns of the terminal; source lines are shortened to it.
    pub width: usize,
    /// How often `-v` was given.
    pub verbose: u8,
}

/// What a format may need beside the report.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Looks of the text for people.
    pub style: Style,
    /// The command that ran: `lint` or `audit`.
    pub command: &'a str,
    /// SARIF's `automationDetails.id`, such as `trueup/lint/`. GitHub takes everything up to the last `/`
    /// as the category, and a later upload of the same category replaces the earlier one.
    pub category: &'a str,
    /// How long the run took. Only text shows it, and only when verbose: the other formats give the same
    /// bytes for the same input.
    pub elapsed: Option<Duration>,
    /// The exit code the process will end with.
    pub exit_code: u8,
    /// The repository the run started in.
    pub repository: Option<&'a Repository>,
    /// Whether SARIF holds suppressed findings too. GitHub does not honour `suppressions`: it would open an
    /// alert for each of them.
    pub report_suppressed: bool,
}

/// A way to write a report.
pub trait Format: Sync {
    /// What `--format` calls it.
    fn name(&self) -> &'static str;

    /// Whether its reader finds files by their path from the repository's root, wherever the run started.
    fn wants_paths_from_root(&self) -> bool {
        false
    }

    /// Writes all of `report` in many small pieces: `out` should be buffered.
    fn render(&self, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()>;
}
