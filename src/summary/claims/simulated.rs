//! Claims about algorithms that have no exact answer: judged by replays, with their error.

use super::{Finding, places};
use crate::scenario::{Claim, Needed, Scenario, Statement, VersionIndex};
use crate::sim::{PhaseTrial, count_trials};
use crate::stats::intervals;
use crate::summary::ClaimVerdict;
use crate::units::display::{count, percent};
use crate::units::{ConfidenceLevel, Rational, Tolerance};

/// Replays that judge one claim.
const TRIALS: u64 = 10_000;
/// The level of the interval that must lie on one side of the claimed probability.
const LEVEL: f64 = 0.999;
/// "For ever" is watched for so many times the number of requests claimed.
const HORIZON: u64 = 20;

/// What a replay must do to succeed.
enum Goal {
    AllSeen {
        by: u64,
    },
    Within {
        places: Vec<usize>,
        tolerance: Tolerance,
        from: u64,
        to: u64,
    },
}

/// Judges a claim by [`TRIALS`] independent replays of its phase.
pub(super) fn judge(scenario: &Scenario, claim: &Claim) -> Finding {
    let (goal, probability, needed) = goal(scenario, claim);
    let targets = scenario.phases()[claim.phase].target_shares();
    let successes = count_trials(scenario, claim.phase, TRIALS, |trial| {
        goal.met(trial, &targets)
    });
    finding(&goal, successes, probability, needed)
}

/// The goal, the probability that is asked for, and whether the claim is that the goal is *not*
/// yet met (one request before the number that is said to be needed).
fn goal(scenario: &Scenario, claim: &Claim) -> (Goal, ConfidenceLevel, bool) {
    let phase = &scenario.phases()[claim.phase];
    let within = |version: Option<VersionIndex>, tolerance, from: u64, to: u64| Goal::Within {
        places: places(phase, version),
        tolerance,
        from: from.max(1),
        to: to.max(1),
    };
    match claim.statement {
        Statement::AllSeen {
            requests,
            probability,
        } => (Goal::AllSeen { by: requests }, probability, false),
        Statement::ShareWithin {
            version,
            tolerance,
            requests,
            probability,
        } => (
            within(version, tolerance, requests, requests),
            probability,
            false,
        ),
        Statement::StaysWithin {
            version,
            tolerance,
            requests,
            probability,
        } => (
            within(version, tolerance, requests, requests * HORIZON),
            probability,
            false,
        ),
        Statement::Needed {
            goal,
            at_least,
            probability,
        } => {
            let before = at_least.saturating_sub(1);
            let goal = match goal {
                Needed::AllSeen => Goal::AllSeen { by: before },
                Needed::ShareWithin { version, tolerance } => {
                    within(version, tolerance, before, before)
                }
                Needed::StaysWithin { version, tolerance } => {
                    within(version, tolerance, before, before * HORIZON)
                }
            };
            (goal, probability, true)
        }
        Statement::ObservedShare { .. } => {
            // Judged from the run itself, never by replays; an empty goal is always met.
            (Goal::AllSeen { by: 0 }, ConfidenceLevel::default(), false)
        }
    }
}

impl Goal {
    fn met(&self, trial: &mut PhaseTrial, targets: &[Rational]) -> bool {
        match self {
            Self::AllSeen { by } => {
                while trial.requests() < *by {
                    trial.step();
                }
                let mut seen = trial.counts().iter().zip(targets);
                seen.all(|(&count, target)| count > 0 || *target.numer() == 0)
            }
            Self::Within {
                places,
                tolerance,
                from,
                to,
            } => {
                while trial.requests() < *to {
                    trial.step();
                    let (requests, counts) = (trial.requests(), trial.counts());
                    let inside = |&place: &usize| {
                        tolerance.includes(counts[place], requests, targets[place])
                    };
                    if requests >= *from && !places.iter().all(inside) {
                        return false;
                    }
                }
                true
            }
        }
    }

    fn horizon(&self) -> String {
        match self {
            Self::Within { from, to, .. } if to > from => {
                format!(", watched up to request {}", count(*to))
            }
            _ => String::new(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "trials are few")]
fn finding(goal: &Goal, successes: u64, probability: ConfidenceLevel, needed: bool) -> Finding {
    let share = successes as f64 / TRIALS as f64;
    let standard_error = (share * (1.0 - share) / TRIALS as f64).sqrt();
    let claimed = probability.probability();
    // Clopper-Pearson cannot fail for counts of this kind; without it nothing would be decided.
    let verdict = match intervals::clopper_pearson(successes, TRIALS, LEVEL) {
        Ok(interval) if interval.low >= claimed => super::verdict(!needed),
        Ok(interval) if interval.high < claimed => super::verdict(needed),
        _ => ClaimVerdict::Undecided,
    };
    Finding {
        verdict,
        text: format!(
            "the probability is about {} ± {}",
            percent(share),
            percent(standard_error)
        ),
        method: format!(
            "simulated: {} replays{}, ± one standard error; decided at {}",
            count(TRIALS),
            goal.horizon(),
            percent(LEVEL)
        ),
        value: share,
        standard_error: Some(standard_error),
    }
}
