//! One version while it runs: its replicas, their queues, and who may be picked.

use std::collections::VecDeque;

use super::autoscaler::Hpa;
use super::callers::Callers;
use super::calls::CallId;
use super::jobs::Jobs;
use super::outlier::Detector;
use crate::balance::{Balance, Hosts};
use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Backend, Scaling, SlowStart};
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
    pub(super) detector: Option<Detector>,
    pub(super) hpa: Option<Hpa>,
    /// The number of the first server of replica 0; the others follow, replica by replica.
    pub(super) first_server: u32,
    pub(super) retrying: u32,
    /// Attempts under way: all, and per replica.
    pub(super) under_way: u32,
    active: Vec<u32>,
    balance: Box<dyn Balance>,
    random: Stream,
    usable: Vec<u32>,
    weights: Vec<f64>,
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
    pub(super) fn new(backend: &'a Backend, seed: u64, index: [u64; 2], first_server: u32) -> Self {
        let most = backend.most_replicas() as usize;
        let replica = |place: usize| Replica {
            health: if place < backend.replicas.get() as usize {
                Health::Up
            } else {
                Health::Off
            },
            since: 0,
        };
        let mut random = stream(seed, Purpose::Balance, &[index[0], index[1]]);
        let stations = if backend.balancing.shares_queue {
            1
        } else {
            most
        };
        let detection = backend.resilience.outlier_detection;
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
            detector: detection.map(|settings| Detector::new(settings, most)),
            hpa,
            first_server,
            retrying: 0,
            under_way: 0,
            active: vec![0; most],
            balance: (backend.balancing.build)(&mut random),
            random,
            usable: Vec::new(),
            weights: vec![1.0; most],
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

    /// Finds out who may be picked: who is up and not ejected, or everyone up in a panic.
    pub(super) fn membership(&mut self, now: u64) {
        let up =
            |cluster: &Self, replica: u32| cluster.replicas[replica as usize].health == Health::Up;
        let all = 0..u32::try_from(self.replicas.len()).unwrap_or(u32::MAX);
        let up: Vec<u32> = all.filter(|&replica| up(self, replica)).collect();
        let fine = |replica: &u32| {
            let detector = self.detector.as_ref();
            !detector.is_some_and(|detector| detector.is_ejected(*replica))
        };
        let healthy: Vec<u32> = up.iter().copied().filter(fine).collect();
        #[expect(clippy::cast_precision_loss, reason = "few replicas")]
        let share = healthy.len() as f64 / up.len().max(1) as f64;
        let panics = share < self.backend.resilience.panic_threshold;
        self.usable = if panics { up } else { healthy };
        self.weigh(now);
    }

    /// Renews the weights of replicas in slow start. True while one is.
    pub(super) fn weigh(&mut self, now: u64) -> bool {
        let mut warming = false;
        if let Some(slow_start) = self.backend.resilience.slow_start {
            for (weight, replica) in self.weights.iter_mut().zip(&self.replicas) {
                // Replicas of the beginning have been there before.
                let new = replica.since > 0 && replica.health == Health::Up;
                *weight = if new {
                    slow_start_weight(slow_start, now - replica.since)
                } else {
                    1.0
                };
                warming |= *weight < 1.0;
            }
        }
        if !self.usable.is_empty() {
            let hosts = Hosts {
                usable: &self.usable,
                active: &self.active,
                weights: &self.weights,
            };
            self.balance.update(hosts, &mut self.random);
        }
        warming
    }

    /// The replica for an attempt; `None` if there is none.
    #[inline]
    pub(super) fn pick(&mut self, hash: u64) -> Option<u32> {
        if self.usable.is_empty() {
            return None;
        }
        if self.backend.balancing.shares_queue {
            return Some(0);
        }
        let hosts = Hosts {
            usable: &self.usable,
            active: &self.active,
            weights: &self.weights,
        };
        Some(self.balance.pick(hosts, hash, &mut self.random))
    }

    /// An attempt is at a replica.
    #[inline]
    pub(super) fn enter(&mut self, replica: u32) {
        self.under_way += 1;
        self.active[replica as usize] += 1;
    }

    /// An attempt is answered, or given up.
    #[inline]
    pub(super) fn leave(&mut self, replica: u32) {
        self.under_way -= 1;
        self.active[replica as usize] -= 1;
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

    /// Tells the outlier detector of a response. True if it ejects the replica.
    pub(super) fn note_response(&mut self, replica: u32, failed: bool, now: u64) -> bool {
        let replicas = self.ready();
        let detector = self.detector.as_mut();
        let ejects = detector.is_some_and(|one| one.note(replica, failed, replicas, now));
        if ejects {
            self.clock.load.ejections += 1;
            self.membership(now);
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

/// Envoy's `applySlowStartFactor`: (t / window)^(1 / aggression), at least the least weight.
#[expect(clippy::cast_precision_loss, reason = "a share of time")]
fn slow_start_weight(slow_start: SlowStart, age: u64) -> f64 {
    let window = slow_start.window.as_secs_f64() * 1e9;
    let age = age.max(1_000_000) as f64;
    if age >= window {
        return 1.0;
    }
    let factor = (age / window).powf(1.0 / slow_start.aggression);
    factor.max(slow_start.min_weight)
}
