//! Runs with backends: requests queue, are served, fail, time out and come again.
//!
//! What happens at one version is a [`cluster`]: entities, and a [`calendar`] of their events. Where
//! arrivals do not depend on responses, the versions run [`apart`] from each other; closed loops and
//! connections tie them together in the [`mesh`]. Where no event is needed at all, [`pools`] gives
//! the same times by a recursion. A service-time law or a balancing policy is not here, but a file in
//! `service_time` or `balance`.

mod apart;
mod calendar;
mod callers;
mod cluster;
mod connections;
mod jobs;
mod mesh;
mod outbox;
mod pools;
mod ready_split;
#[cfg(test)]
mod tests;
mod thinkers;
mod under_way;

use std::time::Duration;

use super::{MakeRecorder, Observe, Progress};
use crate::scenario::Scenario;
use crate::tally::PhaseTally;
use crate::tally::service::{ServiceRecorder, ServiceTally};

/// Which engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The recursion where it applies, else events.
    #[default]
    Fastest,
    /// Events, even where the recursion would do.
    Events,
}

/// What a run needs.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) replication: u64,
    pub(super) recorder: MakeRecorder<'a>,
    /// The width of the buckets of the series, in nanoseconds.
    pub(super) width: u64,
    pub(super) progress: Progress<'a>,
    pub(super) engine: Engine,
    /// Is shown all requests, by events alone.
    pub(super) observe: Option<Observe<'a>>,
}

impl Setup<'_> {
    fn service_recorder(&self) -> ServiceRecorder {
        let (phases, versions) = (self.scenario.phases(), self.scenario.versions());
        let warm_up = nanos(self.scenario.warm_up());
        ServiceRecorder::new(phases.len(), versions.len(), self.width, warm_up)
    }
}

/// Whether a scenario has backends at all.
pub(super) fn is_needed(scenario: &Scenario) -> bool {
    let mut versions = scenario.versions().iter();
    versions.any(|version| version.backend.is_some())
}

/// Runs a scenario with backends.
pub(super) fn run(setup: &Setup) -> (Vec<PhaseTally>, ServiceTally) {
    if !apart::apply(setup.scenario) {
        mesh::run(setup)
    } else if setup.engine == Engine::Fastest && pools::apply(setup.scenario) {
        pools::run(setup)
    } else {
        apart::run(setup)
    }
}

/// A duration in nanoseconds; the end of time if it is longer.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
