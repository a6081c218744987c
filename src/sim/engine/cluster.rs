//! One version while it runs: its replicas, their queues, and who may be picked.

use std::collections::VecDeque;
use std::num::NonZeroU16;

use super::autoscaler::Hpa;
use super::callers::Callers;
use super::calls::{Call, CallId};
use super::jobs::{Job, Jobs};
use super::proxy::Proxy;
use crate::random::{Purpose, stream};
use crate::scenario::{Backend, Scaling};
use crate::tally::service::VersionLoad;

/// Whether a replica takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// There is none.
    Off,
    /// It will take requests when it has started.
    Starting,
    /// It takes requests.
    Up,
    /// It crashed, and restarts.
    Down,
    /// It finishes what it has.
    Draining,
}

/// One replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replica {
    pub(super) health: Health,
    /// Since when it takes requests, in nanoseconds.
    pub(super) since: u64,
}

/// A queue and the slots that take from it: those of a replica or, if the queue is shared, of all.
#[derive(Debug, Default)]
pub(super) struct Station {
    /// Idle servers, by number.
    pub(super) idle: Vec<u32>,
    /// Attempts in the order of their arrival; abandoned ones are among them.
    pub(super) queue: VecDeque<CallId>,
    /// Attempts that wait, without abandoned ones.
    pub(super) waiting: u32,
}

/// One version while it runs.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    pub(super) backend: &'a Backend,
    pub(super) jobs: Jobs,
    pub(super) callers: Callers,
    pub(super) replicas: Vec<Replica>,
    pub(super) stations: Vec<Station>,
    /// What each proxy knows of the version.
    proxies: Vec<Proxy>,
    pub(super) hpa: Option<Hpa>,
    /// The number of the first server of replica 0; the others follow, replica by replica.
    pub(super) first_server: u32,
    clock: Clock,
}

/// Sums over time, brought up to date at every change.
#[derive(Debug, Default)]
struct Clock {
    last: u64,
    busy: u64,
    slots: u64,
    requests: u64,
    load: VersionLoad,
    in_system: u128,
    /// Busy and slot time at the last decision of the autoscaler.
    seen: (u128, u128),
}

impl<'a> Cluster<'a> {
    /// The version at the start of a replication; `first_server` is the number of its first server.
    pub(super) fn new(
        backend: &'a Backend,
        seed: u64,
        index: [u64; 2],
        first_server: u32,
        proxies: NonZeroU16,
    ) -> Self {
        let most = backend.most_replicas() as usize;
        let replica = |place: usize| Replica {
            health: if place < backend.replicas.get() as usize {
                Health::Up
            } else {
                Health::Off
            },
            since: 0,
        };
        let proxy = |proxy: u16| {
            let random = match proxy {
                0 => stream(seed, Purpose::Balance, &index),
                _ => stream(
                    seed,
                    Purpose::Proxies,
                    &[index[0], index[1], proxy.into(), 1],
                ),
            };
            Proxy::new(backend, random, most)
        };
        let proxies = (0..proxies.get()).map(proxy).collect();
        let stations = if backend.balancing.shares_queue {
            1
        } else {
            most
        };
        let hpa = match &backend.scaling {
            Scaling::Autoscaler(settings) => Some(Hpa::new(*settings)),
            Scaling::Fixed | Scaling::Schedule(_) => None,
        };
        let mut cluster = Self {
            backend,
            jobs: Jobs::new(backend, seed, index),
            callers: Callers::new(backend, seed, index),
            replicas: (0..most).map(replica).collect(),
            stations: std::iter::repeat_with(Station::default)
                .take(stations)
                .collect(),
            proxies,
            hpa,
            first_server,
            clock: Clock::default(),
        };
        for replica in 0..backend.replicas.get() {
            cluster.open_servers(replica);
        }
        cluster.membership(0);
        cluster
    }

    /// Servers of all replicas that there may ever be.
    pub(super) fn servers(&self) -> u32 {
        self.backend.most_replicas() * self.backend.concurrency.get()
    }

