//! The summary of `check` as data. Serialised, it is the JSON of `check`.

use serde::Serialize;

use crate::summary::{Interval, PValue, Warning};

/// Everything that `check` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckSummary {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// Where the observations come from.
    pub source: String,
    /// What the input was taken for, in words.
    pub recognised: String,
    /// The target in words: `v1=80, v2=20`.
    pub target: String,
    /// The tolerance in percentage points.
    pub tolerance_points: f64,
    /// The confidence level in percent.
    pub confidence_percent: f64,
    /// Requests observed.
    pub requests: u64,
    /// How the intervals of the versions were computed.
    pub interval_method: &'static str,
    /// The versions of the target in its order, then those that were observed beside them.
    pub versions: Vec<CheckedVersion>,
    /// The probability, under the target, of counts at most as likely as the observed ones, all
    /// versions together. The verdict rests on it.
    pub p_value: JointPValue,
    /// The test for people who look again and again.
    pub sequential: SequentialSummary,
    /// Whether the order looks random; absent if the order is not known, or a single version has
    /// all the weight.
    pub order: Option<CheckedOrder>,
    /// The verdict on the counts.
    pub verdict: Verdict,
    /// The smallest tolerance, in percentage points, within which the intervals of all shares lie.
    pub confirmed_points: f64,
    /// Requests that would confirm the tolerance; only where there is no contradiction yet.
    pub requests_to_confirm: Option<Needed>,
    /// What it means, in plain sentences.
    pub findings: Vec<String>,
    /// What to do next.
    pub what_to_do: String,
    /// Lines or rows that name no version.
    pub skipped: SkippedSummary,
    /// What a reader should know: what happened, why it matters, what to do.
    pub warnings: Vec<Warning>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedVersion {
    /// Its name.
    pub version: String,
    /// Its weight; absent if the target does not know it.
    pub weight: Option<u32>,
    /// The configured share, 0 to 1.
    pub target_share: f64,
    /// Requests that it answered.
    pub observed_count: u64,
    /// Their share, 0 to 1.
    pub observed_share: f64,
    /// The interval of the share; those of all versions hold together at the confidence level.
    pub interval: Interval,
    /// Whether the interval lies within target ± tolerance.
    pub interval_within: bool,
    /// The probability of a count at most as likely as this one, this version against all others.
    pub p_value: PValue,
}

/// A p-value of all counts together, which may be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct JointPValue {
    /// The value, 0 to 1.
    pub value: f64,
    /// How it is defined.
    pub convention: &'static str,
    /// Its standard error, if it was simulated.
    pub standard_error: Option<f64>,
}

/// The anytime-valid test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SequentialSummary {
    /// How it is defined.
    pub convention: &'static str,
    /// The concentration k of the Dirichlet prior k·w, fixed before the data.
    pub concentration: f64,
    /// When one looked: `after every request`, or `once, at the end` if the order is not known.
    pub looked: &'static str,
    /// log10 of the e-value at the end; absent if the observation is impossible under the target,
    /// so that the e-value is infinite.
    pub log10_e_value: Option<f64>,
    /// log10 of the largest e-value at any look; absent if infinite.
    pub log10_largest_e_value: Option<f64>,
    /// The p-value, valid however often one looks: 1 / the largest e-value.
    pub p_value: f64,
    /// The first request at which the e-value reached 1/(1 − confidence), if the order is known.
    pub first_alarm: Option<u64>,
    /// Whether it has been reached.
    pub alarm: bool,
}

/// Whether the order looks random.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedOrder {
    /// What it looks like.
    pub looks: Order,
    /// The first requests, up to a limit, are examined: how many.
    pub examined: u64,
    /// The version that is told from all others.
    pub version: String,
    /// Runs of equal outcomes.
    pub runs: u64,
    /// Runs to be expected if the order is random, given the counts.
    pub expected_runs: f64,
    /// The longest run of either outcome.
    pub longest_run: u64,
    /// The two-sided runs test; absent when only one outcome was seen.
    pub p_value: Option<PValue>,
    /// Consecutive blocks that all hold the same count, if they do.
    pub even_blocks: Option<EvenBlocks>,
}

/// Blocks that a weighted round robin fills alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvenBlocks {
    /// How many blocks.
    pub blocks: u64,
    /// Requests in each.
    pub length: u64,
    /// Requests of the version in each.
    pub each: u64,
    /// The probability of it under independent picks.
    pub p_value: PValue,
}

/// What an order looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As independent picks give it.
    Random,
    /// More even than independent picks: a round robin.
    Alternating,
    /// In long stretches of about equal length.
    Blocked,
    /// A version tends to be followed by itself, in stretches of any length.
    Sticky,
    /// One version alone was seen.
    OneVersion,
    /// So few requests that no order could be told from a random one.
    TooFew,
}

/// The verdict on the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The counts contradict the target.
    NotConsistent,
    /// Every share is shown to be within the tolerance.
    Consistent,
    /// Neither.
    NoContradictionYet,
}

/// How many requests would confirm the tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// Requests in all, those already observed included.
    pub requests: u64,
    /// What is assumed: `shares on target`, or `shares as observed`.
    pub assuming: &'static str,
}

/// Lines or rows that name no version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SkippedSummary {
    /// How many.
    pub total: u64,
    /// How many for each reason.
    pub reasons: Vec<SkippedReason>,
    /// The first few.
    pub examples: Vec<SkippedLine>,
}

/// A reason for which lines were skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedReason {
    /// The reason.
    pub reason: &'static str,
    /// How many lines.
    pub lines: u64,
}

/// A line that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Its beginning.
    pub text: String,
}
