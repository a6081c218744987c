//! What a version does with a request: replicas, queues, service time, errors, scaling.
//!
//! How a replica is chosen is in [`crate::balance`], what protects the callers in
//! [`super::Resilience`].

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Resilience, Scaling};
use crate::balance;
use crate::service_time::ServiceTime;

/// The most slots (replicas × concurrency) that a version may have.
pub const MAX_SLOTS: u64 = 1 << 20;

/// What a version does with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Backend {
    /// Replicas at the beginning of the run.
    pub replicas: NonZeroU32,
    /// Requests that one replica works on at the same time.
    pub concurrency: NonZeroU32,
    /// Requests that may wait at one replica (if they share a queue: at the version);
    /// `None` is without limit.
    pub queue: Option<u32>,
    /// How long a replica works on a request.
    pub service_time: ServiceTime,
    /// How much longer requests take under load: the service time is multiplied by
    /// 1 + `slowdown` × the share of busy slots when a request is sent; 0 or more.
    pub slowdown: f64,
    /// Which requests fail.
    pub errors: Errors,
    /// Which replica gets a request.
    pub balancing: &'static balance::Kind,
    /// What protects the callers.
    pub resilience: Resilience,
    /// How the number of replicas changes.
    pub scaling: Scaling,
    /// From the decision to add a replica until it takes requests.
    pub start_up: Duration,
    /// Replicas that crash, or are slower than the others.
    pub replica_faults: Vec<ReplicaFault>,
}

/// Which requests fail (HTTP status 500) although a replica worked on them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Errors {
    /// The share of requests that fail, 0 to 1.
    pub share: f64,
    /// Errors that come with time after the version's deployment, at the start of the run.
    pub ramp: Option<ErrorRamp>,
    /// Requests whose service takes longer than this fail.
    pub slower_than: Option<Duration>,
}

/// The share of failing requests grows linearly from [`Errors::share`] to `share` over `over`, and
/// stays there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorRamp {
    /// The share at the end of the ramp, 0 to 1.
    pub share: f64,
    /// How long the ramp takes, from the start of the run.
    pub over: Duration,
}

/// Something that is wrong with one replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplicaFault {
    /// Which replica, from 0.
    pub replica: u32,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// It takes so many times as long for each request.
    Slow(f64),
    /// It fails this share of its requests, 0 to 1.
    Errors(f64),
    /// It crashes at a moment: what it works on and what waits fails; it takes requests again
    /// after `restart`.
    Crash {
        /// When, from the start of the run.
        at: Duration,
        /// How long until it takes requests again.
        restart: Duration,
    },
}

impl Backend {
    /// Replicas at most, over the whole run.
    #[must_use]
    pub fn most_replicas(&self) -> u32 {
        self.scaling.most().max(self.replicas.get())
    }

    /// Attempts for each request, at least: those that fail are repeated, as far as `retries` allow
    /// without a budget.
    #[must_use]
    pub fn attempts_per_request(&self) -> f64 {
        let Some(retries) = self.resilience.retries.filter(|one| one.budget.is_none()) else {
            return 1.0;
        };
        let ramp = self.errors.ramp.map_or(f64::INFINITY, |ramp| ramp.share);
        let failing = self.errors.share.min(ramp);
        (0..retries.attempts).fold(1.0, |attempts, _| 1.0 + failing * attempts)
    }

    /// Whether something keeps its queues from growing for ever.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        let tries = self.resilience.retries.and_then(|one| one.per_try_timeout);
        self.queue.is_some()
            || self.resilience.max_requests.is_some()
            || self.resilience.timeout.is_some()
            || tries.is_some()
    }

    /// Whether the number of replicas that take requests may change while the run goes on.
    #[must_use]
    pub fn replicas_change(&self) -> bool {
        let crashes = |one: &ReplicaFault| matches!(one.fault, Fault::Crash { .. });
        self.scaling != Scaling::Fixed || self.replica_faults.iter().any(crashes)
    }

    /// Requests per second that the replicas of the beginning can serve.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        f64::from(self.replicas.get()) * f64::from(self.concurrency.get())
            / (self.service_time.mean() * (1.0 + self.slowdown))
    }
}
