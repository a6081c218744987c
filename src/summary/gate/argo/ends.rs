//! How rollouts end, summed up.

use std::collections::BTreeMap;

use super::super::answer::{Answer, Method, quantile_95};
use crate::rollout::GateTraffic;

/// How a rollout ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ended {
    Promoted,
    RolledBack,
    Undecided,
}

/// Ends of rollouts, summed up.
#[derive(Debug, Default)]
pub(super) struct Sum {
    promoted: f64,
    rolled_back: f64,
    pub(super) without_data: f64,
    undecided: f64,
    requests: f64,
    times: BTreeMap<u64, f64>,
}

impl Sum {
    pub(super) fn add(&mut self, ended: Ended, at: u64, mass: f64, requests: f64) {
        match ended {
            Ended::Promoted => self.promoted += mass,
            Ended::RolledBack => self.rolled_back += mass,
            Ended::Undecided => self.undecided += mass,
        }
        self.requests += mass * requests;
        *self.times.entry(at).or_default() += mass;
    }

    /// All probability, or what is left of it under a weighted law.
    pub(super) fn mass(&self) -> f64 {
        self.promoted + self.rolled_back + self.undecided
    }

    pub(super) fn answer(self, traffic: &GateTraffic) -> Answer {
        let seconds = |at: u64| at as f64 / 1e9;
        Answer {
            error_rate: traffic.canary_error_rate,
            promoted: self.promoted,
            rolled_back: self.rolled_back,
            rolled_back_without_data: self.without_data,
            undecided: self.undecided,
            standard_error: None,
            mean_seconds: self
                .times
                .iter()
                .map(|(&at, mass)| seconds(at) * mass)
                .sum(),
            seconds_95: quantile_95(self.times.iter().map(|(&at, &mass)| (seconds(at), mass))),
            requests: self.requests,
            errors: self.requests * traffic.users_error_rate(),
            users_hit: None,
            method: Method::Exact,
        }
    }
}
