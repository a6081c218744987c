//! What `gate` has to say, as plain values.

use super::settings::{Change, Settings};
use serde::Serialize;

use super::Answer;
use crate::rollout::{CountedAt, GateTraffic};
use crate::summary::Warning;

/// What a gate really does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateSummary {
    /// The version of shiftsim.
    pub shiftsim: &'static str,
    /// What the rollout is called.
    pub rollout: String,
    /// The tool whose rule it follows.
    pub tool: String,
    /// The rule, in a sentence.
    pub rule: String,
    /// Users' requests per second, to all versions together.
    pub requests_per_second: f64,
    /// Whether nobody has said so.
    pub rate_is_assumed: bool,
    /// Users among whom the requests are spread, if that is known.
    pub users: Option<u64>,
    /// `poisson`, `constant` or `fixed`.
    pub arrivals: &'static str,
    /// Metrics that are not simulated.
    pub not_simulated: Vec<GivenMetric>,
    /// How failed requests are tried again, if they are.
    pub retries: Option<RetriesSummary>,
    /// The share of errors that is still acceptable, and where it is from.
    pub objective: Objective,
    /// What each check sees; empty if checks have no steps of their own.
    pub steps: Vec<StepSummary>,
    /// What the gate does with versions of interest.
    pub versions: Vec<GatedVersion>,
    /// The smallest error rates that it catches.
    pub catches: Catches,
    /// What would do better; this gate comes first.
    pub alternatives: Vec<Alternative>,
    /// How the figures were found, in a sentence.
    pub method: String,
    /// The seed of what was simulated.
    pub seed: u64,
    /// What should be known.
    pub warnings: Vec<Warning>,
    /// What was noticed when the files were read: what they hold that these figures leave out, too.
    pub notes: Vec<String>,
    /// What to do next, in sentences.
    pub advice: Vec<String>,
    /// How to set what would do better, if that can be set.
    pub settings: Option<Settings>,
}

/// A metric that is not simulated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GivenMetric {
    /// What it is called.
    pub name: String,
    /// P(a measurement is successful).
    pub successful: f64,
}

/// How failed requests are tried again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetriesSummary {
    /// Retries of a request at most.
    pub most: u32,
    /// Where the metrics count: `client` or `server`.
    pub counted: &'static str,
    /// What that means, in a sentence.
    pub sentence: String,
}

impl RetriesSummary {
    /// Of the traffic, if it has retries.
    #[must_use]
    pub fn of(traffic: &GateTraffic) -> Option<Self> {
        let retries = traffic.retries?;
        let most = retries.most();
        let times = match most {
            1 => "once".to_owned(),
            more => format!("up to {more} times"),
        };
        let (counted, seen) = match retries.counted {
            CountedAt::Client => (
                "client",
                format!(
                    "counted after retries: an error only where {} attempts in a row fail",
                    most + 1
                ),
            ),
            CountedAt::Server => ("server", "and every attempt is counted".to_owned()),
        };
        Some(Self {
            most,
            counted,
            sentence: format!(
                "error rates are of attempts; a failed request is tried again {times}, {seen}"
            ),
        })
    }
}

/// The share of errors that is still acceptable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// The largest acceptable share.
    pub error_rate: f64,
    /// `given`, `the gate's own limit` or `assumed`.
    pub source: &'static str,
}

/// What the check at one step sees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepSummary {
    /// The weight in percent, or what the step is.
    pub step: String,
    /// Requests of the new version in a window, on average.
    pub requests: f64,
    /// The most errors with which so many requests pass; `None` if not even none is enough.
    pub errors_allowed: Option<u64>,
    /// P(the window is empty).
    pub no_data: f64,
    /// P(the check passes), for each of the versions of the summary; `None` if only a simulation
    /// tells.
    pub passes: Vec<Option<f64>>,
}

/// What the gate does with one version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GatedVersion {
    /// Such as "good: half the objective".
    pub name: String,
    /// The figures.
    #[serde(flatten)]
    pub answer: Answer,
}

/// The smallest error rates that a gate rolls back; `None` if it catches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Catches {
    /// Rolled back in 80% of rollouts.
    pub in_80_percent: Option<f64>,
    /// Rolled back in 95% of rollouts.
    pub in_95_percent: Option<f64>,
    /// By how much all requests of a good version must slow down to be rolled back, if latencies
    /// are known and checked.
    pub slower: Option<SlowerCatches>,
}

/// The smallest factors on all latencies with which a good version is rolled back; `None` if 100
/// times is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SlowerCatches {
    /// Rolled back in 80% of rollouts.
    pub in_80_percent: Option<f64>,
    /// Rolled back in 95% of rollouts.
    pub in_95_percent: Option<f64>,
}

/// A rule, and what it does with a good and a bad version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// What it is.
    pub name: String,
    /// P(a good version is promoted).
    pub good_promoted: f64,
    /// P(a version at the objective is promoted).
    pub objective_promoted: f64,
    /// P(a bad version is promoted).
    pub bad_promoted: f64,
    /// The mean time until the decision for a good version, in seconds.
    pub good_seconds: f64,
    /// The mean time until the decision for a bad version, in seconds.
    pub bad_seconds: f64,
    /// `exact` or `simulated`.
    pub method: &'static str,
    /// What it differs in, where a tool lets one set that.
    #[serde(skip)]
    pub change: Option<Change>,
}

/// A point of an operating characteristic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// What the curve is of.
    pub name: String,
    /// Its points, ascending in the error rate.
    pub points: Vec<Answer>,
}
