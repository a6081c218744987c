//! The one workload that every simulator runs, and what peers share: everything but the calendar.
//!
//! Poisson arrivals at 1000 a second; each goes to v1 with probability 80% and to v2 with 20%
//! (`R mod 100`); each version has one first-come-first-served queue with four exponential servers,
//! with means of 3.5 and 14 ms, so that both are busy for 70% of the time. Out come the count, the
//! mean and the 99th percentile of the time from arrival to departure, per version.

use std::collections::VecDeque;

use rand::Rng;
use rand_distr::{Distribution, Exp1};
use shiftsim::random::{Purpose, Stream, stream};

/// Nanoseconds between arrivals, on average.
pub(crate) const GAP: f64 = 1e6;
/// Nanoseconds of service, on average, per version.
pub(crate) const SERVICE: [f64; 2] = [3.5e6, 14e6];
/// Servers of a version.
pub(crate) const SERVERS: usize = 4;
/// The mean sojourn time in seconds, by Erlang's C formula: 1/µ + C(4, 2.8) / (4µ − λ).
pub(crate) const THEORY: [f64; 2] = [0.004_750_241_76, 0.019_000_967_05];

/// What a simulator finds: per version (count, mean in seconds, p99 in seconds).
pub(crate) type Found = [(u64, f64, f64); 2];

/// An exponential time in nanoseconds.
pub(crate) fn exponential(random: &mut Stream, mean: f64) -> u64 {
    let unit: f64 = Exp1.sample(random);
    (unit * mean + 0.5) as u64
}

/// The queues and servers, for a peer that brings the calendar.
#[derive(Debug)]
pub(crate) struct Shop {
    random: Stream,
    /// Requests still to arrive.
    pub(crate) left: u64,
    idle: [usize; 2],
    queues: [VecDeque<u64>; 2],
    sojourns: [Vec<u64>; 2],
}

/// A departure to be scheduled: after so many nanoseconds, of the request that arrived then.
pub(crate) struct Departure {
    pub(crate) delay: u64,
    pub(crate) arrived: u64,
}

impl Shop {
    pub(crate) fn new(requests: u64) -> Self {
        let room = |_| Vec::with_capacity(requests as usize);
        Self {
            random: stream(1, Purpose::Service, &[99]),
            left: requests,
            idle: [SERVERS; 2],
            queues: Default::default(),
            sojourns: [0, 1].map(room),
        }
    }

    /// The gap to the next arrival, if there is one.
    pub(crate) fn next_gap(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        Some(exponential(&mut self.random, GAP))
    }

    /// Where the request goes that arrives.
    pub(crate) fn pick(&mut self) -> usize {
        usize::from(self.random.next_u64() % 100 >= 80)
    }

    /// A request arrives at a version; its departure, if a server is idle.
    pub(crate) fn arrive(&mut self, version: usize, now: u64) -> Option<Departure> {
        if self.idle[version] == 0 {
            self.queues[version].push_back(now);
            return None;
        }
        self.idle[version] -= 1;
        Some(self.serve(version, now))
    }

    /// A request departs; the departure of the next one, if one waits.
    pub(crate) fn depart(&mut self, version: usize, arrived: u64, now: u64) -> Option<Departure> {
        self.sojourns[version].push(now - arrived);
        let Some(next) = self.queues[version].pop_front() else {
            self.idle[version] += 1;
            return None;
        };
        Some(self.serve(version, next))
    }

    fn serve(&mut self, version: usize, arrived: u64) -> Departure {
        Departure {
            delay: exponential(&mut self.random, SERVICE[version]),
            arrived,
        }
    }

    /// What was found; the percentile is not part of what is timed.
    pub(crate) fn found(&mut self) -> Found {
        [0, 1].map(|version| found(&mut self.sojourns[version]))
    }
}

/// Count, mean and 99th percentile of times in nanoseconds.
pub(crate) fn found(times: &mut [u64]) -> (u64, f64, f64) {
    let count = times.len();
    let sum: u128 = times.iter().map(|&time| u128::from(time)).sum();
    let rank = (count * 99).div_ceil(100).max(1) - 1;
    let (_, p99, _) = times.select_nth_unstable(rank);
    (
        count as u64,
        sum as f64 / count as f64 / 1e9,
        *p99 as f64 / 1e9,
    )
}
