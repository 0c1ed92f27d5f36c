//! The flags of every command that reads a tree: which configuration holds, and how many threads work.

use std::path::PathBuf;

/// Configuration and threads.
#[derive(Debug, clap::Args)]
#[group(id = "configured")]
pub struct Args {
    /// Use this trueup.yaml for everything
    #[arg(short, long, value_name = "FILE", env = "TRUEUP_CONFIG", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no trueup.yaml
    #[arg(long)]
    pub no_config: bool,
    /// Threads; as many as there are processors when not given
    #[arg(
        short,
        long,
        value_name = "N",
        env = "TRUEUP_JOBS",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub jobs: usize,
}
