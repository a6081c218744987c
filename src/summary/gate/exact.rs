//! The exact figures of gates whose ticks are evenly spaced: Flagger, our own form, schedules.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use super::answer::{Answer, Exact, Method, quantile_95};
use super::counted::{
    ATTEMPTS, Failing, mass, nanos, requests_of, spared, users_hit, users_requests,
};
use super::latency::{self, Limit};
use crate::rollout::{
    CanaryWeight, Flagger, FlaggerStrategy, GateTraffic, Measure, MetricCheck, Mirror, Route,
    Schedule, Staged, StagedRule, ValueRange, WindowArrivals,
};
use crate::sim::rollouts::MANUAL_PAUSE;
use crate::stats::StatsError;
use crate::stats::gates::cumulative::{Characteristic, characteristic};
use crate::stats::gates::patient::{self, Rule};
use crate::stats::gates::quantile::{QuantileCheck, joint_check};
use crate::stats::gates::tick::{End, Requests, Shares, TickLaw};
use crate::units::to_f64;

/// Why checks are not independent.
const OVERLAP: &str = "a metric's window is longer than the time between two checks, so that \
    checks share requests";
/// Why scrapes make it uneven.
const SCRAPES: &str = "the scrape interval does not divide the time between two checks";
/// Only upper limits are interpolated exactly.
const LATENCY: &str = "a latency quantile is checked against more than a largest value";
/// They look at the same requests.
const QUANTILES: &str = "two latency quantiles are checked";
/// The recursion would take too long.
const MANY: &str = "a latency quantile is checked over more than 3000 requests";
/// They are kept over several ticks.
const KEPT: &str = "a latency quantile is checked over requests of several ticks";
/// The law of a minimum of requests is one of requests that fail alike.
const KEPT_ATTEMPTS: &str =
    "a load test's requests or every attempt of a retried request count towards a minimum";
/// It is no check on requests.
const KEPT_GIVEN: &str = "a metric with a given probability waits for a minimum of requests";
/// Several windows over the same requests.
const WINDOWS: &str = "two metrics look at windows of different lengths";
/// A load test beside arrivals that are not random.
const LOAD: &str = "a load test runs beside arrivals that are not random";
/// A sequential test.
const SEQUENTIAL: &str = "a sequential test looks at the errors of both versions";

/// The routes of Flagger's ticks that are judged, in order.
pub(super) fn flagger_steps(strategy: &FlaggerStrategy) -> Vec<Route> {
    let copies = |mirror: Option<Mirror>| Route {
        users: CanaryWeight::NONE,
        mirrored: mirror.map_or(CanaryWeight::NONE, |mirror| mirror.weight),
    };
    match strategy {
        FlaggerStrategy::Canary { weights, mirror } => mirror
            .map(|mirror| copies(Some(mirror)))
            .into_iter()
            .chain(weights.iter().copied().map(Route::users))
            .collect(),
        FlaggerStrategy::BlueGreen { iterations, mirror } => {
            let mut steps = vec![copies(*mirror); *iterations as usize];
            steps.push(Route::users(CanaryWeight::ALL));
            steps
        }
        FlaggerStrategy::AbTest { iterations } => {
            vec![Route::users(CanaryWeight::ALL); *iterations as usize]
        }
    }
}

/// Flagger's figures.
pub(super) fn flagger(flagger: &Flagger, traffic: &GateTraffic) -> Result<Exact, StatsError> {
    let (check, given) = match the_check(flagger.checks(), traffic) {
        Ok(check) => check,
        Err(reason) => return Ok(Exact::NotExact(reason)),
    };
    let routes = flagger_steps(flagger.strategy());
    let interval = flagger.interval();
    let ticks = Ticks {
        routes: &routes,
        interval,
        check: check.as_ref(),
        given,
        // It is rolled back on the tick after the failure that was one too many.
        late: 1,
    };
    ticks.cumulative(flagger.threshold(), traffic)
}

/// The figures of our own form.
pub(super) fn staged(staged: &Staged, traffic: &GateTraffic) -> Result<Exact, StatsError> {
    let routes: Vec<Route> = staged.weights().iter().copied().map(Route::users).collect();
    let interval = staged.interval();
    let StagedRule::Checks {
        checks,
        failures,
        minimum_requests,
        patience,
    } = staged.rule()
    else {
        return Ok(Exact::NotExact(SEQUENTIAL));
    };
    let (check, given) = match the_check(checks, traffic) {
        Ok(check) => check,
        Err(reason) => return Ok(Exact::NotExact(reason)),
    };
    let ticks = Ticks {
        routes: &routes,
        interval,
        check: check.as_ref(),
        given,
        late: 0,
    };
    if *minimum_requests == 0 {
        return ticks.cumulative(*failures, traffic);
    }
    let gate = {
        if given < 1.0 {
            return Ok(Exact::NotExact(KEPT_GIVEN));
        }
        if traffic.scrape_interval.is_some() {
            return Ok(Exact::NotExact(SCRAPES));
        }
        if check.is_some_and(|check| check.latency.is_some()) {
            return Ok(Exact::NotExact(KEPT));
        }
        let accepted = check.map_or_else(Shares::default, |check| check.accepted);
        let requests: Vec<Requests> = routes
            .iter()
            .map(|&route| requests_of(route, (0, nanos(interval)), traffic))
            .collect();
        let rule = Rule {
            accepted: &accepted,
            failures: *failures,
            minimum: *minimum_requests,
            patience: *patience,
        };
        // Without a load test, the same at every step.
        let all = Failing::at(Route::users(CanaryWeight::ALL), traffic);
        let Some(error_rate) = all.of_requests().filter(|_| traffic.load_test.is_none()) else {
            return Ok(Exact::NotExact(KEPT_ATTEMPTS));
        };
        patient::characteristic(&requests, error_rate, &rule)?
    };
    Ok(Exact::Found(of_ticks(&gate, &routes, interval, 0, traffic)))
}

