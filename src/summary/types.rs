//! The summary as data: plain values, ready to be shown. Serialised, it is the JSON of `run`.

use serde::Serialize;

/// Everything that a run says, apart from its charts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The name of the scenario.
    pub scenario: String,
    /// A headline for people.
    pub title: String,
    /// A paragraph for people.
    pub description: Option<String>,
    /// `http` or `tcp`.
    pub protocol: &'static str,
    /// The seed of the run.
    pub seed: u64,
    /// How often the whole run was repeated.
    pub replications: u32,
    /// The tolerance in percentage points.
    pub tolerance_points: f64,
    /// The confidence level in percent.
    pub confidence_percent: f64,
    /// Requests of all phases (of the first replication).
    pub requests: u64,
    /// The phases in order.
    pub phases: Vec<PhaseSummary>,
    /// What the backends did, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<super::ServiceSummary>,
    /// The claims in order, judged.
    pub claims: Vec<ClaimSummary>,
    /// What a reader should know: what happened, why it matters, what to do.
    pub warnings: Vec<Warning>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseSummary {
    /// Its name.
    pub name: String,
    /// The weighting algorithm, with its settings, in words.
    pub algorithm: String,
    /// Whether each request picks on its own, so that the exact binomial law holds.
    pub independent_picks: bool,
    /// Requests observed.
    pub requests: u64,
    /// When it began, in seconds of virtual time.
    pub start_seconds: f64,
    /// When it ended, in seconds of virtual time.
    pub end_seconds: f64,
    /// One row per destination, in the order of the weights.
    pub versions: Vec<VersionSummary>,
    /// The exact probability, under the targets, of counts at most as likely as the observed ones,
    /// all versions together; absent if there is only one version or it is too costly.
    pub joint_p_value: Option<PValue>,
    /// Whether the order looks random.
    pub order: Option<OrderSummary>,
    /// What the live metrics would have shown, if a version reports no telemetry.
    pub telemetry: Option<TelemetrySummary>,
    /// What the replications gave, if there was more than one.
    pub replications: Option<ReplicationSummary>,
    /// What it means, in plain sentences.
    pub verdict: Vec<String>,
}

/// One destination of a phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionSummary {
    /// The version's name.
    pub version: String,
    /// What a viewer sees of it.
    pub shows: Option<String>,
    /// The configured weight.
    pub weight: u32,
    /// Replicas, if the algorithm looks at them.
    pub replicas: Option<u32>,
    /// The configured share, 0 to 1.
    pub target_share: f64,
    /// What its ready replicas gave it, where the split follows these.
    pub ready: Option<ReadySummary>,
    /// Requests that it answered.
    pub observed_count: u64,
    /// Their share, 0 to 1; absent without any request.
    pub observed_share: Option<f64>,
    /// The Wilson interval of the share, at the confidence level of the run.
    pub wilson: Option<Interval>,
    /// The exact probability of an observation at least this far from the target.
    pub p_value: Option<PValue>,
    /// The exact probability that the share lies within the tolerance at this number of requests,
    /// under independent picks.
    pub within_tolerance_probability: Option<f64>,
    /// Whether the observed share is within the tolerance.
    pub within_tolerance: Option<bool>,
}

/// What the ready replicas gave a destination over the requests of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReadySummary {
    /// Its share of the ready replicas, the mean over all requests, 0 to 1.
    pub mean_share: f64,
    /// The standard deviation of the observed share around it.
    pub standard_error: f64,
    /// The lowest share that any request met.
    pub lowest: f64,
    /// The highest share that any request met.
    pub highest: f64,
    /// The probability of a count at least as far away, given the ready replicas at each request.
    pub p_value: PValue,
}

/// An interval of shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end, 0 to 1.
    pub low: f64,
    /// The upper end, 0 to 1.
    pub high: f64,
}

/// A p-value that names its convention.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PValue {
    /// The value, 0 to 1.
    pub value: f64,
    /// How it is defined, such as "exact binomial, minimum likelihood".
    pub convention: &'static str,
}

/// Whether the order of the requests looks random.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderSummary {
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
    /// Two-sided runs test; absent when only one outcome was seen.
    pub p_value: Option<PValue>,
    /// `random`, `alternating`, `blocked`, or `one version only`.
    pub looks: &'static str,
}

/// What the live metrics would have shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TelemetrySummary {
    /// Requests that a reporting version answered.
    pub reported: u64,
    /// All requests.
    pub requests: u64,
    /// The versions that report nothing.
    pub silent: Vec<String>,
}

/// What the replications gave in one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplicationSummary {
    /// `replayed` (through the picker) or `sampled` (counts drawn from their law).
    pub method: &'static str,
    /// How many runs.
    pub runs: u32,
    /// One row per destination.
    pub versions: Vec<ReplicatedShare>,
    /// Runs in which every version with a weight was seen.
    pub all_seen: Comparison,
    /// Runs in which every share was within the tolerance.
    pub all_within: Comparison,
}

/// The share of one destination over the replications.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplicatedShare {
    /// The version's name.
    pub version: String,
    /// The mean share.
    pub mean: f64,
    /// The standard error of the mean.
    pub standard_error: f64,
    /// The standard deviation of the share between runs.
    pub standard_deviation: f64,
    /// The 5%, 25%, 50%, 75% and 95% quantiles of the share.
    pub quantiles: [f64; 5],
    /// Runs in which the share was within the tolerance.
    pub within: Comparison,
}

/// A simulated frequency beside its exact twin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Runs in which it was so.
    pub count: u64,
    /// Their share of all runs.
    pub simulated: f64,
    /// The standard error of that share.
    pub standard_error: f64,
    /// The exact probability, where there is one.
    pub exact: Option<f64>,
}

/// One claim, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimSummary {
    /// The claim in words.
    pub text: String,
    /// The phase that it speaks of.
    pub phase: String,
    /// `true`, `false` or `undecided`.
    pub verdict: ClaimVerdict,
    /// What its author expects.
    pub expected: bool,
    /// Whether the verdict is what the author expects.
    pub passes: bool,
    /// The figure on which the verdict rests, in words.
    pub finding: String,
    /// How the figure was computed: `exact: …` or `simulated: …`.
    pub method: String,
    /// The probability (or the number of requests, or the share) that was found.
    pub value: f64,
    /// The standard error of `value`, if it was simulated.
    pub standard_error: Option<f64>,
}

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimVerdict {
    /// It is true.
    True,
    /// It is false.
    False,
    /// The simulation cannot tell; more replications would.
    Undecided,
}

/// What happened, why it matters, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What happened.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}
