//! The laws of the cells of time: how many requests a cell holds, and how many of them fail.

use std::collections::BTreeMap;
use std::time::Duration;

use num_integer::Integer;
use rand::Rng;
use rand_distr::Distribution;

use super::counts::CountSampler;
use super::latency::BucketSampler;
use super::observer::Counts;
use crate::random::Stream;
use crate::rollout::{Buckets, GateTraffic, Route, WindowArrivals};
use crate::units::to_f64;

/// What of time and traffic is the same in every replication.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) traffic: &'a GateTraffic,
    cell: u64,
    pub(super) keep: u64,
    pub(super) latency: Option<BucketSampler>,
    pub(super) routes: BTreeMap<(Route, u64, u64), Samplers>,
    pub(super) counts_stable: bool,
}

/// The laws of one cell.
#[derive(Debug)]
pub(super) struct Samplers {
    pub(super) canary: CellLaw,
    pub(super) stable: CellLaw,
    pub(super) load: CountSampler,
}

#[derive(Debug)]
pub(super) enum CellLaw {
    Poisson {
        succeeded: CountSampler,
        failed: CountSampler,
    },
    Fixed {
        requests: u64,
        failed: CountSampler,
    },
    /// Each request of `all` is sent at random.
    Split {
        all: u64,
        answered: CountSampler,
        error_rate: f64,
    },
}

impl CellLaw {
    /// `taken` requests have gone to the other version, if that decides what is left.
    pub(super) fn draw(&self, taken: Option<u64>, random: &mut Stream) -> Counts {
        match self {
            Self::Poisson { succeeded, failed } => Counts {
                succeeded: succeeded.draw(random),
                failed: failed.draw(random),
            },
            Self::Fixed { requests, failed } => {
                let failed = failed.draw(random);
                Counts {
                    succeeded: requests - failed,
                    failed,
                }
            }
            Self::Split {
                all,
                answered,
                error_rate,
            } => {
                let requests = match taken {
                    None => answered.draw(random),
                    Some(taken) => all - taken,
                };
                let failed = failures_among(requests, *error_rate, random);
                Counts {
                    succeeded: requests - failed,
                    failed,
                }
            }
        }
    }
}

/// Failures up to which their gaps are drawn.
const MOST_GAPS: f64 = 100.0;

/// How many of so many requests fail: by the geometric gaps between failures, and where there are
/// many by rejection (BTPE), which takes as long for a million as for a hundred.
pub(super) fn failures_among(requests: u64, error_rate: f64, random: &mut Stream) -> u64 {
    if error_rate <= 0.0 {
        return 0;
    }
    if error_rate >= 1.0 {
        return requests;
    }
    if requests as f64 * error_rate > MOST_GAPS
        && let Ok(law) = rand_distr::Binomial::new(requests, error_rate)
    {
        return law.sample(random);
    }
    let ln_success = libm::log1p(-error_rate);
    let (mut place, mut failed) = (0.0, 0);
    loop {
        // Uniform in (0, 1].
        let uniform = ((random.next_u64() >> 11) + 1) as f64 / 9_007_199_254_740_992.0;
        place += (libm::log(uniform) / ln_success).floor() + 1.0;
        if place > requests as f64 {
            return failed;
        }
        failed += 1;
    }
}

/// The most cells that one stretch between two ticks may have.
const MOST_CELLS: u64 = 100_000;

impl<'a> Layout<'a> {
    /// Cells for these spans of time; `longest` is the longest window. Latencies are drawn if the
    /// traffic has them and `buckets` are given.
    pub(super) fn new(
        traffic: &'a GateTraffic,
        spans: &[Duration],
        longest: Duration,
        buckets: Option<&Buckets>,
        counts_stable: bool,
    ) -> Self {
        let scrape = traffic.scrape_interval;
        let all = spans.iter().copied().chain(scrape);
        let cell = all.map(nanos).fold(0, |cell, span| cell.gcd(&span)).max(1);
        Self {
            traffic,
            cell,
            keep: nanos(longest),
            latency: traffic
                .latency
                .zip(buckets)
                .map(|(latency, buckets)| BucketSampler::new(latency, buckets.clone())),
            routes: BTreeMap::new(),
            counts_stable,
        }
    }

    /// Prepares the laws of a route that lasts for `span`.
    pub(super) fn prepare(&mut self, route: Route, span: Duration) {
        let mut from = 0;
        let span = nanos(span);
        while from < span {
            let to = self.cell_end(from, span);
            let key = self.key(route, from, to);
            if !self.routes.contains_key(&key) {
                let samplers = self.samplers(route, from, to);
                self.routes.insert(key, samplers);
            }
            from = to;
        }
    }

    /// The end of the cell that begins `from` after the last tick.
    pub(super) fn cell_end(&self, from: u64, span: u64) -> u64 {
        let cell = self.cell.max(span / MOST_CELLS);
        (from + cell).min(span)
    }

    /// Cells with the same key have the same laws.
    pub(super) fn key(&self, route: Route, from: u64, to: u64) -> (Route, u64, u64) {
        match self.traffic.arrivals {
            WindowArrivals::Poisson => (route, to - from, 0),
            WindowArrivals::Constant => (route, self.traffic.fixed_requests(100, from, to), 0),
            WindowArrivals::Fixed => {
                let [canary, stable] = self.fixed(route, from, to);
                (route, canary, stable)
            }
        }
    }

    /// Requests of both versions in a cell, when their numbers are fixed.
    fn fixed(&self, route: Route, from: u64, to: u64) -> [u64; 2] {
        let observed = route.users.as_percent() + route.mirrored.as_percent();
        let rest = 100 - route.users.as_percent();
        [observed, rest].map(|percent| self.traffic.fixed_requests(percent, from, to))
    }

    pub(super) fn samplers(&self, route: Route, from: u64, to: u64) -> Samplers {
        let seconds = (to - from) as f64 / 1e9;
        let rate = to_f64(self.traffic.rate.per_second());
        let [canary_fixed, stable_fixed] = self.fixed(route, from, to);
        let law = |share: f64, fixed: u64, error_rate: f64| match self.traffic.arrivals {
            WindowArrivals::Poisson => {
                let mean = rate * share * seconds;
                CellLaw::Poisson {
                    succeeded: CountSampler::poisson(mean * (1.0 - error_rate)),
                    failed: CountSampler::poisson(mean * error_rate),
                }
            }
            WindowArrivals::Constant => {
                let all = self.traffic.fixed_requests(100, from, to);
                CellLaw::Split {
                    all,
                    answered: CountSampler::binomial(all, share),
                    error_rate,
                }
            }
            WindowArrivals::Fixed => CellLaw::Fixed {
                requests: fixed,
                failed: CountSampler::binomial(fixed, error_rate),
            },
        };
        let stable_share = 1.0 - f64::from(route.users.as_percent()) / 100.0;
        let load = self
            .traffic
            .load_test
            .map_or(0.0, |rate| to_f64(rate.per_second()));
        Samplers {
            canary: law(
                route.observed_share(),
                canary_fixed,
                self.traffic.canary_error_rate,
            ),
            stable: law(stable_share, stable_fixed, self.traffic.stable_error_rate),
            load: CountSampler::poisson(load * seconds),
        }
    }
}

pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
