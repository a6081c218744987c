//! What a run says: tallies joined with their exact statistics.
//!
//! The only room that judges. `tally` gives what was observed, `stats` what was to be expected; a
//! [`Summary`] holds both, and [`figures::Figure`]s hold what is worth drawing. `report` and
//! `chart` render them and compute nothing.

mod claims;
pub mod converge;
mod draw;
pub mod figures;
mod focus;
mod order;
mod phase;
mod replications;
mod types;
mod verdict;
mod words;

pub use draw::figures;
pub use focus::shapes;
pub use types::*;

use crate::scenario::{Protocol, Scenario};
use crate::sim::{Replications, RunTally};
use crate::stats::StatsError;
use crate::units::to_f64;

/// Joins what was observed in a run with what was to be expected.
///
/// # Errors
/// [`StatsError`] if a statistic cannot be given to the promised precision.
pub fn summarise(
    scenario: &Scenario,
    run: &RunTally,
    replications: Option<&Replications>,
) -> Result<Summary, StatsError> {
    let phases = (0..scenario.phases().len())
        .map(|place| {
            let replications = replications.map(|all| &all.phases[place]);
            phase::summarise(scenario, place, &run.phases[place], replications)
        })
        .collect::<Result<Vec<PhaseSummary>, StatsError>>()?;
    let claims = claims::judge_all(scenario, run)?;
    Ok(Summary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name().to_string(),
        title: scenario.title().to_owned(),
        description: scenario.description().map(str::to_owned),
        protocol: match scenario.protocol() {
            Protocol::Http => "http",
            Protocol::Tcp => "tcp",
        },
        seed: scenario.seed(),
        replications: scenario.replications(),
        tolerance_points: to_f64(scenario.tolerance().points()),
        confidence_percent: to_f64(scenario.confidence().percent()),
        requests: phases.iter().map(|phase| phase.requests).sum(),
        warnings: warnings(scenario, &phases),
        phases,
        claims,
    })
}

fn warnings(scenario: &Scenario, phases: &[PhaseSummary]) -> Vec<Warning> {
    let empty = phases
        .iter()
        .filter(|phase| phase.requests == 0)
        .map(|phase| Warning {
            what: format!("no request arrived in the phase `{}`", phase.name),
            why: "its shares cannot be said, and charts leave it out".into(),
            advice: "give it a longer duration or a higher rate".into(),
        });
    let few = (scenario.replications() > 1 && scenario.replications() < 100).then(|| Warning {
        what: format!("{} replications are few", scenario.replications()),
        why: "simulated probabilities are then known to some 5 points at best".into(),
        advice: "ask for --replications 1000 or more".into(),
    });
    empty.chain(few).collect()
}
