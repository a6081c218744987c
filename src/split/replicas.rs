//! kube-proxy's random choice of a replica: the split that a Service without a mesh gives.
//!
//! Source: kubernetes/kubernetes, `pkg/proxy/iptables/proxier.go` (`writeServiceToEndpointRules`,
//! `computeProbability`). For n endpoints the chain has n rules: rule i, from 0, is taken with
//! probability 1/(n − i), the last one always, so each endpoint gets 1/n of the connections, and a
//! version gets its replicas over all replicas.
//!
//! The probabilities are printed with ten decimals, and the kernel compares 31 random bits with
//! them; both rounding steps together move no endpoint's share by more than 10^-9 of a connection,
//! and are left out here.

use rand::Rng;

use super::{Split, Thresholds};
use crate::random::Stream;

/// A random replica for each request; the weights are the numbers of replicas.
#[derive(Debug, Clone)]
pub struct Replicas {
    thresholds: Thresholds,
}

impl Replicas {
    /// A picker for these numbers of replicas; `None` if there is none at all.
    #[must_use]
    pub fn new(replicas: &[u32]) -> Option<Self> {
        Thresholds::new(replicas).map(|thresholds| Self { thresholds })
    }
}

impl Split for Replicas {
    fn pick(&mut self, random: &mut Stream) -> usize {
        self.thresholds.pick(random.next_u64())
    }

    fn count(&mut self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        self.thresholds.count(random, requests, counts);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::stream_of;
    use super::*;

    /// The rule's probability as kube-proxy prints it.
    fn printed(n: u32, rule: u32) -> String {
        format!("{:.10}", 1.0 / f64::from(n - rule))
    }

    /// The rule's probability as the kernel applies it: a multiple of 2^-31.
    fn applied(n: u32, rule: u32) -> f64 {
        let printed: f64 = printed(n, rule).parse().unwrap();
        (printed * 2_f64.powi(31)).round() / 2_f64.powi(31)
    }

    #[test]
    fn the_rules_of_three_endpoints() {
        assert_eq!(
            [printed(3, 0), printed(3, 1)],
            ["0.3333333333", "0.5000000000"]
        );
    }

    #[test]
    fn rounding_moves_no_share_by_a_billionth() {
        for n in 1..=1000 {
            let mut reached = 1.0;
            for rule in 0..n {
                let taken = if rule + 1 == n { 1.0 } else { applied(n, rule) };
                let share = reached * taken;
                assert!((share - 1.0 / f64::from(n)).abs() < 1e-9, "{n} {rule}");
                reached *= 1.0 - taken;
            }
        }
    }

    #[test]
    fn shares_follow_the_replicas() {
        // 3 of 4 replicas: 300000 ± 5 standard deviations of 274; the seed is fixed.
        let mut counts = [0, 0, 0];
        let mut picker = Replicas::new(&[3, 0, 1]).unwrap();
        picker.count(&mut stream_of(1), 400_000, &mut counts);
        assert_eq!(counts[1], 0);
        assert_eq!(counts[0] + counts[2], 400_000);
        assert!(counts[0].abs_diff(300_000) < 1370, "{counts:?}");
        assert!(Replicas::new(&[0, 0]).is_none());
    }
}
