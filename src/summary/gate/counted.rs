//! What the metrics of a gate count: how many requests, how many of them failed, and what a check on
//! them comes to. A load test dilutes, and retries hide or multiply.

use std::time::Duration;

use crate::rollout::{CanaryWeight, CountedAt, GateTraffic, Route, WindowArrivals};
use crate::stats::StatsError;
use crate::stats::gates::attempts::{Attempts, attempts_check};
use crate::stats::gates::tick::{Requests, Shares, TickLaw, success_check};
use crate::stats::gates::weighted;
use crate::units::to_f64;

/// Why a check on attempts is simulated.
pub(super) const ATTEMPTS: &str =
    "every attempt of a retried request is counted, and there are too many for an exact sum";

/// How what is counted fails.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failing {
    /// Each request on its own, with this probability.
    Requests(f64),
    /// Attempts of requests that are tried again.
    Attempts(Attempts),
}

impl Failing {
    /// What the metrics count at a route.
    pub(super) fn at(route: Route, traffic: &GateTraffic) -> Self {
        let copies_alone = route.users == CanaryWeight::NONE;
        match traffic.retries.filter(|_| !copies_alone) {
            None => Self::Requests(diluted(traffic.canary_error_rate, route, traffic)),
            Some(retries) if retries.counted == CountedAt::Client => {
                Self::Requests(diluted(traffic.users_error_rate(), route, traffic))
            }
            Some(retries) => {
                let mut stages = vec![traffic.canary_error_rate; retries.most() as usize + 1];
                stages[0] = diluted(traffic.canary_error_rate, route, traffic);
                Self::Attempts(Attempts::new(stages))
            }
        }
    }

    /// The same where every error that a user meets has a weight; copies are nobody's.
    pub(super) fn weighted(&self, requests: Requests, weight: f64) -> (Requests, Self) {
        if weight == 1.0 {
            return (requests, self.clone());
        }
        match self {
            Self::Requests(rate) => {
                let (requests, rate) = weighted::requests(requests, *rate, weight);
                (requests, Self::Requests(rate))
            }
            Self::Attempts(attempts) => {
                let (requests, attempts) = weighted::attempts(requests, attempts, weight);
                (requests, Self::Attempts(attempts))
            }
        }
    }

    /// The law of a check; `None` if only a simulation tells.
    pub(super) fn check(
        &self,
        requests: Requests,
        accepted: &Shares,
    ) -> Result<Option<TickLaw>, StatsError> {
        match self {
            Self::Requests(rate) => success_check(requests, *rate, accepted).map(Some),
            Self::Attempts(attempts) => attempts_check(requests, attempts, accepted),
        }
    }

    /// P(a request fails), where requests are counted and not attempts.
    pub(super) fn of_requests(&self) -> Option<f64> {
        match self {
            Self::Requests(rate) => Some(*rate),
            Self::Attempts(_) => None,
        }
    }
}

/// What a metric counts in a stretch of nanoseconds after a tick, the load test included; first
/// attempts alone, with retries.
pub(super) fn requests_of(route: Route, (from, to): (u64, u64), traffic: &GateTraffic) -> Requests {
    let percent = route.users.as_percent() + route.mirrored.as_percent();
    match traffic.arrivals {
        WindowArrivals::Fixed => Requests::Fixed(traffic.fixed_requests(percent, from, to)),
        WindowArrivals::Constant => Requests::Split {
            all: traffic.fixed_requests(100, from, to),
            share: route.observed_share(),
        },
        WindowArrivals::Poisson => {
            let per_second = per_second(route, traffic) + load(traffic);
            Requests::Poisson(per_second * (to - from) as f64 / 1e9)
        }
    }
}

/// Users' requests on the new version in a stretch of time; copies that nobody sees are none.
pub(super) fn users_of(route: Route, span: Duration, traffic: &GateTraffic) -> Requests {
    let users = GateTraffic {
        load_test: None,
        ..*traffic
    };
    requests_of(Route::users(route.users), (0, nanos(span)), &users)
}

/// The mass that is left of a stretch of time where every error that a user meets has a weight.
pub(super) fn mass(route: Route, span: Duration, traffic: &GateTraffic, weight: f64) -> f64 {
    match weight {
        1.0 => 1.0,
        _ => weighted::mass(
            users_of(route, span, traffic),
            traffic.users_error_rate(),
            weight,
        ),
    }
}

/// Of so many users, all alike, those who meet at least one error, if what is left is that mass.
pub(super) fn users_hit(users: u64, mass: f64) -> f64 {
    (users as f64 * (1.0 - mass)).max(0.0)
}

/// The weight of an error that one of so many users is spared.
pub(super) fn spared(users: u64) -> f64 {
    1.0 - 1.0 / users as f64
}

/// Users' requests that the new version answers in a stretch of time, on average.
pub(super) fn users_requests(route: Route, span: Duration, traffic: &GateTraffic) -> f64 {
    users_of(route, span, traffic).mean()
}

/// Users' requests a second that the new version answers, seen or not.
fn per_second(route: Route, traffic: &GateTraffic) -> f64 {
    to_f64(traffic.rate.per_second()) * route.observed_share()
}

fn load(traffic: &GateTraffic) -> f64 {
    traffic
        .load_test
        .map_or(0.0, |rate| to_f64(rate.per_second()))
}

/// A share of errors among users' requests as a share of all that is counted.
fn diluted(error_rate: f64, route: Route, traffic: &GateTraffic) -> f64 {
    let users = per_second(route, traffic);
    match load(traffic) {
        0.0 => error_rate,
        load => error_rate * users / (users + load),
    }
}

pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
