//! The traffic that a gate looks at: how much there is, and how the versions behave.

use std::num::NonZeroU64;
use std::time::Duration;

use super::{Buckets, CanaryWeight, Retries};
use crate::units::{Rate, to_f64};

/// How many requests a window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowArrivals {
    /// Poisson: random arrivals, each sent to a version at random.
    #[default]
    Poisson,
    /// Evenly spaced arrivals, each sent to a version at random.
    Constant,
    /// Always the same number, split evenly too: ⌊rate · time · weight⌋ since the last tick.
    Fixed,
}

/// The traffic that a gate looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateTraffic {
    /// Users' requests to all versions together.
    pub rate: Rate,
    /// How many of them a window holds.
    pub arrivals: WindowArrivals,
    /// The share of requests that fail on the new version, from 0 to 1; of attempts, with retries.
    pub canary_error_rate: f64,
    /// The share of requests that fail on the old version, from 0 to 1; of attempts, with retries.
    pub stable_error_rate: f64,
    /// How long the new version takes; absent: faster than any limit.
    pub latency: Option<Latency>,
    /// Requests that a load test sends straight to the new version and that never fail; it dilutes
    /// users' errors. Only with [`WindowArrivals::Poisson`].
    pub load_test: Option<Rate>,
    /// The time between two scrapes of the counters; absent: counters are always up to date.
    pub scrape_interval: Option<Duration>,
    /// Users among whom the requests are spread, each request one of them at random; at least 1.
    /// Absent: nobody asks how many of them meet an error.
    pub users: Option<NonZeroU64>,
    /// Failed requests are tried again; absent: they are not.
    pub retries: Option<Retries>,
}

impl GateTraffic {
    /// Poisson arrivals at this rate, without errors, latencies, a load test, scrapes or retries.
    #[must_use]
    pub fn of(rate: Rate) -> Self {
        Self {
            rate,
            arrivals: WindowArrivals::Poisson,
            canary_error_rate: 0.0,
            stable_error_rate: 0.0,
            latency: None,
            load_test: None,
            scrape_interval: None,
            users: None,
            retries: None,
        }
    }

    /// The share of users' requests that fail on the new version in the end, after all retries.
    #[must_use]
    pub fn users_error_rate(&self) -> f64 {
        match self.retries {
            Some(retries) => retries.failing(self.canary_error_rate),
            None => self.canary_error_rate,
        }
    }

    /// The same traffic for another new version.
    #[must_use]
    pub fn with_canary_error_rate(self, error_rate: f64) -> Self {
        Self {
            canary_error_rate: error_rate,
            ..self
        }
    }

    /// Without random arrivals: how many requests arrive at versions with that many percent of the
    /// traffic in all, between `from` and `to` nanoseconds after the last tick.
    #[must_use]
    pub fn fixed_requests(&self, percent: u32, from: u64, to: u64) -> u64 {
        let per_second = self.rate.per_second();
        let until = |time: u64| -> u64 {
            let product = u128::from(time) * u128::from(*per_second.numer()) * u128::from(percent);
            let whole = product / (u128::from(*per_second.denom()) * 100_000_000_000);
            u64::try_from(whole).unwrap_or(u64::MAX)
        };
        until(to) - until(from)
    }

    /// What of a window the counters show at a tick `now` nanoseconds after the start, as
    /// nanoseconds (from, to]; `None` if fewer than two scrapes lie in it, so that there is no rate.
    ///
    /// A window holds the scrapes of (now − window, now], as in Prometheus 3; what it says of time
    /// before the first of them, it does not know.
    #[must_use]
    pub fn seen_of_window(&self, window: Duration, now: u64) -> Option<(u64, u64)> {
        let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX);
        let begin = now.saturating_sub(window);
        let Some(scrape) = self.scrape_interval else {
            return Some((begin, now));
        };
        let scrape = u64::try_from(scrape.as_nanos()).unwrap_or(u64::MAX).max(1);
        let last = now / scrape * scrape;
        let first = match now.checked_sub(window) {
            Some(begin) => (begin / scrape + 1) * scrape,
            None => 0,
        };
        (first < last).then_some((first, last))
    }
}

/// Where requests go between two ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The share of users' requests that the new version answers.
    pub users: CanaryWeight,
    /// The share of users' requests whose copies the new version answers, unseen.
    pub mirrored: CanaryWeight,
}

impl Route {
    /// Users alone.
    #[must_use]
    pub fn users(users: CanaryWeight) -> Self {
        Self {
            users,
            mirrored: CanaryWeight::NONE,
        }
    }

    /// The share of users' requests that the new version answers, seen or not.
    #[must_use]
    pub fn observed_share(self) -> f64 {
        f64::from(self.users.as_percent() + self.mirrored.as_percent()) / 100.0
    }
}

/// A log-normal law of latencies, given by two of its quantiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    median_ms: f64,
    sigma: f64,
}

/// The standard normal quantile of 0.99.
const Z99: f64 = 2.326_347_874_040_841;

impl Latency {
    /// A law with this median and this 99th percentile, in milliseconds; `None` unless
    /// 0 < median < p99.
    #[must_use]
    pub fn new(median_ms: f64, p99_ms: f64) -> Option<Self> {
        let valid = median_ms > 0.0 && p99_ms > median_ms && p99_ms.is_finite();
        valid.then(|| Self {
            median_ms,
            sigma: libm::log(p99_ms / median_ms) / Z99,
        })
    }

    /// The same law, slower by a factor above zero.
    #[must_use]
    pub fn slower(self, factor: f64) -> Self {
        Self {
            median_ms: self.median_ms * factor,
            ..self
        }
    }

    /// P(a request takes at most that many milliseconds).
    #[must_use]
    pub fn at_most(self, ms: f64) -> f64 {
        if ms <= 0.0 {
            return 0.0;
        }
        let z = libm::log(ms / self.median_ms) / self.sigma;
        0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
    }

    /// P(a request falls into a bucket), for each bucket and the one without a bound.
    #[must_use]
    pub fn bucket_shares(self, buckets: &Buckets) -> Vec<f64> {
        let mut below = 0.0;
        let mut shares: Vec<f64> = buckets
            .bounds()
            .iter()
            .map(|&bound| {
                let by_now = self.at_most(to_f64(bound));
                let share = by_now - below;
                below = by_now;
                share
            })
            .collect();
        shares.push(1.0 - below);
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_law_has_its_quantiles() {
        let law = Latency::new(100.0, 500.0).unwrap();
        assert!((law.at_most(100.0) - 0.5).abs() < 1e-15);
        assert!((law.at_most(500.0) - 0.99).abs() < 1e-12);
        assert!((law.slower(2.0).at_most(1000.0) - 0.99).abs() < 1e-12);
        let shares = law.bucket_shares(&Buckets::istio());
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(Latency::new(100.0, 100.0).is_none());
    }

    #[test]
    fn a_window_of_one_scrape_shows_nothing() {
        let second = 1_000_000_000;
        let traffic = |scrape| GateTraffic {
            scrape_interval: Some(Duration::from_secs(scrape)),
            ..GateTraffic::of(Rate::one_per_second())
        };
        let minute = Duration::from_secs(60);
        let seen = |scrape, now| traffic(scrape).seen_of_window(minute, now * second);
        assert_eq!(seen(15, 120), Some((75 * second, 120 * second)));
        assert_eq!(seen(60, 120), None);
        assert_eq!(seen(30, 125), Some((90 * second, 120 * second)));
    }
}
