//! A phase: a stretch of the timeline with one configuration.

use std::num::NonZeroU16;
use std::time::Duration;

use num_rational::Ratio;

use super::{Algorithm, ArrivalProcess, Arrivals, VersionIndex};
use crate::units::{Rate, Rational};

/// Where a share of the traffic goes. Destinations are known by their place in the list, because
/// the same version may stand twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// The version that answers.
    pub version: VersionIndex,
    /// The configured weight; relative, never reduced.
    pub weight: u32,
    /// Replicas of the version, which only the algorithm `replicas` looks at; if it follows those
    /// that are ready, their number at the start of the run.
    pub replicas: u32,
}

/// The most requests that a phase may have or, with a duration, expect.
pub const MAX_REQUESTS: u64 = 10_000_000_000;

/// How long a phase lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Until that many requests have arrived; at least 1.
    Requests(u64),
    /// For that long, whatever arrives; above zero.
    Duration(Duration),
}

/// A stretch of the timeline with one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    name: String,
    destinations: Vec<Destination>,
    length: Length,
    arrivals: Arrivals,
    algorithm: Algorithm,
    proxies: NonZeroU16,
}

/// Why a phase cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhaseError {
    /// No destination at all.
    #[error("a phase needs at least one destination")]
    NoDestinations,
    /// Several destinations and no weight above zero. The text is Istio's.
    #[error("total destination weight = 0")]
    AllZero,
    /// More than Envoy accepts.
    #[error("the sum of weights exceeds 4294967295, and Envoy would refuse it")]
    TooHeavy,
    /// The algorithm `replicas` without a single replica.
    #[error("the algorithm `replicas` needs at least one replica")]
    NoReplicas,
    /// A phase that would end before it begins.
    #[error("a phase needs at least one request, or a duration above zero")]
    Empty,
    /// More requests than a run could finish.
    #[error("a phase has at most {MAX_REQUESTS} requests")]
    TooLong,
    /// More requests than were recorded.
    #[error("the recorded arrivals end before the phase")]
    TraceTooShort,
}

impl Phase {
    /// Checks and makes a phase.
    ///
    /// # Errors
    /// The first of [`PhaseError`] that applies.
    pub fn new(
        name: String,
        destinations: Vec<Destination>,
        length: Length,
        arrivals: Arrivals,
        algorithm: Algorithm,
    ) -> Result<Self, PhaseError> {
        if destinations.is_empty() {
            return Err(PhaseError::NoDestinations);
        }
        let sum = |of: fn(&Destination) -> u32| -> u64 {
            destinations
                .iter()
                .map(|destination| u64::from(of(destination)))
                .sum()
        };
        let (weight, replicas) = (sum(|d| d.weight), sum(|d| d.replicas));
        if weight == 0 && destinations.len() > 1 {
            return Err(PhaseError::AllZero);
        }
        if weight > u64::from(u32::MAX) || replicas > u64::from(u32::MAX) {
            return Err(PhaseError::TooHeavy);
        }
        let by_replicas = matches!(algorithm, Algorithm::Replicas | Algorithm::ReadyReplicas);
        if replicas == 0 && by_replicas {
            return Err(PhaseError::NoReplicas);
        }
        if matches!(
            length,
            Length::Requests(0) | Length::Duration(Duration::ZERO)
        ) {
            return Err(PhaseError::Empty);
        }
        if expected_requests(length, arrivals.rate) > u128::from(MAX_REQUESTS) {
            return Err(PhaseError::TooLong);
        }
        if let ArrivalProcess::Replay(moments) = &arrivals.process
            && let Length::Requests(requests) = length
            && requests > moments.len() as u64
        {
            return Err(PhaseError::TraceTooShort);
        }
        Ok(Self {
            name,
            destinations,
            length,
            arrivals,
            algorithm,
            proxies: NonZeroU16::MIN,
        })
    }

    /// The same phase behind so many proxies, which do not know of each other.
    #[must_use]
    pub fn with_proxies(mut self, proxies: NonZeroU16) -> Self {
        self.proxies = proxies;
        self
    }

    /// How many proxies share the requests; 1 unless asked for more.
    #[must_use]
    pub fn proxies(&self) -> NonZeroU16 {
        self.proxies
    }

    /// What the phase is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The weighted destinations, in the order in which a picker walks them.
    #[must_use]
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// How long it lasts.
    #[must_use]
    pub fn length(&self) -> Length {
        self.length
    }

    /// When requests arrive.
    #[must_use]
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// The number of requests: exact, or expected if arrivals are random; rounded up.
    #[must_use]
    pub fn expected_requests(&self) -> u64 {
        let expected = match (&self.arrivals.process, self.length) {
            (ArrivalProcess::Replay(moments), Length::Duration(span)) => {
                moments.partition_point(|&moment| moment < span) as u128
            }
            _ => expected_requests(self.length, self.arrivals.rate),
        };
        u64::try_from(expected).unwrap_or(u64::MAX)
    }

    /// The length in nanoseconds: exact, or expected if the phase ends with a random arrival;
    /// `None` beyond 584 years.
    #[must_use]
    pub fn expected_nanos(&self) -> Option<u64> {
        match self.length {
            Length::Requests(requests) => match &self.arrivals.process {
                ArrivalProcess::Replay(moments) => {
                    let last = usize::try_from(requests - 1).ok()?;
                    u64::try_from(moments.get(last)?.as_nanos()).ok()
                }
                _ => self.arrivals.rate.nanos_until(requests),
            },
            Length::Duration(span) => u64::try_from(span.as_nanos()).ok(),
        }
    }

    /// Which weighting algorithm decides.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The target share of each destination: its weight over the sum. One destination alone gets
    /// everything, whatever its weight (Istio, pilot/pkg/networking/core/route/route.go).
    #[must_use]
    pub fn target_shares(&self) -> Vec<Rational> {
        shares(&weights_or_one(
            self.destinations.iter().map(|d| d.weight).collect(),
        ))
    }

    /// The weights that the algorithm really reduces: the replica counts for `replicas` (at the
    /// start of the run, if it follows those that are ready), else the configured weights. Their sum
    /// is never zero.
    #[must_use]
    pub fn effective_weights(&self) -> Vec<u32> {
        match self.algorithm {
            Algorithm::Replicas | Algorithm::ReadyReplicas => {
                self.destinations.iter().map(|d| d.replicas).collect()
            }
            _ => weights_or_one(self.destinations.iter().map(|d| d.weight).collect()),
        }
    }

    /// The share that each destination gets in the long run: the effective weight over the sum.
    #[must_use]
    pub fn effective_shares(&self) -> Vec<Rational> {
        shares(&self.effective_weights())
    }
}

fn weights_or_one(weights: Vec<u32>) -> Vec<u32> {
    if weights.len() == 1 {
        vec![weights[0].max(1)]
    } else {
        weights
    }
}

fn shares(weights: &[u32]) -> Vec<Rational> {
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    weights
        .iter()
        .map(|&weight| Ratio::new(u64::from(weight), total))
        .collect()
}

/// For a duration: the smallest number of evenly spaced arrivals that reaches its end.
fn expected_requests(length: Length, rate: Rate) -> u128 {
    match length {
        Length::Requests(requests) => u128::from(requests),
        Length::Duration(span) => {
            let per_second = rate.per_second();
            let arrivals = span
                .as_nanos()
                .saturating_mul(u128::from(*per_second.numer()));
            arrivals.div_ceil(1_000_000_000 * u128::from(*per_second.denom()))
        }
    }
}
