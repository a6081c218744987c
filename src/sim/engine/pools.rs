//! First-come-first-served pools without an event: the next-free-server recursion.
//!
//! If nothing changes what a replica has taken (no limit, timeout, ejection, scaling), a request's
//! way follows from the requests before it: it starts when it has arrived and the earliest of its
//! pool's servers is free. Where balancing asks how busy a replica is, departures wait until the next
//! arrival lets them happen ([`super::under_way`]). That gives the same times as
//! the events of [`super::mesh`], to the nanosecond (a test holds the two together), at a fraction
//! of the cost.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::callers::Callers;
use super::jobs::Jobs;
use super::under_way::UnderWay;
use super::{Setup, apart};
use crate::balance::{Balance, Hosts};
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Backend, Fault, Resilience, Scaling, Scenario};
use crate::tally::PhaseTally;
use crate::tally::service::{ServedBlock, ServiceTally};
use crate::units::sum_nanos;

/// Where balancing asks for the load of more replicas than this, events are faster.
const MOST_LOOKED_AT: u32 = 64;

/// Whether the recursion gives the whole truth about a scenario whose versions are apart from each
/// other.
pub(super) fn apply(scenario: &Scenario) -> bool {
    let mut backends = scenario.versions().iter().flat_map(|v| &v.backend);
    backends.all(serves_in_order)
}

fn serves_in_order(backend: &Backend) -> bool {
    let crashes =
        |fault: &crate::scenario::ReplicaFault| matches!(fault.fault, Fault::Crash { .. });
    // With one queue a slow replica serves a request only if it takes it, which events decide.
    let replicas_matter = backend.balancing.shares_queue && !backend.replica_faults.is_empty();
    backend.queue.is_none()
        && backend.slowdown == 0.0
        && backend.resilience == Resilience::default()
        && backend.scaling == Scaling::Fixed
        && !(backend.balancing.looks_at_load && backend.replicas.get() > MOST_LOOKED_AT)
        && !backend.replica_faults.iter().any(crashes)
        && !replicas_matter
}

/// The replicas of one version.
struct Version {
    balance: Option<Box<dyn Balance>>,
    under_way: Option<UnderWay>,
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
        let looks = backend.balancing.looks_at_load;
        Self {
            balance,
            under_way: looks.then(|| UnderWay::new(pools)),
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

    /// Serves the requests of a block, of which it knows when they arrived.
    fn serve(&mut self, block: &mut ServedBlock) {
        block.nanos.resize(block.arrived.len(), 0);
        let plain = self.jobs.are_plain();
        if plain {
            self.jobs.fill(&mut block.nanos);
            self.busy_nanos += sum_nanos(&block.nanos);
        }
        if let (true, None, [pool]) = (plain, &self.balance, &mut self.pools[..]) {
            return pool.serve_all(&block.arrived, &mut block.nanos);
        }
        for (&now, nanos) in block.arrived.iter().zip(&mut block.nanos) {
            let replica = self.pick(now);
            if !plain {
                let job = self.jobs.next(replica, now);
                *nanos = job.nanos;
                self.busy_nanos += u128::from(job.nanos);
                block.fails.push(job.fails);
            }
            let departure = self.pools[replica as usize].serve(now, *nanos);
            *nanos = departure - now;
            if let Some(under_way) = &mut self.under_way {
                under_way.add(replica as usize, departure);
            }
        }
    }

    /// The replica that the next request goes to, at `now`.
    #[inline]
    fn pick(&mut self, now: u64) -> u32 {
        let under_way = self.under_way.as_mut();
        let active = under_way.map_or(&[][..], |under_way| under_way.at(now));
        let Some(balance) = &mut self.balance else {
            return 0;
        };
        let hosts = Hosts {
            usable: &self.usable,
            active,
            weights: &self.weights,
        };
        balance.pick(hosts, self.callers.next(), &mut self.random)
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

    /// Serves requests in the order of arrival; turns how long each takes into the time from its
    /// arrival to its departure.
    fn serve_all(&mut self, arrived: &[u64], nanos: &mut [u64]) {
        match self {
            Self::Four(servers) => serve_all(servers, arrived, nanos),
            Self::Eight(servers) => serve_all(servers, arrived, nanos),
            Self::Many(_) => {
                for (&now, nanos) in arrived.iter().zip(nanos) {
                    *nanos = self.serve(now, *nanos) - now;
                }
            }
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

fn serve_all<const N: usize>(servers: &mut [u64; N], arrived: &[u64], nanos: &mut [u64]) {
    let mut own = *servers;
    for (&now, nanos) in arrived.iter().zip(nanos) {
        *nanos = serve(&mut own, now, *nanos) - now;
    }
    *servers = own;
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
    let (tallies, end) = apart::replay(setup, |phase, version, block| {
        match &mut versions[version] {
            Some(version) => version.serve(block),
            None => block.nanos.resize(block.arrived.len(), 0),
        }
        service.served_block(phase, version, block);
    });
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
