//! Envoy's weighted clusters: each request draws a 64-bit number R, and `R mod total` picks.
//!
//! Source: envoyproxy/envoy, `source/common/router/weighted_cluster_specifier.cc`
//! (`pickClusterIndex`) for HTTP, where R is drawn once per stream, and
//! `source/common/common/utility.h` (`WeightedClusterUtil::pickCluster`) for TCP, where R is drawn
//! once per connection. Both walk the list in its order and take the first destination i with
//! `cumulative(i−1) ≤ R mod total < cumulative(i)`, total being the sum of the weights.

use rand::Rng;

use super::{Split, Thresholds};
use crate::random::Stream;

/// The destination that Envoy picks for a given R; `None` if the sum of the weights is zero, when
/// Envoy has no route.
#[must_use]
pub fn pick(weights: &[u32], random_value: u64) -> Option<usize> {
    let total = weights.iter().map(|&weight| u64::from(weight)).sum();
    let mut rest = random_value.checked_rem(total)?;
    weights.iter().position(|&weight| {
        let weight = u64::from(weight);
        let here = rest < weight;
        rest = rest.saturating_sub(weight);
        here
    })
}

/// The rule for weights whose sum is known to be above zero: for algorithms that bring their own R.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    weights: Vec<u32>,
    total: u64,
}

impl Literal {
    /// `None` if the sum of the weights is zero.
    pub(super) fn new(weights: &[u32]) -> Option<Self> {
        let total = weights.iter().map(|&weight| u64::from(weight)).sum();
        (total > 0).then(|| Self {
            weights: weights.to_vec(),
            total,
        })
    }

    /// The sum of the weights, above zero.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    #[expect(clippy::expect_used, reason = "the constructor refuses a sum of zero")]
    pub(super) fn pick(&self, random_value: u64) -> usize {
        pick(&self.weights, random_value).expect("the sum of the weights is above zero")
    }
}

/// Envoy's picker with R drawn from a stream.
///
/// Has exactly the law of [`pick`] for a uniform R, but reaches it by [`Thresholds`]; so for one
/// and the same R the two may pick differently.
#[derive(Debug, Clone)]
pub struct Envoy {
    thresholds: Thresholds,
}

impl Envoy {
    /// A picker for these weights; `None` if their sum is zero.
    #[must_use]
    pub fn new(weights: &[u32]) -> Option<Self> {
        Thresholds::new(weights).map(|thresholds| Self { thresholds })
    }
}

impl Split for Envoy {
    fn pick(&mut self, random: &mut Stream) -> usize {
        self.thresholds.pick(random.next_u64())
    }

    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        self.thresholds.count(random, requests, counts);
    }

    fn fill(&mut self, random: &mut Stream, picks: &mut [usize]) {
        self.thresholds.fill(random, picks);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Weights, and for values of R the destination that upstream's tests expect, counted from 1.
    type Vectors<'a> = (&'a [u32], &'a [(u64, usize)]);

    #[test]
    fn picks_what_the_tests_of_envoy_expect() {
        let vectors: [Vectors; 11] = [
            // test/common/router/config_impl_test.cc, and the router check tool's Weighted.yaml
            (&[30, 30, 40], &[(115, 1), (445, 2), (560, 3)]),
            (&[2000, 3000, 5000], &[(1150, 1), (4500, 2), (8900, 3)]),
            (&[80, 10, 10], &[(45, 1), (82, 2), (92, 3)]),
            (&[10, 120, 10], &[(1005, 2), (82, 2), (92, 2)]),
            (&[1, 2, 3], &[(1005, 3), (82, 3), (92, 2)]),
            (&[8000, 1000, 1000], &[(1150, 1), (8100, 2), (9200, 3)]),
            (&[1000, 12000, 1000], &[(500, 1), (1500, 2), (9999, 2)]),
            (&[50, 50], &[(0, 1), (55, 2)]),
            // test/integration/weighted_cluster_integration_test.cc
            (&[20, 30], &[(0, 1), (20, 2)]),
            // test/common/tcp_proxy/config_test.cc
            (&[1, 2], &[(0, 1), (2, 2)]),
            // test/common/common/utility_test.cc
            (&[10, 90], &[(5, 1)]),
        ];
        for (weights, cases) in vectors {
            for &(random_value, expected) in cases {
                assert_eq!(
                    pick(weights, random_value),
                    Some(expected - 1),
                    "{weights:?}"
                );
            }
        }
        assert_eq!(pick(&[0, 0, 0], 42), None);
        assert_eq!(pick(&[], 42), None);
    }

    #[test]
    fn intervals_are_half_open_and_empty_for_zero() {
        let weights = [0, 30, 0, 30, 40, 0];
        let edges = [
            (0, 1),
            (29, 1),
            (30, 3),
            (59, 3),
            (60, 4),
            (99, 4),
            (100, 1),
        ];
        for (random_value, expected) in edges {
            assert_eq!(
                pick(&weights, random_value),
                Some(expected),
                "{random_value}"
            );
        }
        // 2^64 mod 100 is 16, so the largest R has remainder 15.
        assert_eq!(pick(&weights, u64::MAX), Some(1));
        // The largest sum that Envoy accepts.
        let heavy = [u32::MAX - 1, 1];
        assert_eq!(pick(&heavy, u64::from(u32::MAX) - 1), Some(1));
        assert_eq!(pick(&heavy, u64::from(u32::MAX)), Some(0));
    }

    proptest! {
        #[test]
        fn each_total_values_in_a_row_go_by_the_weights(
            weights in prop::collection::vec(0..20_u32, 1..8),
            start in 0..=u64::MAX - 200,
        ) {
            let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
            let mut counts = vec![0_u32; weights.len()];
            for random_value in start..start + total {
                counts[pick(&weights, random_value).unwrap()] += 1;
            }
            prop_assert_eq!(counts, weights);
        }
    }
}
