//! Many rollouts, counted: integers that merge exactly in any order.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::{Outcome, RolloutRun};

/// Many rollouts, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RolloutTally {
    /// Rollouts that were promoted.
    pub promoted: u64,
    /// Rollouts that were rolled back.
    pub rolled_back: u64,
    /// Rollouts that were rolled back, with a failed check that had no data.
    pub rolled_back_without_data: u64,
    /// Rollouts that stood still.
    pub undecided: u64,
    /// How many took that long until the decision, in nanoseconds.
    pub durations: BTreeMap<u64, u64>,
    /// Users' requests that the new version answered, in all.
    pub requests: u128,
    /// Users' requests that failed on the new version, in all.
    pub errors: u128,
    /// Users who met at least one error, in all, in units of 2⁻³²; absent if nobody asked.
    users_hit: Option<u128>,
}

/// One user in [`RolloutTally::users_hit`].
const ONE_USER: f64 = 4_294_967_296.0;

impl RolloutTally {
    /// Adds one rollout.
    pub fn add(&mut self, run: &RolloutRun, users: Option<NonZeroU64>) {
        match run.decision.outcome {
            Outcome::Promoted => self.promoted += 1,
            Outcome::Undecided => self.undecided += 1,
            Outcome::RolledBack { without_data } => {
                self.rolled_back += 1;
                self.rolled_back_without_data += u64::from(without_data);
            }
        }
        *self.durations.entry(run.nanos).or_default() += 1;
        self.requests += u128::from(run.totals.canary.all());
        let errors = run.totals.canary.failed;
        self.errors += u128::from(errors);
        if let Some(users) = users {
            // An error misses a given user with probability 1 − 1/N.
            let users = users.get() as f64;
            let spared = libm::pow(1.0 - 1.0 / users, errors as f64);
            *self.users_hit.get_or_insert_default() += (users * (1.0 - spared) * ONE_USER) as u128;
        }
    }

    /// Users who met at least one error, in all: expected, given the errors of each rollout.
    #[must_use]
    pub fn users_hit(&self) -> Option<f64> {
        self.users_hit.map(|hit| hit as f64 / ONE_USER)
    }

    /// Both together.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.promoted += other.promoted;
        self.rolled_back += other.rolled_back;
        self.rolled_back_without_data += other.rolled_back_without_data;
        self.undecided += other.undecided;
        self.requests += other.requests;
        self.errors += other.errors;
        self.users_hit = match (self.users_hit, other.users_hit) {
            (Some(ours), Some(theirs)) => Some(ours + theirs),
            (one, None) | (None, one) => one,
        };
        for (nanos, count) in other.durations {
            *self.durations.entry(nanos).or_default() += count;
        }
        self
    }

    /// How many there are.
    #[must_use]
    pub fn rollouts(&self) -> u64 {
        self.promoted + self.rolled_back + self.undecided
    }
}
