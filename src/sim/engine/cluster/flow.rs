//! The way of a request: to a replica, through its queue, and back.
//!
//! Two events per request, millions of times a second: what every request needs is inlined into one
//! loop, what few need is told apart as cold and gets its attempt by reference to a copy, so that in
//! the loop an attempt can stay in registers. `PLAIN` is true where attempts are made once and nothing
//! but their replica has a say in them; what then need not be asked is left out by the compiler.
//! `docs/performance.md` has the measurements.

use super::Cluster;
use super::calls::{Call, CallId, Caller, NOBODY, State};
use crate::sim::engine::calendar::Slot;
use crate::sim::engine::jobs::Job;
use crate::sim::engine::outbox::{Answer, Outbox};
use crate::tally::service::{Outcome, Response, ServerEnd};

/// A request as it comes to a version.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim::engine) struct Arrival {
    /// The phase in force.
    pub(in crate::sim::engine) phase: u32,
    /// Its number among the requests of its phase and version, as the tally gave it.
    pub(in crate::sim::engine) number: u64,
    /// Who calls.
    pub(in crate::sim::engine) caller: Caller,
    /// The viewer or connection that waits, or [`NOBODY`].
    pub(in crate::sim::engine) viewer: u32,
    /// Its class of traffic.
    pub(in crate::sim::engine) class: u16,
    /// The proxy that it comes through.
    pub(in crate::sim::engine) proxy: u16,
}

