//! Whether the order of the requests looks random. A count test can never see a round robin.

use super::{OrderSummary, PValue, focus, words};
use crate::scenario::{Phase, Scenario};
use crate::stats::{StatsError, order};
use crate::tally::PhaseTally;

/// Below this p-value the order is called alternating or blocked: one false alarm in a hundred
/// phases whose order is random.
pub(super) const ORDER_LEVEL: f64 = 0.01;

/// How the p-value of the order is defined.
const CONVENTION: &str = "exact Wald-Wolfowitz runs test, two-sided by doubling";

/// Examines the first requests of a phase; `None` where there is nothing to split, too little to
/// see, or a split that moves with the ready replicas.
pub(super) fn summarise(
    scenario: &Scenario,
    phase: &Phase,
    tally: &PhaseTally,
) -> Result<Option<OrderSummary>, StatsError> {
    let focus = focus::focus(phase);
    let follows = phase.algorithm().follows_replicas();
    if follows || !focus::is_split(phase) || tally.opening.len() < 2 {
        return Ok(None);
    }
    let outcomes: Vec<bool> = tally
        .opening
        .iter()
        .map(|&destination| usize::from(destination) == focus)
        .collect();
    let runs = order::Runs::of(&outcomes);
    let test = match runs.first > 0 && runs.second > 0 {
        true => Some(runs.exact()?),
        false => None,
    };
    let looks = match &test {
        None => "one version only",
        Some(test) if test.two_sided >= ORDER_LEVEL => "random",
        Some(test) if test.upper < test.lower => "alternating",
        Some(_) => "blocked",
    };
    Ok(Some(OrderSummary {
        examined: outcomes.len() as u64,
        version: words::name(scenario, phase, focus).to_owned(),
        runs: runs.runs,
        expected_runs: runs.expected(),
        longest_run: runs.longest,
        p_value: test.map(|test| PValue {
            value: test.two_sided,
            convention: CONVENTION,
        }),
        looks,
    }))
}
