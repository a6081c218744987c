//! Which version a phase is about, and what its runs are compared with.

use crate::scenario::{Phase, Scenario};
use crate::tally::RunShape;

/// The destination that sentences and charts speak of: the last one with a weight, which by custom
/// is the new version.
pub(super) fn focus(phase: &Phase) -> usize {
    phase
        .target_shares()
        .iter()
        .rposition(|share| *share.numer() > 0)
        .unwrap_or(0)
}

/// Whether there is anything to split: at least two destinations with a weight above zero, or with
/// replicas where those decide.
pub(super) fn is_split(phase: &Phase) -> bool {
    phase
        .effective_weights()
        .iter()
        .filter(|&&weight| weight > 0)
        .count()
        > 1
}

/// What each phase's replications are compared with.
#[must_use]
pub fn shapes(scenario: &Scenario) -> Vec<RunShape> {
    scenario
        .phases()
        .iter()
        .map(|phase| RunShape {
            targets: phase.target_shares(),
            tolerance: scenario.tolerance(),
            focus: focus(phase),
        })
        .collect()
}
