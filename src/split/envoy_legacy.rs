//! Envoy's picker until October 2017, when R was not drawn but counted.
//!
//! Source: envoyproxy/envoy before its counter of streams gave way to a random number (its issues
//! 218, 1289 and 1719 tell the story). R grew by one with each stream that the proxy handled, so
//! that 50/50 gave fifty requests in a row to one version, then fifty to the other. A viewer whose
//! refresh costs `stride` streams meets every `stride`-th value of the counter.
//!
//! The counter is kept modulo the total, which is the same until it would wrap at 2^64 streams.

use std::num::NonZeroU64;

use rand::Rng;

use super::envoy::Literal;
use super::{Split, count_periods};
use crate::random::Stream;

/// The counting picker: the literal rule on R, R + stride, R + 2·stride, …
#[derive(Debug, Clone)]
pub struct EnvoyLegacy {
    rule: Literal,
    /// The next R, modulo the total.
    counter: u64,
    /// What a refresh adds to R, modulo the total.
    stride: u64,
}

impl EnvoyLegacy {
    /// A picker whose first R is `start`; `None` if the sum of the weights is zero.
    #[must_use]
    pub fn new(weights: &[u32], start: u64, stride: NonZeroU64) -> Option<Self> {
        let rule = Literal::new(weights)?;
        let total = rule.total();
        Some(Self {
            rule,
            counter: start % total,
            stride: stride.get() % total,
        })
    }

    /// A picker that has handled a random number of streams before, as a viewer finds it.
    #[must_use]
    pub fn at_random(weights: &[u32], stride: NonZeroU64, random: &mut Stream) -> Option<Self> {
        Self::new(weights, random.next_u64(), stride)
    }
}

impl Split for EnvoyLegacy {
    fn pick(&mut self, _random: &mut Stream) -> usize {
        let picked = self.rule.pick(self.counter);
        self.counter = (self.counter + self.stride) % self.rule.total();
        picked
    }

    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        // After `total` steps of any width the counter is where it was, modulo the total.
        count_periods(self, random, self.rule.total(), requests, counts);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{any_stream, picks, tally, weights_above_zero};
    use super::*;

    fn legacy(weights: &[u32], start: u64, stride: u64) -> EnvoyLegacy {
        EnvoyLegacy::new(weights, start, NonZeroU64::new(stride).unwrap()).unwrap()
    }

    #[test]
    fn fifty_in_a_row_to_one_version_then_fifty_to_the_other() {
        let seen = picks(&mut legacy(&[50, 50], 98, 1), 154);
        let expected = [
            vec![1; 2],
            vec![0; 50],
            vec![1; 50],
            vec![0; 50],
            vec![1; 2],
        ]
        .concat();
        assert_eq!(seen, expected);
        assert_eq!(picks(&mut legacy(&[1, 1], 0, 1), 4), [0, 1, 0, 1]);
    }

    #[test]
    fn fifteen_refreshes_show_both_versions_with_the_known_probability() {
        // Of the 100 places where the counter can stand: a window of 15 streams crosses a boundary
        // from 2·14 of them, a window of 15 refreshes of 3 streams from 2·42.
        for (stride, expected) in [(1, 28), (3, 84)] {
            let both = (0..100)
                .filter(|&start| {
                    let seen = picks(&mut legacy(&[50, 50], start, stride), 15);
                    seen.contains(&0) && seen.contains(&1)
                })
                .count();
            assert_eq!(both, expected, "stride {stride}");
        }
    }

    #[test]
    fn a_stride_of_the_total_never_leaves_its_version() {
        assert_eq!(picks(&mut legacy(&[50, 50], 7, 100), 5), [0; 5]);
    }

    #[test]
    fn a_billion_requests_are_counted_at_once() {
        let mut counts = [0, 0];
        let mut picker = legacy(&[80, 20], 90, 1);
        picker.count(&mut any_stream(), 1_000_000_015, &mut counts);
        // Ten million periods of 100, then 90..=99 and 0..=4.
        assert_eq!(counts, [800_000_005, 200_000_010]);
    }

    proptest! {
        #[test]
        fn counting_is_picking_one_by_one(
            weights in weights_above_zero(),
            (start, stride) in (any::<u64>(), 1..=u64::MAX),
            (requests, before) in (0..2000_u64, 0..50_u64),
        ) {
            let mut one_by_one = legacy(&weights, start, stride);
            picks(&mut one_by_one, before);
            let mut at_once = one_by_one.clone();
            let expected = tally(&mut one_by_one, requests, weights.len());
            let mut counts = vec![0; weights.len()];
            at_once.count(&mut any_stream(), requests, &mut counts);
            prop_assert_eq!(counts, expected);
            prop_assert_eq!(at_once.counter, one_by_one.counter);
        }
    }
}
