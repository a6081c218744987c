//! `shiftsim run` of a rollout: the weights follow the decisions of its gate.

use std::path::Path;

use serde::Serialize;

use super::CommandError;
use super::folder::Folder;
use super::progress::Progress;
use crate::cli::RunArgs;
use crate::report;
use crate::report::files::Staging;
use crate::scenario::RolloutScenario;
use crate::sim::rollouts::{replay_rollout, simulate_rollouts};
use crate::summary::rollout::{self, RolloutSummary};

/// A summary and the files that were written for it.
#[derive(Debug, Serialize)]
pub(super) struct RolloutResult {
    #[serde(flatten)]
    pub(super) summary: RolloutSummary,
    pub(super) files: Vec<String>,
}

/// One rollout with its timeline, and the tally of all replications if there are several.
pub(super) fn run(
    scenario: &RolloutScenario,
    arguments: &RunArgs,
    folder: &Path,
    staging: &mut Staging,
) -> Result<RolloutResult, CommandError> {
    let RolloutScenario {
        rollout,
        traffic,
        seed,
        ..
    } = scenario;
    let run = replay_rollout(rollout, traffic, *seed, 0);
    let replications = u64::from(scenario.replications);
    let tally = (replications > 1).then(|| {
        let progress = Progress::new(replications, "rollouts");
        simulate_rollouts(rollout, traffic, *seed, 0, replications, &|done| {
            progress.advance(done);
        })
    });
    let summary = rollout::summarise(scenario, &run, tally.as_ref())?;
    let mut folder = Folder::new(folder, staging);
    folder.write("ticks.csv", |out| report::rollout::csv(&summary, out))?;
    if !arguments.no_charts {
        let drawn = folder.draw(&rollout::figures(scenario, &run, &summary)?)?;
        let page = report::page::rollout(&summary, &drawn)
            .map_err(|error| CommandError::Drawing(error.to_string()))?;
        folder.write("report.html", |out| out.write_all(page.as_bytes()))?;
    }
    let files = folder.into_files();
    Ok(RolloutResult { summary, files })
}
