//! What a request costs a backend: how long it is worked on, and whether it fails.
//!
//! Both are drawn when the request is sent to a replica, from streams of their own, so that the
//! engine and the recursion of [`super::pools`] draw the same.

use rand::Rng;

use crate::random::{Purpose, Stream, stream};
use crate::scenario::{Backend, Errors};
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
    share: f64,
    ramp: Option<(f64, f64)>,
    slower_than: u64,
    replicas: Vec<Replica>,
    plain: bool,
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
                crate::scenario::Fault::Slow(factor) => replicas[place].slow = factor,
                crate::scenario::Fault::Errors(share) => replicas[place].errors = share,
                crate::scenario::Fault::Crash { .. } => {}
            }
        }
        let errors = backend.errors;
        let plain = errors == Errors::default() && replicas.is_empty();
        Self {
            service: stream(seed, Purpose::Service, &[replication, version]),
            failing: stream(seed, Purpose::Errors, &[replication, version]),
            law: backend.service_time.clone(),
            prepared: Box::new([0; PREPARED]),
            used: PREPARED,
            share: errors.share,
            ramp: errors
                .ramp
                .map(|ramp| (ramp.share, ramp.over.as_secs_f64() * 1e9)),
            slower_than: errors.slower_than.map_or(u64::MAX, super::nanos),
            replicas,
            plain,
        }
    }

    /// The job of the next attempt, sent to `replica` at `now` nanoseconds.
    #[inline]
    pub(super) fn next(&mut self, replica: u32, now: u64) -> Job {
        if self.used == PREPARED {
            self.law.fill(&mut self.service, &mut self.prepared[..]);
            self.used = 0;
        }
        let mut nanos = self.prepared[self.used];
        self.used += 1;
        if self.plain {
            return Job {
                nanos,
                fails: false,
            };
        }
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
            fails: nanos > self.slower_than || (share > 0.0 && self.draws_below(share)),
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
            fails: job.fails || nanos > self.slower_than,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "53 bits, as for any random share"
    )]
    fn draws_below(&mut self, share: f64) -> bool {
        let unit = (self.failing.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < share
    }
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
