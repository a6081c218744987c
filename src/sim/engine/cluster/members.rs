//! Who is there: replicas that start, take requests, drain and stop, and what proxies know of them.

use super::Cluster;
use crate::scenario::Backend;
use crate::sim::engine::outbox::Outbox;
use crate::tally::service::What;

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

/// All replicas that there may ever be, those of the start up.
pub(super) fn at_start(backend: &Backend) -> Vec<Replica> {
    let replica = |place: u32| Replica {
        health: match place < backend.replicas.get() {
            true => Health::Up,
            false => Health::Off,
        },
        since: 0,
    };
    (0..backend.most_replicas()).map(replica).collect()
}

impl Cluster<'_> {
    /// The station that a replica takes from.
    #[inline(always)]
    pub(super) fn station_of(&self, replica: u32) -> usize {
        match self.limits.shares_queue {
            true => 0,
            false => replica as usize,
        }
    }

    /// The servers of a replica.
    pub(super) fn servers_of(&self, replica: u32) -> std::ops::Range<u32> {
        let concurrency = self.backend.concurrency.get();
        let first = replica * concurrency;
        first..first + concurrency
    }

    /// Lets the servers of a replica take requests from the start, in ascending order.
    pub(super) fn open_servers(&mut self, replica: u32) {
        let station = self.station_of(replica);
        let servers = self.servers_of(replica);
        let slots = self.clock.slots() + servers.len() as u64;
        self.clock.set_slots(slots, 0);
        self.stations[station].idle.extend(servers.rev());
    }

    /// A replica takes requests from `now` on; some of its servers may still work on something from
    /// before.
    pub(super) fn start(&mut self, replica: u32, now: u64) {
        let station = self.station_of(replica);
        let servers = self.servers_of(replica);
        let slots = self.clock.slots() + servers.len() as u64;
        self.clock.set_slots(slots, now);
        let idle = &mut self.stations[station].idle;
        idle.retain(|server| !servers.contains(server));
        let all = &self.servers;
        idle.extend(
            servers
                .rev()
                .filter(|&one| all[one as usize].call.is_none()),
        );
        self.replicas[replica as usize] = Replica {
            health: Health::Up,
            since: now,
        };
        self.membership(now);
    }

    /// A replica takes no more requests: it drains, crashed, or is gone before it started. Its own
    /// queue, if it has one, goes on; from a shared queue it takes no more.
    pub(super) fn stop(&mut self, replica: u32, now: u64, health: Health) {
        let was_up = self.replicas[replica as usize].health == Health::Up;
        self.replicas[replica as usize].health = health;
        let servers = self.servers_of(replica);
        if was_up {
            let slots = self.clock.slots() - servers.len() as u64;
            self.clock.set_slots(slots, now);
        }
        if self.limits.shares_queue || health != Health::Draining {
            let station = self.station_of(replica);
            self.stations[station]
                .idle
                .retain(|server| !servers.contains(server));
        }
        self.membership(now);
    }

    /// Whether a server that is done may take the next request.
    #[inline(always)]
    pub(super) fn goes_on(&self, replica: u32) -> bool {
        let health = self.replicas[replica as usize].health;
        let shared = self.limits.shares_queue;
        health == Health::Up || (health == Health::Draining && !shared)
    }

    /// Replicas that there are or shall be.
    pub(super) fn wanted(&self) -> u32 {
        self.count_replicas(|health| matches!(health, Health::Up | Health::Starting | Health::Down))
    }

    pub(super) fn count_replicas(&self, counts: impl Fn(Health) -> bool) -> u32 {
        let found = self.replicas.iter().filter(|one| counts(one.health));
        u32::try_from(found.count()).unwrap_or(u32::MAX)
    }

    /// Tells how many replicas take requests from now on.
    pub(super) fn tell_ready(&self, now: u64, out: &mut Outbox) {
        let ready = self.ready();
        out.service.replicas(self.version, now, ready);
        if out.all_changes {
            out.ready.push((self.version, ready));
        }
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

    /// The outlier detector of a proxy sees a response; it may eject the replica.
    pub(super) fn detect(&mut self, seen: (u16, u32), failed: bool, now: u64, out: &mut Outbox) {
        let replicas = self.ready();
        let (proxy, replica) = seen;
        let proxy = &mut self.proxies[usize::from(proxy)];
        let detector = proxy.detector.as_mut();
        if detector.is_some_and(|one| one.note(replica, failed, replicas, now)) {
            self.ejections += 1;
            proxy.membership(self.backend, &self.replicas, now);
            out.service
                .change(self.version, now, What::Ejected(replica));
        }
    }
}
