//! What a metric's value says about the new version: a number that rises or falls with the share of
//! successful requests, or with a quantile of the latency.

use std::time::Duration;

use super::exact::{self, Exact};
use crate::config::Diagnostic;
use crate::config::yaml::Node;
use crate::rollout::{Bound, Buckets, Measure, RolloutError, ValueRange};
use crate::units::Rational;

/// What a value depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantity {
    /// The share of successful requests, from 0 to 1.
    SuccessShare,
    /// A quantile of the latency in milliseconds.
    Latency {
        /// Which quantile.
        quantile: Rational,
        /// The buckets of its histogram.
        buckets: Buckets,
    },
}

/// A value `offset + slope · quantity` over a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signal {
    pub(super) quantity: Quantity,
    pub(super) offset: Exact,
    pub(super) slope: Exact,
    pub(super) window: Duration,
}

/// An end of a range of values, with its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) value: Exact,
    pub(super) inclusive: bool,
}

impl Signal {
    /// The share of successful requests, times `scale`.
    pub(super) fn success_share(scale: i128, window: Duration) -> Self {
        Self {
            quantity: Quantity::SuccessShare,
            offset: exact::whole(0),
            slope: exact::whole(scale),
            window,
        }
    }

    /// What is measured, for the domain.
    pub(super) fn measure(&self, whole_milliseconds: bool) -> Result<Measure, RolloutError> {
        match &self.quantity {
            Quantity::SuccessShare => Ok(Measure::SuccessRate),
            Quantity::Latency { quantile, buckets } => {
                Measure::latency(*quantile, buckets.clone(), whole_milliseconds)
            }
        }
    }

    /// The range of the quantity whose values lie between two ends.
    pub(super) fn range(
        &self,
        lower: Option<End>,
        upper: Option<End>,
    ) -> Result<ValueRange, RolloutError> {
        let solve = |end: End| -> Option<End> {
            let value = exact::divide(exact::subtract(end.value, self.offset)?, self.slope)?;
            Some(End { value, ..end })
        };
        let (lower, upper) = (lower.and_then(solve), upper.and_then(solve));
        let (lower, upper) = match self.slope < exact::whole(0) {
            true => (upper, lower),
            false => (lower, upper),
        };
        // Below zero there is nothing: such a lower end is no limit, such an upper end excludes all.
        let lower = lower.and_then(bound);
        let upper = upper.map(|end| {
            bound(end).unwrap_or(Bound {
                value: Rational::from_integer(0),
                inclusive: false,
            })
        });
        ValueRange::new(lower, upper)
    }
}

/// What its author should know of a range that accepts hardly any version, or nearly all.
pub(super) fn oddity(measure: &Measure, accepted: &ValueRange, place: &Node) -> Option<Diagnostic> {
    if *measure != Measure::SuccessRate {
        return None;
    }
    let warning = |message: &str, label: &str| {
        Diagnostic::warning(place.span.clone(), message, label)
            .help("is the condition turned around?")
    };
    if !accepted.contains_fraction(1, 1) {
        return Some(warning(
            "a version without a single failure does not pass this",
            "so no version ever will",
        ));
    }
    let failing = (1..=10)
        .rev()
        .find(|&tenths| tenths >= 5 && accepted.contains_fraction(10 - tenths, 10))?;
    Some(warning(
        &format!(
            "a version of which {}0% of requests fail passes this",
            failing
        ),
        "it stops next to nothing",
    ))
}

fn bound(end: End) -> Option<Bound> {
    Some(Bound {
        value: exact::unsigned(end.value)?,
        inclusive: end.inclusive,
    })
}

/// An end that belongs to the range.
pub(super) fn including(value: Exact) -> End {
    End {
        value,
        inclusive: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_percentage_becomes_a_range_of_success() {
        // value = 100 − 100 s ≤ 5 means s ≥ 0.95.
        let errors = Signal {
            offset: exact::whole(100),
            slope: exact::whole(-100),
            ..Signal::success_share(1, Duration::from_secs(60))
        };
        let range = errors
            .range(None, Some(including(exact::whole(5))))
            .unwrap();
        assert_eq!(range, ValueRange::at_least(Rational::new(19, 20)));
        let strict = End {
            value: exact::whole(5),
            inclusive: false,
        };
        let range = errors.range(None, Some(strict)).unwrap();
        assert_eq!(range, ValueRange::above(Rational::new(19, 20)));
    }

    #[test]
    fn a_range_below_zero_accepts_nothing() {
        let share = Signal::success_share(1, Duration::from_secs(60));
        let never = share
            .range(None, Some(including(exact::whole(-1))))
            .unwrap();
        assert!(!never.contains_fraction(0, 1));
        let always = share
            .range(Some(including(exact::whole(-1))), None)
            .unwrap();
        assert!(always.contains_fraction(0, 1));
    }
}
