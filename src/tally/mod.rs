//! What was observed, in constant memory.
//!
//! Counts per destination, running counts at checkpoints, the first requests one by one, and
//! requests per time bucket. Nothing here judges what was observed; that is `summary`.

mod checkpoints;
mod observed;
mod recorder;
mod replications;
pub mod service;

pub use checkpoints::{checkpoints, fan_points};
pub use observed::{ObservedTally, VersionRuns};
pub use recorder::PhaseRecorder;
pub use replications::{Outcomes, PhaseReplications, RunShape, quantile};

use crate::units::SimTime;

/// How many of the first requests of a phase are kept one by one, for strips and order tests.
pub const OPENING: usize = 10_000;

/// What was observed in one phase of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseTally {
    /// When the phase began.
    pub start: SimTime,
    /// When it ended.
    pub end: SimTime,
    /// Requests per destination, in the order of the phase's destinations.
    pub counts: Vec<u64>,
    /// Running counts, at ascending request numbers; the last one is the end of the phase.
    pub checkpoints: Vec<Checkpoint>,
    /// The destination of each of the first requests, at most [`OPENING`].
    pub opening: Vec<u16>,
    /// Requests per time bucket.
    pub buckets: Buckets,
}

impl PhaseTally {
    /// Requests in all.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// The counts after a number of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Requests so far in the phase.
    pub requests: u64,
    /// Of these, requests per destination.
    pub counts: Vec<u64>,
}

/// Requests per destination in consecutive buckets of virtual time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Buckets {
    /// The number of the first bucket: its start divided by the width.
    pub first: u64,
    /// One entry per bucket: requests per destination.
    pub counts: Vec<Vec<u64>>,
}
