//! A one-way cookie: who has met the canary stays there.
//!
//! Source: fluxcd/flagger, issue 1532 and pull request 1655: a session cookie set by the canary alone.
//! Until a user has met it, each of its requests picks afresh by the weights; so after k requests a
//! user is on the canary with probability 1 − (1 − w)^k, far above its share w of the weights.

use rand::Rng;

use super::{Split, Thresholds, Users};
use crate::random::Stream;

/// Sticky users stay where the cookie was set; the others pick afresh on each request.
#[derive(Debug, Clone)]
pub struct StickyCookie {
    fresh: Thresholds,
    /// Whether a destination sets the cookie.
    keeps: Vec<bool>,
    users: Users,
}

impl StickyCookie {
    /// A picker for requests of these users. `keeps` says for each weight whether that destination
    /// keeps the users who meet it; missing entries do not. `None` if the sum of the weights is
    /// zero.
    #[must_use]
    pub fn new(weights: &[u32], keeps: &[bool], users: Users) -> Option<Self> {
        Some(Self {
            fresh: Thresholds::new(weights)?,
            keeps: keeps.to_vec(),
            users,
        })
    }
}

impl Split for StickyCookie {
    fn pick(&mut self, random: &mut Stream) -> usize {
        // Drawn for every request, so that the n-th request has the same R under any settings.
        let picked = self.fresh.pick(random.next_u64());
        let user = self.users.next_request();
        if let Some(kept) = user.kept {
            return kept;
        }
        if user.sticky && self.keeps.get(picked) == Some(&true) {
            user.kept = Some(picked);
        }
        picked
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroU64};

    use super::super::Envoy;
    use super::super::testing::stream_of;
    use super::*;

    fn users(at_once: u32, requests_each: u64, per_mille: u16) -> Users {
        let at_once = NonZeroU32::new(at_once).unwrap();
        let requests_each = NonZeroU64::new(requests_each).unwrap();
        Users::new(at_once, requests_each, per_mille, stream_of(7))
    }

    #[test]
    fn the_share_after_k_requests_drifts_as_the_formula_says() {
        // One user at a time, of 30 requests each, so request k of each user is known.
        let (population, requests_each, weight) = (20_000, 30, 0.1_f64);
        let mut picker =
            StickyCookie::new(&[90, 10], &[false, true], users(1, requests_each, 1000)).unwrap();
        let mut random = stream_of(1);
        let mut canary = vec![0_u32; requests_each as usize];
        for _ in 0..population {
            for seen in &mut canary {
                *seen += u32::from(picker.pick(&mut random) == 1);
            }
        }
        for (k, &seen) in (1..).zip(&canary) {
            let expected = 1.0 - (1.0 - weight).powi(k);
            let n = f64::from(population);
            // Five standard deviations: a false alarm in 30 shares once in 60000 seeds.
            let bound = 5.0 * (expected * (1.0 - expected) / n).sqrt();
            let share = f64::from(seen) / n;
            assert!((share - expected).abs() < bound, "{k}: {share} {expected}");
        }
    }

    #[test]
    fn once_met_the_canary_is_never_left() {
        let mut picker =
            StickyCookie::new(&[1, 1], &[false, true], users(1, u64::MAX, 1000)).unwrap();
        let mut random = stream_of(3);
        let seen: Vec<usize> = (0..200).map(|_| picker.pick(&mut random)).collect();
        assert!(seen.is_sorted(), "{seen:?}");
        assert_eq!(seen.last(), Some(&1));
    }

    #[test]
    fn without_sticky_users_or_a_cookie_it_is_envoy_pick_by_pick() {
        let weights = [30, 30, 40];
        let mut envoy = Envoy::new(&weights).unwrap();
        let mut no_users = StickyCookie::new(&weights, &[true; 3], users(3, 5, 0)).unwrap();
        let mut no_cookie = StickyCookie::new(&weights, &[], users(3, 5, 1000)).unwrap();
        let [mut one, mut two, mut three] = [stream_of(1), stream_of(1), stream_of(1)];
        for _ in 0..1000 {
            let pick = envoy.pick(&mut one);
            assert_eq!(no_users.pick(&mut two), pick);
            assert_eq!(no_cookie.pick(&mut three), pick);
        }
    }
}