    /// The replica that a server belongs to.
    pub(super) fn replica_of(&self, server: u32) -> u32 {
        (server - self.first_server) / self.backend.concurrency.get()
    }

    /// The station that a replica takes from.
    #[inline]
    pub(super) fn station_of(&self, replica: u32) -> usize {
        if self.backend.balancing.shares_queue {
            0
        } else {
            replica as usize
        }
    }

    /// The servers of a replica.
    pub(super) fn servers_of(&self, replica: u32) -> std::ops::Range<u32> {
        let concurrency = self.backend.concurrency.get();
        let first = self.first_server + replica * concurrency;
        first..first + concurrency
    }

    /// Lets the servers of a replica take requests, in ascending order.
    fn open_servers(&mut self, replica: u32) {
        let station = self.station_of(replica);
        let servers = self.servers_of(replica);
        self.clock.slots += servers.len() as u64;
        self.stations[station].idle.extend(servers.rev());
    }

    /// A replica takes requests from `now` on; `busy` says which of its servers still work on
    /// something from before.
    pub(super) fn start(&mut self, replica: u32, now: u64, busy: impl Fn(u32) -> bool) {
        self.touch(now);
        let station = self.station_of(replica);
        let servers = self.servers_of(replica);
        self.clock.slots += servers.len() as u64;
        self.stations[station]
            .idle
            .retain(|server| !servers.contains(server));
        let idle = servers.rev().filter(|&server| !busy(server));
        self.stations[station].idle.extend(idle);
        self.replicas[replica as usize] = Replica {
            health: Health::Up,
            since: now,
        };
        self.membership(now);
    }

    /// A replica takes no more requests: it drains, crashed, or is gone before it started. Its own
    /// queue, if it has one, goes on; from a shared queue it takes no more.
    pub(super) fn stop(&mut self, replica: u32, now: u64, health: Health) {
        self.touch(now);
        let was_up = self.replicas[replica as usize].health == Health::Up;
        self.replicas[replica as usize].health = health;
        let servers = self.servers_of(replica);
        if was_up {
            self.clock.slots -= servers.len() as u64;
        }
        if self.backend.balancing.shares_queue || health != Health::Draining {
            let station = self.station_of(replica);
            self.stations[station]
                .idle
                .retain(|server| !servers.contains(server));
        }
        self.membership(now);
    }

    /// Whether a server that is done may take the next request.
    #[inline]
    pub(super) fn goes_on(&self, replica: u32) -> bool {
        match self.replicas[replica as usize].health {
            Health::Up => true,
            Health::Draining => !self.backend.balancing.shares_queue,
            Health::Off | Health::Starting | Health::Down => false,
        }
    }

    /// Replicas that take requests.
    pub(super) fn ready(&self) -> u32 {
        self.count(|health| health == Health::Up)
    }

    /// Replicas that there are or shall be.
    pub(super) fn wanted(&self) -> u32 {
        self.count(|health| matches!(health, Health::Up | Health::Starting | Health::Down))
    }

    fn count(&self, counts: impl Fn(Health) -> bool) -> u32 {
        let found = self.replicas.iter().filter(|one| counts(one.health));
        u32::try_from(found.count()).unwrap_or(u32::MAX)
    }

    /// Every proxy finds out who may be picked.
    pub(super) fn membership(&mut self, now: u64) {
        for proxy in &mut self.proxies {
            proxy.membership(self.backend, &self.replicas, now);
        }
    }

    /// Renews the weights of replicas in slow start. True while one is.
    pub(super) fn weigh(&mut self, now: u64) -> bool {
        let mut warming = false;
        for proxy in &mut self.proxies {
            warming |= proxy.weigh(self.backend, &self.replicas, now);
        }
        warming
    }

