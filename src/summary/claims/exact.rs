//! Claims that have an exact answer: independent picks, and the counter of 2017.

use super::sentence::{goal_words, level};
use super::{Finding, places, verdict};
use crate::scenario::{Algorithm, Needed, Phase, Scenario, Statement, VersionIndex};
use crate::stats::counter_picker::CounterPicker;
use crate::stats::{StatsError, convergence};
use crate::units::display::{count, percent};
use crate::units::{ConfidenceLevel, Rational, Tolerance};

/// What is known exactly about how a phase picks.
enum Law {
    /// Each request on its own, with these shares.
    Independent(Vec<Rational>),
    /// A counter modulo the total weight.
    Counter(CounterPicker),
}

/// Judges a claim exactly; `None` where no exact answer exists, or none that is affordable.
pub(super) fn judge(
    scenario: &Scenario,
    phase: &Phase,
    statement: &Statement,
) -> Result<Option<Finding>, StatsError> {
    let Some(law) = Law::of(phase)? else {
        return Ok(None);
    };
    let judged = match *statement {
        Statement::AllSeen {
            requests,
            probability,
        } => law
            .all_seen(requests)
            .map(|value| law.probability(value, probability)),
        Statement::ShareWithin {
            version,
            tolerance,
            requests,
            probability,
        } => law
            .within(phase, version, tolerance, requests)
            .map(|value| law.probability(value, probability)),
        Statement::StaysWithin {
            version,
            tolerance,
            requests,
            probability,
        } => law
            .stays_within(phase, version, tolerance, requests)
            .map(|value| law.probability(value, probability)),
        Statement::Needed {
            goal,
            at_least,
            probability,
        } => law.needed(phase, goal, probability).map(|needed| {
            let goal = goal_words(scenario, goal);
            law.number(needed, at_least, &goal, probability)
        }),
        Statement::ObservedShare { .. } => return Ok(None),
    };
    match judged {
        Ok(finding) => Ok(Some(finding)),
        Err(StatsError::Limit { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Law {
    fn of(phase: &Phase) -> Result<Option<Self>, StatsError> {
        // Where replicas decide, targets are missed by design; only replays can follow that.
        if phase.effective_shares() != phase.target_shares() {
            return Ok(None);
        }
        Ok(match phase.algorithm() {
            Algorithm::Envoy | Algorithm::Replicas => {
                Some(Self::Independent(phase.target_shares()))
            }
            Algorithm::EnvoyLegacy { stride } => {
                let blocks: Vec<u64> = phase
                    .effective_weights()
                    .iter()
                    .map(|&w| w.into())
                    .collect();
                Some(Self::Counter(CounterPicker::new(&blocks, stride.get())?))
            }
            _ => None,
        })
    }

    fn all_seen(&self, requests: u64) -> Result<f64, StatsError> {
        match self {
            Self::Independent(shares) => convergence::all_seen(&live(shares), requests),
            Self::Counter(picker) => picker.all_seen(requests),
        }
    }

    fn within(
        &self,
        phase: &Phase,
        version: Option<VersionIndex>,
        tolerance: Tolerance,
        requests: u64,
    ) -> Result<f64, StatsError> {
        let band = tolerance.share();
        match (self, single(phase, version)) {
            (Self::Independent(shares), Some(place)) => {
                convergence::within_tolerance(requests, shares[place], band)
            }
            (Self::Independent(shares), None) => {
                convergence::joint_within(&live(shares), requests, band)
            }
            (Self::Counter(picker), Some(place)) => picker.within_tolerance(place, requests, band),
            (Self::Counter(picker), None) => picker.joint_within(requests, band),
        }
    }

    fn stays_within(
        &self,
        phase: &Phase,
        version: Option<VersionIndex>,
        tolerance: Tolerance,
        requests: u64,
    ) -> Result<f64, StatsError> {
        match (self, single(phase, version)) {
            (Self::Independent(shares), Some(place)) => {
                convergence::stays_within(requests, shares[place], tolerance.share())
            }
            (Self::Independent(shares), None) => {
                convergence::joint_stays_within(&live(shares), requests, tolerance.share())
            }
            (Self::Counter(_), _) => Err(no_exact_answer()),
        }
    }

    fn needed(
        &self,
        phase: &Phase,
        goal: Needed,
        probability: ConfidenceLevel,
    ) -> Result<u64, StatsError> {
        let level = probability.probability();
        match (self, goal) {
            (Self::Independent(shares), Needed::AllSeen) => {
                convergence::all_seen_n(&live(shares), level)
            }
            (Self::Counter(picker), Needed::AllSeen) => picker.all_seen_n(level),
            (Self::Independent(shares), Needed::ShareWithin { version, tolerance }) => {
                match single(phase, version) {
                    Some(place) => convergence::stable_n(shares[place], tolerance.share(), level),
                    None => convergence::joint_stable_n(&live(shares), tolerance.share(), level),
                }
            }
            (Self::Independent(shares), Needed::StaysWithin { version, tolerance }) => {
                let band = tolerance.share();
                match single(phase, version) {
                    Some(place) => convergence::stays_within_n(shares[place], band, level),
                    None => convergence::joint_stays_within_n(&live(shares), band, level),
                }
            }
            (Self::Counter(_), _) => Err(no_exact_answer()),
        }
    }

    fn probability(&self, value: f64, claimed: ConfidenceLevel) -> Finding {
        Finding {
            verdict: verdict(value >= claimed.probability()),
            text: format!("the probability is {}", percent(value)),
            method: self.method().to_owned(),
            value,
            standard_error: None,
        }
    }

    fn number(
        &self,
        needed: u64,
        at_least: u64,
        goal: &str,
        probability: ConfidenceLevel,
    ) -> Finding {
        #[expect(
            clippy::cast_precision_loss,
            reason = "numbers of requests are below 2^53"
        )]
        let value = needed as f64;
        Finding {
            verdict: verdict(needed >= at_least),
            text: format!(
                "{} are needed until {goal} with {}",
                count(needed),
                level(probability)
            ),
            method: self.method().to_owned(),
            value,
            standard_error: None,
        }
    }

    fn method(&self) -> &'static str {
        match self {
            Self::Independent(_) => "exact, under independent picks",
            Self::Counter(_) => "exact, over all positions of the counter",
        }
    }
}

fn live(shares: &[Rational]) -> Vec<Rational> {
    shares
        .iter()
        .copied()
        .filter(|share| *share.numer() > 0)
        .collect()
}

/// The one destination that decides: that of the version or, with two destinations, either.
fn single(phase: &Phase, version: Option<VersionIndex>) -> Option<usize> {
    let places = places(phase, version);
    let live = places
        .iter()
        .filter(|&&place| *phase.target_shares()[place].numer() > 0)
        .count();
    match places.as_slice() {
        [place] => Some(*place),
        // Two shares sum to one: both are within the band or neither is.
        [first, ..] if version.is_none() && live <= 2 => places
            .iter()
            .copied()
            .find(|&p| *phase.target_shares()[p].numer() > 0)
            .or(Some(*first)),
        _ => None,
    }
}

/// Turns into a simulation in [`judge`].
fn no_exact_answer() -> StatsError {
    StatsError::Limit {
        what: "this claim".into(),
        limit: "no exact answer is known".into(),
    }
}
