//! The requests of a rollout as its metrics see them: counters over cells of time, and windows that
//! sum them.
//!
//! A cell is a stretch of time that no window cuts: the greatest common divisor of all intervals,
//! windows, delays and pauses. Windows that overlap share cells, so that their checks are
//! correlated as they are in truth.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use num_integer::Integer;
use rand::Rng;

use super::counts::CountSampler;
use crate::random::{Purpose, Stream, stream};
use crate::rollout::{
    Buckets, CanaryWeight, GateTraffic, Latency, Measure, Route, ValueRange, WindowArrivals,
};
use crate::units::to_f64;

/// Requests that succeeded and requests that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests that failed.
    pub failed: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn all(self) -> u64 {
        self.succeeded + self.failed
    }

    fn add(&mut self, more: Self) {
        self.succeeded += more.succeeded;
        self.failed += more.failed;
    }
}

/// What a metric gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// No series at all: the new version has never answered.
    Empty,
    /// 0/0: there are series, and nothing in the window.
    NotANumber,
    /// A share, as an exact fraction.
    Share {
        /// Requests that succeeded.
        succeeded: u64,
        /// All requests; above zero.
        all: u64,
    },
    /// A latency in milliseconds.
    Milliseconds(f64),
}

impl Value {
    /// Whether it lies in the range; `None` if there is no value.
    #[must_use]
    pub fn lies_in(self, range: &ValueRange) -> Option<bool> {
        match self {
            Self::Empty | Self::NotANumber => None,
            Self::Share { succeeded, all } => Some(range.contains_fraction(succeeded, all)),
            Self::Milliseconds(value) => Some(range.contains(value)),
        }
    }
}

/// What of time and traffic is the same in every replication.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    traffic: &'a GateTraffic,
    cell: u64,
    keep: u64,
    latency: Option<BucketSampler>,
    routes: BTreeMap<(Route, u64, u64), Samplers>,
    counts_stable: bool,
}

/// The laws of one cell.
#[derive(Debug)]
struct Samplers {
    canary: CellLaw,
    stable: CellLaw,
    load: CountSampler,
}

