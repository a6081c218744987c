//! What `gate` is asked.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{OutputFormat, Seed, parse_seed};
use crate::rollout::{Latency, Retries};
use crate::units::{Rate, Rational, parse_decimal, to_f64};

/// What `gate` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim gate --flagger interval=1m,threshold=5,weights=10..50/10,success=99 --rps 1
  shiftsim gate --flagger weights=10..50/10,success=99 --rps 1,5,20 --out charts
  shiftsim gate --argo weights=[20,50],pause=10m,success=95,analysis=background --rps 5
  shiftsim gate scenarios/rollouts/bad-version-at-1-rps.yaml
  shiftsim gate canary.yaml metric-template.yaml --rps 5
  kubectl get canary shop -o yaml | shiftsim gate - --rps 5

Settings, separated by commas:
  --flagger  weights, interval, threshold, success, p99, window, strategy
             (canary, blue-green, a-b), iterations, mirror
  --argo     weights, pause, analysis (inline, background), success, interval,
             count, window, initial-delay, failure-limit,
             consecutive-success-limit, no-data
  --staged   weights, interval, success, p99, window, failures,
             minimum-requests, patience; test=error-share, level, concentration
  --schedule weights, pause")]
pub struct GateArgs {
    /// A scenario with a rollout, or files of a rollout tool: a Canary, a Rollout and its
    /// templates, a canary configuration of Kayenta, the name of one of CodeDeploy's; `-` reads
    /// standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["flagger", "argo", "staged", "schedule"])]
    pub rollout: Vec<PathBuf>,

    /// Flagger's gate with these settings
    #[arg(long, value_name = "KEY=VALUE,…", conflicts_with_all = ["rollout", "argo", "staged", "schedule"])]
    pub flagger: Option<String>,

    /// Argo Rollouts' gate with these settings
    #[arg(long, value_name = "KEY=VALUE,…", conflicts_with_all = ["rollout", "staged", "schedule"])]
    pub argo: Option<String>,

    /// A gate in our own form with these settings
    #[arg(long, value_name = "KEY=VALUE,…", conflicts_with_all = ["rollout", "schedule"])]
    pub staged: Option<String>,

    /// Weights by the clock, without a gate
    #[arg(long, value_name = "KEY=VALUE,…", conflicts_with = "rollout")]
    pub schedule: Option<String>,

    /// Users' requests per second, to all versions together; more of them draw more curves
    /// [default: that of the scenario, or 1]
    #[arg(long, value_name = "R,…", value_delimiter = ',', value_parser = parse_rate)]
    pub rps: Vec<Rate>,

    /// How many requests a check sees [default: that of the scenario, or poisson]
    #[arg(long, value_name = "LAW")]
    pub arrivals: Option<ArrivalLaw>,

    /// Error rates of the new version to list besides, in percent
    #[arg(long, value_name = "PERCENT,…", value_delimiter = ',', value_parser = parse_share)]
    pub error_rate: Vec<f64>,

    /// The share of requests that should succeed, in percent [default: what the gate asks for]
    #[arg(long, value_name = "PERCENT", value_parser = parse_objective)]
    pub slo: Option<Rational>,

    /// The old version's error rate, in percent [default: that of the scenario, or half of what
    /// the objective allows]
    #[arg(long, value_name = "PERCENT", value_parser = parse_share)]
    pub stable_error_rate: Option<f64>,

    /// How long the new version takes, as median and 99th percentile, such as 40ms,300ms
    /// [default: that of the scenario, or faster than any limit]
    #[arg(long, value_name = "MEDIAN,P99", value_parser = parse_latency)]
    pub latency: Option<Latency>,

    /// Requests per second of a load test on the new version, none of which fail
    #[arg(long, value_name = "R", value_parser = parse_rate)]
    pub load_test: Option<Rate>,

    /// The time between two scrapes of the counters, such as 15s
    #[arg(long, value_name = "TIME", value_parser = parse_seconds)]
    pub scrape: Option<Duration>,

    /// How often a metric succeeds that is not simulated (a job, another provider's query), in
    /// percent; without this it always does
    #[arg(long, value_name = "NAME=PERCENT,…", value_delimiter = ',', value_parser = parse_given)]
    pub metric: Vec<(String, Rational)>,

