//! What backends did: response times, outcomes and load, in memory that does not grow with the
//! number of requests.

mod batches;
mod changes;
mod counts;
mod latency;
mod ready;
mod recorder;
mod replications;
mod series;
mod servers;

pub use batches::{Batches, SHORTEST};
pub use changes::{Change, Changes, MOST_CHANGES, What};
pub use latency::{LATENCY_ERROR, Latency};
pub use ready::{ReadyShare, ReadyShares};
pub use recorder::{AnsweredBlock, Response, ServedBlock, ServiceRecorder};
pub use replications::{MOST_RUNS, QUANTILES, RunFigures, ServiceReplications};
pub use series::{Bucket, ConnectionBucket, Durations, MOST_BUCKETS, Series, quantile_of};
pub use servers::ServerEnd;

/// How a request ended, as its viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered: 200.
    Ok,
    /// A replica answered with an error, or crashed: 500.
    Error,
    /// Refused, because a queue or a limit was full: 503.
    Refused,
    /// No answer in time: 504.
    TimedOut,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::Refused, Self::TimedOut];

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Error => 500,
            Self::Refused => 503,
            Self::TimedOut => 504,
        }
    }
}

/// What the backends of all versions did in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceTally {
    /// One entry per phase: one entry per version. Requests belong to the phase in which they
    /// arrived.
    pub phases: Vec<Vec<VersionService>>,
    /// Over virtual time, per version.
    pub series: Series,
    /// What changed by itself: replicas, crashes, ejections.
    pub changes: Changes,
    /// One entry per version: what the whole run was like.
    pub load: Vec<VersionLoad>,
    /// When the last response was sent, in nanoseconds from the start.
    pub end_nanos: u64,
    /// Requests that arrived before this moment are left out of response times.
    pub warm_up_nanos: u64,
    /// One entry per phase: one entry per class of traffic, all versions together.
    pub classes: Vec<Vec<VersionService>>,
    /// One entry per phase: one entry per version; if requests were sent over connections.
    pub connections: Option<Vec<Vec<ConnectionCount>>>,
    /// One entry per phase: what the ready replicas gave, if its split follows them.
    pub ready: Vec<Option<ReadyShares>>,
    /// Events that were handled; none where a recursion was enough.
    pub events: u64,
}

/// What one version did with the requests of one phase.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VersionService {
    /// Requests by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; 4],
    /// Attempts that were sent to replicas or refused by them, retries included.
    pub attempts: u64,
    /// Requests that arrived after the warm-up.
    pub measured: u64,
    /// Response times of what was not refused and arrived after the warm-up.
    pub latency: Latency,
}

impl VersionService {
    /// Requests in all.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.outcomes.iter().sum()
    }
}

/// The TCP connections of one version in one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionCount {
    /// Connections that were opened, or refused.
    pub opened: u64,
    /// Connections of before that were cut after a change of the weights.
    pub cut: u64,
    /// Connections that were open when the phase ended.
    pub open_at_end: u64,
}

/// The load of a version over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionLoad {
    /// Slots (replicas × concurrency) over time: their number times nanoseconds.
    pub slot_nanos: u128,
    /// Of these, busy.
    pub busy_nanos: u128,
    /// Requests under way over time: their number times nanoseconds, measured at every change;
    /// `None` where a recursion saw no departures.
    pub in_system_nanos: Option<u128>,
    /// The sum of all times from arrival to response. By Little's law the same number.
    pub sojourn_nanos: u128,
    /// Replicas that were ejected for their errors.
    pub ejections: u64,
}