    /// Every detector lets replicas come back whose time is over.
    pub(super) fn sweep(&mut self, now: u64) {
        for proxy in &mut self.proxies {
            let returned = proxy.detector.as_mut().is_some_and(|one| one.sweep(now));
            if returned {
                proxy.membership(self.backend, &self.replicas, now);
            }
        }
    }

    /// What proxy number `proxy` knows.
    #[inline]
    pub(super) fn proxy(&mut self, proxy: u16) -> &mut Proxy {
        &mut self.proxies[usize::from(proxy)]
    }

    /// The replica to which proxy number `proxy` sends an attempt; `None` if there is none.
    #[inline]
    pub(super) fn pick(&mut self, proxy: u16, hash: u64) -> Option<u32> {
        self.proxies[usize::from(proxy)].pick(self.backend, hash)
    }

    /// How many times as long a request takes with so many slots busy.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn factor_under_load(&self) -> f64 {
        let slowdown = self.backend.slowdown;
        if slowdown > 0.0 {
            let share = self.clock.busy as f64 / (self.clock.slots as f64).max(1.0);
            1.0 + slowdown * share.min(1.0)
        } else {
            1.0
        }
    }

    /// Brings the sums over time up to date.
    #[inline]
    pub(super) fn touch(&mut self, now: u64) {
        let clock = &mut self.clock;
        if now == clock.last {
            return;
        }
        let span = u128::from(now - clock.last);
        clock.last = now;
        clock.load.busy_nanos += span * u128::from(clock.busy);
        clock.load.slot_nanos += span * u128::from(clock.slots);
        clock.in_system += span * u128::from(clock.requests);
    }

    /// A server begins to work; call [`Self::touch`] before.
    #[inline]
    pub(super) fn server_begins(&mut self) {
        self.clock.busy += 1;
    }

    /// A replica takes an attempt from the queue that all share: what is wrong with the replica
    /// befalls the attempt. Where each has its own queue, that has been known before.
    #[inline]
    pub(super) fn take_job(&mut self, call: &mut Call, replica: u32, now: u64) {
        let job = Job {
            nanos: call.work,
            fails: call.fails,
        };
        let job = self.jobs.taken(job, replica, now);
        call.work = job.nanos;
        call.fails = job.fails;
    }

    /// A server ends to work; call [`Self::touch`] before.
    #[inline]
    pub(super) fn server_ends(&mut self) {
        self.clock.busy -= 1;
    }

    /// A request arrives; call [`Self::touch`] before.
    #[inline]
    pub(super) fn request_begins(&mut self) {
        self.clock.requests += 1;
    }

    /// A request is answered; call [`Self::touch`] before.
    #[inline]
    pub(super) fn request_ends(&mut self) {
        self.clock.requests -= 1;
    }

    /// Tells the outlier detector of a proxy of a response. True if it ejects the replica.
    pub(super) fn note_response(
        &mut self,
        proxy: u16,
        replica: u32,
        failed: bool,
        now: u64,
    ) -> bool {
        let replicas = self.ready();
        let proxy = &mut self.proxies[usize::from(proxy)];
        let detector = proxy.detector.as_mut();
        let ejects = detector.is_some_and(|one| one.note(replica, failed, replicas, now));
        if ejects {
            self.clock.load.ejections += 1;
            proxy.membership(self.backend, &self.replicas, now);
        }
        ejects
    }

    /// The share of busy slots since the last call.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn utilisation(&mut self, now: u64) -> f64 {
        self.touch(now);
        let load = &self.clock.load;
        let seen = (load.busy_nanos, load.slot_nanos);
        let busy = seen.0 - self.clock.seen.0;
        let slots = seen.1 - self.clock.seen.1;
        self.clock.seen = seen;
        if slots == 0 {
            return 0.0;
        }
        busy as f64 / slots as f64
    }

    /// The sums over the whole run, up to `end`.
    pub(super) fn load(&mut self, end: u64) -> VersionLoad {
        self.touch(end);
        VersionLoad {
            in_system_nanos: Some(self.clock.in_system),
            ..self.clock.load
        }
    }
}
