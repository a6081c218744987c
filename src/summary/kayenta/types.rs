//! What is said of a judge, as plain values.

use serde::Serialize;

use crate::summary::Warning;

/// What a judge really does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeSummary {
    /// The version of shiftsim.
    pub shiftsim: &'static str,
    /// What the configuration is called.
    pub config: String,
    /// The judge.
    pub judge: &'static str,
    /// The score from which on a canary passes.
    pub pass: f64,
    /// The score from which on it is marginal.
    pub marginal: f64,
    /// Users' requests per second, to both versions together.
    pub requests_per_second: f64,
    /// Requests of each version in a point, on average.
    pub requests_per_point: f64,
    /// Points of each version, a minute apart.
    pub points: u32,
    /// Judgements of a rollout; each sees all points so far, and any may stop it.
    pub judgements: u32,
    /// The old version's error rate.
    pub stable_error_rate: f64,
    /// P(a version without any change does not pass).
    pub unchanged_stopped: Proportion,
    /// Each metric, changed alone.
    pub metrics: Vec<MetricSummary>,
    /// The seed.
    pub seed: u64,
    /// Trials for each figure.
    pub trials: u64,
    /// What should be known.
    pub warnings: Vec<Warning>,
    /// What it comes to, in sentences.
    pub advice: Vec<String>,
}

/// What the points of a metric are taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Counts of events.
    Count,
    /// Means over the requests of a point.
    Mean,
}

/// A metric, changed alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// What it is called.
    pub name: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// What its points are taken to be.
    pub kind: MetricKind,
    /// How it is judged, in words.
    pub rule: String,
    /// Whether a bad change makes it fall.
    pub falls: bool,
    /// The mean of a point of the old version; for means of requests in percent of itself: 100.
    pub mean_per_point: f64,
    /// Changes of the new version, the first is none.
    pub changes: Vec<Change>,
    /// The smallest change that is stopped in 80% of rollouts, as a factor; `None` if none is.
    pub stops_in_80_percent: Option<f64>,
    /// The smallest change that is stopped in 95% of rollouts, as a factor; `None` if none is.
    pub stops_in_95_percent: Option<f64>,
}

/// What happens to a change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The metric is multiplied by this, or divided if it falls.
    pub factor: f64,
    /// P(the metric is judged High or Low by the last judgement).
    pub flagged: Proportion,
    /// P(the canary does not pass all judgements).
    pub stopped: Proportion,
}

/// A simulated probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proportion {
    /// The share of trials.
    pub value: f64,
    /// Its standard error √(p(1 − p)/n).
    pub standard_error: f64,
}

impl Proportion {
    /// So many of all trials.
    pub(super) fn of(successes: u64, trials: u64) -> Self {
        let trials = trials as f64;
        let value = successes as f64 / trials;
        Self {
            value,
            standard_error: (value * (1.0 - value) / trials).sqrt(),
        }
    }
}
