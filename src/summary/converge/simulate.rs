//! The simulated twin of every exact figure: replays through the picker.

use super::{Meaning, Question};
use crate::scenario::Scenario;
use crate::sim::{PhaseTrial, count_trials};
use crate::summary::replications::comparison;

/// "For ever" is watched for so many times the number of requests.
const HORIZON: u64 = 20;

/// Puts a simulated figure beside the one at `requests` of every meaning.
pub(super) fn beside(
    scenario: &Scenario,
    question: Question,
    requests: u64,
    meanings: &mut [Meaning],
) {
    let targets = scenario.phases()[question.phase].target_shares();
    let tolerance = scenario.tolerance();
    let names = scenario.phases()[question.phase].destinations();
    let inside = |trial: &PhaseTrial, version: Option<&str>| {
        let mut places = 0..targets.len();
        places.all(|place| {
            let name = scenario.versions()[names[place].version.0].name.as_str();
            version.is_some_and(|version| version != name)
                || tolerance.includes(trial.counts()[place], trial.requests(), targets[place])
        })
    };
    let count = |succeeds: &(dyn Fn(&mut PhaseTrial) -> bool + Sync)| {
        count_trials(scenario, question.phase, question.replications, succeeds)
    };
    let last = meanings.len() - 1;
    for (row, meaning) in meanings.iter_mut().enumerate() {
        let version = meaning.version.as_deref();
        let successes = match row {
            0 => count(&|trial| {
                walk(trial, requests);
                let mut seen = trial.counts().iter().zip(&targets);
                seen.all(|(&count, target)| count > 0 || *target.numer() == 0)
            }),
            _ if row == last => count(&|trial| {
                walk(trial, requests);
                inside(trial, None)
                    && (requests..requests * HORIZON).all(|_| {
                        trial.step();
                        inside(trial, None)
                    })
            }),
            _ => count(&|trial| {
                walk(trial, requests);
                inside(trial, version)
            }),
        };
        meaning.simulated = Some(comparison(
            successes,
            question.replications,
            meaning.at_requests,
        ));
    }
}

fn walk(trial: &mut PhaseTrial, requests: u64) {
    while trial.requests() < requests {
        trial.step();
    }
}
