//! What a gate measures, and which values it accepts.

use std::time::Duration;

use super::RolloutError;
use crate::units::Rational;

/// What is measured of the new version's requests over a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// The share of requests that do not fail, from 0 to 1. Without requests it is 0/0.
    SuccessRate,
    /// A quantile of the latency in milliseconds, as Prometheus' `histogram_quantile` interpolates
    /// it from buckets. Without requests it is not a number.
    LatencyQuantile {
        /// Which quantile: 0.99 for p99; strictly between 0 and 1.
        quantile: Rational,
        /// The buckets of the histogram.
        buckets: Buckets,
        /// Whether the value is cut to whole milliseconds before it is compared, as Flagger does.
        whole_milliseconds: bool,
    },
    /// Something that is not understood, such as a job or another provider's query: successful with
    /// this probability each time, whatever the traffic.
    NotSimulated {
        /// What it is called.
        name: String,
        /// P(successful), from 0 to 1; 1 until somebody gives another one.
        successful: Rational,
    },
}

impl Measure {
    /// Something that is not understood and taken to succeed always.
    #[must_use]
    pub fn not_simulated(name: impl Into<String>) -> Self {
        Self::NotSimulated {
            name: name.into(),
            successful: Rational::from_integer(1),
        }
    }

    /// A latency quantile.
    ///
    /// # Errors
    /// [`RolloutError::Share`] unless the quantile is strictly between 0 and 1.
    pub fn latency(
        quantile: Rational,
        buckets: Buckets,
        whole_milliseconds: bool,
    ) -> Result<Self, RolloutError> {
        if *quantile.numer() == 0 || quantile >= Rational::from_integer(1) {
            return Err(RolloutError::Share("quantile"));
        }
        Ok(Self::LatencyQuantile {
            quantile,
            buckets,
            whole_milliseconds,
        })
    }
}

/// The upper bounds of a latency histogram's buckets in milliseconds, rising; a last one without a
/// bound (`le="+Inf"`) is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets(Vec<Rational>);

impl Buckets {
    /// Buckets with these upper bounds, in milliseconds.
    ///
    /// # Errors
    /// [`RolloutError::Buckets`] unless they are above zero and rise, and there is at least one.
    pub fn new(bounds: Vec<Rational>) -> Result<Self, RolloutError> {
        let rise = bounds.windows(2).all(|pair| pair[0] < pair[1]);
        let positive = bounds.first().is_some_and(|bound| *bound.numer() > 0);
        match rise && positive {
            true => Ok(Self(bounds)),
            false => Err(RolloutError::Buckets),
        }
    }

    /// The buckets of `istio_request_duration_milliseconds` (Envoy's defaults,
    /// source/common/stats/histogram_impl.cc).
    #[must_use]
    pub fn istio() -> Self {
        let half = Rational::new(1, 2);
        let whole = [
            1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000,
            600_000, 1_800_000, 3_600_000,
        ];
        let whole = whole.into_iter().map(Rational::from_integer);
        Self(std::iter::once(half).chain(whole).collect())
    }

    /// The upper bounds in milliseconds, rising.
    #[must_use]
    pub fn bounds(&self) -> &[Rational] {
        &self.0
    }
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The value at the end: a share for a success rate, milliseconds for a latency.
    pub value: Rational,
    /// Whether the end itself belongs to the range (`>=` rather than `>`).
    pub inclusive: bool,
}

/// An interval of values; it may be open to either side, and always holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueRange {
    lower: Option<Bound>,
    upper: Option<Bound>,
}

impl ValueRange {
    /// The values between two ends; `None` is no limit.
    ///
    /// # Errors
    /// [`RolloutError::EmptyRange`] if no value lies between them.
    pub fn new(lower: Option<Bound>, upper: Option<Bound>) -> Result<Self, RolloutError> {
        if let (Some(low), Some(high)) = (lower, upper) {
            let touching = low.value == high.value && low.inclusive && high.inclusive;
            if low.value >= high.value && !touching {
                return Err(RolloutError::EmptyRange);
            }
        }
        Ok(Self { lower, upper })
    }

    /// Values of at least that: `>= value`.
    #[must_use]
    pub fn at_least(value: Rational) -> Self {
        Self {
            lower: Some(Bound {
                value,
                inclusive: true,
            }),
            upper: None,
        }
    }

