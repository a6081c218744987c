//! The command line as clap structs. What the commands do is in `commands`.

mod check;
mod gate;
mod plan;
mod routes;
mod stat;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use check::{CheckArgs, InputFormat};
pub use gate::{ArrivalLaw, CountedSide, GateArgs};
pub use plan::{PlanArgs, PlanCommon, PlanErrors, PlanGate, PlanQuestion, PlanSplit};
pub use routes::{
    DiffArgs, EnvoyArgs, ExplainArgs, ExportArgs, ExportTarget, PrintArgs, ProxyArgs, SplitArgs,
};
pub use stat::StatArgs;

use crate::scenario::{MAX_REPLICATIONS, MAX_REQUESTS};
use crate::units::{ConfidenceLevel, Rational, Tolerance, parse_decimal};

/// Replay canary releases through the real weighting algorithms, and see what you would observe.
#[derive(Debug, Parser)]
#[command(name = "shiftsim", version, styles = Styles::plain(), max_term_width = 80)]
#[command(arg_required_else_help = true, subcommand_required = true)]
#[command(
    after_help = "Exit status: 0 done; 1 done, and the answer is \"no\"; 2 the input or the \
    usage is wrong, or the system failed."
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What would I observe? Replays scenarios and charts observed against target
    Run(RunArgs),
    /// After how many requests is a split settled?
    Converge(ConvergeArgs),
    /// Is what I observed consistent with the target? Exact tests, and what to do next
    Check(CheckArgs),
    /// Where does this request go, and why? Explains manifests, or prints their whole route table
    Explain(ExplainArgs),
    /// Which requests change destination shares between two sets of manifests?
    Diff(DiffArgs),
    /// Writes the routes of manifests as configuration for another program
    Export(ExportArgs),
    /// What does my rollout gate really catch? Its operating characteristic, and what does better
    Gate(Box<GateArgs>),
    /// How many requests does a canary need, and what does a gate let pass?
    Plan(PlanArgs),
    /// Any quantity of the statistics library by its name
    Stat(StatArgs),
    /// Prints the JSON Schema of scenario files, for editors
    #[command(after_help = "Examples:\n  shiftsim schema > scenario.schema.json\n  \
        shiftsim schema --rollout > rollout.schema.json\n  \
        shiftsim schema --story > story.schema.json")]
    Schema {
        /// That of scenarios with a rollout
        #[arg(long)]
        rollout: bool,
        /// That of stories of a mesh
        #[arg(long, conflicts_with = "rollout")]
        story: bool,
    },
    /// Prints a completion script for a shell
    #[command(after_help = "Example:\n  shiftsim completions bash > \
        ~/.local/share/bash-completion/completions/shiftsim")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page
    #[command(after_help = "Example:\n  shiftsim man | man -l -")]
    Man,
}

