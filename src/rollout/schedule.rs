//! Weights by the clock, without a gate: AWS CodeDeploy's predefined configurations, OpenKruise's
//! steps, and any migration plan on paper.

use std::time::Duration;

use super::{CanaryWeight, MAX_STEPS, RolloutError};

/// Weights by the clock. After the last step the new version gets all traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    steps: Vec<ScheduleStep>,
}

/// A weight, and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleStep {
    /// The weight of the new version.
    pub weight: CanaryWeight,
    /// How long it holds; `None` until somebody goes on.
    pub duration: Option<Duration>,
}

impl Schedule {
    /// A schedule of these steps.
    ///
    /// # Errors
    /// [`RolloutError::Steps`] without steps or with too many.
    pub fn new(steps: Vec<ScheduleStep>) -> Result<Self, RolloutError> {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(RolloutError::Steps(steps.len()));
        }
        Ok(Self { steps })
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[ScheduleStep] {
        &self.steps
    }
}
