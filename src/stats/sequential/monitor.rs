//! The e-value of two versions as a monitor: how often does it alarm, exactly?

use super::check_alpha;
use std::ops::RangeInclusive;

use super::Looks;
use super::multinomial::{ln_e_two_versions, ln_threshold};
use super::walk::{CrossingPoint, crossing_curve};
use crate::stats::StatsError;

/// A monitor that alarms at the first look where the two-version e-value of
/// [`ln_e_value`](super::multinomial::ln_e_value) is at least 1/α.
///
/// ```
/// # use shiftsim::stats::sequential::{Looks, monitor::TwoVersionMonitor};
/// // 50/50, looked at after every request up to 1000, with the prior 100 w
/// let monitor = TwoVersionMonitor::new(0.5, 100.0, 0.05)?;
/// let looks = Looks::after_each(1000)?;
/// let false_alarms = monitor.alarm_probability(0.5, &looks)?;
/// assert!((false_alarms - 0.0202809590486).abs() < 1e-12); // at most 0.05 was promised
/// let power = monitor.alarm_probability(0.6, &looks)?;
/// assert!((power - 0.9998190072325).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoVersionMonitor {
    share: f64,
    concentration: f64,
    alpha: f64,
}

impl TwoVersionMonitor {
    /// A monitor of a version's target `share`, with Dirichlet prior `concentration` · shares, that
    /// alarms at e ≥ 1/`alpha`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `share` and `alpha` lie in (0, 1) and `concentration` is
    /// positive and finite.
    pub fn new(share: f64, concentration: f64, alpha: f64) -> Result<Self, StatsError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(StatsError::domain("share", "in (0, 1)", share));
        }
        check_alpha(alpha)?;
        if !(concentration > 0.0 && concentration.is_finite()) {
            let expected = "positive and finite";
            return Err(StatsError::domain("concentration", expected, concentration));
        }
        Ok(Self {
            share,
            concentration,
            alpha,
        })
    }

    /// ln e after `count` of `n` on the monitored version; `count` is at most `n`.
    fn ln_e(&self, count: u64, n: u64) -> f64 {
        let (p, q) = (self.share, 1.0 - self.share);
        ln_e_two_versions(count, n.saturating_sub(count), p, q, self.concentration)
    }

    /// The counts without an alarm at each of rising n.
    ///
    /// For each n the e-value is a convex function of the count, below 1/α near the target; from
    /// one n to the next, the lower end never falls and the upper end rises by at most one.
    fn continuation(&self) -> impl FnMut(u64) -> RangeInclusive<u64> {
        let this = *self;
        let threshold = ln_threshold(self.alpha);
        let (mut last_n, mut low, mut high) = (0, 0, 0);
        move |n| {
            high += n - last_n;
            last_n = n;
            while low < high && this.ln_e(low, n) >= threshold {
                low += 1;
            }
            while high > low && this.ln_e(high, n) >= threshold {
                high -= 1;
            }
            low..=high
        }
    }

    /// P(an alarm by each look) when the true share is `true_share`; `low` are alarms because the
    /// version was seen too rarely. Absolute error below 10^-12.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `true_share` lies in [0, 1]; [`StatsError::Limit`] if the looks
    /// reach beyond some hundred thousand observations.
    pub fn alarm_curve(
        &self,
        true_share: f64,
        looks: &Looks,
    ) -> Result<Vec<CrossingPoint>, StatsError> {
        crossing_curve(true_share, looks, self.continuation())
    }

    /// P(an alarm at one of the looks) when the true share is `true_share`: the false alarm
    /// probability if that is the target, the power if it is not.
    ///
    /// # Errors
    /// As [`TwoVersionMonitor::alarm_curve`].
    pub fn alarm_probability(&self, true_share: f64, looks: &Looks) -> Result<f64, StatsError> {
        let curve = self.alarm_curve(true_share, looks)?;
        Ok(curve.last().map_or(0.0, |point| point.either()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::sequential::multinomial::MultinomialEValue;
    use proptest::prelude::*;

    /// Every sequence of n picks, one by one.
    fn by_enumeration(monitor: &TwoVersionMonitor, truth: f64, n: u32) -> f64 {
        let mut alarmed = 0.0;
        for bits in 0..1u32 << n {
            let weights = [monitor.share, 1.0 - monitor.share];
            let mut e = MultinomialEValue::new(&weights, monitor.concentration).unwrap();
            let mut probability = 1.0;
            for i in 0..n {
                let first = bits >> i & 1 == 1;
                probability *= if first { truth } else { 1.0 - truth };
                e.observe(usize::from(!first)).unwrap();
            }
            if e.has_crossed(monitor.alpha) {
                alarmed += probability;
            }
        }
        alarmed
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn agrees_with_enumeration(
            share in 0.02..0.98f64, truth in 0.0..=1.0f64, k in 0.5..50.0f64, alpha in 0.02..0.6f64,
        ) {
            let monitor = TwoVersionMonitor::new(share, k, alpha).unwrap();
            let looks = Looks::after_each(11).unwrap();
            let exact = monitor.alarm_probability(truth, &looks).unwrap();
            prop_assert!((exact - by_enumeration(&monitor, truth, 11)).abs() < 1e-12);
        }

        #[test]
        fn false_alarms_keep_the_promise(
            share in 0.02..0.98f64, k in 0.5..500.0f64, alpha in 0.001..0.5f64,
        ) {
            let monitor = TwoVersionMonitor::new(share, k, alpha).unwrap();
            let looks = Looks::after_each(400).unwrap();
            prop_assert!(monitor.alarm_probability(share, &looks).unwrap() <= alpha + 1e-12);
        }

        #[test]
        fn the_two_versions_mirror_each_other(
            share in 0.02..0.98f64, truth in 0.0..=1.0f64, k in 0.5..500.0f64,
        ) {
            let looks = Looks::every(7, 210).unwrap();
            let one = TwoVersionMonitor::new(share, k, 0.05).unwrap();
            let other = TwoVersionMonitor::new(1.0 - share, k, 0.05).unwrap();
            let one = one.alarm_curve(truth, &looks).unwrap();
            let other = other.alarm_curve(1.0 - truth, &looks).unwrap();
            for (a, b) in one.iter().zip(&other) {
                prop_assert!((a.low - b.high).abs() < 1e-12 && (a.high - b.low).abs() < 1e-12);
            }
        }
    }
}
