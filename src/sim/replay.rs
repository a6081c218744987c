//! One request after the other, through the event queue.

use std::convert::Infallible;

use super::arrivals::ArrivalTimes;
use super::event_queue::EventQueue;
use super::splitter::PhaseSplitter;
use super::{MakeRecorder, Progress};
use crate::random::Purpose;
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

/// What can happen in a run without queues.
enum Event {
    /// A phase comes into force.
    PhaseBegins(usize),
    /// A request of the current phase arrives.
    Arrival,
    /// The duration of the current phase is over.
    PhaseEnds,
}

/// A phase that is in force.
struct Current {
    phase: usize,
    arrivals: ArrivalTimes,
    splitter: PhaseSplitter,
    arrived: u64,
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
    let mut queue = EventQueue::default();
    let mut current: Option<Current> = None;
    let mut index = 0;
    queue.schedule(SimTime::ZERO, Event::PhaseBegins(0));
    while let Some((time, event)) = queue.take_next() {
        match (event, current.as_mut()) {
            (Event::PhaseBegins(place), _) => {
                observe(Step::PhaseBegins { phase: place, time })?;
                current = begin(scenario, replication, place, time, &mut queue);
            }
            (Event::Arrival, Some(now)) => {
                let destination = now.splitter.pick();
                observe(Step::Request(Request {
                    index,
                    time,
                    phase: now.phase,
                    destination,
                }))?;
                index += 1;
                now.arrived += 1;
                arrange_next(scenario, now, time, &mut queue);
            }
            (Event::PhaseEnds, Some(now)) => {
                let next = now.phase + 1;
                // What is left in the queue is the arrival that comes too late.
                queue = EventQueue::default();
                current = None;
                observe(Step::PhaseEnds { time })?;
                if next < scenario.phases().len() {
                    queue.schedule(time, Event::PhaseBegins(next));
                }
            }
            (Event::Arrival | Event::PhaseEnds, None) => {}
        }
    }
    Ok(())
}

fn begin(
    scenario: &Scenario,
    replication: u64,
    place: usize,
    time: SimTime,
    queue: &mut EventQueue<Event>,
) -> Option<Current> {
    let phase = scenario.phases().get(place)?;
    let index = [replication, place as u64];
    let mut arrivals = ArrivalTimes::new(phase, time, scenario.seed(), &index);
    // Scheduled before any arrival, so that a request at the very end belongs to the next phase.
    if let Length::Duration(span) = phase.length() {
        queue.schedule(time.after(span), Event::PhaseEnds);
    }
    queue.schedule(arrivals.next(), Event::Arrival);
    let splitter = PhaseSplitter::new(phase, scenario.seed(), Purpose::Split, index);
    Some(Current {
        phase: place,
        arrivals,
        splitter,
        arrived: 0,
    })
}

/// Schedules the next arrival or, after the last request of a phase, its end: with evenly spaced
/// arrivals one gap later, so that the spacing goes on across phases.
fn arrange_next(
    scenario: &Scenario,
    now: &mut Current,
    time: SimTime,
    queue: &mut EventQueue<Event>,
) {
    let phase = &scenario.phases()[now.phase];
    if phase.length() == Length::Requests(now.arrived) {
        let end = match phase.arrivals().process {
            ArrivalProcess::Constant => now.arrivals.next(),
            ArrivalProcess::Poisson => time,
        };
        queue.schedule(end, Event::PhaseEnds);
    } else {
        queue.schedule(now.arrivals.next(), Event::Arrival);
    }
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
fn most_requests(phase: &Phase) -> u64 {
    match (phase.length(), phase.arrivals().process) {
        (Length::Duration(_), ArrivalProcess::Poisson) => 2 * phase.expected_requests() + 100,
        _ => phase.expected_requests(),
    }
}
