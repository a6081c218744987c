//! First-come-first-served pools without an event: the next-free-server recursion.
//!
//! If nothing looks at departures (no limit, timeout, ejection, scaling, and balancing that does
//! not ask how busy a replica is), a request's way follows from the requests before it: it starts
//! when it has arrived and the earliest of its pool's servers is free. That gives the same times as
//! the events of [`super::mesh`], to the nanosecond (a test holds the two together), at a fraction
//! of the cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Setup;
use super::callers::Callers;
use super::jobs::Jobs;
use crate::balance::{Balance, Hosts};
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{ArrivalProcess, Backend, Fault, Resilience, Scaling, Scenario};
use crate::sim::replay::{Step, most_requests};
use crate::sim::timeline::{Block, Timeline};
use crate::tally::service::{ServedBlock, ServiceTally};
use crate::tally::{PhaseRecorder, PhaseTally};

/// Whether the recursion gives the whole truth about a scenario.
pub(super) fn apply(scenario: &Scenario) -> bool {
    let open = |phase: &crate::scenario::Phase| {
        !matches!(phase.arrivals().process, ArrivalProcess::ClosedLoop { .. })
    };
    let backends = scenario.versions().iter().flat_map(|v| &v.backend);
    scenario.connections().is_none()
        && scenario.phases().iter().all(open)
        && backends.into_iter().all(serves_in_order)
}

fn serves_in_order(backend: &Backend) -> bool {
    let crashes =
        |fault: &crate::scenario::ReplicaFault| matches!(fault.fault, Fault::Crash { .. });
    // With one queue a slow replica serves a request only if it takes it, which events decide.
    let replicas_matter = backend.balancing.shares_queue && !backend.replica_faults.is_empty();
    backend.queue.is_none()
        && backend.resilience == Resilience::default()
        && backend.scaling == Scaling::Fixed
        && !backend.balancing.looks_at_load
        && !backend.replica_faults.iter().any(crashes)
        && !replicas_matter
}

/// The replicas of one version.
struct Version {
    balance: Option<Box<dyn Balance>>,
    random: Stream,
    callers: Callers,
    usable: Vec<u32>,
    weights: Vec<f64>,
    pools: Vec<Pool>,
    jobs: Jobs,
    busy_nanos: u128,
    slots: u64,
}

impl Version {
    fn new(backend: &Backend, seed: u64, index: [u64; 2]) -> Self {
        let replicas = backend.replicas.get();
        let concurrency = backend.concurrency.get() as usize;
        let shares = backend.balancing.shares_queue;
        let (pools, servers) = if shares {
            (1, concurrency * replicas as usize)
        } else {
            (replicas as usize, concurrency)
        };
        let mut random = stream(seed, Purpose::Balance, &[index[0], index[1]]);
        let usable: Vec<u32> = (0..replicas).collect();
        let weights = vec![1.0; usable.len()];
        let balance = (pools > 1).then(|| {
            let mut balance = (backend.balancing.build)(&mut random);
            let hosts = Hosts {
                usable: &usable,
                active: &[],
                weights: &weights,
            };
            balance.update(hosts, &mut random);
            balance
        });
        Self {
            balance,
            random,
            callers: Callers::new(backend, seed, index),
            usable,
            weights,
            pools: vec![Pool::new(servers); pools],
            jobs: Jobs::new(backend, seed, index),
            busy_nanos: 0,
            slots: servers as u64 * pools as u64,
        }
    }

    /// When a request that arrives at `now` is answered, and whether with an error.
    #[inline]
    fn serve(&mut self, now: u64) -> (u64, bool) {
        let replica = match &mut self.balance {
            None => 0,
            Some(balance) => {
                let hosts = Hosts {
                    usable: &self.usable,
                    active: &[],
                    weights: &self.weights,
                };
                balance.pick(hosts, self.callers.next(), &mut self.random)
            }
        };
        let job = self.jobs.next(replica, now);
        self.busy_nanos += u128::from(job.nanos);
        (
            self.pools[replica as usize].serve(now, job.nanos),
            job.fails,
        )
    }
}

