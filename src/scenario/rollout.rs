//! A scenario that is a rollout: weights follow the decisions of a gate.

use super::ScenarioName;
use crate::rollout::{GateTraffic, Rollout};
use crate::units::Rational;

/// A scenario that is a rollout: weights follow the decisions of a gate.
#[derive(Debug, Clone)]
pub struct RolloutScenario {
    /// Names the scenario and its output folder.
    pub name: ScenarioName,
    /// A headline for people; the name if absent.
    pub title: Option<String>,
    /// A paragraph for people.
    pub description: Option<String>,
    /// The rollout with its gate.
    pub rollout: Rollout,
    /// How much traffic there is, and how the versions behave.
    pub traffic: GateTraffic,
    /// The largest acceptable share of errors, if it is not that of the gate's own check.
    pub objective: Option<Rational>,
    /// The one seed.
    pub seed: u64,
    /// How often the rollout is repeated with other streams, at least 1.
    pub replications: u32,
}
