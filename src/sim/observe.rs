//! Every request of a run, as it was split.

use std::cell::RefCell;

use super::engine;
use super::replay::{Step, replay};
use crate::scenario::{ArrivalProcess, Phase, Scenario};
use crate::tally::PhaseRecorder;
use crate::units::SimTime;

/// Shows every request of replication number `replication` to `observe`, in the order of virtual
/// time: its number in the run from 0, when it arrived, its phase, and its destination's place in
/// the phase. Where requests are sent over connections, it is these that are shown.
///
/// Requests are replayed where backends have no say in when they arrive and where they go; else the
/// backends run once more. Either way the requests are those of [`super::run`].
///
/// # Errors
/// The first error that `observe` returns; nothing is shown after it.
pub fn observe<E>(
    scenario: &Scenario,
    replication: u64,
    mut observe: impl FnMut(u64, SimTime, usize, usize) -> Result<(), E>,
) -> Result<(), E> {
    if !backends_have_a_say(scenario) {
        return replay(scenario, replication, |step| match step {
            Step::Request(one) => observe(one.index, one.time, one.phase, one.destination),
            Step::PhaseBegins { .. } | Step::PhaseEnds { .. } => Ok(()),
        });
    }
    // The engine shows to a shared reference.
    let state = RefCell::new((0, Ok(()), observe));
    let show = |phase: usize, moments: &[u64], picks: &[usize]| {
        let (index, result, observe) = &mut *state.borrow_mut();
        for (&moment, &pick) in moments.iter().zip(picks) {
            if result.is_ok() {
                *result = observe(*index, SimTime::from_nanos(moment), phase, pick);
                *index += 1;
            }
        }
    };
    let recorder = |phase: usize, start: SimTime, _| {
        PhaseRecorder::new(start, scenario.phases()[phase].destinations().len())
    };
    engine::run(&engine::Setup {
        scenario,
        replication,
        recorder: &recorder,
        width: u64::MAX,
        progress: &|_| {},
        engine: engine::Engine::Events,
        observe: Some(&show),
    });
    state.into_inner().1
}

/// Whether it follows from what backends do when requests arrive, or where they go.
fn backends_have_a_say(scenario: &Scenario) -> bool {
    let asks = |phase: &Phase| {
        let process = &phase.arrivals().process;
        matches!(process, ArrivalProcess::ClosedLoop { .. }) || phase.algorithm().follows_replicas()
    };
    let asked = scenario.connections().is_some() || scenario.phases().iter().any(asks);
    asked && engine::is_needed(scenario)
}
