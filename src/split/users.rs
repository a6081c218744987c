//! Who sends the requests: a small population that comes and goes.
//!
//! A fixed number of users is active at a time. Each request comes from one of them, all equally
//! likely; a user who has sent its requests is replaced by a new one before it is chosen again. All
//! are new when the population begins.

use std::num::{NonZeroU32, NonZeroU64};

use rand::Rng;

use crate::random::Stream;

/// An active user.
#[derive(Debug, Clone)]
pub struct User {
    /// Who it is: a random number, as a cookie or a header would tell.
    pub identity: u64,
    /// Whether it keeps its version; others pick afresh on each request.
    pub sticky: bool,
    /// The destination where it stays, once an algorithm has said so; none for a new user.
    pub kept: Option<usize>,
    requests_left: u64,
}

/// The population.
#[derive(Debug, Clone)]
pub struct Users {
    active: Vec<User>,
    requests_each: NonZeroU64,
    sticky_per_mille: u16,
    random: Stream,
}

impl Users {
    /// `at_once` new users. Each leaves after `requests_each` requests, and is sticky with
    /// probability `sticky_per_mille` / 1000 (0 to 1000; more is taken as 1000).
    ///
    /// Which user sends which request, and who they are, is drawn from `random` alone, in an order
    /// that does not depend on `sticky_per_mille`.
    #[must_use]
    pub fn new(
        at_once: NonZeroU32,
        requests_each: NonZeroU64,
        sticky_per_mille: u16,
        random: Stream,
    ) -> Self {
        let mut users = Self {
            active: Vec::new(),
            requests_each,
            sticky_per_mille,
            random,
        };
        users.active = (0..at_once.get()).map(|_| users.arrival()).collect();
        users
    }

    /// The user who sends the next request.
    pub fn next_request(&mut self) -> &mut User {
        let place = self.below(self.active.len() as u64) as usize;
        if self.active[place].requests_left == 0 {
            self.active[place] = self.arrival();
        }
        let user = &mut self.active[place];
        user.requests_left -= 1;
        user
    }

    fn arrival(&mut self) -> User {
        User {
            identity: self.random.next_u64(),
            sticky: self.below(1000) < self.sticky_per_mille.into(),
            kept: None,
            requests_left: self.requests_each.get(),
        }
    }

    /// A number below `bound`: the high word of the product, so that no value is more than
    /// `bound`/2^64 too likely.
    fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.random.next_u64()) * u128::from(bound);
        (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::stream_of;
    use super::*;

    fn users(at_once: u32, requests_each: u64, sticky_per_mille: u16) -> Users {
        let at_once = NonZeroU32::new(at_once).unwrap();
        let requests_each = NonZeroU64::new(requests_each).unwrap();
        Users::new(at_once, requests_each, sticky_per_mille, stream_of(7))
    }

    #[test]
    fn a_user_leaves_after_its_requests() {
        let mut users = users(10, 4, 500);
        let mut requests = BTreeMap::new();
        for _ in 0..1000 {
            *requests.entry(users.next_request().identity).or_insert(0) += 1;
        }
        assert!(requests.values().all(|&sent| sent <= 4));
        // At most ten have not sent all of theirs.
        let unfinished = requests.values().filter(|&&sent| sent < 4).count();
        assert!(unfinished <= 10, "{unfinished}");
        assert!(requests.len() >= 250 && requests.len() <= 257);
    }

    #[test]
    fn the_share_of_sticky_users_is_the_one_asked_for() {
        let sticky = |per_mille| {
            let mut users = users(1, 1, per_mille);
            (0..10_000).filter(|_| users.next_request().sticky).count()
        };
        assert_eq!((sticky(0), sticky(1000)), (0, 10_000));
        // 2500 ± 5 standard deviations of 43; the seed is fixed.
        assert!(sticky(250).abs_diff(2500) < 217);
    }

    #[test]
    fn who_sends_what_does_not_depend_on_who_is_sticky() {
        let (mut all, mut none) = (users(5, 3, 1000), users(5, 3, 0));
        for _ in 0..100 {
            assert_eq!(all.next_request().identity, none.next_request().identity);
        }
    }

    #[test]
    fn each_active_user_is_equally_likely() {
        let mut users = users(4, u64::MAX, 0);
        let mut requests = BTreeMap::new();
        for _ in 0..40_000 {
            *requests
                .entry(users.next_request().identity)
                .or_insert(0_u64) += 1;
        }
        // 10000 ± 5 standard deviations of 87; the seed is fixed.
        assert_eq!(requests.len(), 4);
        assert!(requests.values().all(|sent| sent.abs_diff(10_000) < 434));
    }
}
