//! Response times: exact mean, quantiles with a bounded error, and an interval for the mean.

use hdrhistogram::Histogram;

use super::Batches;
use super::counts::{self, Sum};

/// A quantile is too high by at most this share of itself: two significant digits.
pub const LATENCY_ERROR: f64 = 1.0 / 128.0;

/// Response times of one version in one phase, in constant memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum: u128,
    batches: Batches,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            histogram: counts::empty(),
            sum: 0,
            batches: Batches::default(),
        }
    }
}

impl Latency {
    /// Adds the response to request number `number`, counted in the order of arrival, after so
    /// many nanoseconds; it is still to be counted, by [`Self::count_all`].
    #[inline]
    pub(super) fn add(&mut self, number: u64, nanos: u64) {
        self.sum += u128::from(nanos);
        self.batches.record(number, nanos);
    }

    /// Adds a response and counts it at once.
    pub(super) fn record(&mut self, number: u64, nanos: u64) {
        self.add(number, nanos);
        self.histogram.saturating_record(nanos);
    }

    /// The same as [`Self::add`] for requests in a row, the first of which has this number; returns the sum.
    pub(super) fn add_row(&mut self, number: u64, nanos: &[u64]) -> u128 {
        let sum = self.batches.record_row(number, nanos);
        self.sum += sum;
        sum
    }

    /// Tells how often which response time occurred.
    pub(super) fn count_all(&mut self, counts: &Sum) {
        self.histogram = counts.histogram();
    }

    /// How many responses.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The mean in seconds, exact; `None` without a response.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64 / 1e9)
    }

    /// The sum in nanoseconds.
    #[must_use]
    pub fn sum_nanos(&self) -> u128 {
        self.sum
    }

    /// The smallest time, in seconds, that at least a share `quantile` of the responses did not
    /// exceed; at most [`LATENCY_ERROR`] too high. `None` without a response.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only the result is rounded")]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.histogram.value_at_quantile(quantile) as f64 / 1e9)
    }

    /// Responses that took at most `nanos` nanoseconds, to within the histogram's resolution.
    #[must_use]
    pub fn count_up_to(&self, nanos: u64) -> u64 {
        self.histogram.count_between(0, nanos)
    }

    /// Consecutive batches of responses, for the interval of the mean.
    #[must_use]
    pub fn batches(&self) -> &Batches {
        &self.batches
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::*;

    #[test]
    fn quantiles_are_within_the_stated_error() {
        let (mut latency, mut counts) = (Latency::default(), Counts::default());
        let mut times: Vec<u64> = (1..=100_000_u64).map(|i| i * i * 7 + 3).collect();
        times.iter().for_each(|&time| counts.record(time));
        latency.add_row(0, &times);
        latency.count_all(&Sum::of([&counts]));
        times.sort_unstable();
        for quantile in [0.001, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let rank = (quantile * 100_000.0_f64).ceil() as usize - 1;
            let exact = times[rank] as f64 / 1e9;
            let found = latency.quantile(quantile).unwrap();
            let error = found / exact - 1.0;
            assert!(
                (0.0..=LATENCY_ERROR).contains(&error),
                "{quantile}: {error}"
            );
        }
        assert_eq!(latency.count(), 100_000);
        assert_eq!(
            latency.sum_nanos(),
            times.iter().map(|&t| u128::from(t)).sum()
        );
    }
}
