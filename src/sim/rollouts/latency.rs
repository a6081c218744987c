//! Latencies as a histogram counts them, and its quantiles.

use rand::Rng;

use crate::random::Stream;
use crate::rollout::{Buckets, Latency};
use crate::units::to_f64;

/// Draws the bucket of a request's latency.
#[derive(Debug)]
pub(super) struct BucketSampler {
    pub(super) buckets: Buckets,
    pub(super) limits: Vec<u64>,
}

impl BucketSampler {
    pub(super) fn new(latency: Latency, buckets: Buckets) -> Self {
        let mut below = 0.0;
        let limits = latency
            .bucket_shares(&buckets)
            .into_iter()
            .map(|share| {
                below += share;
                (below * 18_446_744_073_709_551_616.0) as u64
            })
            .collect();
        Self { buckets, limits }
    }

    pub(super) fn draw(&self, requests: u64, random: &mut Stream) -> Vec<u64> {
        let mut counts = vec![0; self.limits.len()];
        for _ in 0..requests {
            let number = random.next_u64();
            let place = self.limits.partition_point(|&limit| limit <= number);
            counts[place.min(self.limits.len() - 1)] += 1;
        }
        counts
    }
}

/// Prometheus' `histogram_quantile` (promql/quantile.go, `bucketQuantile`): linear within the
/// bucket that holds the rank; the highest finite bound if it lies beyond. `counts` has one more
/// entry than there are bounds, and holds at least one request.
pub(super) fn histogram_quantile(quantile: f64, buckets: &Buckets, counts: &[u64]) -> f64 {
    let all: u64 = counts.iter().sum();
    let rank = quantile * all as f64;
    let bounds = buckets.bounds();
    let mut below = 0_u64;
    let mut start = 0.0;
    for (&count, &bound) in counts.iter().zip(bounds) {
        let end = to_f64(bound);
        if (below + count) as f64 >= rank {
            return start + (end - start) * (rank - below as f64) / count as f64;
        }
        below += count;
        start = end;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Rational;

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        let bounds = [100, 500, 1000].map(Rational::from_integer);
        let buckets = Buckets::new(bounds.to_vec()).unwrap();
        let quantile = |q, counts: [u64; 4]| histogram_quantile(q, &buckets, &counts);
        // The example of Prometheus' documentation, by hand: rank 9.5 of 10 in (100, 500].
        assert_eq!(quantile(0.95, [9, 1, 0, 0]), 100.0 + 400.0 * 0.5);
        assert_eq!(quantile(0.5, [10, 0, 0, 0]), 50.0);
        assert_eq!(quantile(0.99, [0, 0, 0, 5]), 1000.0);
    }
}
