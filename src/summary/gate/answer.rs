//! What a gate does with one version: exactly where checks are independent, by simulation where
//! they are not.

use serde::Serialize;

use super::{argo, exact};
use crate::rollout::{Controller, GateTraffic, Rollout};
use crate::sim::rollouts::{RolloutTally, simulate_rollouts};
use crate::stats::StatsError;

/// How a figure was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By recursion over the gate's counters.
    Exact,
    /// By simulation, tick by tick.
    Simulated {
        /// How many rollouts.
        rollouts: u64,
    },
}

/// What a gate does with one version, over many rollouts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Answer {
    /// The share of the new version's requests that fail.
    pub error_rate: f64,
    /// P(promoted).
    pub promoted: f64,
    /// P(rolled back).
    pub rolled_back: f64,
    /// P(rolled back, and at least one failed check had no data).
    pub rolled_back_without_data: f64,
    /// P(it stands still until somebody decides).
    pub undecided: f64,
    /// The standard error of `promoted`, if it was simulated.
    pub standard_error: Option<f64>,
    /// The mean time until the decision, in seconds.
    pub mean_seconds: f64,
    /// The time within which 95% of the rollouts are decided, in seconds.
    pub seconds_95: f64,
    /// Users' requests that the new version answers before the decision, on average.
    pub requests: f64,
    /// Users' requests that fail on the new version before the decision, on average.
    pub errors: f64,
    /// Users who meet at least one error on the new version before the decision, on average, if it
    /// is known how many users there are.
    pub users_hit: Option<f64>,
    /// How these figures were found.
    pub method: Method,
}

/// Exact figures, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Exact {
    /// The figures.
    Found(Answer),
    /// Why they must be simulated.
    NotExact(&'static str),
}

/// Exact figures for one version, or why there are none.
pub(super) fn exactly(rollout: &Rollout, traffic: &GateTraffic) -> Result<Exact, StatsError> {
    match &rollout.controller {
        Controller::Flagger(flagger) => exact::flagger(flagger, traffic),
        Controller::Staged(staged) => exact::staged(staged, traffic),
        Controller::Schedule(schedule) => Ok(Exact::Found(exact::schedule(schedule, traffic))),
        Controller::Argo(argo) => argo::argo(argo, traffic),
    }
}

/// How much is simulated where nothing is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Simulation {
    pub(super) seed: u64,
    pub(super) rollouts: u64,
}

/// The figures for one version, exact or simulated. Every simulation uses the same random numbers,
/// so that neighbouring versions are compared without noise.
pub(super) fn answer(
    rollout: &Rollout,
    traffic: &GateTraffic,
    simulation: Simulation,
) -> Result<Answer, StatsError> {
    match exactly(rollout, traffic)? {
        Exact::Found(answer) => Ok(answer),
        Exact::NotExact(_) => Ok(simulated(rollout, traffic, simulation)),
    }
}

/// The figures for one version, simulated.
pub(super) fn simulated(
    rollout: &Rollout,
    traffic: &GateTraffic,
    simulation: Simulation,
) -> Answer {
    let Simulation { seed, rollouts } = simulation;
    let tally = simulate_rollouts(rollout, traffic, seed, 0, rollouts, &|_| {});
    of_tally(&tally, traffic.canary_error_rate)
}

/// The figures that a tally gives.
pub(super) fn of_tally(tally: &RolloutTally, error_rate: f64) -> Answer {
    let runs = tally.rollouts().max(1) as f64;
    let share = |count: u64| count as f64 / runs;
    let promoted = share(tally.promoted);
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    let mean = |(&nanos, &count): (&u64, &u64)| seconds(nanos) * share(count);
    Answer {
        error_rate,
        promoted,
        rolled_back: share(tally.rolled_back),
        rolled_back_without_data: share(tally.rolled_back_without_data),
        undecided: share(tally.undecided),
        standard_error: Some((promoted * (1.0 - promoted) / runs).sqrt()),
        mean_seconds: tally.durations.iter().map(mean).sum(),
        seconds_95: quantile_95(
            tally
                .durations
                .iter()
                .map(|(&nanos, &count)| (seconds(nanos), share(count))),
        ),
        requests: tally.requests as f64 / runs,
        errors: tally.errors as f64 / runs,
        users_hit: tally.users_hit().map(|hit| hit / runs),
        method: Method::Simulated {
            rollouts: tally.rollouts(),
        },
    }
}

/// The smallest time that holds 95% of a law, whose times ascend.
pub(super) fn quantile_95(law: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut below = 0.0;
    let mut last = 0.0;
    for (seconds, mass) in law.filter(|&(_, mass)| mass > 0.0) {
        last = seconds;
        below += mass;
        if below >= 0.95 * (1.0 - 1e-12) {
            break;
        }
    }
    last
}
