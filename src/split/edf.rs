//! Envoy's earliest-deadline-first scheduler, its weighted round robin.
//!
//! Source: envoyproxy/envoy, `source/common/upstream/edf_scheduler.h` (`EdfScheduler::add`,
//! `pickAndAdd`, `createWithPicks`). Each destination has a deadline; the earliest is picked, the
//! one inserted first among equals, and gets the deadline now + 1/weight. Deadlines are floating
//! point, as upstream, so that rounding decides some ties as it does there.

use rand::Rng;

use super::{Split, weighted};
use crate::random::Stream;

/// Upstream emulates at most this many picks, less one.
const MOST_PICKS: u32 = u32::MAX / 10;
/// Added to each weight while picks are emulated, lest multiples of each other round apart.
const WEIGHT_EPSILON: f64 = 1e-13;

/// The scheduler.
#[derive(Debug, Clone)]
pub struct Edf {
    entries: Vec<Entry>,
    /// The deadline that was picked last.
    now: f64,
    /// Counts the insertions.
    insertions: u64,
}

#[derive(Debug, Clone)]
struct Entry {
    destination: usize,
    weight: f64,
    deadline: f64,
    /// Breaks ties: the earlier insertion first.
    order: u64,
}

impl Edf {
    /// The scheduler after its destinations were added one by one; `None` if the sum of the weights
    /// is zero.
    #[must_use]
    pub fn new(weights: &[u32]) -> Option<Self> {
        let entries: Vec<Entry> = (0..)
            .zip(weighted(weights)?)
            .map(|(order, (destination, weight))| Entry {
                destination,
                weight: weight.into(),
                deadline: 1.0 / f64::from(weight),
                order,
            })
            .collect();
        Some(Self {
            now: 0.0,
            insertions: entries.len() as u64,
            entries,
        })
    }

    /// The scheduler about as it would be after `picks` picks (modulo 429496729), as Envoy starts
    /// it, so that light destinations are not last after each change of the configuration.
    ///
    /// Each destination is credited with its whole picks at once; only the few that are left are
    /// picked one by one. `None` if the sum of the weights is zero.
    #[must_use]
    pub fn with_picks(weights: &[u32], picks: u32) -> Option<Self> {
        let mut scheduler = Self::new(weights)?;
        let picks = picks % MOST_PICKS;
        let mut left = picks;
        for whole in scheduler.credit(f64::from(picks)) {
            left = left.saturating_sub(whole);
        }
        for _ in 0..left {
            scheduler.next();
        }
        Some(scheduler)
    }

    /// The scheduler after a random number of picks, as Envoy starts it.
    #[must_use]
    pub fn at_random(weights: &[u32], random: &mut Stream) -> Option<Self> {
        Self::with_picks(weights, random.next_u32())
    }

    /// Moves each deadline past the whole picks that the destination gets of `picks`.
    fn credit(&mut self, picks: f64) -> Vec<u32> {
        let sum: f64 = self.entries.iter().map(|e| e.weight + WEIGHT_EPSILON).sum();
        let mut credited = Vec::with_capacity(self.entries.len());
        for entry in &mut self.entries {
            let weight = entry.weight + WEIGHT_EPSILON;
            let mut whole = (weight * picks / sum).floor();
            // Rounding may credit a pick that lies at or beyond the present moment.
            if whole > 0.0 && whole / weight >= picks / sum {
                whole -= 1.0;
            }
            entry.deadline = (whole + 1.0) / weight;
            self.now = self.now.max(whole / weight);
            credited.push(whole as u32);
        }
        credited
    }

    fn next(&mut self) -> usize {
        let mut earliest = 0;
        for place in 1..self.entries.len() {
            if self.entries[place].is_before(&self.entries[earliest]) {
                earliest = place;
            }
        }
        let entry = &mut self.entries[earliest];
        self.now = entry.deadline;
        entry.deadline = self.now + 1.0 / entry.weight;
        entry.order = self.insertions;
        self.insertions += 1;
        entry.destination
    }
}

impl Entry {
    fn is_before(&self, other: &Self) -> bool {
        self.deadline < other.deadline
            || (self.deadline == other.deadline && self.order < other.order)
    }
}

impl Split for Edf {
    fn pick(&mut self, _random: &mut Stream) -> usize {
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{picks, stream_of, tally, weights_above_zero};
    use super::*;

    fn from_empty(weights: &[u32]) -> Edf {
        Edf::new(weights).unwrap()
    }

    #[test]
    fn computed_by_hand() {
        assert_eq!(picks(&mut from_empty(&[3, 1]), 4), [0, 0, 1, 0]);
        assert_eq!(picks(&mut from_empty(&[5, 1, 1]), 7), [0, 0, 0, 0, 1, 2, 0]);
        assert_eq!(picks(&mut from_empty(&[1, 2, 3]), 6), [2, 1, 2, 0, 1, 2]);
        assert_eq!(picks(&mut from_empty(&[1, 0, 1]), 4), [0, 2, 0, 2]);
        assert!(Edf::new(&[0]).is_none());
    }

    // The next four are the cases of test/common/upstream/edf_scheduler_test.cc.

    #[test]
    fn equal_weights_are_a_plain_round_robin() {
        let expected: Vec<usize> = (0..128).cycle().take(1280).collect();
        assert_eq!(picks(&mut from_empty(&[1; 128]), 1280), expected);
    }

    #[test]
    fn over_a_period_each_is_picked_as_often_as_its_weight_says() {
        let weights: Vec<u32> = (1..=128).collect();
        let counts = tally(&mut from_empty(&weights), 8256, weights.len());
        assert_eq!(counts, (1..=128).collect::<Vec<u64>>());
    }

    #[test]
    fn no_emulated_pick_is_the_scheduler_from_empty() {
        for weights in [vec![25, 75], vec![1, 99], vec![1, 20, 79], vec![7; 5]] {
            // Upstream compares the deadlines, to 10^-5: the epsilon on the weights shows.
            let emulated = Edf::with_picks(&weights, 0).unwrap();
            for (one, other) in emulated.entries.iter().zip(&from_empty(&weights).entries) {
                assert!((one.deadline - other.deadline).abs() < 1e-5);
                assert_eq!(one.order, other.order);
            }
        }
    }

    #[test]
    fn the_first_pick_after_random_picks_follows_the_weights() {
        // Within 1% as upstream. The standard deviation of the share is 0.22% at most, and the
        // seed is fixed.
        let mut random = stream_of(1);
        for weights in [vec![25, 75], vec![1, 99], vec![50, 50], vec![1, 20, 79]] {
            let mut first = vec![0_u32; weights.len()];
            for _ in 0..50_000 {
                let mut scheduler = Edf::at_random(&weights, &mut random).unwrap();
                first[scheduler.pick(&mut random)] += 1;
            }
            for (&weight, &seen) in weights.iter().zip(&first) {
                let (share, target) = (f64::from(seen) / 50_000.0, f64::from(weight) / 100.0);
                assert!((share - target).abs() < 0.01, "{weights:?} {first:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn emulated_picks_are_as_good_as_real_ones(
            weights in weights_above_zero(),
            before in 0..3000_u32,
        ) {
            // Ties may be broken in another order, so over the next whole period of picks each
            // destination is within one of its weight.
            let mut emulated = Edf::with_picks(&weights, before).unwrap();
            let period = weights.iter().map(|&weight| u64::from(weight)).sum();
            let counts = tally(&mut emulated, period, weights.len());
            for (&weight, count) in weights.iter().zip(counts) {
                prop_assert!(count.abs_diff(weight.into()) <= 1, "{weights:?}");
            }
        }
    }
}
