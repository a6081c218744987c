//! What a request costs a backend: how long it is worked on, and whether it fails.
//!
//! Both are drawn when the request is sent to a replica, from streams of their own, so that the
//! engine and the recursion of [`super::pools`] draw the same. Only where replicas share a queue and
//! something is wrong with one of them, the replica that takes the request decides how much longer
//! it takes and whether it fails.

use rand::Rng;

use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Backend, Fault};
use crate::service_time::ServiceTime;

/// Service times that are drawn at a time.
const PREPARED: usize = 256;

/// The work of one attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    /// How long a replica works on it, in nanoseconds.
    pub(super) nanos: u64,
    /// Whether the replica answers with an error.
    pub(super) fails: bool,
}

/// The jobs of one version, in the order in which they are sent.
#[derive(Debug)]
pub(super) struct Jobs {
    service: Stream,
    failing: Stream,
    law: ServiceTime,
    prepared: Box<[u64; PREPARED]>,
    used: usize,
    /// What is known when a request is sent.
    sent: Troubles,
    /// What is known only when a replica takes it.
    taken: Option<Troubles>,
    plain: bool,
}

/// What can go wrong with a job.
#[derive(Debug, Clone)]
struct Troubles {
    share: f64,
    ramp: Option<(f64, f64)>,
    slower_than: u64,
    replicas: Vec<Replica>,
}

impl Troubles {
    const NONE: Self = Self {
        share: 0.0,
        ramp: None,
        slower_than: u64::MAX,
        replicas: Vec::new(),
    };

    fn of(backend: &Backend) -> Self {
        let errors = backend.errors;
        Self {
            share: errors.share,
            ramp: errors
                .ramp
                .map(|ramp| (ramp.share, ramp.over.as_secs_f64() * 1e9)),
            slower_than: errors.slower_than.map_or(u64::MAX, super::nanos),
            replicas: replicas(backend),
        }
    }

    /// Whether nothing can.
    fn are_none(&self) -> bool {
        let Self {
            share,
            ramp,
            slower_than,
            replicas,
        } = self;
        *share == 0.0 && ramp.is_none() && *slower_than == u64::MAX && replicas.is_empty()
    }

    /// A job of so many nanoseconds, at `replica` at `now`.
    #[inline]
    fn befall(&self, mut nanos: u64, replica: u32, now: u64, failing: &mut Stream) -> Job {
        let mut share = self.share;
        if let Some(replica) = self.replicas.get(replica as usize) {
            nanos = stretch(nanos, replica.slow);
            share = share.max(replica.errors);
        }
        if let Some((end, over)) = self.ramp {
            #[expect(clippy::cast_precision_loss, reason = "a share of time")]
            let progress = (now as f64 / over).min(1.0);
            share = share.max(self.share + (end - self.share) * progress);
        }
        Job {
            nanos,
            fails: nanos > self.slower_than || (share > 0.0 && draws_below(failing, share)),
        }
    }
}

/// What is wrong with each replica, up to the last one with a fault.
fn replicas(backend: &Backend) -> Vec<Replica> {
    let healthy = Replica {
        slow: 1.0,
        errors: 0.0,
    };
    let mut replicas = Vec::new();
    for fault in &backend.replica_faults {
        let place = fault.replica as usize;
        if replicas.len() <= place {
            replicas.resize(place + 1, healthy);
        }
        match fault.fault {
            Fault::Slow(factor) => replicas[place].slow = factor,
            Fault::Errors(share) => replicas[place].errors = share,
            Fault::Crash { .. } => {}
        }
    }
    replicas
}

/// What is wrong with a replica.
#[derive(Debug, Clone, Copy)]
struct Replica {
    slow: f64,
    errors: f64,
}

impl Jobs {
    /// The jobs of a version in a replication.
    pub(super) fn new(backend: &Backend, seed: u64, [replication, version]: [u64; 2]) -> Self {
        let troubles = Troubles::of(backend);
        let ails = |one: &Replica| one.slow != 1.0 || one.errors > 0.0;
        let differ = troubles.replicas.iter().any(ails);
        let (sent, taken) = if backend.balancing.shares_queue && differ {
            (Troubles::NONE, Some(troubles))
        } else {
            (troubles, None)
        };
        Self {
            service: stream(seed, Purpose::Service, &[replication, version]),
            failing: stream(seed, Purpose::Errors, &[replication, version]),
            law: backend.service_time.clone(),
            prepared: Box::new([0; PREPARED]),
            used: PREPARED,
            plain: taken.is_none() && sent.are_none(),
            sent,
            taken,
        }
    }

    /// The job of the next attempt, sent to `replica` at `now` nanoseconds.
    #[inline]
    pub(super) fn next(&mut self, replica: u32, now: u64) -> Job {
        if self.used == PREPARED {
            self.law.fill(&mut self.service, &mut self.prepared[..]);
            self.used = 0;
        }
        let nanos = self.prepared[self.used];
        self.used += 1;
        if self.plain {
            return Job {
                nanos,
                fails: false,
            };
        }
        self.sent.befall(nanos, replica, now, &mut self.failing)
    }

    /// Whether the replica that takes a job has a say in what it costs.
    #[inline]
    pub(super) fn depend_on_who_takes_them(&self) -> bool {
        self.taken.is_some()
    }

    /// A job that was sent, once `replica` takes it at `now` nanoseconds.
    #[inline]
    pub(super) fn taken(&mut self, job: Job, replica: u32, now: u64) -> Job {
        match &self.taken {
            None => job,
            Some(troubles) => troubles.befall(job.nanos, replica, now, &mut self.failing),
        }
    }

    /// Whether a job costs its service time and nothing can go wrong with it.
    pub(super) fn are_plain(&self) -> bool {
        self.plain
    }

    /// How long the next jobs take, if they are plain: what [`Self::next`] would say.
    pub(super) fn fill(&mut self, nanos: &mut [u64]) {
        let (prepared, rest) = nanos.split_at_mut(nanos.len().min(PREPARED - self.used));
        let end = self.used + prepared.len();
        prepared.copy_from_slice(&self.prepared[self.used..end]);
        self.used = end;
        self.law.fill(&mut self.service, rest);
    }

    /// A job that takes `factor` times as long, and fails if that is too long.
    pub(super) fn stretched(&self, job: Job, factor: f64) -> Job {
        let nanos = stretch(job.nanos, factor);
        Job {
            nanos,
            fails: job.fails || nanos > self.sent.slower_than,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits, as for any random share"
)]
fn draws_below(random: &mut Stream, share: f64) -> bool {
    let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    unit < share
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounding to nanoseconds; saturating is right"
)]
fn stretch(nanos: u64, factor: f64) -> u64 {
    (nanos as f64 * factor).round() as u64
}