    /// Users among whom the requests are spread, to tell how many of them meet an error
    /// [default: that of the scenario]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4_294_967_295))]
    pub users: Option<u64>,

    /// How often a proxy tries a failed request again, at most; error rates are then those of
    /// attempts [default: that of the scenario, or 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(Retries::MOST)))]
    pub retries: Option<u32>,

    /// Where the metrics count requests that are tried again [default: that of the scenario, or
    /// server]
    #[arg(long, value_name = "WHERE", requires = "retries")]
    pub counted: Option<CountedSide>,

    /// Rollouts for each figure that has to be simulated [default: 10000, fewer where each draws
    /// many latencies; with Kayenta's judge 2000]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub replications: Option<u64>,

    /// Points of each version, a minute apart, that Kayenta's judge compares
    #[arg(long, value_name = "N", default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub points: u32,

    /// Judgements of Kayenta, evenly spread; each sees all points so far
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub judgements: u32,

    /// The seed of what is simulated [default: that of the scenario, or 1]
    #[arg(long, value_name = "SEED", value_parser = parse_seed)]
    pub seed: Option<Seed>,

    /// Writes a page, charts and tables into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,

    /// Threads to use [default: one per core]; results do not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,

    /// Prints less: sentences alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Prints more: how each figure was computed
    #[arg(short, long)]
    pub verbose: bool,
}

/// How many requests a check sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrivalLaw {
    /// Random arrivals, each sent to a version at random: 10% of 1 request/s is 6 a minute on
    /// average. Flagger's tutorial gate then promotes 2% errors in 87.9% of rollouts
    Poisson,
    /// Evenly spaced arrivals, each sent to a version at random: 10% of exactly 60 a minute is 6 on
    /// average (87.8%)
    Constant,
    /// Always the same number for each version, rounded down: exactly 6 a minute (87.6%)
    Fixed,
}

/// Where requests that are tried again are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CountedSide {
    /// After retries, as users see them (Istio's reporter="source", an ingress): retries hide errors
    Client,
    /// Each attempt (Istio's reporter="destination", which Flagger asks for)
    Server,
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    parse_decimal(text)
        .and_then(Rate::new)
        .filter(|rate| to_f64(rate.per_second()) <= 1e6)
        .ok_or_else(|| "expected requests per second above 0, such as 5 or 0.25".into())
}

fn parse_share(text: &str) -> Result<f64, String> {
    parse_decimal(text.trim_end_matches('%'))
        .filter(|&percent| percent <= Rational::from_integer(100))
        .map(|percent| to_f64(percent / 100))
        .ok_or_else(|| "expected a percentage from 0 to 100, such as 2 or 0.5".into())
}

/// A metric's name and the share of its measurements that succeed.
fn parse_given(text: &str) -> Result<(String, Rational), String> {
    let hundred = Rational::from_integer(100);
    text.rsplit_once('=')
        .and_then(|(name, percent)| {
            let percent = parse_decimal(percent.trim_end_matches('%'))?;
            (percent <= hundred).then(|| (name.trim().to_owned(), percent / 100))
        })
        .ok_or_else(|| "expected a metric and a percentage, such as smoke-test=99".into())
}

/// The acceptable share of errors.
fn parse_objective(text: &str) -> Result<Rational, String> {
    let hundred = Rational::from_integer(100);
    parse_decimal(text.trim_end_matches('%'))
        .filter(|&percent| percent < hundred && percent >= Rational::from_integer(1))
        .map(|percent| (hundred - percent) / 100)
        .ok_or_else(|| {
            "expected the percentage of requests that should succeed, such as 99 or 99.9".into()
        })
}

/// Two times in milliseconds or seconds.
fn parse_latency(text: &str) -> Result<Latency, String> {
    let millis = |text: &str| {
        let text = text.trim();
        match text.strip_suffix("ms") {
            Some(millis) => parse_decimal(millis).map(to_f64),
            None => parse_decimal(text.strip_suffix('s')?).map(|value| 1000.0 * to_f64(value)),
        }
    };
    text.split_once(',')
        .and_then(|(median, p99)| Latency::new(millis(median)?, millis(p99)?))
        .ok_or_else(|| "expected two times, the smaller one first, such as 40ms,300ms".into())
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| (1..=86_400).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "expected a time such as 15s or 1m".into())
}
