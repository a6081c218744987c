//! What protects the callers of a version: timeouts, retries, ejection, limits. Defaults are those
//! of Istio and Envoy.

use std::time::Duration;

/// What protects the callers of a version.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resilience {
    /// A viewer waits no longer than this for a response, all attempts included; then 504.
    pub timeout: Option<Duration>,
    /// Failed attempts that are made again.
    pub retries: Option<Retries>,
    /// Replicas that fail in a row are left out for a while.
    pub outlier_detection: Option<OutlierDetection>,
    /// With fewer usable replicas than this share, all are used; 0 to 1.
    pub panic_threshold: f64,
    /// New replicas get their share of requests little by little.
    pub slow_start: Option<SlowStart>,
    /// Requests at the version at the same time, waiting or served; more are refused with 503.
    pub max_requests: Option<u32>,
}

/// Failed attempts that are made again (Istio's `retries`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retries {
    /// How often an attempt is made again, at most.
    pub attempts: u32,
    /// How long one attempt may take.
    pub per_try_timeout: Option<Duration>,
    /// The base of Envoy's back-off: before retry k it waits a random time below
    /// (2^k − 1) × base, at most ten times the base. 25 ms by default.
    pub back_off: Duration,
    /// Retries under way at the same time, as a share of the requests under way, but at least
    /// `min_retry_concurrency`; `None` is without limit.
    pub budget: Option<RetryBudget>,
}

/// A limit to the retries under way (Envoy's `retry_budget`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryBudget {
    /// The share of the requests under way, 0 to 1.
    pub share: f64,
    /// So many are always allowed.
    pub min_retry_concurrency: u32,
}

/// Replicas that fail in a row are left out for a while (Envoy's `outlier_detection`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlierDetection {
    /// 5xx responses in a row that eject a replica.
    pub consecutive_errors: u32,
    /// Between two sweeps that let replicas come back.
    pub interval: Duration,
    /// Ejected for this long, times the number of ejections so far.
    pub base_ejection: Duration,
    /// At most this percentage of the replicas is ejected: one is ejected only if
    /// 100 × (ejected + 1) / replicas does not exceed it.
    pub max_ejection_percent: u32,
}

impl Default for OutlierDetection {
    fn default() -> Self {
        Self {
            consecutive_errors: 5,
            interval: Duration::from_secs(10),
            base_ejection: Duration::from_secs(30),
            max_ejection_percent: 10,
        }
    }
}

/// The longest ejection, whatever its number (Envoy's `max_ejection_time`).
pub const MAX_EJECTION: Duration = Duration::from_secs(300);

/// New replicas get their share of requests little by little (Envoy's `slow_start_config`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowStart {
    /// How long until a replica has its full weight.
    pub window: Duration,
    /// The weight grows as (t / window)^(1 / aggression).
    pub aggression: f64,
    /// The least share of its weight, 0 to 1.
    pub min_weight: f64,
}
