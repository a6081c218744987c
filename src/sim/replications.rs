//! Many replications of a run, in parallel; merged in order, so that threads do not show.

use rayon::prelude::*;

use super::{Engine, MakeRecorder, counting, engine, replay, time_follows_from_number};
use crate::scenario::{Length, Scenario};
use crate::tally::service::{MOST_RUNS, ServiceReplications};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Replications {
    /// How the counts were had.
    pub method: Method,
    /// One entry per phase, in order.
    pub phases: Vec<PhaseReplications>,
    /// What the backends did in each of the first [`MOST_RUNS`] runs, if there are backends.
    pub service: Option<ServiceReplications>,
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
    let empty = || Sum {
        phases: shapes
            .iter()
            .map(|shape| PhaseReplications::new(shape.targets.len()))
            .collect(),
        service: ServiceReplications::default(),
    };
    // A replication with backends takes long: one to a task.
    let serves = engine::is_needed(scenario);
    let task_runs = if serves { 1 } else { TASK };
    let sum = (0..runs.div_ceil(task_runs))
        .into_par_iter()
        .map(|task| {
            let mut sum = empty();
            let last = runs.min((task + 1) * task_runs);
            for replication in task * task_runs..last {
                add_replication(scenario, replication, shapes, &mut sum);
            }
            progress(last - task * task_runs);
            sum
        })
        // rayon reduces neighbours only, in order, so that traces stay in the order of the runs.
        .reduce(empty, Sum::merge);
    Replications {
        method: Method::Replayed,
        phases: sum.phases,
        service: serves.then_some(sum.service),
    }
}

/// What some replications, one after the other, gave.
struct Sum {
    phases: Vec<PhaseReplications>,
    service: ServiceReplications,
}

impl Sum {
    fn merge(self, later: Self) -> Self {
        let phases = self.phases.into_iter().zip(later.phases);
        Self {
            phases: phases.map(|(ours, theirs)| ours.merge(theirs)).collect(),
            service: self.service.merge(later.service),
        }
    }
}

fn add_replication(scenario: &Scenario, replication: u64, shapes: &[RunShape], sum: &mut Sum) {
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
    let tallies = if engine::is_needed(scenario) {
        let (tallies, service) = engine::run(&engine::Setup {
            scenario,
            replication,
            recorder,
            // Nothing over time is kept: one interval.
            width: u64::MAX,
            progress: &|_| {},
            engine: Engine::Fastest,
            observe: None,
        });
        if replication < MOST_RUNS {
            sum.service.add(&service);
        }
        tallies
    } else if time_follows_from_number(scenario) {
        counting::count_run(scenario, replication, recorder, &|_| {})
    } else {
        replay::replay_run(scenario, replication, recorder, &|_| {})
    };
    for ((tally, shape), sum) in tallies.iter().zip(shapes).zip(&mut sum.phases) {
        sum.add(tally, shape, replication < TRACES);
    }
}
