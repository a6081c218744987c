//! Judges claims: exactly where an exact answer exists, by simulation with its error otherwise.

mod exact;
mod sentence;
mod simulated;

use super::{ClaimSummary, ClaimVerdict};
use crate::scenario::{Claim, Phase, Scenario, Statement};
use crate::sim::RunTally;
use crate::stats::StatsError;
use crate::units::display::{count, percent};
use crate::units::{Rational, to_f64};

/// What a claim rests on, and what follows for it.
struct Finding {
    verdict: ClaimVerdict,
    text: String,
    method: String,
    value: f64,
    standard_error: Option<f64>,
}

/// Judges every claim of a scenario.
///
/// # Errors
/// [`StatsError`] if an exact answer exists but cannot be computed.
pub(super) fn judge_all(
    scenario: &Scenario,
    run: &RunTally,
) -> Result<Vec<ClaimSummary>, StatsError> {
    scenario
        .claims()
        .iter()
        .map(|claim| judge(scenario, run, claim))
        .collect()
}

fn judge(scenario: &Scenario, run: &RunTally, claim: &Claim) -> Result<ClaimSummary, StatsError> {
    let phase = &scenario.phases()[claim.phase];
    let finding = match claim.statement {
        Statement::ObservedShare { version, low, high } => {
            let counts = phase
                .destinations()
                .iter()
                .zip(&run.phases[claim.phase].counts);
            let seen = counts
                .filter(|(d, _)| d.version == version)
                .map(|(_, count)| count)
                .sum();
            observed(seen, run.phases[claim.phase].requests(), low, high)
        }
        _ => match exact::judge(scenario, phase, &claim.statement)? {
            Some(finding) => finding,
            None => simulated::judge(scenario, claim),
        },
    };
    let holds = finding.verdict == ClaimVerdict::True;
    Ok(ClaimSummary {
        text: claim
            .text
            .clone()
            .unwrap_or_else(|| sentence::of(scenario, phase, &claim.statement)),
        phase: phase.name().to_owned(),
        verdict: finding.verdict,
        expected: claim.expected,
        passes: finding.verdict != ClaimVerdict::Undecided && holds == claim.expected,
        finding: finding.text,
        method: finding.method,
        value: finding.value,
        standard_error: finding.standard_error,
    })
}

fn verdict(holds: bool) -> ClaimVerdict {
    if holds {
        ClaimVerdict::True
    } else {
        ClaimVerdict::False
    }
}

/// A claim about this very run: counted, so there is nothing to estimate.
fn observed(seen: u64, requests: u64, low: Rational, high: Rational) -> Finding {
    let share = Rational::new(seen, requests.max(1));
    Finding {
        verdict: verdict(requests > 0 && low <= share && share <= high),
        text: format!(
            "{} of {} is {}",
            count(seen),
            count(requests),
            percent(to_f64(share))
        ),
        method: "observed in this run".to_owned(),
        value: to_f64(share),
        standard_error: None,
    }
}

/// The places of the destinations that a claim speaks of: those of a version, or all.
fn places(phase: &Phase, version: Option<crate::scenario::VersionIndex>) -> Vec<usize> {
    let meant = |place: &usize| version.is_none_or(|v| phase.destinations()[*place].version == v);
    (0..phase.destinations().len()).filter(meant).collect()
}
