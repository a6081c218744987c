//! How a version changes by itself: scaling, crashes, ejection, slow start.

use super::calls::CallId;
use super::members::Health;
use super::{Cluster, Role};
use crate::scenario::{Fault, Scaling};
use crate::sim::engine::calendar::Slot;
use crate::sim::engine::nanos;
use crate::sim::engine::outbox::Outbox;
use crate::tally::service::What;

/// How a version changes by itself.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    /// The autoscaler decides.
    Autoscale,
    /// A step of the schedule of replicas.
    Scale(u32),
    /// A replica has started.
    Ready(u32),
    /// A replica crashes: which of the faults.
    Crash(u32),
    /// Ejected replicas may come back.
    Sweep,
    /// The weights of new replicas grow.
    Warm,
}

/// Slow start renews weights so many times in its window.
const WARM_STEPS: u64 = 50;

impl Cluster<'_> {
    /// Schedules what is known from the start.
    pub(super) fn plan_controls(&mut self, out: &mut Outbox) {
        let backend = self.backend;
        let replicas = backend.replicas.get();
        out.service.replicas(self.version, 0, replicas);
        if let Scaling::Schedule(steps) = &backend.scaling {
            for (step, entry) in (0..).zip(steps) {
                self.plan(Control::Scale(step), nanos(entry.at));
            }
        }
        for (fault, entry) in (0..).zip(&backend.replica_faults) {
            if let Fault::Crash { at, .. } = entry.fault {
                self.plan(Control::Crash(fault), nanos(at));
            }
        }
        if let Some(hpa) = &self.hpa {
            self.plan(Control::Autoscale, hpa.sync_period());
        }
        if let Some(settings) = backend.resilience.outlier_detection {
            self.plan(Control::Sweep, nanos(settings.interval).max(1));
        }
    }

    fn plan(&mut self, control: Control, moment: u64) {
        let slot = self.slot_for(Role::Control(control));
        self.calendar.schedule(slot, moment);
    }

    /// The version changes by itself.
    pub(super) fn control(&mut self, control: Control, slot: Slot, now: u64, out: &mut Outbox) {
        match control {
            Control::Sweep => {
                self.sweep(now);
                if let Some(settings) = self.backend.resilience.outlier_detection {
                    let next = now.saturating_add(nanos(settings.interval).max(1));
                    self.calendar.schedule(slot, next);
                }
            }
            Control::Autoscale => {
                let unfinished = self.unfinished(now);
                let utilisation = self.clock.utilisation(unfinished, now);
                let (current, ready) = (self.wanted(), self.ready());
                if let Some(hpa) = &mut self.hpa {
                    let desired = hpa.decide(now, current, ready, utilisation);
                    let next = now.saturating_add(hpa.sync_period());
                    self.calendar.schedule(slot, next);
                    self.scale(desired, now, out);
                }
            }
            Control::Scale(step) => {
                self.give_back(slot);
                if let Scaling::Schedule(steps) = &self.backend.scaling
                    && let Some(step) = steps.get(step as usize)
                {
                    self.scale(step.replicas.get(), now, out);
                }
            }
            Control::Ready(replica) => {
                self.give_back(slot);
                self.replica_ready(replica, now, out);
            }
            Control::Crash(fault) => {
                self.give_back(slot);
                self.crash(fault as usize, now, out);
            }
            Control::Warm => {
                let window = self.backend.resilience.slow_start.map(|one| one.window);
                if self.weigh(now)
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

    /// Starts or stops replicas until there are or will be `desired`.
    fn scale(&mut self, desired: u32, now: u64, out: &mut Outbox) {
        loop {
            let wanted = self.wanted();
            let mut states = (0_u32..).zip(&self.replicas);
            if wanted < desired {
                let free =
                    states.find(|(_, one)| matches!(one.health, Health::Off | Health::Draining));
                let Some((replica, _)) = free else { return };
                let start_up = nanos(self.backend.start_up);
                self.replicas[replica as usize].health = Health::Starting;
                if start_up == 0 {
                    self.replica_ready(replica, now, out);
                } else {
                    self.plan(Control::Ready(replica), now.saturating_add(start_up));
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
                let health = match one.health {
                    Health::Up => Health::Draining,
                    _ => Health::Off,
                };
                self.stop(replica, now, health);
                self.tell_ready(now, out);
            } else {
                return;
            }
        }
    }

    /// A replica takes requests, unless it is not wanted any more.
    fn replica_ready(&mut self, replica: u32, now: u64, out: &mut Outbox) {
        let health = self.replicas[replica as usize].health;
        if !matches!(health, Health::Starting | Health::Down) {
            return;
        }
        self.start(replica, now);
        self.tell_ready(now, out);
        if self.backend.resilience.slow_start.is_some() {
            self.plan(Control::Warm, now.saturating_add(1));
        }
        self.take_waiting(replica, now);
    }

    /// The idle servers of a new replica take what waits.
    fn take_waiting(&mut self, replica: u32, now: u64) {
        let place = self.station_of(replica);
        for server in self.servers_of(replica) {
            let station = &mut self.stations[place];
            if station.waiting == 0 {
                return;
            }
            if self.servers[server as usize].call.is_none() {
                station.idle.retain(|&other| other != server);
                self.take_next::<false>(server, replica, now);
            }
        }
    }

    /// A replica crashes: what it works on and what waits there fails.
    fn crash(&mut self, fault: usize, now: u64, out: &mut Outbox) {
        let Some(entry) = self.backend.replica_faults.get(fault) else {
            return;
        };
        let (replica, Fault::Crash { restart, .. }) = (entry.replica, entry.fault) else {
            return;
        };
        let there = self.replicas.get(replica as usize);
        if there.is_none_or(|one| one.health != Health::Up) {
            return;
        }
        self.stop(replica, now, Health::Down);
        let mut lost: Vec<CallId> = Vec::new();
        if !self.limits.shares_queue {
            let station = &mut self.stations[replica as usize];
            station.waiting = 0;
            lost.extend(station.queue.drain(..));
        }
        for server in self.servers_of(replica) {
            let entry = &mut self.servers[server as usize];
            if let Some(id) = entry.call.take() {
                self.clock.work_ends(now - entry.began);
                self.calendar.cancel(Slot(server));
                lost.push(id);
            }
        }
        out.service
            .change(self.version, now, What::Crashed(replica));
        self.tell_ready(now, out);
        self.plan(Control::Ready(replica), now.saturating_add(nanos(restart)));
        for id in lost {
            self.fails_at_replica(id, now, out);
        }
    }
}
