//! A hash of the user picks, so that a user keeps its version as long as the weights stay.
//!
//! Source: envoyproxy/envoy, `WeightedCluster.use_hash_policy`
//! (`source/common/router/weighted_cluster_specifier.cc`): R is not drawn but is the route's hash,
//! which is the 64-bit xxHash, seed 0, of a header, a cookie or a query parameter
//! (`source/common/http/hash_policy.cc`). Here it is the hash of the user's identity in eight
//! little-endian bytes, and the literal rule reduces it.

use rand::Rng;
use xxhash_rust::xxh64::xxh64;

use super::envoy::Literal;
use super::{Split, Thresholds, Users};
use crate::random::Stream;

/// Sticky users go where their hash leads; the others pick afresh on each request.
#[derive(Debug, Clone)]
pub struct Sticky {
    hashed: Literal,
    fresh: Thresholds,
    users: Users,
}

impl Sticky {
    /// A picker for requests of these users; `None` if the sum of the weights is zero.
    #[must_use]
    pub fn new(weights: &[u32], users: Users) -> Option<Self> {
        Some(Self {
            hashed: Literal::new(weights)?,
            fresh: Thresholds::new(weights)?,
            users,
        })
    }
}

impl Split for Sticky {
    fn pick(&mut self, random: &mut Stream) -> usize {
        // Drawn for every request, so that the n-th request has the same R under any settings.
        let random_value = random.next_u64();
        let user = self.users.next_request();
        if !user.sticky {
            return self.fresh.pick(random_value);
        }
        let hashed = || self.hashed.pick(xxh64(&user.identity.to_le_bytes(), 0));
        *user.kept.get_or_insert_with(hashed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::{NonZeroU32, NonZeroU64};

    use super::super::Envoy;
    use super::super::testing::stream_of;
    use super::*;

    fn users(at_once: u32, requests_each: u64, sticky_per_mille: u16) -> Users {
        let at_once = NonZeroU32::new(at_once).unwrap();
        let requests_each = NonZeroU64::new(requests_each).unwrap();
        Users::new(at_once, requests_each, sticky_per_mille, stream_of(7))
    }

    #[test]
    fn the_hash_is_xxh64_as_envoy_tests_it() {
        // test/common/common/hash_test.cc
        assert_eq!(xxh64(b"foo", 0), 3728699739546630719);
        assert_eq!(xxh64(b"bar", 0), 5234164152756840025);
    }

    #[test]
    fn a_user_keeps_its_version_and_users_follow_the_weights() {
        let mut population = users(20, 10, 1000);
        let mut picker = Sticky::new(&[80, 0, 20], population.clone()).unwrap();
        let mut random = stream_of(1);
        let mut versions = BTreeMap::new();
        for _ in 0..100_000 {
            let pick = picker.pick(&mut random);
            let identity = population.next_request().identity;
            assert_eq!(*versions.entry(identity).or_insert(pick), pick);
        }
        let canary = versions.values().filter(|&&version| version == 2).count();
        // About 10000 users: 20% ± 5 standard deviations of 0.4%; the seed is fixed.
        let share = canary as f64 / versions.len() as f64;
        assert!((share - 0.2).abs() < 0.02, "{share}");
        assert!(!versions.values().any(|&version| version == 1));
    }

    #[test]
    fn without_sticky_users_it_is_envoy_pick_by_pick() {
        let weights = [30, 30, 40];
        let mut sticky = Sticky::new(&weights, users(3, 5, 0)).unwrap();
        let mut envoy = Envoy::new(&weights).unwrap();
        let (mut one, mut other) = (stream_of(1), stream_of(1));
        for _ in 0..1000 {
            assert_eq!(sticky.pick(&mut one), envoy.pick(&mut other));
        }
    }
}
