//! Versions apart from each other: where requests come whatever happens to the ones before, a version
//! can be let run by itself for as long as a block of arrivals lasts, and then the next version.

use super::Setup;
use super::cluster::Cluster;
use super::outbox::Outbox;
use crate::scenario::{ArrivalProcess, Phase, Scenario, Version};
use crate::sim::replay::{Step, most_requests};
use crate::sim::timeline::{Block, Timeline};
use crate::tally::service::{ServedBlock, ServiceTally};
use crate::tally::{PhaseRecorder, PhaseTally};

/// Whether nothing that happens at a version matters for the arrivals, or for another version.
pub(super) fn apply(scenario: &Scenario) -> bool {
    let open = |phase: &Phase| {
        let process = &phase.arrivals().process;
        !matches!(
            process,
            ArrivalProcess::ClosedLoop { .. } | ArrivalProcess::Classes(_)
        ) && phase.proxies().get() == 1
            && !phase.algorithm().follows_replicas()
    };
    scenario.connections().is_none() && scenario.phases().iter().all(open)
}

/// Runs a replication by events.
pub(super) fn run(setup: &Setup) -> (Vec<PhaseTally>, ServiceTally) {
    let mut out = Outbox::new(setup.service_recorder());
    let mut clusters = clusters(setup, &mut out);
    let (tallies, last_arrival) = replay(setup, |phase, version, block| {
        match &mut clusters[version] {
            Some(cluster) => cluster.take(phase, &block.arrived, &mut out),
            None => {
                block.nanos.resize(block.arrived.len(), 0);
                out.service.served_block(phase, version, block);
            }
        }
    });
    let mut end = last_arrival;
    for cluster in clusters.iter_mut().flatten() {
        while cluster.open() > 0 && cluster.advance_by_one(&mut out) {}
        end = end.max(cluster.now());
    }
    (tallies, finish(clusters, out, end))
}

/// The versions that have backends, at the start of a run.
pub(super) fn clusters<'a>(setup: &Setup<'a>, out: &mut Outbox) -> Vec<Option<Cluster<'a>>> {
    let scenario = setup.scenario;
    let versions = scenario.versions().iter().enumerate();
    let cluster = |(place, version): (usize, &'a Version)| {
        let backend = version.backend.as_ref()?;
        let index = [setup.replication, place as u64];
        Some(Cluster::new(backend, scenario, index, out))
    };
    versions.map(cluster).collect()
}

/// Lets the versions go on until `end`, when the last response is sent, and tells what they did.
pub(super) fn finish(clusters: Vec<Option<Cluster>>, mut out: Outbox, end: u64) -> ServiceTally {
    let mut events = 0;
    for mut cluster in clusters.into_iter().flatten() {
        cluster.advance(end, &mut out);
        events += cluster.finish(end, &mut out);
    }
    let mut tally = out.service.finish(events);
    tally.end_nanos = end;
    tally
}

/// Shows the arrivals at each version, block by block, and counts the split. Returns when the last
/// phase ended.
pub(super) fn replay(
    setup: &Setup,
    mut arrive: impl FnMut(usize, usize, &mut ServedBlock),
) -> (Vec<PhaseTally>, u64) {
    let scenario = setup.scenario;
    let mut timeline = Timeline::new(scenario, setup.replication);
    let mut tallies = Vec::with_capacity(scenario.phases().len());
    let mut current: Option<PhaseRecorder> = None;
    // Per version: whether a destination of the phase is that version.
    let mut goes: Vec<Vec<bool>> = vec![Vec::new(); scenario.versions().len()];
    let mut block = ServedBlock::default();
    let mut end = 0;
    while let Some(step) = timeline.next_block() {
        match step {
            Block::Change(Step::PhaseBegins { phase: place, time }) => {
                let phase = &scenario.phases()[place];
                for (version, goes) in goes.iter_mut().enumerate() {
                    let destinations = phase.destinations().iter();
                    *goes = destinations.map(|one| one.version.0 == version).collect();
                }
                current = Some((setup.recorder)(place, time, most_requests(phase)));
            }
            Block::Change(Step::PhaseEnds { time }) => {
                end = time.as_nanos();
                tallies.extend(current.take().map(|recorder| recorder.finish(time)));
            }
            Block::Change(Step::Request(_)) => {}
            Block::Requests {
                phase,
                moments,
                picks,
            } => {
                if let Some(recorder) = &mut current {
                    recorder.record_block(moments, picks);
                }
                for (version, goes) in goes.iter().enumerate() {
                    block.take(moments, picks, goes);
                    arrive(phase, version, &mut block);
                }
                (setup.progress)(moments.len() as u64);
            }
        }
    }
    (tallies, end)
}
