//! Runs a scenario: virtual time, arrivals, the weighting algorithm, the tally.
//!
//! There are two ways to run and one model. [`replay`] takes requests one by one; [`run`] counts them in a tight loop, over all cores, where the moment of a request
//! follows from its number, and replays otherwise. Both give the same tally. Nothing here reads
//! files, prints, or judges.

mod arrivals;
mod counting;
mod engine;
mod observe;
mod points;
mod replay;
mod replications;
pub mod rollouts;
mod side_by_side;
mod splitter;
mod spread;
#[cfg(test)]
mod tests;
mod timeline;
mod trials;

pub use engine::Engine;
pub use observe::observe;
pub use points::{PointLaw, PointSource, judged_trials};
pub use replay::{Request, Step, replay};
pub use replications::{Method, Replications, replicate};
pub use side_by_side::side_by_side;
pub use splitter::{BLOCK, PhaseSplitter};
pub use trials::{PhaseTrial, count_trials};

use crate::scenario::{Phase, Scenario};
use crate::tally::service::ServiceTally;
use crate::tally::{PhaseRecorder, PhaseTally, checkpoints};
use crate::units::SimTime;

/// Told how many requests have been done since the last call; may be called from any thread.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// The observation of one run: a tally per phase, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTally {
    /// One tally per phase.
    pub phases: Vec<PhaseTally>,
    /// The width of the time buckets in nanoseconds.
    pub bucket_nanos: u64,
    /// What the backends did, if there are any.
    pub service: Option<ServiceTally>,
}

/// Runs replication number `replication` of a scenario with all that its charts need.
///
/// The result depends on (scenario, seed, replication) alone, not on the number of threads.
#[must_use]
pub fn run(scenario: &Scenario, replication: u64, progress: Progress) -> RunTally {
    run_with(scenario, replication, progress, Engine::Fastest)
}

/// The same with a choice of the engine, which does not change the result.
#[must_use]
pub fn run_with(
    scenario: &Scenario,
    replication: u64,
    progress: Progress,
    engine: Engine,
) -> RunTally {
    let bucket_nanos = bucket_width(scenario);
    let recorder = |phase: usize, start: SimTime, requests: u64| {
        let destinations = scenario.phases()[phase].destinations().len();
        PhaseRecorder::new(start, destinations)
            .with_checkpoints(checkpoints(requests))
            .with_buckets(bucket_nanos)
            .with_opening()
    };
    let (phases, service) = if engine::is_needed(scenario) {
        let (phases, service) = engine::run(&engine::Setup {
            scenario,
            replication,
            recorder: &recorder,
            width: scenario
                .scrape_interval()
                .map_or(bucket_nanos, engine::nanos),
            progress,
            engine,
            observe: None,
        });
        (phases, Some(service))
    } else if time_follows_from_number(scenario) {
        let counted = counting::count_run(scenario, replication, &recorder, progress);
        (counted, None)
    } else {
        let replayed = replay::replay_run(scenario, replication, &recorder, progress);
        (replayed, None)
    };
    RunTally {
        phases,
        bucket_nanos,
        service,
    }
}

/// Whether the moment of every request follows from its number, so that no event is needed.
fn time_follows_from_number(scenario: &Scenario) -> bool {
    scenario
        .phases()
        .iter()
        .all(|phase| phase.arrivals().process.is_constant())
}

/// Is shown requests as they are split: phase, moments in nanoseconds, destinations.
type Observe<'a> = &'a dyn Fn(usize, &[u64], &[usize]);

/// Makes the recorder of a phase: from its place, its start and its expected requests.
type MakeRecorder<'a> = &'a dyn Fn(usize, SimTime, u64) -> PhaseRecorder;

/// A round width (1, 2 or 5 times a power of ten nanoseconds) that cuts the expected length of the
/// run into at most 125 buckets, of four requests or more on average: fewer would show nothing but
/// the gaps between requests.
fn bucket_width(scenario: &Scenario) -> u64 {
    let nanos = scenario.expected_nanos();
    let requests: u64 = scenario.phases().iter().map(Phase::expected_requests).sum();
    let gap = nanos / requests.max(1);
    let aim = (nanos / 125).max(gap.saturating_mul(4)).max(1);
    let mut width = 1_u64;
    for factor in [2, 5, 2].into_iter().cycle() {
        // 1 → 2 → 4 → … would not be round: 1·2, then 2·5/2, then 5·2.
        if width >= aim {
            break;
        }
        width = if factor == 5 {
            width / 2 * 5
        } else {
            width.saturating_mul(2)
        };
    }
    width
}
