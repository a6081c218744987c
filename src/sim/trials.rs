//! Replays of one phase for as long as one likes, to judge a claim that has no exact answer.

use rayon::prelude::*;

use super::splitter::PhaseSplitter;
use crate::random::Purpose;
use crate::scenario::Scenario;

/// An independent replay of one phase, request by request, without an end.
#[derive(Debug)]
pub struct PhaseTrial {
    splitter: PhaseSplitter,
    counts: Vec<u64>,
    requests: u64,
}

impl PhaseTrial {
    fn new(scenario: &Scenario, phase: usize, trial: u64) -> Self {
        let index = [trial, phase as u64];
        let described = &scenario.phases()[phase];
        Self {
            splitter: PhaseSplitter::new(described, scenario.seed(), Purpose::Claims, index),
            counts: vec![0; described.destinations().len()],
            requests: 0,
        }
    }

    /// Routes one more request and returns its destination.
    pub fn step(&mut self) -> usize {
        let destination = self.splitter.pick();
        self.counts[destination] += 1;
        self.requests += 1;
        destination
    }

    /// Requests so far per destination.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }
}

/// In how many of `trials` independent replays of a phase `succeeds` is true. Runs on all cores;
/// the result does not depend on their number.
pub fn count_trials(
    scenario: &Scenario,
    phase: usize,
    trials: u64,
    succeeds: impl Fn(&mut PhaseTrial) -> bool + Sync,
) -> u64 {
    (0..trials)
        .into_par_iter()
        .map(|trial| u64::from(succeeds(&mut PhaseTrial::new(scenario, phase, trial))))
        .sum()
}
