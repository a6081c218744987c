//! What limits attempts; and those that take too long or fail: deadlines, giving up, and making
//! them again.

use rand::RngExt;

use super::calls::{Call, CallId, Caller, State};
use super::{Cluster, Role};
use crate::scenario::{Backend, Retries};
use crate::sim::engine::nanos;
use crate::sim::engine::outbox::Outbox;
use crate::tally::service::{Outcome, ServerEnd};

/// What limits attempts at a version, in the form in which it is looked up for each of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Attempts that may wait at a station.
    pub(super) queue: u32,
    /// After so many nanoseconds the viewer does not wait any longer.
    timeout: Option<u64>,
    /// After so many nanoseconds an attempt is given up.
    per_try_timeout: Option<u64>,
    retries: Option<Retries>,
    /// Whether an attempt can take too long.
    pub(super) has_deadlines: bool,
    /// Whether responses are watched for outliers.
    pub(super) detects_outliers: bool,
    /// Whether service takes longer under load.
    pub(super) slows_down: bool,
    /// Whether all replicas take from one queue.
    pub(super) shares_queue: bool,
}

impl Limits {
    /// The limits of a version.
    pub(super) fn of(backend: &Backend) -> Self {
        let resilience = &backend.resilience;
        let timeout = resilience.timeout.map(nanos);
        let per_try = resilience.retries.and_then(|one| one.per_try_timeout);
        Self {
            queue: backend.queue.unwrap_or(u32::MAX),
            timeout,
            per_try_timeout: per_try.map(nanos),
            retries: resilience.retries,
            has_deadlines: timeout.is_some() || per_try.is_some(),
            slows_down: backend.slowdown > 0.0,
            shares_queue: backend.balancing.shares_queue,
            detects_outliers: resilience.outlier_detection.is_some(),
        }
    }

    /// Whether nothing but a full queue can keep an attempt from its one outcome.
    pub(super) fn are_none(&self) -> bool {
        !self.has_deadlines && self.retries.is_none() && !self.detects_outliers && !self.slows_down
    }

    /// When the viewer of a request that arrived then does not wait any longer.
    fn end_of_patience(&self, arrived: u64) -> u64 {
        self.timeout
            .map_or(u64::MAX, |span| arrived.saturating_add(span))
    }
}

impl Cluster<'_> {
    /// Schedules the moment at which the attempt has taken too long.
    #[cold]
    pub(super) fn plan_deadline(&mut self, id: CallId, now: u64) {
        let whole = self.limits.end_of_patience(self.calls.get(id).arrived);
        let per_try = self.limits.per_try_timeout;
        let one = per_try.map_or(u64::MAX, |span| now.saturating_add(span));
        let slot = self.slot_for(Role::Deadline(id));
        self.calendar.schedule(slot, whole.min(one));
        self.calls.get_mut(id).slot = Some(slot);
    }

    /// Nobody waits for an attempt any more. A queue or a replica may still hold it.
    pub(in crate::sim::engine) fn give_up(
        &mut self,
        id: CallId,
        outcome: Outcome,
        now: u64,
        out: &mut Outbox,
    ) {
        let call = *self.calls.get(id);
        match call.state {
            State::Abandoned => return,
            State::Away => {
                self.calls.take(id);
                if let Some(slot) = call.slot {
                    self.give_back(slot);
                }
            }
            State::Waiting | State::Served => {
                self.ends_at_server(id, ServerEnd::HungUp, now, out);
                self.calls.get_mut(id).state = State::Abandoned;
                if call.state == State::Waiting {
                    let place = self.station_of(call.replica);
                    self.stations[place].waiting -= 1;
                }
                self.leave_replica::<false>(id, outcome, now, out);
            }
        }
        self.attempt_fails(&call, outcome, now, out);
    }

    /// An attempt has failed: it is made again, or the viewer gets the outcome.
    #[cold]
    pub(super) fn attempt_fails(
        &mut self,
        call: &Call,
        outcome: Outcome,
        now: u64,
        out: &mut Outbox,
    ) {
        let Some(moment) = self.time_of_retry(call, now) else {
            return self.respond::<false>(call, outcome, now, out);
        };
        let slot = self.slot_for(Role::Unused);
        let call = Call {
            state: State::Away,
            retries: call.retries + 1,
            slot: Some(slot),
            ..*call
        };
        let id = self.calls.add(call);
        self.set_role(slot, Role::Retry(id));
        self.calendar.schedule(slot, moment);
        if call.retries == 1 {
            self.proxies[usize::from(call.proxy)].retrying += 1;
        }
        if let Caller::Connection { .. } = call.caller {
            out.attempts.push((call.viewer, id));
        }
    }

    /// When an attempt is made again, if it is.
    fn time_of_retry(&mut self, call: &Call, now: u64) -> Option<u64> {
        let retries = self.limits.retries?;
        let proxy = &self.proxies[usize::from(call.proxy)];
        let whole = self.limits.end_of_patience(call.arrived);
        let within_budget = retries.budget.is_none_or(|budget| {
            let share = budget.share * f64::from(proxy.under_way);
            let allowed = share.max(f64::from(budget.min_retry_concurrency));
            call.retries > 0 || f64::from(proxy.retrying) < allowed
        });
        if u32::from(call.retries) >= retries.attempts || !within_budget || now >= whole {
            return None;
        }
        let wait = back_off(retries, call.retries.into(), self.backing_off.random());
        // With no time left, the viewer gives up at the deadline.
        Some(now.saturating_add(wait).min(whole))
    }

    /// An attempt is made again, unless time is up.
    pub(super) fn retry(&mut self, id: CallId, now: u64, out: &mut Outbox) {
        let mut call = self.calls.take(id);
        if let Some(slot) = call.slot.take() {
            self.give_back(slot);
        }
        if now >= self.limits.end_of_patience(call.arrived) {
            return self.respond::<false>(&call, Outcome::TimedOut, now, out);
        }
        out.service.retry(call.phase as usize, self.version, now);
        self.attempt::<false>(call, now, out);
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
