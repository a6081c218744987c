//! What the replications of a phase gave, each figure beside its exact twin.

use super::{Comparison, ReplicatedShare, ReplicationSummary, words};
use crate::scenario::{Algorithm, Length, Phase, Scenario};
use crate::sim::Method;
use crate::stats::{StatsError, convergence, counter_picker};
use crate::tally::{Outcomes, PhaseReplications, quantile};
use crate::units::Tolerance;

/// Summarises the replications of a phase.
pub(super) fn summarise(
    scenario: &Scenario,
    phase: &Phase,
    replicated: &PhaseReplications,
    method: Method,
) -> Result<ReplicationSummary, StatsError> {
    let tolerance = scenario.tolerance();
    let exact = Exact::of(phase, tolerance)?;
    let versions = (0..phase.destinations().len())
        .map(|place| share(scenario, phase, replicated, place, &exact))
        .collect();
    Ok(ReplicationSummary {
        method: method.name(),
        runs: u32::try_from(replicated.runs).unwrap_or(u32::MAX),
        versions,
        all_seen: comparison(replicated.all_seen, replicated.runs, exact.all_seen),
        all_within: comparison(replicated.all_within, replicated.runs, exact.all_within),
    })
}

fn share(
    scenario: &Scenario,
    phase: &Phase,
    replicated: &PhaseReplications,
    place: usize,
    exact: &Exact,
) -> ReplicatedShare {
    let (mean, deviation) = replicated.mean_and_deviation(place);
    #[expect(clippy::cast_precision_loss, reason = "runs are below 2^53")]
    let runs = replicated.runs as f64;
    ReplicatedShare {
        version: words::name(scenario, phase, place).to_owned(),
        mean,
        standard_error: deviation / runs.sqrt(),
        standard_deviation: deviation,
        quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(|probability| {
            share_quantile(&replicated.counts[place], &replicated.requests, probability)
        }),
        within: comparison(
            replicated.within[place],
            replicated.runs,
            exact.within.get(place).copied().flatten(),
        ),
    }
}

/// The quantile of the share. Where the number of requests varies between runs, its median is the
/// denominator.
#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn share_quantile(counts: &Outcomes, requests: &Outcomes, probability: f64) -> f64 {
    let requests = quantile(requests, 0.5).unwrap_or(0).max(1);
    quantile(counts, probability).unwrap_or(0) as f64 / requests as f64
}

/// A frequency with its binomial standard error, beside its exact twin.
#[expect(clippy::cast_precision_loss, reason = "runs are below 2^53")]
pub(super) fn comparison(count: u64, runs: u64, exact: Option<f64>) -> Comparison {
    let simulated = count as f64 / runs as f64;
    let standard_error = (simulated * (1.0 - simulated) / runs as f64).sqrt();
    Comparison {
        count,
        simulated,
        standard_error,
        exact,
    }
}

/// The exact twins, where the law of the algorithm is known and the number of requests is fixed.
struct Exact {
    all_seen: Option<f64>,
    all_within: Option<f64>,
    within: Vec<Option<f64>>,
}

impl Exact {
    fn of(phase: &Phase, tolerance: Tolerance) -> Result<Self, StatsError> {
        let unknown = Self {
            all_seen: None,
            all_within: None,
            within: Vec::new(),
        };
        let Length::Requests(requests) = phase.length() else {
            return Ok(unknown);
        };
        match phase.algorithm() {
            // Replicas draw from other shares than the targets; only equal ones have a twin here.
            _ if phase.effective_shares() != phase.target_shares() => Ok(unknown),
            Algorithm::Envoy | Algorithm::Replicas => Self::independent(phase, tolerance, requests),
            Algorithm::EnvoyLegacy { stride } => {
                let blocks: Vec<u64> = phase
                    .effective_weights()
                    .iter()
                    .map(|&weight| u64::from(weight))
                    .collect();
                let picker = counter_picker::CounterPicker::new(&blocks, stride.get())?;
                let band = tolerance.share();
                let within = (0..blocks.len())
                    .map(|place| picker.within_tolerance(place, requests, band).map(Some))
                    .collect::<Result<Vec<Option<f64>>, StatsError>>()?;
                Ok(Self {
                    all_seen: Some(picker.all_seen(requests)?),
                    all_within: within
                        .first()
                        .copied()
                        .flatten()
                        .filter(|_| blocks.len() == 2),
                    within,
                })
            }
            _ => Ok(unknown),
        }
    }

    fn independent(phase: &Phase, tolerance: Tolerance, requests: u64) -> Result<Self, StatsError> {
        let targets = phase.target_shares();
        let band = tolerance.share();
        let live: Vec<_> = targets
            .iter()
            .copied()
            .filter(|share| *share.numer() > 0)
            .collect();
        let within = targets
            .iter()
            .map(|&target| convergence::within_tolerance(requests, target, band).map(Some))
            .collect::<Result<Vec<Option<f64>>, StatsError>>()?;
        Ok(Self {
            all_seen: within_limits(convergence::all_seen(&live, requests))?,
            all_within: within_limits(convergence::joint_within(&live, requests, band))?,
            within,
        })
    }
}

/// An exact answer that is too costly is left out; any other failure is one.
pub(super) fn within_limits(exact: Result<f64, StatsError>) -> Result<Option<f64>, StatsError> {
    match exact {
        Ok(value) => Ok(Some(value)),
        Err(StatsError::Limit { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
