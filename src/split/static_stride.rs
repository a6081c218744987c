//! gRPC's static-stride scheduler, the weighted round robin of its clients.
//!
//! Source: grpc/grpc-go, `balancer/weightedroundrobin/scheduler.go` (`newScheduler`,
//! `edfScheduler.nextIndex`), after grpc/grpc, `static_stride_scheduler.cc`. Weights are scaled so
//! that the largest is 65535. A 32-bit counter walks round and round the destinations; in round g
//! destination i of n is taken if (weight·g + i·32767) mod 65535 ≥ 65535 − weight, else skipped.
//!
//! Two things differ from upstream on purpose. There a weight of zero means "not known yet" and is
//! replaced by the mean; here it means no requests, as everywhere else. And a weight below 1/131070
//! of the largest, which scales to zero, is skipped for good, as the Go code does.

use rand::Rng;

use super::{Split, weighted};
use crate::random::Stream;

/// The largest scaled weight, and the rounds of a period.
const MAX_WEIGHT: u64 = 65535;
/// Shifts the rounds of neighbours against each other.
const OFFSET: u64 = MAX_WEIGHT / 2;

/// The scheduler.
#[derive(Debug, Clone)]
pub struct StaticStride {
    /// Index and scaled weight.
    destinations: Vec<(usize, u64)>,
    /// The counter: the place in the round, and the round.
    sequence: u32,
}

impl StaticStride {
    /// The scheduler with its counter at `start`; `None` if the sum of the weights is zero.
    #[must_use]
    pub fn new(weights: &[u32], start: u32) -> Option<Self> {
        let live = weighted(weights)?;
        let largest = live.iter().map(|&(_, weight)| weight).max()?;
        let scale = MAX_WEIGHT as f64 / f64::from(largest);
        let destinations = live
            .into_iter()
            .map(|(index, weight)| (index, (scale * f64::from(weight)).round() as u64))
            .collect();
        Some(Self {
            destinations,
            sequence: start,
        })
    }

    /// The scheduler with its counter anywhere, as gRPC starts it.
    #[must_use]
    pub fn at_random(weights: &[u32], random: &mut Stream) -> Option<Self> {
        Self::new(weights, random.next_u32())
    }

    /// The destination whose turn it is, if it is taken in this round.
    fn turn(&mut self) -> Option<usize> {
        let sequence = u64::from(self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        let n = self.destinations.len() as u64;
        let (place, round) = (sequence % n, sequence / n);
        let (destination, weight) = self.destinations[place as usize];
        let taken = (weight * round + place * OFFSET) % MAX_WEIGHT >= MAX_WEIGHT - weight;
        taken.then_some(destination)
    }

    /// Steps of the counter after which the pattern repeats.
    fn period(&self) -> u64 {
        self.destinations.len() as u64 * MAX_WEIGHT
    }
}

impl Split for StaticStride {
    fn pick(&mut self, _random: &mut Stream) -> usize {
        loop {
            if let Some(destination) = self.turn() {
                return destination;
            }
        }
    }

    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        let picks: u64 = self.destinations.iter().map(|&(_, weight)| weight).sum();
        let mut left = requests;
        while left > 0 {
            let before_wrap = (1 << 32) - u64::from(self.sequence);
            let periods = (left / picks).min(before_wrap / self.period());
            if periods == 0 {
                counts[self.pick(random)] += 1;
                left -= 1;
            } else {
                for &(destination, weight) in &self.destinations {
                    counts[destination] += weight * periods;
                }
                let steps = periods * self.period();
                self.sequence = self.sequence.wrapping_add(steps as u32);
                left -= picks * periods;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{any_stream, picks, tally, weights_above_zero};
    use super::*;

    fn stride(weights: &[u32], start: u32) -> StaticStride {
        StaticStride::new(weights, start).unwrap()
    }

    #[test]
    fn computed_by_hand() {
        // 4:1 scales to 65535:16384; the light one is taken in rounds 1, 5, 9 and so on at first.
        let seen = picks(&mut stride(&[4, 1], 0), 8);
        assert_eq!(seen, [0, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!(picks(&mut stride(&[0, 3, 0, 3], 1), 4), [3, 1, 3, 1]);
        assert!(StaticStride::new(&[0, 0], 0).is_none());
    }

    #[test]
    fn one_to_two_to_three_in_proportion() {
        assert_eq!(
            tally(&mut stride(&[1, 2, 3], 0), 6000, 3),
            [1000, 2000, 3000]
        );
    }

    #[test]
    fn a_weight_that_scales_to_zero_is_never_taken() {
        let mut counts = [0, 0];
        stride(&[1, 131_071], 0).count(&mut any_stream(), 1_000_000, &mut counts);
        assert_eq!(counts, [0, 1_000_000]);
        assert_eq!(stride(&[1, 131_070], 0).destinations[0], (0, 1));
    }

    #[test]
    fn a_billion_requests_are_counted_at_once() {
        let mut counts = [0; 3];
        stride(&[1, 2, 3], 1).count(&mut any_stream(), 1_000_000_000, &mut counts);
        assert_eq!(counts.iter().sum::<u64>(), 1_000_000_000);
        for (count, weight) in counts.into_iter().zip(1..) {
            assert!(
                count.abs_diff(1_000_000_000 * weight / 6) <= 3,
                "{counts:?}"
            );
        }
    }

    #[test]
    fn counting_passes_the_wrap_of_the_counter_as_picking_does() {
        for before_wrap in [0, 5, 131_069, 131_070, 131_071, 200_000] {
            let mut one_by_one = stride(&[3, 1], 0_u32.wrapping_sub(before_wrap));
            let mut at_once = one_by_one.clone();
            let expected = tally(&mut one_by_one, 400_000, 2);
            let mut counts = [0, 0];
            at_once.count(&mut any_stream(), 400_000, &mut counts);
            assert_eq!(counts[..], expected);
            assert_eq!(picks(&mut at_once, 50), picks(&mut one_by_one, 50));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn counting_is_picking_one_by_one(
            weights in weights_above_zero(),
            (start, requests) in (any::<u32>(), 0..600_000_u64),
        ) {
            let mut one_by_one = stride(&weights, start);
            let mut at_once = one_by_one.clone();
            let expected = tally(&mut one_by_one, requests, weights.len());
            let mut counts = vec![0; weights.len()];
            at_once.count(&mut any_stream(), requests, &mut counts);
            prop_assert_eq!(counts, expected);
            prop_assert_eq!(picks(&mut at_once, 50), picks(&mut one_by_one, 50));
        }
    }
}
