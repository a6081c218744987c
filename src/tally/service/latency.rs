//! Response times: exact mean, quantiles with a bounded error, and an interval for the mean.

use hdrhistogram::Histogram;

use super::Batches;

/// A quantile is too high by at most this share of itself: two significant digits.
pub const LATENCY_ERROR: f64 = 1.0 / 128.0;

/// The longest time that is told apart from longer ones: 39 hours, in nanoseconds.
const LONGEST: u64 = 1 << 47;

/// Response times of one version in one phase, in constant memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    histogram: Histogram<u64>,
    sum: u128,
    batches: Batches,
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    /// No response so far.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "constant bounds, which the crate accepts"
    )]
    pub fn new() -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, LONGEST, 2).expect("the bounds are valid"),
            sum: 0,
            batches: Batches::default(),
        }
    }

    /// Records the response to request number `number`, counted in the order of arrival, after so
    /// many nanoseconds.
    #[inline]
    pub fn record(&mut self, number: u64, nanos: u64) {
        self.histogram.saturating_record(nanos);
        self.sum += u128::from(nanos);
        self.batches.record(number, nanos);
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
    use super::*;

    #[test]
    fn quantiles_are_within_the_stated_error() {
        let mut latency = Latency::new();
        let mut times: Vec<u64> = (1..=100_000_u64).map(|i| i * i * 7 + 3).collect();
        (0..)
            .zip(&times)
            .for_each(|(number, &time)| latency.record(number, time));
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
