//! An anytime-valid gate on error shares: is the canary to blame for more than its share of errors?
//!
//! Whatever the error rate does over time, as long as both versions see the same of it: given that
//! a request failed, it was on the canary with probability w RR / (w RR + 1 − w), where w is the
//! canary's weight and RR its error rate relative to the stable version. So the errors alone are
//! tested against the weights, and no minimum sample is needed. Source: M. Lindon and A. Malek
//! (2022), arXiv 2011.03567, section on inhomogeneous Poisson counts; as it is a test of shares, it
//! is two-sided.

use super::Looks;
use super::monitor::TwoVersionMonitor;
use super::multinomial::{MultinomialEValue, ln_threshold};
use crate::stats::StatsError;

/// P(an error is the canary's) = w RR / (w RR + 1 − w).
///
/// # Errors
/// [`StatsError::Domain`] unless `canary_weight` lies in [0, 1] and `rate_ratio` is finite and not
/// negative; or if there could be no error at all (`canary_weight` 1 and `rate_ratio` 0).
///
/// ```
/// # use shiftsim::stats::sequential::error_share::canary_error_share;
/// // a canary at 10% that fails four times as often causes 4/13 of the errors
/// assert!((canary_error_share(0.1, 4.0)? - 4.0 / 13.0).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn canary_error_share(canary_weight: f64, rate_ratio: f64) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&canary_weight) {
        let expected = "a share in [0, 1]";
        return Err(StatsError::domain("canary_weight", expected, canary_weight));
    }
    let canary = canary_weight * rate_ratio;
    let all = canary + 1.0 - canary_weight;
    if !(rate_ratio >= 0.0 && rate_ratio.is_finite()) || all == 0.0 {
        let expected = "finite, and above 0 where the canary takes everything";
        return Err(StatsError::domain("rate_ratio", expected, rate_ratio));
    }
    Ok(canary / all)
}

/// P(the gate alarms within the first `errors` errors, of both versions together), where the
/// canary's error rate is `rate_ratio` times the stable version's: the power, and for
/// `rate_ratio` = 1 the false alarm probability.
///
/// # Errors
/// As [`canary_error_share`] and [`TwoVersionMonitor::new`]; [`StatsError::Domain`] for no errors.
///
/// ```
/// # use shiftsim::stats::sequential::error_share::detection_probability;
/// // a canary at 10% that fails ten times as often, prior 10 w, within 50 errors
/// let power = detection_probability(0.1, 10.0, 10.0, 0.05, 50)?;
/// assert!((power - 0.9999755159123).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn detection_probability(
    canary_weight: f64,
    rate_ratio: f64,
    concentration: f64,
    alpha: f64,
    errors: u64,
) -> Result<f64, StatsError> {
    let monitor = TwoVersionMonitor::new(canary_weight, concentration, alpha)?;
    let share = canary_error_share(canary_weight, rate_ratio)?;
    monitor.alarm_probability(share, &Looks::after_each(errors)?)
}

/// Where an error happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedVersion {
    /// On the canary.
    Canary,
    /// On the stable version.
    Stable,
}

/// The gate over a whole rollout: within a step the e-value of the errors, over steps of different
/// weights their product, which is an e-value again.
///
/// ```
/// # use shiftsim::stats::sequential::error_share::{ErrorShareGate, FailedVersion};
/// let mut gate = ErrorShareGate::new(0.1, 10.0)?;
/// gate.observe(FailedVersion::Canary);
/// gate.set_canary_weight(0.2)?;
/// gate.observe(FailedVersion::Canary);
/// gate.observe(FailedVersion::Canary);
/// assert!(!gate.has_crossed(0.05));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorShareGate {
    concentration: f64,
    ln_finished_steps: f64,
    step: MultinomialEValue,
    ln_maximum: f64,
}

impl ErrorShareGate {
    /// A gate for a canary that starts at `canary_weight`, with Dirichlet prior
    /// `concentration` · weights in every step.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `canary_weight` lies in [0, 1] and `concentration` is positive
    /// and finite.
    pub fn new(canary_weight: f64, concentration: f64) -> Result<Self, StatsError> {
        Ok(Self {
            concentration,
            ln_finished_steps: 0.0,
            step: step_at(canary_weight, concentration)?,
            ln_maximum: 0.0,
        })
    }

    /// The rollout moves on: from now on the canary gets `canary_weight`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `canary_weight` lies in [0, 1].
    pub fn set_canary_weight(&mut self, canary_weight: f64) -> Result<(), StatsError> {
        let next = step_at(canary_weight, self.concentration)?;
        self.ln_finished_steps += self.step.ln_value();
        self.step = next;
        Ok(())
    }

    /// One request failed.
    pub fn observe(&mut self, version: FailedVersion) {
        let index = match version {
            FailedVersion::Canary => 0,
            FailedVersion::Stable => 1,
        };
        // Both indices exist in every step.
        if self.step.observe(index).is_ok() {
            self.ln_maximum = self.ln_maximum.max(self.ln_value());
        }
    }

    /// ln of the e-value over all steps.
    #[must_use]
    pub fn ln_value(&self) -> f64 {
        self.ln_finished_steps + self.step.ln_value()
    }

    /// The running p-value: valid at any time, and never rising.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        (-self.ln_maximum).exp()
    }

    /// Whether the e-value has ever been at least 1/`alpha`.
    #[must_use]
    pub fn has_crossed(&self, alpha: f64) -> bool {
        self.ln_maximum >= ln_threshold(alpha)
    }
}

fn step_at(canary_weight: f64, concentration: f64) -> Result<MultinomialEValue, StatsError> {
    if !(0.0..=1.0).contains(&canary_weight) {
        let expected = "a share in [0, 1]";
        return Err(StatsError::domain("canary_weight", expected, canary_weight));
    }
    MultinomialEValue::new(&[canary_weight, 1.0 - canary_weight], concentration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_canary_at_ten_percent() {
        let within = |ratio, errors| detection_probability(0.1, ratio, 10.0, 0.05, errors).unwrap();
        assert!((within(4.0, 50) - 0.845).abs() < 0.0005);
        assert!((within(2.0, 200) - 0.72).abs() < 0.005);
        assert!((within(1.0, 200) - 0.026).abs() < 0.0015);
    }

    #[test]
    fn steps_multiply() {
        let mut gate = ErrorShareGate::new(0.1, 10.0).unwrap();
        gate.observe(FailedVersion::Canary);
        assert_eq!(gate.ln_value(), 0.0); // the first observation is as predicted
        gate.observe(FailedVersion::Canary);
        let first = gate.ln_value();
        assert!((first - (2.0 / 11.0 / 0.1f64).ln()).abs() < 1e-14);
        gate.set_canary_weight(0.5).unwrap();
        assert_eq!(gate.ln_value(), first);
        gate.observe(FailedVersion::Stable);
        gate.observe(FailedVersion::Stable);
        let second = (6.0 / 11.0 / 0.5f64).ln();
        assert!((gate.ln_value() - first - second).abs() < 1e-14);
        assert!((gate.p_value() - (-first - second).exp()).abs() < 1e-14);
    }

    #[test]
    fn an_error_where_no_traffic_goes_is_proof() {
        let mut gate = ErrorShareGate::new(0.0, 10.0).unwrap();
        gate.observe(FailedVersion::Stable);
        assert_eq!(gate.p_value(), 1.0);
        gate.observe(FailedVersion::Canary);
        assert!(gate.has_crossed(1e-300));
        assert!(gate.set_canary_weight(1.5).is_err());
        assert!(canary_error_share(1.0, 0.0).is_err());
    }
}
