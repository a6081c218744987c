//! How versions change while they run: scaling, crashes, ejection, slow start.

use super::{Control, Mesh, Role, nanos};
use crate::scenario::{Fault, Phase, Scaling};
use crate::sim::engine::calendar::Slot;
use crate::sim::engine::calls::{CallId, State};
use crate::sim::engine::cluster::{Cluster, Health};
use crate::sim::engine::ready_split::ReadySplit;
use crate::sim::replay::Request;
use crate::tally::service::{Outcome, What};

/// Slow start renews weights so many times in its window.
const WARM_STEPS: u64 = 50;

impl Mesh<'_> {
    /// Schedules what is known from the start.
    pub(super) fn plan_controls(&mut self) {
        let scenario = self.setup.scenario;
        for (place, version) in scenario.versions().iter().enumerate() {
            let Some(backend) = &version.backend else {
                continue;
            };
            self.service.replicas(place, 0, backend.replicas.get());
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            let plan = |mesh: &mut Self, control, moment| {
                let slot = mesh.slot_for(Role::Control(number, control));
                mesh.calendar.schedule(slot, moment);
            };
            if let Scaling::Schedule(steps) = &backend.scaling {
                for (step, entry) in (0..).zip(steps) {
                    plan(self, Control::Scale(step), nanos(entry.at));
                }
            }
            for (fault, entry) in (0..).zip(&backend.replica_faults) {
                if let Fault::Crash { at, .. } = entry.fault {
                    plan(self, Control::Crash(fault), nanos(at));
                }
            }
            let cluster = self.clusters[place].as_ref();
            let sync = cluster
                .and_then(|one| one.hpa.as_ref())
                .map(|hpa| hpa.sync_period());
            let detection = backend.resilience.outlier_detection;
            let sweep = detection.map(|settings| nanos(settings.interval).max(1));
            if let Some(period) = sync {
                plan(self, Control::Autoscale, period);
            }
            if let Some(interval) = sweep {
                plan(self, Control::Sweep, interval);
            }
        }
    }

    /// A version changes by itself.
    pub(super) fn control(&mut self, number: u32, control: Control, slot: Slot, now: u64) {
        let version = number as usize;
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        match control {
            Control::Sweep => {
                if let Some(settings) = cluster.backend.resilience.outlier_detection {
                    cluster.sweep(now);
                    let next = now.saturating_add(nanos(settings.interval).max(1));
                    self.calendar.schedule(slot, next);
                }
            }
            Control::Autoscale => {
                let utilisation = cluster.utilisation(now);
                let (current, ready) = (cluster.wanted(), cluster.ready());
                if let Some(hpa) = &mut cluster.hpa {
                    let desired = hpa.decide(now, current, ready, utilisation);
                    let next = now.saturating_add(hpa.sync_period());
                    self.calendar.schedule(slot, next);
                    self.scale(number, desired, now);
                }
            }
            Control::Scale(step) => {
                if let Scaling::Schedule(steps) = &cluster.backend.scaling
                    && let Some(step) = steps.get(step as usize)
                {
                    self.scale(number, step.replicas.get(), now);
                }
            }
            Control::Ready(replica) => {
                self.give_back(slot);
                self.replica_ready(version, replica, now);
            }
            Control::Crash(fault) => self.crash(number, fault as usize, now),
            Control::Warm => {
                let window = cluster.backend.resilience.slow_start.map(|one| one.window);
                if cluster.weigh(now)
                    && let Some(window) = window
                {
                    let next = now.saturating_add((nanos(window) / WARM_STEPS).max(1));
                    self.calendar.schedule(slot, next);
                } else {
                    self.give_back(slot);
                }
            }
        }
    }

    /// So many replicas of a version take requests from now on.
    fn ready_changed(&mut self, version: usize, now: u64, ready: u32) {
        self.service.replicas(version, now, ready);
        if let Some(split) = &mut self.ready_split {
            split.changed(version, ready);
        }
    }

    /// A phase begins: its split follows the replicas, if it shall.
    pub(super) fn follow_replicas(&mut self, phase: &Phase, index: [u64; 2]) {
        let ready = |version: usize| self.clusters[version].as_ref().map_or(0, Cluster::ready);
        self.ready_split = ReadySplit::new(phase, self.setup.scenario.seed(), index, ready);
    }

    /// The request, split by the replicas that are ready now, if these decide.
    #[inline]
    pub(super) fn split_by_replicas(&mut self, request: Request) -> Request {
        match &mut self.ready_split {
            None => request,
            Some(split) => Request {
                destination: split.pick(),
                ..request
            },
        }
    }

    /// A phase is over: notes what the ready replicas gave.
    pub(super) fn note_ready_shares(&mut self) {
        if let Some(split) = self.ready_split.take() {
            self.service.ready_shares(self.phase, split.finish());
        }
    }

    pub(super) fn give_back(&mut self, slot: Slot) {
        self.roles[slot.0 as usize] = Role::Unused;
        self.calendar.give_back(slot);
    }

    /// Starts or stops replicas until there are or will be `desired`.
    fn scale(&mut self, number: u32, desired: u32, now: u64) {
        let version = number as usize;
        loop {
            let Some(cluster) = &mut self.clusters[version] else {
                return;
            };
            let wanted = cluster.wanted();
            let replicas = 0_u32..;
            let mut states = replicas.zip(&cluster.replicas);
            if wanted < desired {
                let free =
                    states.find(|(_, one)| matches!(one.health, Health::Off | Health::Draining));
                let Some((replica, _)) = free else { return };
                let start_up = nanos(cluster.backend.start_up);
                cluster.replicas[replica as usize].health = Health::Starting;
                if start_up == 0 {
                    self.replica_ready(version, replica, now);
                } else {
                    let slot = self.slot_for(Role::Control(number, Control::Ready(replica)));
                    self.calendar.schedule(slot, now.saturating_add(start_up));
                }
            } else if wanted > desired {
                // The youngest go first: those that have not started, then by number.
                let candidates = states.filter(|(_, one)| {
                    matches!(one.health, Health::Up | Health::Starting | Health::Down)
                });
                let youngest =
                    candidates.max_by_key(|(place, one)| (one.health == Health::Starting, *place));
                let Some((replica, one)) = youngest else {
                    return;
                };
                let health = if one.health == Health::Up {
                    Health::Draining
                } else {
                    Health::Off
                };
                cluster.stop(replica, now, health);
                let ready = cluster.ready();
                self.ready_changed(version, now, ready);
            } else {
                return;
            }
        }
    }

    /// A replica takes requests, unless it is not wanted any more.
    fn replica_ready(&mut self, version: usize, replica: u32, now: u64) {
        let servers = &self.servers;
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        let health = cluster.replicas[replica as usize].health;
        if !matches!(health, Health::Starting | Health::Down) {
            return;
        }
        cluster.start(replica, now, |server| {
            servers[server as usize].call.is_some()
        });
        let ready = cluster.ready();
        let slow_start = cluster.backend.resilience.slow_start;
        let idle: Vec<u32> = cluster
            .servers_of(replica)
            .filter(|&server| servers[server as usize].call.is_none())
            .collect();
        self.ready_changed(version, now, ready);
        if slow_start.is_some() {
            let number = u32::try_from(version).unwrap_or(u32::MAX);
            let slot = self.slot_for(Role::Control(number, Control::Warm));
            self.calendar.schedule(slot, now.saturating_add(1));
        }
        self.take_waiting(version, replica, &idle, now);
    }

    /// New servers take what waits.
    fn take_waiting(&mut self, version: usize, replica: u32, idle: &[u32], now: u64) {
        for &server in idle {
            let Some(cluster) = &mut self.clusters[version] else {
                return;
            };
            let place = cluster.station_of(replica);
            let station = &mut cluster.stations[place];
            if station.waiting == 0 {
                return;
            }
            station.idle.retain(|&other| other != server);
            self.take_next(server, version, now);
        }
    }

    /// A replica crashes: what it works on and what waits there fails.
    fn crash(&mut self, number: u32, fault: usize, now: u64) {
        let version = number as usize;
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        let Some(entry) = cluster.backend.replica_faults.get(fault) else {
            return;
        };
        let (replica, Fault::Crash { restart, .. }) = (entry.replica, entry.fault) else {
            return;
        };
        let there = cluster.replicas.get(replica as usize);
        if there.is_none_or(|one| one.health != Health::Up) {
            return;
        }
        cluster.stop(replica, now, Health::Down);
        let ready = cluster.ready();
        let servers = cluster.servers_of(replica);
        let mut lost: Vec<CallId> = Vec::new();
        if !cluster.backend.balancing.shares_queue {
            let station = &mut cluster.stations[replica as usize];
            station.waiting = 0;
            lost.extend(station.queue.drain(..));
        }
        for server in servers {
            let entry = &mut self.servers[server as usize];
            if let Some(id) = entry.call.take() {
                self.calendar.cancel(entry.slot);
                cluster.server_ends();
                lost.push(id);
            }
        }
        self.service.change(version, now, What::Crashed(replica));
        self.ready_changed(version, now, ready);
        let slot = self.slot_for(Role::Control(number, Control::Ready(replica)));
        self.calendar
            .schedule(slot, now.saturating_add(nanos(restart)));
        for id in lost {
            if self.calls.get(id).state == State::Abandoned {
                self.calls.remove(id);
            } else {
                self.leave_replica(id, Outcome::Error, now);
                self.attempt_ends(id, Outcome::Error, now);
            }
        }
    }
}
