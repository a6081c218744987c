//! What `stat` is asked.

use clap::Args;

use super::OutputFormat;

/// What `stat` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim stat
  shiftsim stat within-stable-n
  shiftsim stat within-stable-n p=0.5 tolerance=10% confidence=95%
  shiftsim stat binomial-test count=7 n=20 p=1/5 convention=doubling

Shares may be written 0.05, 1/20 or 5%; they are compared exactly.")]
pub struct StatArgs {
    /// The quantity; without, all are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// What it is to be computed from; without, what it takes is told
    #[arg(value_name = "KEY=VALUE")]
    pub arguments: Vec<String>,

    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,

    /// Prints the value alone
    #[arg(short, long)]
    pub quiet: bool,
}
