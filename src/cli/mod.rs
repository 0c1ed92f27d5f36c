//! The command line: one file per command. The only room that prints or decides an exit code.

mod audit;
mod aws;
mod baseline;
mod check;
mod completions;
mod configured;
mod debug;
mod error;
mod explain;
mod export;
mod init;
mod library;
mod lint;
mod live;
mod man;
mod output;
mod pages;
mod policies;
mod render;
mod rendering;
mod repo;
mod schema;
mod ui;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use error::CliError;
use ui::Ui;

/// The command's exit codes, the same for every format.
pub mod exit {
    /// Nothing at or above `--fail-on`.
    pub const CLEAN: u8 = 0;
    /// Findings.
    pub const FINDINGS: u8 = 1;
    /// A mistake in the command line, the configuration or a policy; nothing was checked.
    pub const USAGE: u8 = 2;
    /// Something could not be read; what was found is still printed.
    pub const INCOMPLETE: u8 = 3;
}

/// A policy-as-code linter and drift auditor for GitOps on AWS and Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "trueup", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, clap::Args)]
struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, env = "TRUEUP_COLOR", value_name = "WHEN")]
    color: ColorChoice,
    /// Say less: nothing but the report
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more, such as why policies could not decide
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check files against the policies
    #[command(visible_alias = "check")]
    Lint(lint::Args),
    /// Compare what Git declares with what is live
    Audit(audit::Args),
    /// Keep the findings that are there, so that only new ones count
    Baseline(baseline::Args),
    /// Print the page of a rule: what, why, what to do
    #[command(visible_alias = "rule")]
    Explain(explain::Args),
    /// List, show and test policies
    Policies(policies::Args),
    /// Print what a repository applies: overlays built, Flux and Argo CD followed
    Render(render::Args),
    /// Print what a repository was taken for, and why
    Repo(repo::Args),
    /// Write a trueup.yaml for this repository
    Init(init::Args),
    /// Print the JSON Schema of one of our files
    Schema(schema::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
    /// For benchmarks
    #[command(hide = true)]
    Debug(debug::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(problem) => {
            // Help and version go to stdout, mistakes to stderr; clap knows which is which.
            let code = if problem.use_stderr() { exit::USAGE } else { exit::CLEAN };
            // Nobody is left to be told when the stream is closed.
            problem.print().ok();
            return ExitCode::from(code);
        }
    };
    let ui = Ui::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    let result = match cli.command {
        Command::Lint(args) => lint::run(&args, &ui),
        Command::Audit(args) => audit::run(&args, &ui),
        Command::Baseline(args) => baseline::run(&args, &ui),
        Command::Explain(args) => explain::run(&args, &ui),
        Command::Policies(args) => policies::run(&args, &ui),
        Command::Render(args) => render::run(&args, &ui),
        Command::Repo(args) => repo::run(&args, &ui),
        Command::Init(args) => init::run(&args, &ui),
        Command::Schema(args) => schema::run(&args, &ui),
        Command::Completions(args) => completions::run(&args, &ui),
        Command::Man(args) => man::run(&args, &ui),
        Command::Debug(args) => debug::run(&args, &ui),
    };
    let code = result.unwrap_or_else(|problem: CliError| {
        ui.error(&problem);
        problem.exit_code()
    });
    ExitCode::from(code)
}
