//! Where the command's words go: the report to stdout, everything else to stderr.

use std::io::{self, IsTerminal as _, Write};

use super::ColorChoice;
use super::error::CliError;
use crate::report::Style;

/// The terminal, or what stands in for it.
pub struct Ui {
    color: ColorChoice,
    quiet: bool,
    verbose: u8,
}

impl Ui {
    pub(super) fn new(color: ColorChoice, quiet: bool, verbose: u8) -> Self {
        Self { color, quiet, verbose }
    }

    /// How a report on stdout should look.
    pub fn style(&self) -> Style {
        Style { color: self.colored(&io::stdout()), width: width(), verbose: self.verbose }
    }

    /// Buffered stdout.
    #[expect(clippy::unused_self, reason = "only who has the terminal may write to it")]
    pub fn stdout(&self) -> impl Write + use<> {
        io::BufWriter::new(io::stdout().lock())
    }

    /// Says something that is not the report, unless asked to be quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say("note", anstyle::AnsiColor::Cyan, text);
        }
    }

    /// Shows how far a run is, on a terminal only and in one line; an empty text takes the line away.
    #[cfg(any(feature = "aws", feature = "kubernetes"))]
    pub fn progress(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        if !self.quiet && stderr.is_terminal() {
            // Nobody is left to be told when stderr is closed.
            write!(stderr, "\r\x1b[2K{}", printable(text)).and_then(|()| stderr.flush()).ok();
        }
    }

    /// Says what went wrong.
    pub fn error(&self, problem: &CliError) {
        if problem.message().is_empty() {
            return;
        }
        self.say("error", anstyle::AnsiColor::Red, problem.message());
        if let Some(advice) = problem.advice() {
            self.say("help", anstyle::AnsiColor::Cyan, advice);
        }
    }

    fn say(&self, label: &str, color: anstyle::AnsiColor, text: &str) {
        let mut stderr = io::stderr().lock();
        let style = if self.colored(&stderr) { color.on_default().bold() } else { anstyle::Style::new() };
        // Nobody is left to be told when stderr is closed.
        writeln!(stderr, "{style}{label}{style:#}: {}", printable(text)).ok();
    }

    fn colored(&self, stream: &(impl anstream::stream::RawStream + io::IsTerminal)) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
        }
    }
}

/// Text from files must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let unknown = if io::stdout().is_terminal() { 120 } else { 140 };
    columns.unwrap_or(unknown).clamp(40, 400)
}