impl Cluster<'_> {
    /// Requests of a phase come at these moments, for whose responses nobody waits; everything else
    /// happens until the last of them.
    pub(in crate::sim::engine) fn take(&mut self, phase: usize, arrived: &[u64], out: &mut Outbox) {
        let number = out.service.arrivals(phase, self.version, arrived);
        self.events += arrived.len() as u64;
        #[expect(clippy::cast_possible_truncation, reason = "few phases")]
        let arrival = Arrival {
            phase: phase as u32,
            number,
            caller: Caller::Hash(0),
            viewer: NOBODY,
            class: 0,
            proxy: 0,
        };
        match self.is_plain() && !out.all_answers {
            true => self.take_all::<true>(arrival, arrived, out),
            false => self.take_all::<false>(arrival, arrived, out),
        }
    }

    /// Whether an attempt is made once, and nothing but its replica has a say in it.
    fn is_plain(&self) -> bool {
        self.limits.are_none() && !self.watches_servers && self.class_work.is_empty()
    }

    fn take_all<const PLAIN: bool>(
        &mut self,
        mut arrival: Arrival,
        arrived: &[u64],
        out: &mut Outbox,
    ) {
        for &now in arrived {
            self.advance_as::<PLAIN>(now, out);
            arrival.caller = Caller::Hash(self.callers.next());
            self.arrive::<PLAIN>(arrival, now, out);
            arrival.number += u64::from(now >= self.warm_up);
        }
    }

    /// A request comes, and is sent to a replica.
    #[inline(always)]
    pub(in crate::sim::engine) fn arrive<const PLAIN: bool>(
        &mut self,
        arrival: Arrival,
        now: u64,
        out: &mut Outbox,
    ) {
        self.clock.request_comes(now);
        let call = Call {
            arrived: now,
            sent: now,
            number: arrival.number,
            work: 0,
            caller: arrival.caller,
            phase: arrival.phase,
            replica: 0,
            viewer: arrival.viewer,
            slot: None,
            retries: 0,
            proxy: arrival.proxy,
            class: arrival.class,
            fails: false,
            state: State::Away,
        };
        self.attempt::<PLAIN>(call, now, out);
    }

    /// Sends an attempt to a replica, where it waits or is served.
    #[inline(always)]
    pub(super) fn attempt<const PLAIN: bool>(
        &mut self,
        mut call: Call,
        now: u64,
        out: &mut Outbox,
    ) {
        let Some(replica) = self.choose_replica::<PLAIN>(&call) else {
            return self.attempt_fails(&Call { ..call }, Outcome::Refused, now, out);
        };
        let place = self.station_of(replica);
        let station = &mut self.stations[place];
        let idle = station.idle.pop();
        if idle.is_none() && station.waiting >= self.limits.queue {
            return self.attempt_fails(&Call { ..call }, Outcome::Refused, now, out);
        }
        let job = self.job::<PLAIN>(&call, replica, now);
        call.replica = replica;
        call.sent = now;
        call.take(job);
        call.state = match idle {
            Some(_) => State::Served,
            None => State::Waiting,
        };
        let id = self.calls.add(call);
        match call.caller {
            Caller::Hash(_) => self.proxies[usize::from(call.proxy)].enter(replica),
            Caller::Connection { .. } => out.attempts.push((call.viewer, id)),
        }
        match idle {
            Some(server) => self.begin_service(server, id, now),
            None => {
                let station = &mut self.stations[place];
                station.waiting += 1;
                station.queue.push_back(id);
            }
        }
        if !PLAIN && self.limits.has_deadlines {
            self.plan_deadline(id, now);
        }
    }

    /// What an attempt costs a replica.
    #[inline(always)]
    fn job<const PLAIN: bool>(&mut self, call: &Call, replica: u32, now: u64) -> Job {
        let mut job = self.jobs.next(replica, now);
        if PLAIN {
            return job;
        }
        if let Some(work) = self.class_work.get(call.phase as usize) {
            let factor = work.get(usize::from(call.class)).copied();
            job = self.jobs.stretched(job, factor.unwrap_or(1.0));
        }
        if self.limits.slows_down {
            let factor = 1.0 + self.backend.slowdown * self.clock.busy_share();
            job = self.jobs.stretched(job, factor);
        }
        job
    }

    /// The replica for an attempt: that of its connection, or the one that balancing picks.
    #[inline(always)]
    fn choose_replica<const PLAIN: bool>(&mut self, call: &Call) -> Option<u32> {
        match call.caller {
            Caller::Connection { replica, opened } if !PLAIN => {
                replica.filter(|&replica| self.is_up_since(replica, opened))
            }
            Caller::Hash(hash) => self.proxies[usize::from(call.proxy)].pick(hash),
            Caller::Connection { replica, .. } => replica,
        }
    }

    #[inline(always)]
    fn begin_service(&mut self, server: u32, id: CallId, now: u64) {
        let entry = &mut self.servers[server as usize];
        entry.call = Some(id);
        entry.began = now;
        let call = self.calls.get_mut(id);
        call.state = State::Served;
        if self.jobs.depend_on_who_takes_them() {
            let job = self.jobs.taken(call.job(), entry.replica, now);
            call.take(job);
        }
        let end = now.saturating_add(call.work);
        self.clock.work_begins();
        self.calendar.schedule(Slot(server), end);
    }

    /// A server has done its work: its attempt is answered, and the next one begins.
    #[inline(always)]
    pub(super) fn server_done<const PLAIN: bool>(
        &mut self,
        server: u32,
        now: u64,
        out: &mut Outbox,
    ) {
        let entry = &mut self.servers[server as usize];
        let (replica, began) = (entry.replica, entry.began);
        let done = entry.call.take();
        self.clock.work_ends(now - began);
        self.take_next::<PLAIN>(server, replica, now);
        let Some(id) = done else { return };
        let call = self.calls.get(id);
        if (!PLAIN && call.state == State::Abandoned) || call.fails {
            return self.work_was_in_vain(id, now, out);
        }
        if !PLAIN && self.watches_servers {
            self.ends_at_server(id, ServerEnd::Ok, now, out);
        }
        self.leave_replica::<PLAIN>(id, Outcome::Ok, now, out);
        let call = self.calls.take(id);
        self.respond::<PLAIN>(&call, Outcome::Ok, now, out);
    }

    /// A server has worked on an attempt that fails, or that nobody waits for any more.
    #[cold]
    fn work_was_in_vain(&mut self, id: CallId, now: u64, out: &mut Outbox) {
        if self.calls.get(id).state != State::Abandoned {
            self.ends_at_server(id, ServerEnd::Error, now, out);
        }
        self.fails_at_replica(id, now, out);
    }

    /// An attempt fails at its replica, if somebody still waits for it.
    #[cold]
    pub(super) fn fails_at_replica(&mut self, id: CallId, now: u64, out: &mut Outbox) {
        if self.calls.get(id).state == State::Abandoned {
            self.calls.take(id);
            return;
        }
        self.leave_replica::<false>(id, Outcome::Error, now, out);
        let call = self.calls.take(id);
        self.attempt_fails(&call, Outcome::Error, now, out);
    }

    /// A server of a replica takes the next attempt that waits, or is idle.
    #[inline(always)]
    pub(super) fn take_next<const PLAIN: bool>(&mut self, server: u32, replica: u32, now: u64) {
        if !self.goes_on(replica) {
            return self.calendar.cancel(Slot(server));
        }
        let place = self.station_of(replica);
        let station = &mut self.stations[place];
        while let Some(id) = station.queue.pop_front() {
            if !PLAIN && self.calls.get(id).state == State::Abandoned {
                self.calls.take(id);
                continue;
            }
            station.waiting -= 1;
            return self.begin_service(server, id, now);
        }
        station.idle.push(server);
        self.calendar.cancel(Slot(server));
    }

    /// The attempt is no longer at its replica: answered, or given up.
    #[inline(always)]
    pub(super) fn leave_replica<const PLAIN: bool>(
        &mut self,
        id: CallId,
        outcome: Outcome,
        now: u64,
        out: &mut Outbox,
    ) {
        let call = self.calls.get(id);
        let (replica, proxy, slot) = (call.replica, call.proxy, call.slot);
        if PLAIN || matches!(call.caller, Caller::Hash(_)) {
            self.proxies[usize::from(proxy)].leave(replica);
        }
        if PLAIN {
            return;
        }
        if let Some(slot) = slot {
            self.give_back(slot);
        }
        if self.limits.detects_outliers {
            self.detect((proxy, replica), outcome != Outcome::Ok, now, out);
        }
    }

    /// The viewer gets a response.
    #[inline(always)]
    pub(super) fn respond<const PLAIN: bool>(
        &mut self,
        call: &Call,
        outcome: Outcome,
        now: u64,
        out: &mut Outbox,
    ) {
        self.clock.request_leaves(now);
        if !PLAIN && call.retries > 0 {
            self.proxies[usize::from(call.proxy)].retrying -= 1;
        }
        if !PLAIN && (call.viewer != NOBODY || out.all_answers) {
            out.answers.push(Answer {
                viewer: call.viewer,
                phase: call.phase as usize,
                class: call.class,
                arrived: call.arrived,
                answered: now,
                outcome,
            });
        }
        let response = Response {
            phase: call.phase as usize,
            version: self.version,
            number: call.number,
            arrived: call.arrived,
            answered: now,
            outcome,
        };
        if outcome != Outcome::Ok {
            return out.service.response(response);
        }
        if !self.answered.takes(&response) {
            self.tell_answered(out);
            self.answered.begin(&response, self.warm_up);
        }
        self.answered.push(&response);
    }

    /// Tells the tally of the responses since the last time.
    #[inline(never)]
    pub(super) fn tell_answered(&mut self, out: &mut Outbox) {
        out.service.answered_block(self.version, &self.answered);
    }
}
