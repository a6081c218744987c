//! Flagger's canary analysis (fluxcd/flagger, pkg/controller/scheduler.go, `advanceCanary`).
//!
//! Every `interval` one tick. The first failing check of a tick adds one to a counter that is
//! never reset; on the tick after the counter has reached `threshold`, the rollout is rolled back.
//! A tick whose checks all pass moves on by one step; after the last step it is promoted.

use std::time::Duration;

use super::{CanaryWeight, MAX_STEPS, MetricCheck, RolloutError};

/// The shortest interval (pkg/apis/flagger/v1beta1/canary.go, `GetAnalysisInterval`).
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// A rollout by Flagger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagger {
    interval: Duration,
    threshold: u32,
    strategy: FlaggerStrategy,
    checks: Vec<MetricCheck>,
}

/// How traffic reaches the new version while it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlaggerStrategy {
    /// Rising weights; one passing tick at each.
    Canary {
        /// The weights, in order.
        weights: Vec<CanaryWeight>,
        /// A first tick on mirrored traffic, before the first weight.
        mirror: Option<Mirror>,
    },
    /// `iterations` passing ticks without users' traffic: mirrored, or whatever a load test sends;
    /// then all traffic at once, and one more passing tick.
    BlueGreen {
        /// How many ticks must pass.
        iterations: u32,
        /// Mirrored traffic, if there is any.
        mirror: Option<Mirror>,
    },
    /// `iterations` passing ticks, in which all users who match go to the new version.
    AbTest {
        /// How many ticks must pass.
        iterations: u32,
    },
}

/// Copies of users' requests that the new version answers and nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mirror {
    /// The share of the traffic that is copied (`mirrorWeight`, 100 if absent).
    pub weight: CanaryWeight,
}

impl Flagger {
    /// A rollout by Flagger. `checks` may be empty: such a tick passes.
    ///
    /// # Errors
    /// [`RolloutError`] for an interval below ten seconds, a threshold or iterations of zero, no or
    /// too many weights, and a weight of zero.
    pub fn new(
        interval: Duration,
        threshold: u32,
        strategy: FlaggerStrategy,
        checks: Vec<MetricCheck>,
    ) -> Result<Self, RolloutError> {
        if interval < SHORTEST_INTERVAL {
            return Err(RolloutError::TooOften);
        }
        if threshold == 0 {
            return Err(RolloutError::NoCount("threshold"));
        }
        match &strategy {
            FlaggerStrategy::Canary { weights, .. } => super::weight::check_steps(weights)?,
            FlaggerStrategy::BlueGreen { iterations, .. }
            | FlaggerStrategy::AbTest { iterations } => {
                if *iterations == 0 {
                    return Err(RolloutError::NoCount("iterations"));
                }
                if *iterations as usize > MAX_STEPS {
                    return Err(RolloutError::Steps(*iterations as usize));
                }
            }
        }
        Ok(Self {
            interval,
            threshold,
            strategy,
            checks,
        })
    }

    /// The weights that `stepWeight` and `maxWeight` stand for: multiples of `step` until `most` is
    /// reached or passed, at most 100. Step 20 up to 50 is 20, 40, 60. Empty if `step` is zero.
    #[must_use]
    pub fn step_weights(step: u32, most: u32) -> Vec<CanaryWeight> {
        let mut weights = Vec::new();
        let mut weight = 0_u32;
        while step > 0 && weight < most.min(100) {
            weight = weight.saturating_add(step).min(100);
            weights.extend(CanaryWeight::percent(weight));
        }
        weights
    }

    /// The time between two ticks.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Failed checks with which it is rolled back, at least 1.
    #[must_use]
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// How traffic reaches the new version while it is judged.
    #[must_use]
    pub fn strategy(&self) -> &FlaggerStrategy {
        &self.strategy
    }

    /// The metric checks of a tick, in order; the first that fails ends the tick.
    #[must_use]
    pub fn checks(&self) -> &[MetricCheck] {
        &self.checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percents(weights: Vec<CanaryWeight>) -> Vec<u32> {
        weights.into_iter().map(CanaryWeight::as_percent).collect()
    }

    #[test]
    fn steps_go_on_until_the_maximum_is_reached_or_passed() {
        assert_eq!(
            percents(Flagger::step_weights(10, 50)),
            [10, 20, 30, 40, 50]
        );
        assert_eq!(percents(Flagger::step_weights(20, 50)), [20, 40, 60]);
        assert_eq!(percents(Flagger::step_weights(60, 100)), [60, 100]);
        assert!(Flagger::step_weights(0, 100).is_empty());
    }

    #[test]
    fn what_flagger_would_not_run_is_refused() {
        let canary = |weights: Vec<u32>| FlaggerStrategy::Canary {
            weights: weights
                .into_iter()
                .filter_map(CanaryWeight::percent)
                .collect(),
            mirror: None,
        };
        let minute = Duration::from_secs(60);
        assert!(Flagger::new(minute, 5, canary(vec![10]), vec![]).is_ok());
        assert_eq!(
            Flagger::new(minute, 0, canary(vec![10]), vec![]),
            Err(RolloutError::NoCount("threshold"))
        );
        assert_eq!(
            Flagger::new(minute, 1, canary(vec![]), vec![]),
            Err(RolloutError::Steps(0))
        );
        assert_eq!(
            Flagger::new(minute, 1, canary(vec![10, 0]), vec![]),
            Err(RolloutError::EmptyStep(2))
        );
        assert_eq!(
            Flagger::new(Duration::from_secs(9), 1, canary(vec![10]), vec![]),
            Err(RolloutError::TooOften)
        );
    }
}
