//! What many replications of a phase gave, in memory that does not grow with their number.

use std::collections::BTreeMap;

use super::PhaseTally;
use crate::units::{Rational, Tolerance};

/// How often each value occurred: value → runs. For counts of n requests it holds some √n values.
pub type Outcomes = BTreeMap<u64, u64>;

/// What the runs are compared with.
#[derive(Debug, Clone)]
pub struct RunShape {
    /// The target share of each destination.
    pub targets: Vec<Rational>,
    /// What counts as near the target.
    pub tolerance: Tolerance,
    /// The destination whose running share is kept.
    pub focus: usize,
}

/// Replications of one phase, merged. Merging is exact and does not depend on the order, apart
/// from `traces`, which are kept in the order of the replications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhaseReplications {
    /// Runs in all.
    pub runs: u64,
    /// Per destination: its final count → runs.
    pub counts: Vec<Outcomes>,
    /// The number of requests → runs; a single entry unless arrivals decide how many there are.
    pub requests: Outcomes,
    /// Per destination: runs whose final share was within the tolerance.
    pub within: Vec<u64>,
    /// Runs in which every share was within the tolerance.
    pub all_within: u64,
    /// Runs in which every destination with a target above zero was seen.
    pub all_seen: u64,
    /// Per destination: the sum of the final shares, and of their squares, in units of 2^-40 and
    /// 2^-80, so that sums do not depend on the order.
    pub share_sums: Vec<(u128, u128)>,
    /// Request number → (running count of the focus → runs), over the runs that kept checkpoints.
    pub running: BTreeMap<u64, Outcomes>,
    /// The running counts of the focus in the first runs: (requests, count).
    pub traces: Vec<Vec<(u64, u64)>>,
}

/// Shares are summed in units of 2^-40: an error below 10^-12, whatever the order.
const SHARE_UNIT: u128 = 1 << 40;

impl PhaseReplications {
    /// The replications of a phase that has so many destinations, none so far.
    #[must_use]
    pub fn new(destinations: usize) -> Self {
        Self {
            counts: vec![Outcomes::new(); destinations],
            within: vec![0; destinations],
            share_sums: vec![(0, 0); destinations],
            ..Self::default()
        }
    }

    /// Adds one run; `trace` keeps its running counts one by one.
    pub fn add(&mut self, tally: &PhaseTally, shape: &RunShape, trace: bool) {
        self.add_counts(&tally.counts, 1, shape);
        let running = tally
            .checkpoints
            .iter()
            .map(|point| (point.requests, point.counts[shape.focus]));
        for (requests, count) in running.clone() {
            *self
                .running
                .entry(requests)
                .or_default()
                .entry(count)
                .or_default() += 1;
        }
        if trace {
            self.traces.push(running.collect());
        }
    }

    /// Adds `times` runs that ended with these counts.
    pub fn add_counts(&mut self, counts: &[u64], times: u64, shape: &RunShape) {
        let requests = counts.iter().sum();
        self.runs += times;
        *self.requests.entry(requests).or_default() += times;
        let mut all_within = true;
        let mut all_seen = true;
        for (place, (&count, &target)) in counts.iter().zip(&shape.targets).enumerate() {
            *self.counts[place].entry(count).or_default() += times;
            let within = shape.tolerance.includes(count, requests, target);
            self.within[place] += if within { times } else { 0 };
            all_within &= within;
            all_seen &= count > 0 || *target.numer() == 0;
            let share = (u128::from(count) * SHARE_UNIT) / u128::from(requests.max(1));
            self.share_sums[place].0 += share * u128::from(times);
            self.share_sums[place].1 += share * share * u128::from(times);
        }
        self.all_within += if all_within { times } else { 0 };
        self.all_seen += if all_seen { times } else { 0 };
    }

    /// Adds the runs of `later`, which come after these.
    #[must_use]
    pub fn merge(mut self, later: Self) -> Self {
        self.runs += later.runs;
        merge_outcomes(&mut self.requests, later.requests);
        for (ours, theirs) in self.counts.iter_mut().zip(later.counts) {
            merge_outcomes(ours, theirs);
        }
        for (ours, theirs) in self.within.iter_mut().zip(later.within) {
            *ours += theirs;
        }
        for (ours, theirs) in self.share_sums.iter_mut().zip(later.share_sums) {
            *ours = (ours.0 + theirs.0, ours.1 + theirs.1);
        }
        self.all_within += later.all_within;
        self.all_seen += later.all_seen;
        for (requests, theirs) in later.running {
            merge_outcomes(self.running.entry(requests).or_default(), theirs);
        }
        self.traces.extend(later.traces);
        self
    }

    /// The mean of the final share of a destination, and the standard deviation between runs
    /// (n − 1 in the denominator; zero for a single run).
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "sums are exact; only the result is rounded"
    )]
    pub fn mean_and_deviation(&self, destination: usize) -> (f64, f64) {
        let (sum, squares) = self.share_sums[destination];
        let (runs, unit) = (self.runs as f64, SHARE_UNIT as f64);
        let mean = sum as f64 / unit / runs;
        if self.runs < 2 {
            return (mean, 0.0);
        }
        // runs·Σx² − (Σx)² in exact integers, so that nothing cancels; shares are below 2^40 and
        // runs below 2^24, so that it fits.
        let spread = u128::from(self.runs) * squares - sum * sum;
        let variance = spread as f64 / (unit * unit) / runs / (runs - 1.0);
        (mean, variance.sqrt())
    }
}

fn merge_outcomes(ours: &mut Outcomes, theirs: Outcomes) {
    for (value, runs) in theirs {
        *ours.entry(value).or_default() += runs;
    }
}

/// The value below or at which a share `probability` of the runs lies: the smallest such value.
#[must_use]
pub fn quantile(outcomes: &Outcomes, probability: f64) -> Option<u64> {
    let runs: u64 = outcomes.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "runs are below 2^53")]
    let wanted = probability * runs as f64;
    let mut seen = 0_u64;
    for (&value, &count) in outcomes {
        seen += count;
        #[expect(clippy::cast_precision_loss, reason = "runs are below 2^53")]
        if seen as f64 >= wanted {
            return Some(value);
        }
    }
    outcomes.last_key_value().map(|(&value, _)| value)
}