/// Evenly spaced ticks that check one window each.
struct Ticks<'a> {
    routes: &'a [Route],
    interval: Duration,
    check: Option<&'a TickCheck>,
    /// P(all checks pass that are not simulated).
    given: f64,
    late: usize,
}

impl Ticks<'_> {
    /// The figures of a gate whose failed checks add up.
    fn cumulative(&self, failures: u32, traffic: &GateTraffic) -> Result<Exact, StatsError> {
        let laws = match laws(self, traffic, 1.0)? {
            Ok(laws) => laws,
            Err(reason) => return Ok(Exact::NotExact(reason)),
        };
        let gate = characteristic(&laws, failures)?;
        let mut answer = of_ticks(&gate, self.routes, self.interval, self.late, traffic);
        if let Some(users) = traffic.users {
            let left = self.mass_left(failures, traffic, spared(users.get()))?;
            answer.users_hit = left.map(|left| users_hit(users.get(), left));
        }
        Ok(Exact::Found(answer))
    }

    /// The mass that is left by the decision where every error has a weight.
    fn mass_left(
        &self,
        failures: u32,
        traffic: &GateTraffic,
        weight: f64,
    ) -> Result<Option<f64>, StatsError> {
        let Ok(laws) = laws(self, traffic, weight)? else {
            return Ok(None);
        };
        let gate = characteristic(&laws, failures)?;
        let late = u32::try_from(self.late).unwrap_or(u32::MAX);
        let rolled_back = self.routes.iter().zip(&gate.rolled_back_in);
        let rolled_back: f64 = rolled_back
            .map(|(&route, share)| share * mass(route, self.interval * late, traffic, weight))
            .sum();
        Ok(Some(gate.promoted + rolled_back))
    }
}

/// A schedule promotes everything.
pub(super) fn schedule(schedule: &Schedule, traffic: &GateTraffic) -> Answer {
    let spans = schedule.steps().iter().map(|step| {
        let span = step.duration.unwrap_or(MANUAL_PAUSE);
        (Route::users(step.weight), span)
    });
    let (mut seconds, mut requests, mut left) = (0.0, 0.0, 1.0);
    let users = traffic.users.map(NonZeroU64::get);
    let weight = users.map_or(1.0, spared);
    for (route, span) in spans {
        seconds += span.as_secs_f64();
        requests += users_requests(route, span, traffic);
        left *= mass(route, span, traffic, weight);
    }
    Answer {
        error_rate: traffic.canary_error_rate,
        promoted: 1.0,
        rolled_back: 0.0,
        rolled_back_without_data: 0.0,
        undecided: 0.0,
        standard_error: None,
        mean_seconds: seconds,
        seconds_95: seconds,
        requests,
        errors: requests * traffic.users_error_rate(),
        users_hit: users.map(|users| users_hit(users, left)),
        method: Method::Exact,
    }
}

/// What a tick checks of one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct TickCheck {
    accepted: Shares,
    window: Duration,
    latency: Option<QuantileCheck>,
}

/// The one check that all checks of a tick amount to, if they do; none if nothing is checked.
fn the_check(
    checks: &[MetricCheck],
    traffic: &GateTraffic,
) -> Result<(Option<TickCheck>, f64), &'static str> {
    if traffic.load_test.is_some() && traffic.arrivals != WindowArrivals::Poisson {
        return Err(LOAD);
    }
    let mut found: Option<TickCheck> = None;
    let mut given = 1.0;
    for check in checks {
        let mut quantile = None;
        let accepted = match &check.measure {
            Measure::SuccessRate => shares(&check.accepted),
            Measure::NotSimulated { successful, .. } => {
                given *= to_f64(*successful);
                continue;
            }
            // Faster than any limit: there need only be requests.
            Measure::LatencyQuantile { .. } if traffic.latency.is_none() => {
                match check.accepted.contains(0.0) {
                    true => Shares::default(),
                    false => return Err(LATENCY),
                }
            }
            Measure::LatencyQuantile { .. } => {
                quantile = match latency::check(check, traffic) {
                    Some(Limit::At(quantile)) => Some(quantile),
                    Some(Limit::Never) => None,
                    None => return Err(LATENCY),
                };
                Shares::default()
            }
        };
        let window = check.window();
        found = Some(match found {
            None => TickCheck {
                accepted,
                window,
                latency: quantile,
            },
            Some(earlier) if earlier.latency.is_some() && quantile.is_some() => {
                return Err(QUANTILES);
            }
            Some(earlier) if earlier.window == window => TickCheck {
                accepted: earlier.accepted.and(accepted),
                window,
                latency: earlier.latency.or(quantile),
            },
            Some(_) => return Err(WINDOWS),
        });
    }
    Ok((found, given))
}

