//! Many replications of a run, in parallel; merged in order, so that threads do not show.

use rayon::prelude::*;

use super::{MakeRecorder, counting, replay, time_follows_from_number};
use crate::scenario::{Length, Scenario};
use crate::tally::{PhaseRecorder, PhaseReplications, RunShape, fan_points};

/// Replications whose running shares are kept one by one, to be drawn.
pub(super) const TRACES: u64 = 200;
/// Replications whose running shares are kept as counts, for the quantiles of the fan.
pub(super) const FAN_RUNS: u64 = 10_000;
/// Replications that one task runs after the other; it keeps memory and scheduling small.
const TASK: u64 = 64;

/// How the counts of replications were had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Each request went through the picker.
    Replayed,
    /// The final counts were drawn from their law.
    Sampled,
}

impl Method {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Sampled => "sampled",
        }
    }
}

/// The replications of a run: one entry per phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replications {
    /// How the counts were had.
    pub method: Method,
    /// One entry per phase, in order.
    pub phases: Vec<PhaseReplications>,
}

/// Runs replications 0 to `scenario.replications()` (excluded), each through the picker.
/// `shapes[i]` says what phase `i` is compared with. `progress` is told of finished replications.
#[must_use]
pub fn replicate(
    scenario: &Scenario,
    shapes: &[RunShape],
    progress: super::Progress,
) -> Replications {
    let runs = u64::from(scenario.replications());
    let empty = || -> Vec<PhaseReplications> {
        shapes
            .iter()
            .map(|shape| PhaseReplications::new(shape.targets.len()))
            .collect()
    };
    let merge = |earlier: Vec<PhaseReplications>, later: Vec<PhaseReplications>| {
        earlier
            .into_iter()
            .zip(later)
            .map(|(ours, theirs)| ours.merge(theirs))
            .collect()
    };
    let phases = (0..runs.div_ceil(TASK))
        .into_par_iter()
        .map(|task| {
            let mut sum = empty();
            let last = runs.min((task + 1) * TASK);
            for replication in task * TASK..last {
                add_replication(scenario, replication, shapes, &mut sum);
            }
            progress(last - task * TASK);
            sum
        })
        // rayon reduces neighbours only, in order, so that traces stay in the order of the runs.
        .reduce(empty, merge);
    Replications {
        method: Method::Replayed,
        phases,
    }
}

fn add_replication(
    scenario: &Scenario,
    replication: u64,
    shapes: &[RunShape],
    sum: &mut [PhaseReplications],
) {
    let recorder = |place: usize, start, requests| {
        let phase = &scenario.phases()[place];
        let fixed = matches!(phase.length(), Length::Requests(_));
        let points = if fixed && replication < FAN_RUNS {
            fan_points(requests)
        } else {
            Vec::new()
        };
        PhaseRecorder::new(start, phase.destinations().len()).with_checkpoints(points)
    };
    let recorder: MakeRecorder = &recorder;
    let tallies = if time_follows_from_number(scenario) {
        counting::count_run(scenario, replication, recorder, &|_| {})
    } else {
        replay::replay_run(scenario, replication, recorder, &|_| {})
    };
    for ((tally, shape), sum) in tallies.iter().zip(shapes).zip(sum) {
        sum.add(tally, shape, replication < TRACES);
    }
}
