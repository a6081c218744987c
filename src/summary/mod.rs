//! What a run says: tallies joined with their exact statistics.
//!
//! The only room that judges. `tally` gives what was observed, `stats` what was to be expected; a
//! [`Summary`] holds both, and [`figures::Figure`]s hold what is worth drawing. `report` and
//! `chart` render them and compute nothing.

pub mod check;
mod claims;
mod connections;
pub mod converge;
mod draw;
pub mod explain;
pub mod figures;
mod focus;
pub mod gate;
pub mod kayenta;
mod order;
mod phase;
pub mod plan;
mod ready;
mod replications;
pub mod rollout;
mod sampled;
mod service;
pub mod story;
mod types;
mod verdict;
mod words;

pub use connections::ConnectionSummary;
pub use draw::figures;
pub use focus::shapes;
pub use sampled::sample;
pub use service::{
    BatchSummary, LoadSummary, ReplicatedFigure, ReplicatedResponses, ResponseSummary,
    ServiceSummary, Theory,
};
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
            let replications = replications.map(|all| (all.method, &all.phases[place]));
            let ready = run
                .service
                .as_ref()
                .and_then(|all| all.ready[place].as_ref());
            phase::summarise(scenario, place, &run.phases[place], ready, replications)
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
        service: run.service.as_ref().map(|tally| {
            let replications = replications.and_then(|all| all.service.as_ref());
            service::service(scenario, run, tally, replications)
        }),
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
    empty.chain(few).chain(chance(scenario, phases)).collect()
}

/// Among several phases, one that is "not consistent" by chance is no surprise.
fn chance(scenario: &Scenario, phases: &[PhaseSummary]) -> Option<Warning> {
    let level = 1.0 - scenario.confidence().probability();
    let judged = phases
        .iter()
        .filter(|phase| phase.independent_picks)
        .filter_map(|phase| {
            let versions = phase.versions.iter();
            let live: Vec<&VersionSummary> =
                versions.filter(|row| row.target_share > 0.0).collect();
            phase
                .joint_p_value
                .or(live.last()?.p_value)
                .filter(|_| live.len() > 1)
        });
    let p_values: Vec<f64> = judged.map(|p| p.value).collect();
    let contradicted = p_values.iter().filter(|&&p| p < level).count();
    // Where one alone is beyond Bonferroni's limit, chance is no explanation.
    let beyond = p_values.iter().any(|&p| p < level / p_values.len() as f64);
    (p_values.len() > 2 && contradicted > 0 && !beyond).then(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "few phases")]
        let by_chance = 1.0 - (1.0 - level).powi(p_values.len() as i32);
        Warning {
            what: format!(
                "{contradicted} of {} phases is \"not consistent\", which is likely chance",
                p_values.len()
            ),
            why: format!(
                "when so many are judged, at least one is in {} of runs (about), and none is beyond \
                 Bonferroni's limit",
                crate::units::display::percent(by_chance)
            ),
            advice: "try another --seed: a real contradiction stays".into(),
        }
    })
}