/// What `run` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim run scenarios/tcp-echo-20-v2.yaml
  shiftsim run --weights v1=80,v2=20 --requests 20
  shiftsim run manifests/ --request http://reviews:9080/ --requests 100
  shiftsim run scenarios/*.yaml --replications 1000 --format json --no-charts

The exit status is 1 if a claim of a scenario fails.")]
pub struct RunArgs {
    /// Scenario files, or manifests with --request; `-` reads standard input
    #[arg(
        value_name = "SCENARIO",
        required_unless_present = "weights",
        conflicts_with = "weights"
    )]
    pub scenarios: Vec<PathBuf>,

    /// Weights instead of a scenario file, such as v1=80,v2=20
    #[arg(
        long,
        value_name = "NAME=WEIGHT,…",
        requires = "requests",
        group = "split"
    )]
    pub weights: Option<String>,

    /// Requests to send, with --weights or --request
    #[arg(long, value_name = "N", requires = "split", value_parser = parse_requests)]
    pub requests: Option<u64>,

    /// The split of manifests.
    #[command(flatten)]
    pub split: SplitArgs,

    /// Repeats the whole run so often with other random streams
    #[arg(long, value_name = "R", value_parser = parse_replications)]
    pub replications: Option<u32>,

    /// Draws the final counts of the replications from their law instead of replaying them
    #[arg(long)]
    pub sampled: bool,

    /// Whether to write requests.csv, a row per request
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub requests_csv: RequestsCsv,

    /// Writes the CSV files alone: no charts and no page
    #[arg(long)]
    pub no_charts: bool,

    /// The seed, or `random` to choose and print one [default: that of the scenario, or 1]
    #[arg(long, value_name = "SEED", value_parser = parse_seed)]
    pub seed: Option<Seed>,

    /// What the commands have in common.
    #[command(flatten)]
    pub common: Common,
}

/// What `converge` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim converge --weights v1=50,v3=50 --tolerance 10 --requests 15
  shiftsim converge scenarios/tcp-echo-20-v2.yaml --phase 80/20
  shiftsim converge reviews.yaml --request http://reviews:9080/reviews/0
  shiftsim converge --weights v1=90,v2=10 --requests 100 --replications 10000")]
pub struct ConvergeArgs {
    /// A scenario file, or manifests with --request; `-` reads standard input
    #[arg(
        value_name = "SCENARIO",
        required_unless_present = "weights",
        conflicts_with = "weights"
    )]
    pub scenarios: Vec<PathBuf>,

    /// Weights instead of a scenario file, such as v1=50,v2=50
    #[arg(long, value_name = "NAME=WEIGHT,…", group = "split")]
    pub weights: Option<String>,

    /// The split of manifests.
    #[command(flatten)]
    pub split: SplitArgs,

    /// The phase of the scenario [default: the last one that splits traffic]
    #[arg(long, value_name = "NAME", conflicts_with = "split")]
    pub phase: Option<String>,

    /// The number of requests that you have in mind
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 10_000_000, 1000))]
    pub requests: Option<u64>,

    /// Simulates each figure beside the exact one by so many replays
    #[arg(long, value_name = "R", requires = "requests", default_value_t = 0,
        value_parser = |text: &str| whole(text, 0, MAX_REPLICATIONS.into(), 1000))]
    pub replications: u64,

    /// The seed of the replays [default: that of the scenario, or 1]
    #[arg(long, value_name = "SEED", value_parser = parse_seed)]
    pub seed: Option<Seed>,

    /// What the commands have in common.
    #[command(flatten)]
    pub common: Common,
}

/// What all commands that compute have in common.
#[derive(Debug, Args)]
pub struct Common {
    /// What counts as near the target, in percentage points [default: that of the scenario, or 5]
    #[arg(long, value_name = "POINTS", value_parser = parse_tolerance)]
    pub tolerance: Option<Tolerance>,

    /// The level of intervals and verdicts, in percent [default: that of the scenario, or 95]
    #[arg(long, value_name = "PERCENT", value_parser = parse_confidence)]
    pub confidence: Option<ConfidenceLevel>,

    /// Writes files into this folder [default for run: output/NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,

    /// Threads to use [default: one per core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,

    /// Prints less: no table, verdicts alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Prints more: how each figure was computed
    #[arg(short, long)]
    pub verbose: bool,
}

/// What to print on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Tables and sentences for people
    Text,
    /// One object for machines
    Json,
}

/// Whether to write a row per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RequestsCsv {
    /// Up to 100,000 requests
    Auto,
    /// However many there are
    Always,
    /// Not at all
    Never,
}

/// The seed that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// This one.
    Given(u64),
    /// One that the operating system's entropy chooses.
    Random,
}

/// A whole number in a range, written in digits alone.
fn whole(text: &str, least: u64, most: u64, example: u64) -> Result<u64, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (least..=most).contains(number) && !text.starts_with('+'))
        .ok_or_else(|| {
            format!("expected a whole number from {least} to {most} in digits, such as {example}")
        })
}

fn parse_requests(text: &str) -> Result<u64, String> {
    whole(text, 1, MAX_REQUESTS, 1000)
}

fn parse_replications(text: &str) -> Result<u32, String> {
    let number = whole(text, 1, MAX_REPLICATIONS.into(), 1000)?;
    u32::try_from(number).map_err(|error| error.to_string())
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        "expected a whole number above 0, such as 4; leave it out for one thread per core".into()
    })
}

fn parse_seed(text: &str) -> Result<Seed, String> {
    match text {
        "random" => Ok(Seed::Random),
        _ => text.parse().map(Seed::Given).map_err(|_| {
            "expected a whole number from 0 to 18446744073709551615, or `random`".into()
        }),
    }
}

fn parse_tolerance(text: &str) -> Result<Tolerance, String> {
    parse_decimal(text.trim_end_matches('%'))
        .and_then(Tolerance::from_points)
        .ok_or_else(|| {
            "expected percentage points above 0 and at most 100, such as 5 or 2.5".into()
        })
}

/// A share that is written as a percentage.
fn parse_percentage(text: &str) -> Result<Rational, String> {
    parse_decimal(text.trim_end_matches('%'))
        .map(|percent| percent / Rational::from_integer(100))
        .filter(|share| *share <= Rational::from_integer(1))
        .ok_or_else(|| "expected a percentage from 0 to 100, such as 1 or 0.5".into())
}

fn parse_confidence(text: &str) -> Result<ConfidenceLevel, String> {
    let level = parse_decimal(text.trim_end_matches('%')).and_then(ConfidenceLevel::from_percent);
    match level {
        Some(level) if level.probability() < 0.01 => {
            Err("that is less than one percent; write 95 for 95%".into())
        }
        level => level.ok_or_else(|| {
            "expected a percentage above 0 and below 100, such as 95 or 99.9".into()
        }),
    }
}
