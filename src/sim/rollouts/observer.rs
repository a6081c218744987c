//! The requests of a rollout as its metrics see them: counters over cells of time, and windows that
//! sum them.
//!
//! A cell is a stretch of time that no window cuts: the greatest common divisor of all intervals,
//! windows, delays and pauses. Windows that overlap share cells, so that their checks are
//! correlated as they are in truth.

use std::collections::VecDeque;
use std::time::Duration;

use rand::Rng;

use super::latency::histogram_quantile;
use super::layout::{Layout, failures_among};
use crate::random::{Purpose, Stream, stream};
use crate::rollout::{CanaryWeight, CountedAt, Measure, Retries, Route, ValueRange};
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

    pub(super) fn add(&mut self, more: Self) {
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
    /// Something that is not simulated: whether it was successful.
    Given(bool),
}

impl Value {
    /// Whether it lies in the range; `None` if there is no value.
    #[must_use]
    pub fn lies_in(self, range: &ValueRange) -> Option<bool> {
        match self {
            Self::Empty | Self::NotANumber => None,
            Self::Share { succeeded, all } => Some(range.contains_fraction(succeeded, all)),
            Self::Milliseconds(value) => Some(range.contains(value)),
            Self::Given(successful) => Some(successful),
        }
    }
}

/// Requests, of whose last attempts users see, and what the metrics count of them.
#[derive(Debug, Clone, Copy)]
struct Tried {
    users: Counts,
    counted: Counts,
}

/// Tries requests again whose first attempt failed.
fn tried_again(
    first: Counts,
    error_rate: f64,
    retries: Option<Retries>,
    random: &mut Stream,
) -> Tried {
    let Some(retries) = retries else {
        return Tried {
            users: first,
            counted: first,
        };
    };
    let (mut failing, mut errors) = (first.failed, first.failed);
    for _ in 0..retries.most() {
        failing = failures_among(failing, error_rate, random);
        errors += failing;
    }
    let users = Counts {
        succeeded: first.all() - failing,
        failed: failing,
    };
    let counted = match retries.counted {
        CountedAt::Client => users,
        CountedAt::Server => Counts {
            succeeded: users.succeeded,
            failed: errors,
        },
    };
    Tried { users, counted }
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
    seed: u64,
    index: Vec<u64>,
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
            seed,
            index: index.to_vec(),
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
            let traffic = self.layout.traffic;
            let mut counted = drawn;
            if route.users > CanaryWeight::NONE {
                let tried = tried_again(
                    drawn,
                    traffic.canary_error_rate,
                    traffic.retries,
                    &mut self.canary,
                );
                self.totals.canary.add(tried.users);
                counted = tried.counted;
            }
            if self.layout.counts_stable {
                // Copies are not taken from the old version.
                let taken = match route.users {
                    CanaryWeight::NONE => None,
                    _ => Some(drawn.all()),
                };
                let drawn = samplers.stable.draw(taken, &mut self.stable);
                let tried = tried_again(
                    drawn,
                    traffic.stable_error_rate,
                    traffic.retries,
                    &mut self.stable,
                );
                self.totals.stable.add(tried.users);
            }
            if traffic.load_test.is_some() {
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
        if let Measure::NotSimulated { name, successful } = measure {
            return Value::Given(self.succeeds(name, to_f64(*successful)));
        }
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
            // Answered above.
            Measure::NotSimulated { .. } => Value::Empty,
        }
    }

    /// Whether something that is not simulated is successful now; the same whenever it is asked.
    fn succeeds(&self, name: &str, probability: f64) -> bool {
        if probability >= 1.0 {
            return true;
        }
        let mut index = self.index.clone();
        index.push(self.now);
        index.extend(name.bytes().map(u64::from));
        let number = stream(self.seed, Purpose::RolloutGiven, &index).next_u64();
        ((number >> 11) as f64) < probability * 9_007_199_254_740_992.0
    }
}