#[derive(Debug)]
enum CellLaw {
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
    fn draw(&self, taken: Option<u64>, random: &mut Stream) -> Counts {
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

/// How many of so many requests fail: by the geometric gaps between failures.
fn failures_among(requests: u64, error_rate: f64, random: &mut Stream) -> u64 {
    if error_rate <= 0.0 {
        return 0;
    }
    if error_rate >= 1.0 {
        return requests;
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

/// Draws the bucket of a request's latency.
#[derive(Debug)]
struct BucketSampler {
    buckets: Buckets,
    limits: Vec<u64>,
}

impl BucketSampler {
    fn new(latency: Latency, buckets: Buckets) -> Self {
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

    fn draw(&self, requests: u64, random: &mut Stream) -> Vec<u64> {
        let mut counts = vec![0; self.limits.len()];
        for _ in 0..requests {
            let number = random.next_u64();
            let place = self.limits.partition_point(|&limit| limit <= number);
            counts[place.min(self.limits.len() - 1)] += 1;
        }
        counts
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
    fn cell_end(&self, from: u64, span: u64) -> u64 {
        let cell = self.cell.max(span / MOST_CELLS);
        (from + cell).min(span)
    }

    /// Cells with the same key have the same laws.
    fn key(&self, route: Route, from: u64, to: u64) -> (Route, u64, u64) {
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

    fn samplers(&self, route: Route, from: u64, to: u64) -> Samplers {
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

/// The requests of one cell.
#[derive(Debug)]
struct Cell {
    end: u64,
    /// What the metrics count: users', mirrored and load-test requests.
    counted: Counts,
    buckets: Vec<u64>,
}

/// Requests so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Users' requests that the new version answered.
    pub canary: Counts,
    /// Users' requests that the old version answered; not counted where nobody looks at them.
    pub stable: Counts,
    /// Everything that the new version's metrics counted.
    pub counted: Counts,
}

/// One rollout's requests so far.
#[derive(Debug)]
pub(super) struct Observer<'a> {
    layout: &'a Layout<'a>,
    canary: Stream,
    stable: Stream,
    cells: VecDeque<Cell>,
    now: u64,
    totals: Totals,
}

impl<'a> Observer<'a> {
    pub(super) fn new(layout: &'a Layout<'a>, seed: u64, index: &[u64]) -> Self {
        Self {
            layout,
            canary: stream(seed, Purpose::RolloutCanary, index),
            stable: stream(seed, Purpose::RolloutStable, index),
            cells: VecDeque::new(),
            now: 0,
            totals: Totals::default(),
        }
    }

    /// Nanoseconds since the rollout began.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Requests so far.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// Lets time pass under a route.
    pub(super) fn advance(&mut self, route: Route, until: u64) {
        let (begin, span) = (self.now, until - self.now);
        let mut from = 0;
        while from < span {
            let to = self.layout.cell_end(from, span);
            let key = self.layout.key(route, from, to);
            let made;
            let samplers = match self.layout.routes.get(&key) {
                Some(samplers) => samplers,
                None => {
                    made = self.layout.samplers(route, from, to);
                    &made
                }
            };
            let drawn = samplers.canary.draw(None, &mut self.canary);
            if route.users > CanaryWeight::NONE {
                self.totals.canary.add(drawn);
            }
            if self.layout.counts_stable {
                // Copies are not taken from the old version.
                let taken = match route.users {
                    CanaryWeight::NONE => None,
                    _ => Some(drawn.all()),
                };
                self.totals
                    .stable
                    .add(samplers.stable.draw(taken, &mut self.stable));
            }
            let mut counted = drawn;
            if self.layout.traffic.load_test.is_some() {
                counted.succeeded += samplers.load.draw(&mut self.canary);
            }
            self.totals.counted.add(counted);
            let buckets = match &self.layout.latency {
                Some(sampler) => sampler.draw(counted.all(), &mut self.canary),
                None => Vec::new(),
            };
            self.cells.push_back(Cell {
                end: begin + to,
                counted,
                buckets,
            });
            from = to;
        }
        self.now = until;
        let oldest = until.saturating_sub(self.layout.keep);
        while self.cells.front().is_some_and(|cell| cell.end <= oldest) {
            self.cells.pop_front();
        }
    }

    /// The cells of a window that ends now.
    fn cells_of(&self, window: Duration) -> impl Iterator<Item = &Cell> {
        let seen = self.layout.traffic.seen_of_window(window, self.now);
        let (from, to) = seen.unwrap_or((self.now, self.now));
        self.cells
            .iter()
            .rev()
            .skip_while(move |cell| cell.end > to)
            .take_while(move |cell| cell.end > from)
    }

    /// What the metrics count over a window that ends now.
    pub(super) fn counted(&self, window: Duration) -> Counts {
        let mut sum = Counts::default();
        self.cells_of(window).for_each(|cell| sum.add(cell.counted));
        sum
    }

    /// The value of a measure over a window that ends now.
    pub(super) fn measure(&self, measure: &Measure, window: Duration) -> Value {
        let counted = self.counted(window);
        if counted.all() == 0 {
            return match self.totals.counted.all() {
                0 => Value::Empty,
                _ => Value::NotANumber,
            };
        }
        match measure {
            Measure::SuccessRate => Value::Share {
                succeeded: counted.succeeded,
                all: counted.all(),
            },
            Measure::LatencyQuantile {
                quantile,
                whole_milliseconds,
                ..
            } => {
                let Some(sampler) = &self.layout.latency else {
                    return Value::Milliseconds(0.0);
                };
                let mut counts = vec![0; sampler.limits.len()];
                for cell in self.cells_of(window) {
                    for (sum, more) in counts.iter_mut().zip(&cell.buckets) {
                        *sum += more;
                    }
                }
                let value = histogram_quantile(to_f64(*quantile), &sampler.buckets, &counts);
                Value::Milliseconds(match whole_milliseconds {
                    true => value.trunc(),
                    false => value,
                })
            }
        }
    }
}

/// Prometheus' `histogram_quantile` (promql/quantile.go, `bucketQuantile`): linear within the
/// bucket that holds the rank; the highest finite bound if it lies beyond. `counts` has one more
/// entry than there are bounds, and holds at least one request.
fn histogram_quantile(quantile: f64, buckets: &Buckets, counts: &[u64]) -> f64 {
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
