//! What the servers of a version saw, beside what its clients did.
//!
//! A server sees attempts, and each from the moment it is sent to it. It never sees what was refused
//! on the way, nor does one that crashes tell anybody of what was lost with it. Where the caller
//! hangs up, the server's own proxy notes that, and not the answer that the server still makes.

use super::Outcome;
use super::Series;
use super::counts::Counts;
use super::series::{Bucket, Durations};

/// How an attempt ended, as the server's proxy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEnd {
    /// Answered: 200.
    Ok,
    /// Answered: 500.
    Error,
    /// The caller hung up before there was an answer: its time was over, or it was cut off.
    HungUp,
}

impl ServerEnd {
    /// Every end.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Error, Self::HungUp];

    /// The HTTP status; 0 if there was none.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Error => 500,
            Self::HungUp => 0,
        }
    }
}

/// The servers of one version in one bucket of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ServerBucket {
    /// Attempts by their end, in the order of [`ServerEnd::ALL`].
    ends: [u64; 3],
    /// From when they were sent until then.
    times: Counts,
}

impl ServerBucket {
    /// An attempt ends, so many nanoseconds after it was sent.
    pub(super) fn record(&mut self, end: ServerEnd, nanos: u64) {
        self.ends[end as usize] += 1;
        self.times.record(nanos);
    }
}

impl Series {
    /// Attempts that ended in bucket number `place`, as the servers of a version see it, in the order
    /// of [`ServerEnd::ALL`].
    #[must_use]
    pub fn server_ends(&self, version: usize, place: usize) -> [u64; 3] {
        match &self.servers[version] {
            Some(buckets) => buckets.get(place).map_or([0; 3], |bucket| bucket.ends),
            None => {
                let responses = self.versions[version][place].responses;
                let of = |outcome: Outcome| responses[outcome as usize];
                [of(Outcome::Ok), of(Outcome::Error), 0]
            }
        }
    }

    /// How long these attempts took.
    #[must_use]
    pub fn server_durations(&self, version: usize, place: usize) -> Durations<'_> {
        match &self.servers[version] {
            Some(buckets) => Durations::of(buckets.get(place).map(|bucket| &bucket.times)),
            None => self.versions[version]
                .get(place)
                .map_or(Durations::of(None), Bucket::durations),
        }
    }
}
