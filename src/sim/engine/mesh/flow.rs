//! The way of a request: to a replica, through its queue, and back, perhaps more than once.

use rand::RngExt;

use super::{Mesh, Role, nanos};
use crate::scenario::Retries;
use crate::sim::engine::calls::{Call, CallId, NOBODY, State};
use crate::sim::replay::Request;
use crate::tally::service::{Outcome, Response, ServerEnd, What};

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// The hash of its caller.
    pub(super) hash: u64,
    /// Who waits: a viewer of a closed loop, a connection, or [`NOBODY`].
    pub(super) viewer: u32,
    /// Its class of traffic.
    pub(super) class: u16,
    /// The proxy that it comes through.
    pub(super) proxy: u16,
}

impl Mesh<'_> {
    /// A request arrives and is split.
    #[inline]
    pub(super) fn arrive(&mut self, request: &Request, viewer: Option<u32>, now: u64) {
        self.count_request(request);
        let version = self.destinations[request.destination];
        let hash = self.clusters[version]
            .as_mut()
            .map_or(0, |cluster| cluster.callers.next());
        let origin = Origin {
            hash,
            viewer: viewer.unwrap_or(NOBODY),
            class: request.class,
            proxy: self.next_proxy(),
        };
        self.begin(version, origin, now);
    }

    /// A request begins its way at a version.
    #[inline]
    pub(super) fn begin(&mut self, version: usize, origin: Origin, now: u64) {
        let Origin {
            hash,
            viewer,
            class,
            proxy,
        } = origin;
        let number = self.service.arrival(self.phase, version, now);
        self.open += 1;
        if let Some(cluster) = &mut self.clusters[version] {
            cluster.touch(now);
            cluster.request_begins();
        }
        #[expect(clippy::cast_possible_truncation, reason = "few phases and versions")]
        let call = Call {
            arrived: now,
            sent: now,
            number,
            work: 0,
            hash,
            phase: self.phase as u32,
            version: version as u32,
            replica: 0,
            viewer,
            deadline: None,
            retries: 0,
            class,
            proxy,
            fails: false,
            state: State::Away,
        };
        let call = self.calls.add(call);
        if self.connections.is_some() {
            self.connection_waits(viewer, call);
        }
        if self.clusters[version].is_some() {
            self.attempt(call, now);
        } else {
            self.respond(call, Outcome::Ok, now);
        }
    }

    /// Sends an attempt to a replica, where it waits or is served.
    fn attempt(&mut self, id: CallId, now: u64) {
        let call = self.calls.get(id);
        let version = call.version as usize;
        self.service.attempt(call.phase as usize, version, now);
        let Some(replica) = self.choose_replica(id) else {
            return self.attempt_ends(id, Outcome::Refused, now);
        };
        let call = self.calls.get_mut(id);
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        let place = cluster.station_of(replica);
        let under_load = cluster.factor_under_load();
        let station = &mut cluster.stations[place];
        let idle = station.idle.pop();
        let most = cluster.backend.queue.unwrap_or(u32::MAX);
        if idle.is_none() && station.waiting >= most {
            return self.attempt_ends(id, Outcome::Refused, now);
        }
        let job = cluster.jobs.next(replica, now);
        call.replica = replica;
        call.sent = now;
        let job = match self.class_work.get(call.phase as usize) {
            None => job,
            Some(work) => {
                let factor = work.get(usize::from(call.class)).copied();
                cluster.jobs.stretched(job, factor.unwrap_or(1.0))
            }
        };
        let job = if under_load > 1.0 {
            cluster.jobs.stretched(job, under_load)
        } else {
            job
        };
        call.work = job.nanos;
        call.fails = job.fails;
        if idle.is_none() {
            call.state = State::Waiting;
            station.waiting += 1;
            station.queue.push_back(id);
        }
        if self.connections.is_none() {
            cluster.proxy(call.proxy).enter(replica);
        }
        self.plan_deadline(id, now);
        if let Some(server) = idle {
            self.begin_service(server, id, now);
        }
    }

    /// The replica for an attempt: that of its connection, or the one that balancing picks.
    #[inline]
    fn choose_replica(&mut self, id: CallId) -> Option<u32> {
        let call = self.calls.get(id);
        if self.connections.is_some() {
            return self.replica_of_connection(call.viewer);
        }
        let cluster = self.clusters[call.version as usize].as_mut()?;
        cluster.pick(call.proxy, call.hash)
    }

    /// Schedules the moment at which the attempt has taken too long, if there is one.
    #[inline]
    fn plan_deadline(&mut self, id: CallId, now: u64) {
        let call = self.calls.get(id);
        let Some(cluster) = &self.clusters[call.version as usize] else {
            return;
        };
        let resilience = &cluster.backend.resilience;
        let whole = resilience
            .timeout
            .map(|span| call.arrived.saturating_add(nanos(span)));
        let one = resilience
            .retries
            .and_then(|retries| retries.per_try_timeout)
            .map(|span| now.saturating_add(nanos(span)));
        if let Some(moment) = whole.into_iter().chain(one).min() {
            let slot = self.slot_for(Role::Deadline(id));
            self.calendar.schedule(slot, moment);
            self.calls.get_mut(id).deadline = Some(slot);
        }
    }

    #[inline]
    fn begin_service(&mut self, server: u32, id: CallId, now: u64) {
        let entry = &mut self.servers[server as usize];
        entry.call = Some(id);
        let (slot, replica) = (entry.slot, entry.replica);
        let call = self.calls.get_mut(id);
        call.state = State::Served;
        if let Some(cluster) = &mut self.clusters[call.version as usize] {
            cluster.touch(now);
            cluster.server_begins();
            cluster.take_job(call, replica, now);
        }
        let end = now.saturating_add(call.work);
        self.calendar.schedule(slot, end);
    }

    /// A server has done its work: its attempt is answered, and the next one begins.
    #[inline]
    pub(super) fn server_done(&mut self, server: u32, now: u64) {
        let entry = &mut self.servers[server as usize];
        let version = entry.version as usize;
        let done = entry.call.take();
        if let Some(cluster) = &mut self.clusters[version] {
            cluster.touch(now);
            cluster.server_ends();
        }
        if let Some(id) = done {
            let call = self.calls.get(id);
            if call.state == State::Abandoned {
                self.calls.remove(id);
            } else {
                let (outcome, end) = if call.fails {
                    (Outcome::Error, ServerEnd::Error)
                } else {
                    (Outcome::Ok, ServerEnd::Ok)
                };
                self.ends_at_server(id, end, now);
                self.leave_replica(id, outcome, now);
                self.attempt_ends(id, outcome, now);
            }
        }
        self.take_next(server, version, now);
    }

    /// A server takes the next attempt that waits, or is idle.
    pub(super) fn take_next(&mut self, server: u32, version: usize, now: u64) {
        let replica = self.servers[server as usize].replica;
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        if !cluster.goes_on(replica) {
            return;
        }
        let place = cluster.station_of(replica);
        let station = &mut cluster.stations[place];
        while let Some(id) = station.queue.pop_front() {
            if self.calls.get(id).state == State::Abandoned {
                self.calls.remove(id);
                continue;
            }
            station.waiting -= 1;
            return self.begin_service(server, id, now);
        }
        station.idle.push(server);
    }

    /// The attempt is no longer at its replica: answered, or given up.
    pub(super) fn leave_replica(&mut self, id: CallId, outcome: Outcome, now: u64) {
        let call = self.calls.get_mut(id);
        if let Some(slot) = call.deadline.take() {
            self.roles[slot.0 as usize] = Role::Unused;
            self.calendar.give_back(slot);
        }
        let (replica, version, proxy) = (call.replica, call.version as usize, call.proxy);
        let Some(cluster) = &mut self.clusters[version] else {
            return;
        };
        if self.connections.is_none() {
            cluster.proxy(proxy).leave(replica);
        }
        let watched = cluster.backend.resilience.outlier_detection.is_some();
        let failed = outcome != Outcome::Ok;
        if watched && cluster.note_response(proxy, replica, failed, now) {
            self.service.change(version, now, What::Ejected(replica));
        }
    }

    /// Nobody waits for an attempt any more. A queue or a replica may still hold it.
    pub(super) fn give_up(&mut self, id: CallId, outcome: Outcome, now: u64) {
        self.ends_at_server(id, ServerEnd::HungUp, now);
        self.leave_replica(id, outcome, now);
        let held = self.calls.get(id).state;
        let mut call = *self.calls.get(id);
        self.calls.get_mut(id).state = State::Abandoned;
        if held == State::Waiting
            && let Some(cluster) = &mut self.clusters[call.version as usize]
        {
            let place = cluster.station_of(call.replica);
            cluster.stations[place].waiting -= 1;
        }
        call.state = State::Away;
        let id = self.calls.add(call);
        self.attempt_ends(id, outcome, now);
    }

    /// An attempt has its outcome: it is made again, or the viewer gets it.
    #[inline]
    pub(super) fn attempt_ends(&mut self, id: CallId, outcome: Outcome, now: u64) {
        if outcome != Outcome::Ok
            && let Some(moment) = self.time_of_retry(id, now)
        {
            let call = self.calls.get_mut(id);
            call.state = State::Away;
            call.retries += 1;
            if call.retries == 1
                && let Some(cluster) = &mut self.clusters[call.version as usize]
            {
                cluster.proxy(call.proxy).retrying += 1;
            }
            let slot = self.slot_for(Role::Retry(id));
            self.calendar.schedule(slot, moment);
            self.calls.get_mut(id).deadline = Some(slot);
            return;
        }
        self.respond(id, outcome, now);
    }

    /// When an attempt is made again, if it is.
    fn time_of_retry(&mut self, id: CallId, now: u64) -> Option<u64> {
        let call = self.calls.get(id);
        let cluster = self.clusters[call.version as usize].as_mut()?;
        let resilience = &cluster.backend.resilience;
        let retries = resilience.retries?;
        let proxy = cluster.proxy(call.proxy);
        let whole = resilience
            .timeout
            .map_or(u64::MAX, |span| call.arrived.saturating_add(nanos(span)));
        let within_budget = retries.budget.is_none_or(|budget| {
            let share = budget.share * f64::from(proxy.under_way);
            let allowed = share.max(f64::from(budget.min_retry_concurrency));
            call.retries > 0 || f64::from(proxy.retrying) < allowed
        });
        if u32::from(call.retries) >= retries.attempts || !within_budget || now >= whole {
            return None;
        }
        let wait = back_off(retries, call.retries.into(), self.waiting_to_retry.random());
        // With no time left, the viewer gives up at the deadline.
        Some(now.saturating_add(wait).min(whole))
    }

    /// An attempt is made again, unless time is up.
    pub(super) fn retry(&mut self, id: CallId, now: u64) {
        let call = self.calls.get_mut(id);
        if let Some(slot) = call.deadline.take() {
            self.roles[slot.0 as usize] = Role::Unused;
            self.calendar.give_back(slot);
        }
        let timeout = self.clusters[call.version as usize]
            .as_ref()
            .and_then(|cluster| cluster.backend.resilience.timeout);
        if timeout.is_some_and(|span| now >= call.arrived.saturating_add(nanos(span))) {
            return self.respond(id, Outcome::TimedOut, now);
        }
        self.attempt(id, now);
    }

    /// The viewer gets a response.
    #[inline]
    fn respond(&mut self, id: CallId, outcome: Outcome, now: u64) {
        let call = *self.calls.get(id);
        let version = call.version as usize;
        self.calls.remove(id);
        self.open -= 1;
        if let Some(cluster) = &mut self.clusters[version] {
            cluster.touch(now);
            cluster.request_ends();
            cluster.proxy(call.proxy).retrying -= u32::from(call.retries > 0);
        }
        self.service.response(Response {
            phase: call.phase as usize,
            version,
            number: call.number,
            arrived: call.arrived,
            answered: now,
            outcome,
        });
        if !self.class_work.is_empty() {
            let (phase, class) = (call.phase as usize, call.class as usize);
            self.service
                .class_response(phase, class, call.arrived, now, outcome);
        }
        if call.viewer == NOBODY {
            return;
        }
        if self.connections.is_some() {
            self.connection_answered(call.viewer, now);
        } else if call.phase as usize == self.phase {
            self.think_then_send(call.viewer, now);
        }
    }
}

/// Envoy's fully jittered back-off: below (2^k − 1) × base for retry k, and at most ten times the
/// base.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "far below the end of time"
)]
fn back_off(retries: Retries, before: u32, unit: f64) -> u64 {
    let base = retries.back_off.as_secs_f64() * 1e9;
    let most = (f64::from(before + 1).exp2() - 1.0).min(10.0) * base;
    (unit * most) as u64
}
