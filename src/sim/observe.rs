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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, parse_scenario};
    use crate::sim::run;

    fn counts(text: &str) -> (Vec<Vec<u64>>, Vec<Vec<u64>>) {
        let scenario = parse_scenario(&Source::new("a.yaml", text))
            .unwrap()
            .scenario;
        let mut seen: Vec<Vec<u64>> = Vec::new();
        let (mut last, mut next) = (SimTime::from_nanos(0), 0);
        let Ok(()) = observe(&scenario, 0, |index, time, phase, destination| {
            assert_eq!(index, next);
            assert!(time >= last);
            (last, next) = (time, next + 1);
            let destinations = scenario.phases()[phase].destinations().len();
            seen.resize(seen.len().max(phase + 1), vec![0; destinations]);
            seen[phase][destination] += 1;
            Ok::<(), std::convert::Infallible>(())
        });
        let tally = run(&scenario, 0, &|_| {});
        (
            seen,
            tally.phases.into_iter().map(|one| one.counts).collect(),
        )
    }

    #[test]
    fn what_is_shown_is_what_was_counted() {
        let plain = "name: a\nrequests: 3000\nweights: {v1: 80, v2: 20}\n";
        let closed = "name: a\nbackend: {service-time: 20ms}\nphases:\n\
            - {name: open, rate: 10/s, duration: 60s, weights: {v1: 80, v2: 20}}\n\
            - {name: closed, arrivals: {closed-loop: {viewers: 20, think: 1s}}, duration: 60s, \
            weights: {v1: 50, v2: 50}}\n";
        let ready = "name: a\nrequests: 3000\nrate: 10/s\nalgorithm: replicas\n\
            backend: {service-time: 20ms, schedule: [{at: 100s, replicas: 3}]}\n\
            versions: {v1: {}, v2: {backend: {schedule: [{at: 200s, replicas: 5}]}}}\n";
        let connections = "name: a\nprotocol: tcp\nrate: 2/s\nduration: 60s\n\
            connections: {lifetime: {exponential: {mean: 30s}}, think: 1s, drain: 5s}\n\
            backend: {service-time: 20ms}\nphases:\n\
            - {name: one, weights: {v1: 80, v2: 20}}\n- {name: two, weights: {v1: 0, v2: 100}}\n";
        for text in [plain, closed, ready, connections] {
            let (seen, counted) = counts(text);
            assert_eq!(seen, counted, "{text}");
        }
    }

    #[test]
    fn nothing_is_shown_after_an_error() {
        let text = "name: a\nrequests: 3000\nbackend: {service-time: 20ms}\nweights: {v1: 80, v2: 20}\n\
            arrivals: {closed-loop: {viewers: 20, think: 1s}}\n";
        let scenario = parse_scenario(&Source::new("a.yaml", text))
            .unwrap()
            .scenario;
        let mut shown = 0;
        let result = observe(&scenario, 0, |index, _, _, _| {
            shown += 1;
            if index == 9 { Err("full") } else { Ok(()) }
        });
        assert_eq!((result, shown), (Err("full"), 10));
    }
}
