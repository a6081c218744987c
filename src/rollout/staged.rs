//! Our own few-line form: the same step every so often, and a rule that may also say "not enough
//! data" or test sequentially.

use std::time::Duration;

use super::{CanaryWeight, MetricCheck, RolloutError};
use crate::units::Rational;

/// A rollout in our own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    weights: Vec<CanaryWeight>,
    interval: Duration,
    rule: StagedRule,
}

/// How each step is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StagedRule {
    /// Checks at each step, as Flagger counts them: rolled back once `failures` checks have failed
    /// in all.
    Checks {
        /// The metric checks, all of which must pass; at least one.
        checks: Vec<MetricCheck>,
        /// Failed checks with which it is rolled back, at least 1.
        failures: u32,
        /// With fewer requests than this since the last decision, the tick decides nothing, and the
        /// requests are kept for the next tick. 0: always decide, and no request is a failure.
        minimum_requests: u64,
        /// After so many undecided ticks in a row somebody is asked; `None` waits for ever.
        patience: Option<u32>,
    },
    /// The steps follow the clock; it is rolled back as soon as the errors' shares contradict the
    /// weights: the anytime-valid test of Lindon and Malek (2022), whose level holds however often
    /// one looks.
    ErrorShare {
        /// The chance that a version as good as the old one is rolled back, at most.
        level: Rational,
        /// How sharply the prior is centred on the weights, at least 1.
        concentration: u32,
    },
}

impl Staged {
    /// A rollout in our own form.
    ///
    /// # Errors
    /// [`RolloutError`] without weights, with a weight of zero, without an interval or checks, with
    /// zero failures or patience, or with a level that is not strictly between 0 and 1.
    pub fn new(
        weights: Vec<CanaryWeight>,
        interval: Duration,
        rule: StagedRule,
    ) -> Result<Self, RolloutError> {
        super::weight::check_steps(&weights)?;
        if interval.is_zero() {
            return Err(RolloutError::NoTime("interval"));
        }
        match &rule {
            StagedRule::Checks { checks, .. } if checks.is_empty() => {
                return Err(RolloutError::NoMetrics);
            }
            StagedRule::Checks { failures: 0, .. } => {
                return Err(RolloutError::NoCount("failures"));
            }
            StagedRule::Checks {
                patience: Some(0), ..
            } => return Err(RolloutError::NoCount("patience")),
            StagedRule::ErrorShare {
                concentration: 0, ..
            } => return Err(RolloutError::NoCount("concentration")),
            StagedRule::ErrorShare { level, .. }
                if *level.numer() == 0 || *level >= Rational::from_integer(1) =>
            {
                return Err(RolloutError::Share("level"));
            }
            _ => {}
        }
        Ok(Self {
            weights,
            interval,
            rule,
        })
    }

    /// The weights, in order; at least one, none zero.
    #[must_use]
    pub fn weights(&self) -> &[CanaryWeight] {
        &self.weights
    }

    /// The time between two ticks.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How each step is judged.
    #[must_use]
    pub fn rule(&self) -> &StagedRule {
        &self.rule
    }
}
