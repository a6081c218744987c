//! One request after the other, in the order of time.

use std::convert::Infallible;

use super::timeline::Timeline;
use super::{MakeRecorder, Progress};
use crate::scenario::{ArrivalProcess, Length, Phase, Scenario};
use crate::tally::{PhaseRecorder, PhaseTally};
use crate::units::SimTime;

/// Requests between two reports of progress.
const PROGRESS_STEP: u64 = 1 << 20;

/// One request, as it was routed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Its number in the run, from 0.
    pub index: u64,
    /// When it arrived.
    pub time: SimTime,
    /// The phase that was in force.
    pub phase: usize,
    /// The destination that was picked, by its place in the phase.
    pub destination: usize,
}

/// What an observer of a replay is shown, in the order of virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A phase comes into force.
    PhaseBegins {
        /// Its place among the phases.
        phase: usize,
        /// When.
        time: SimTime,
    },
    /// A request is routed.
    Request(Request),
    /// The current phase is over.
    PhaseEnds {
        /// When.
        time: SimTime,
    },
}

/// Replays replication number `replication` of a scenario and shows every step to `observe`.
///
/// # Errors
/// The first error that `observe` returns, which ends the replay.
pub fn replay<E>(
    scenario: &Scenario,
    replication: u64,
    mut observe: impl FnMut(Step) -> Result<(), E>,
) -> Result<(), E> {
    let mut timeline = Timeline::new(scenario, replication);
    while let Some(step) = timeline.next() {
        observe(step)?;
    }
    Ok(())
}

/// Replays a run into the tallies of its phases.
pub(super) fn replay_run(
    scenario: &Scenario,
    replication: u64,
    recorder: MakeRecorder,
    progress: Progress,
) -> Vec<PhaseTally> {
    let mut tallies = Vec::with_capacity(scenario.phases().len());
    let mut current: Option<PhaseRecorder> = None;
    let mut requests = 0;
    let Ok(()) = replay(scenario, replication, |step| {
        match step {
            Step::PhaseBegins { phase, time } => {
                current = Some(recorder(
                    phase,
                    time,
                    most_requests(&scenario.phases()[phase]),
                ));
            }
            Step::Request(request) => {
                if let Some(recorder) = &mut current {
                    recorder.record(request.time, request.destination);
                }
                requests += 1;
                if u64::is_multiple_of(requests, PROGRESS_STEP) {
                    progress(PROGRESS_STEP);
                }
            }
            Step::PhaseEnds { time } => tallies.extend(current.take().map(|r| r.finish(time))),
        }
        Ok::<(), Infallible>(())
    });
    progress(requests % PROGRESS_STEP);
    tallies
}

/// How far checkpoints are planned: the number of requests, or amply more than will arrive.
pub(super) fn most_requests(phase: &Phase) -> u64 {
    match (phase.length(), &phase.arrivals().process) {
        (Length::Requests(requests), _) => requests,
        (_, ArrivalProcess::Constant) => phase.expected_requests(),
        (_, ArrivalProcess::Replay(moments)) => moments.len() as u64,
        _ => 2 * phase.expected_requests() + 100,
    }
}