/// When each server of a pool is free next, in ascending order; places without a server never are.
#[derive(Debug, Clone)]
enum Pool {
    Four([u64; 4]),
    Eight([u64; 8]),
    Many(BinaryHeap<Reverse<u64>>),
}

impl Pool {
    fn new(servers: usize) -> Self {
        match servers {
            0..=4 => Self::Four(free(servers)),
            5..=8 => Self::Eight(free(servers)),
            _ => Self::Many(vec![Reverse(0); servers].into()),
        }
    }

    /// When a request that arrives at `now` and takes `nanos` leaves.
    #[inline]
    fn serve(&mut self, now: u64, nanos: u64) -> u64 {
        match self {
            Self::Four(servers) => serve(servers, now, nanos),
            Self::Eight(servers) => serve(servers, now, nanos),
            Self::Many(servers) => {
                let Some(mut first) = servers.peek_mut() else {
                    return now;
                };
                let end = now.max(first.0).saturating_add(nanos);
                *first = Reverse(end);
                end
            }
        }
    }
}

fn free<const N: usize>(servers: usize) -> [u64; N] {
    std::array::from_fn(|place| if place < servers { 0 } else { u64::MAX })
}

/// Takes out the earliest and sorts its next moment in, without a branch.
#[inline]
fn serve<const N: usize>(servers: &mut [u64; N], now: u64, nanos: u64) -> u64 {
    let end = now.max(servers[0]).saturating_add(nanos);
    let mut carried = end;
    for place in 0..N - 1 {
        let next = servers[place + 1];
        servers[place] = next.min(carried);
        carried = next.max(carried);
    }
    servers[N - 1] = carried;
    end
}

/// Runs a replication.
pub(super) fn run(setup: &Setup) -> (Vec<PhaseTally>, ServiceTally) {
    let Setup {
        scenario,
        replication,
        ..
    } = *setup;
    let mut versions: Vec<Option<Version>> = scenario
        .versions()
        .iter()
        .enumerate()
        .map(|(place, version)| {
            let backend = version.backend.as_ref()?;
            let index = [replication, place as u64];
            Some(Version::new(backend, scenario.seed(), index))
        })
        .collect();
    let mut service = setup.service_recorder();
    for (place, version) in scenario.versions().iter().enumerate() {
        if let Some(backend) = &version.backend {
            service.replicas(place, 0, backend.replicas.get());
        }
    }
    let mut timeline = Timeline::new(scenario, replication);
    let mut tallies = Vec::with_capacity(scenario.phases().len());
    let mut current: Option<PhaseRecorder> = None;
    let mut destinations: Vec<usize> = Vec::new();
    let mut end = 0;
    let mut blocks: Vec<ServedBlock> = Vec::new();
    blocks.resize_with(versions.len(), ServedBlock::default);
    while let Some(block) = timeline.next_block() {
        match block {
            Block::Change(Step::PhaseBegins { phase: place, time }) => {
                let phase = &scenario.phases()[place];
                destinations = phase.destinations().iter().map(|d| d.version.0).collect();
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
                for (&arrived, &destination) in moments.iter().zip(picks) {
                    let version = destinations[destination];
                    let (answered, fails) = match &mut versions[version] {
                        Some(version) => version.serve(arrived),
                        None => (arrived, false),
                    };
                    blocks[version].push(arrived, answered, fails);
                }
                for (version, block) in blocks.iter_mut().enumerate() {
                    service.served_block(phase, version, block);
                    block.clear();
                }
                (setup.progress)(moments.len() as u64);
            }
        }
    }
    let mut tally = service.finish(0);
    tally.end_nanos = tally.end_nanos.max(end);
    for (load, version) in tally.load.iter_mut().zip(&versions) {
        if let Some(version) = version {
            load.busy_nanos = version.busy_nanos;
            load.slot_nanos = u128::from(version.slots) * u128::from(tally.end_nanos);
        }
    }
    (tallies, tally)
}
