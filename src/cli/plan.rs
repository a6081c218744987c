//! What `plan` is asked: three questions, each with its own flags.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{OutputFormat, parse_confidence, parse_percentage};
use crate::units::{ConfidenceLevel, Rational};

/// What `plan` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim plan errors --stable 1 --canary 2 --weight 10 --rps 5
  shiftsim plan split --weights v1=50,v2=50 --actual v1=40,v2=60
  shiftsim plan gate --success 99 --requests 60")]
pub struct PlanArgs {
    /// The question.
    #[command(subcommand)]
    pub question: PlanQuestion,
}

/// The questions.
#[derive(Debug, Subcommand)]
pub enum PlanQuestion {
    /// How many requests show that the canary fails more often?
    #[command(after_help = "Examples:
  shiftsim plan errors --stable 1 --canary 2 --weight 10 --rps 5
  shiftsim plan errors --stable 0.5 --canary 1 --weight 50 --requests 5000 \\
      --out output/plan")]
    Errors(PlanErrors),
    /// How many requests show that the split is another one?
    #[command(after_help = "Examples:
  shiftsim plan split --weights v1=50,v2=50 --actual v1=40,v2=60
  shiftsim plan split --weights v1=80,v2=20 --actual v1=70,v2=30 --rps 2")]
    Split(PlanSplit),
    /// What does a gate such as "99% of 60 requests succeed" promote?
    #[command(after_help = "Examples:
  shiftsim plan gate --success 99 --requests 60
  shiftsim plan gate --success 99.9 --requests 1000 --rps 5 --out output/gate")]
    Gate(PlanGate),
}

/// The flags of `plan errors`.
#[derive(Debug, Args)]
pub struct PlanErrors {
    /// How often the stable version fails, in percent
    #[arg(long, value_name = "PERCENT", value_parser = parse_percentage)]
    pub stable: Rational,

    /// How often a canary fails that must be noticed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = parse_percentage)]
    pub canary: Rational,

    /// The canary's weight: its share of the requests, in percent
    #[arg(long, value_name = "PERCENT", default_value = "50", value_parser = parse_percentage)]
    pub weight: Rational,

    /// Looks for a worse canary alone, not for a different one
    #[arg(long)]
    pub one_sided: bool,

    /// Requests to both versions together that you have in mind
    #[arg(long, value_name = "N", value_parser = |text: &str| super::whole(text, 2, 100_000_000, 1000))]
    pub requests: Option<u64>,

    /// What the questions have in common.
    #[command(flatten)]
    pub common: PlanCommon,
}

/// The flags of `plan split`.
#[derive(Debug, Args)]
pub struct PlanSplit {
    /// The configured weights, such as v1=50,v2=50
    #[arg(long, value_name = "NAME=WEIGHT,…")]
    pub weights: String,

    /// Weights as they might really be, such as v1=40,v2=60
    #[arg(long, value_name = "NAME=WEIGHT,…")]
    pub actual: String,

    /// Requests that you have in mind
    #[arg(long, value_name = "N", value_parser = |text: &str| super::whole(text, 1, 10_000_000, 1000))]
    pub requests: Option<u64>,

    /// What the questions have in common.
    #[command(flatten)]
    pub common: PlanCommon,
}

/// The flags of `plan gate`.
#[derive(Debug, Args)]
pub struct PlanGate {
    /// The share of the requests that has to succeed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = parse_percentage)]
    pub success: Rational,

    /// Requests that the gate looks at
    #[arg(long, value_name = "N", value_parser = |text: &str| super::whole(text, 1, 10_000_000, 1000))]
    pub requests: u64,

    /// What the questions have in common.
    #[command(flatten)]
    pub common: PlanCommon,
}

/// What the questions have in common.
#[derive(Debug, Args)]
pub struct PlanCommon {
    /// Requests per second to all versions together: also says how long it takes
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub rps: Option<f64>,

    /// The probability to notice what is to be noticed, in percent
    #[arg(long, value_name = "PERCENT", default_value = "80", value_parser = parse_confidence)]
    pub power: ConfidenceLevel,

    /// The confidence level in percent; the tests have the level 100 minus that
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = parse_confidence)]
    pub confidence: ConfidenceLevel,

    /// Writes a CSV file and charts into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,

    /// Prints less: what to do alone, no table
    #[arg(short, long)]
    pub quiet: bool,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: Option<f64> = text.parse().ok();
    rate.filter(|rate| *rate > 0.0 && rate.is_finite())
        .ok_or_else(|| "expected requests per second above 0, such as 5 or 0.2".into())
}