/// A range of values as an interval of shares.
pub(super) fn shares(range: &ValueRange) -> Shares {
    let end = |bound: crate::rollout::Bound| End {
        share: bound.value,
        inclusive: bound.inclusive,
    };
    Shares {
        lower: range.lower().map(end),
        upper: range.upper().map(end),
    }
}

/// The law of a tick where other checks must pass too, which do so with that probability.
fn also(law: TickLaw, given: f64) -> TickLaw {
    TickLaw {
        pass: law.pass * given,
        fail: law.fail + law.pass * (1.0 - given),
        ..law
    }
}

/// The law of a tick, times a mass.
fn times(law: TickLaw, mass: f64) -> TickLaw {
    TickLaw {
        pass: law.pass * mass,
        fail: law.fail * mass,
        no_data: law.no_data * mass,
    }
}

/// The law of a tick at each step, where every error has a weight; or why ticks are not independent.
fn laws(
    &Ticks {
        routes,
        interval,
        check,
        given,
        ..
    }: &Ticks,
    traffic: &GateTraffic,
    weight: f64,
) -> Result<Result<Vec<TickLaw>, &'static str>, StatsError> {
    let left = |route: Route| mass(route, interval, traffic, weight);
    let Some(check) = check else {
        let passes = |&route: &Route| times(also(TickLaw::PASSES, given), left(route));
        return Ok(Ok(routes.iter().map(passes).collect()));
    };
    let step = nanos(interval);
    let divides = |scrape: Duration| step.is_multiple_of(nanos(scrape).max(1));
    if !traffic.scrape_interval.is_none_or(divides) {
        return Ok(Err(SCRAPES));
    }
    // A tick late enough for the whole window to have begun.
    let now = step * (nanos(check.window) / step + 2);
    let seen = traffic.seen_of_window(check.window, now);
    let stretch = match seen {
        Some((from, _)) if from < now - step => return Ok(Err(OVERLAP)),
        Some((from, to)) => (from - (now - step), to - (now - step)),
        None => (0, 0),
    };
    let too_many =
        |&route: &Route| requests_of(route, stretch, traffic).mean() > QuantileCheck::MAX_REQUESTS;
    if check.latency.is_some() && routes.iter().any(too_many) {
        return Ok(Err(MANY));
    }
    let mut laws = Vec::with_capacity(routes.len());
    for &route in routes {
        // Copies that nobody sees have no weight.
        let weight = match route.users {
            CanaryWeight::NONE => 1.0,
            _ => weight,
        };
        let (requests, failing) =
            Failing::at(route, traffic).weighted(requests_of(route, stretch, traffic), weight);
        let law = match (&check.latency, failing.of_requests()) {
            (Some(latency), Some(error_rate)) => {
                Some(joint_check(requests, error_rate, &check.accepted, latency)?)
            }
            (Some(_), None) => None,
            (None, _) => failing.check(requests, &check.accepted)?,
        };
        match law {
            Some(law) => laws.push(times(also(law, given), left(route))),
            None => return Ok(Err(ATTEMPTS)),
        }
    }
    Ok(Ok(laws))
}

/// The figures of a gate with evenly spaced ticks, rolled back `late` ticks after the failure.
fn of_ticks(
    gate: &Characteristic,
    routes: &[Route],
    interval: Duration,
    late: usize,
    traffic: &GateTraffic,
) -> Answer {
    let mut law: BTreeMap<usize, f64> = BTreeMap::new();
    for (masses, late) in [
        (&gate.promoted_at, 0),
        (&gate.undecided_at, 0),
        (&gate.rolled_back_at, late),
    ] {
        for (tick, mass) in masses.iter().enumerate() {
            *law.entry(tick + late).or_default() += mass;
        }
    }
    let seconds = |tick: usize| tick as f64 * interval.as_secs_f64();
    let late = late as f64;
    let ticks = gate.ticks.iter().zip(&gate.rolled_back_in);
    let requests: f64 = routes
        .iter()
        .zip(ticks)
        .map(|(&route, (ticks, rolled_back))| {
            users_requests(route, interval, traffic) * (ticks + late * rolled_back)
        })
        .sum();
    Answer {
        error_rate: traffic.canary_error_rate,
        promoted: gate.promoted,
        rolled_back: gate.rolled_back,
        rolled_back_without_data: gate.rolled_back_without_data,
        undecided: gate.undecided,
        standard_error: None,
        mean_seconds: law.iter().map(|(&tick, mass)| seconds(tick) * mass).sum(),
        seconds_95: quantile_95(law.iter().map(|(&tick, &mass)| (seconds(tick), mass))),
        requests,
        errors: requests * traffic.users_error_rate(),
        users_hit: None,
        method: Method::Exact,
    }
}