    /// Values of at most that: `<= value`.
    #[must_use]
    pub fn at_most(value: Rational) -> Self {
        Self {
            lower: None,
            upper: Some(Bound {
                value,
                inclusive: true,
            }),
        }
    }

    /// Values above that: `> value`.
    #[must_use]
    pub fn above(value: Rational) -> Self {
        Self {
            lower: Some(Bound {
                value,
                inclusive: false,
            }),
            upper: None,
        }
    }

    /// Values below that: `< value`.
    #[must_use]
    pub fn below(value: Rational) -> Self {
        Self {
            lower: None,
            upper: Some(Bound {
                value,
                inclusive: false,
            }),
        }
    }

    /// The lower end, if there is one.
    #[must_use]
    pub fn lower(&self) -> Option<Bound> {
        self.lower
    }

    /// The upper end, if there is one.
    #[must_use]
    pub fn upper(&self) -> Option<Bound> {
        self.upper
    }

    /// Whether the fraction `numerator/denominator` lies in the range, compared exactly.
    /// `denominator` is above zero; it and the numerator are at most 2^53, as counts are.
    #[must_use]
    pub fn contains_fraction(&self, numerator: u64, denominator: u64) -> bool {
        let compare = |bound: Bound| {
            let left = u128::from(numerator) * u128::from(*bound.value.denom());
            left.cmp(&(u128::from(denominator) * u128::from(*bound.value.numer())))
        };
        let above = self.lower.is_none_or(|bound| {
            let order = compare(bound);
            order.is_gt() || (bound.inclusive && order.is_eq())
        });
        let below = self.upper.is_none_or(|bound| {
            let order = compare(bound);
            order.is_lt() || (bound.inclusive && order.is_eq())
        });
        above && below
    }

    /// Whether a value that was computed in floating point lies in the range.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let end = |bound: Bound| crate::units::to_f64(bound.value);
        let above = self
            .lower
            .is_none_or(|bound| value > end(bound) || (bound.inclusive && value >= end(bound)));
        let below = self
            .upper
            .is_none_or(|bound| value < end(bound) || (bound.inclusive && value <= end(bound)));
        above && below
    }
}

/// A metric and the values with which a check passes. No value (no request in the window) fails it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricCheck {
    /// What it is called, such as `request-success-rate`.
    pub name: String,
    /// What is measured.
    pub measure: Measure,
    /// The values with which it passes.
    pub accepted: ValueRange,
    window: Duration,
}

impl MetricCheck {
    /// A check over the last `window` before each tick.
    ///
    /// # Errors
    /// [`RolloutError::NoTime`] if the window is zero.
    pub fn new(
        name: impl Into<String>,
        measure: Measure,
        accepted: ValueRange,
        window: Duration,
    ) -> Result<Self, RolloutError> {
        if window.is_zero() {
            return Err(RolloutError::NoTime("window"));
        }
        Ok(Self {
            name: name.into(),
            measure,
            accepted,
            window,
        })
    }

    /// A check of something that is not understood and taken to pass always.
    #[must_use]
    pub fn not_simulated(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            measure: Measure::not_simulated(name.clone()),
            name,
            accepted: ValueRange::at_least(Rational::from_integer(0)),
            window: Duration::from_secs(1),
        }
    }

    /// How far back it looks.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_compare_exactly_at_their_ends() {
        let at_least = ValueRange::at_least(Rational::new(99, 100));
        assert!(at_least.contains_fraction(99, 100));
        assert!(!at_least.contains_fraction(98, 99));
        assert!(!ValueRange::above(Rational::new(99, 100)).contains_fraction(198, 200));
        assert!(ValueRange::at_most(Rational::new(1, 20)).contains_fraction(3, 60));
        assert!(!ValueRange::below(Rational::new(1, 20)).contains_fraction(3, 60));
        assert!(ValueRange::at_most(Rational::from_integer(500)).contains(500.0));
        assert!(!ValueRange::at_most(Rational::from_integer(500)).contains(f64::NAN));
    }

    #[test]
    fn ranges_without_a_value_are_refused() {
        let end = |value, inclusive| {
            Some(Bound {
                value: Rational::from_integer(value),
                inclusive,
            })
        };
        assert!(ValueRange::new(end(1, true), end(1, true)).is_ok());
        assert!(ValueRange::new(end(1, true), end(1, false)).is_err());
        assert!(ValueRange::new(end(2, true), end(1, true)).is_err());
        assert!(ValueRange::new(None, None).is_ok());
    }
}
