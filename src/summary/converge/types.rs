//! The answer of `converge` as data; serialised, it is its JSON.

use serde::Serialize;

use crate::stats::StatsError;
use crate::summary::Comparison;

/// After how many requests a split is settled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConvergeSummary {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The versions with a weight above zero.
    pub targets: Vec<Target>,
    /// The tolerance in percentage points.
    pub tolerance_points: f64,
    /// The confidence level in percent.
    pub confidence_percent: f64,
    /// The number of requests that was asked about.
    pub requests: Option<u64>,
    /// Replays behind the simulated figures; 0 for none.
    pub replications: u64,
    /// The seed of the replays.
    pub seed: u64,
    /// The expected distance from its target, after that many requests, of the share that is farthest
    /// off, in points.
    pub expected_deviation_points: Option<f64>,
    /// Every meaning of "settled".
    pub meanings: Vec<Meaning>,
    /// The same for Envoy's picker until October 2017; empty if the weights are too large for it.
    pub counter_of_2017: Vec<CounterAnswer>,
    /// What follows, in plain sentences.
    pub advice: Vec<String>,
}

/// A version and its share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// The version.
    pub version: String,
    /// Its weight.
    pub weight: u64,
    /// Its share, 0 to 1.
    pub target_share: f64,
}

/// One meaning of "settled".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Meaning {
    /// What is meant.
    pub name: String,
    /// The version that it is about, if it is about one of several.
    pub version: Option<String>,
    /// The number of requests from which on it holds with the confidence level.
    pub needed: Needed,
    /// The first number of requests at which it holds, where that is another one.
    pub first: Option<u64>,
    /// Its probability at the number of requests that was asked about.
    pub at_requests: Option<f64>,
    /// Whether that probability is a lower bound.
    pub at_least: bool,
    /// The same by replays through the picker.
    pub simulated: Option<Comparison>,
    /// How the exact figures were computed.
    pub method: &'static str,
}

/// A number of requests, if it can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needed {
    /// That many.
    Requests(u64),
    /// That many or fewer: a bound, where the exact number is beyond the stated limit of work.
    AtMost(u64),
    /// An exact answer is beyond the stated limit of work.
    TooCostly,
}

impl Needed {
    /// What a calculation gave; only a limit of work may stand in its place.
    pub(super) fn from(number: Result<Option<u64>, StatsError>) -> Result<Self, StatsError> {
        match number {
            Ok(Some(number)) => Ok(Self::Requests(number)),
            Ok(None) | Err(StatsError::Limit { .. } | StatsError::Precision { .. }) => {
                Ok(Self::TooCostly)
            }
            Err(error) => Err(error),
        }
    }
}

/// The picker of 2017: a counter modulo the total weight, contiguous blocks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CounterAnswer {
    /// Streams per refresh.
    pub stride: u64,
    /// The number of requests after which every version has been seen for certain; absent if the
    /// stride skips a version.
    pub certain: Option<u64>,
    /// P(every version seen) at the number of requests that was asked about.
    pub seen: Option<f64>,
    /// P(every share within the tolerance) there.
    pub within: Option<f64>,
}
