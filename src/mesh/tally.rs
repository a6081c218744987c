//! What was observed in a story.

use std::collections::BTreeMap;

/// A version of a service: (service, version). A version that has no name is a dash.
pub type ServiceVersion = (String, String);

/// All stretches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryTally {
    /// In their order.
    pub stretches: Vec<StretchTally>,
    /// Over time.
    pub series: Series,
}

/// Requests over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// The width of a bucket in nanoseconds, above zero.
    pub bucket_nanos: u64,
    /// Requests, or new connections, that reached each version in each bucket.
    pub received: BTreeMap<ServiceVersion, Vec<u64>>,
    /// Connections that are open in the middle of each bucket.
    pub open: BTreeMap<ServiceVersion, Vec<u64>>,
}

/// Buckets of a story.
const BUCKETS: u64 = 60;

impl Series {
    /// An empty one, up to a moment in nanoseconds.
    pub(super) fn over(end: u64) -> Self {
        Self {
            bucket_nanos: end.div_ceil(BUCKETS).max(1),
            ..Self::default()
        }
    }

    /// Counts what reached a version at a moment. What comes after the end counts in the last
    /// bucket.
    pub(super) fn add(&mut self, version: ServiceVersion, now: u64) {
        let bucket = (now / self.bucket_nanos).min(BUCKETS - 1);
        let bucket = usize::try_from(bucket).unwrap_or(usize::MAX);
        let counts = self.received.entry(version).or_default();
        if counts.len() <= bucket {
            counts.resize(bucket + 1, 0);
        }
        counts[bucket] += 1;
    }

    /// The moment in the middle of each bucket, in nanoseconds.
    pub(super) fn middles(&self) -> impl Iterator<Item = u64> {
        let width = self.bucket_nanos;
        (0..BUCKETS).map(move |bucket| bucket.saturating_mul(width).saturating_add(width / 2))
    }
}

/// One stretch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StretchTally {
    /// What viewers got, with how often.
    pub pages: BTreeMap<Page, Answered>,
    /// Requests that reached each version of each service.
    pub received: BTreeMap<ServiceVersion, u64>,
    /// Those of them that are copies to mirrors, whose answers nobody reads.
    pub copies: BTreeMap<ServiceVersion, u64>,
    /// Which rule routed how many requests to each service: (service, rule).
    pub rules: BTreeMap<(String, String), u64>,
    /// Calls that failed for good.
    pub failures: BTreeMap<Failure, u64>,
    /// Tries that a proxy made again, by the rule that says so: (service, rule).
    pub retries: BTreeMap<(String, String), u64>,
    /// Hops that a proxy routed by rules of before the change.
    pub routed_by_old_rules: u64,
    /// The last of those hops, in nanoseconds since the stretch began.
    pub last_old_nanos: Option<u64>,
    /// What was under way when the change came.
    pub under_way: UnderWay,
    /// Connections that are open at the end of the stretch.
    pub open: BTreeMap<ServiceVersion, u64>,
}

/// Requests that are being answered, or connections that are open, when a change reaches their
/// proxy. Requests finish on the old rules; connections do if they end before the listener is
/// drained.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnderWay {
    /// By the version that they had gone to.
    pub by: BTreeMap<ServiceVersion, u64>,
    /// Those that ended by themselves.
    pub finished: u64,
    /// Connections that were closed because the drain time was over.
    pub cut: u64,
    /// When the last of them ended, in nanoseconds since the stretch began.
    pub last_nanos: u64,
}

impl UnderWay {
    /// Adds one that ended that many nanoseconds after the stretch began.
    pub(super) fn add(&mut self, by: ServiceVersion, cut: bool, nanos: u64) {
        *self.by.entry(by).or_default() += 1;
        if cut {
            self.cut += 1;
        } else {
            self.finished += 1;
        }
        self.last_nanos = self.last_nanos.max(nanos);
    }
}

/// What a viewer got.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    /// The place of the viewer; 0 for connections.
    pub viewer: usize,
    /// The status; `None` for connections.
    pub status: Option<u16>,
    /// Who answered, `productpage v1`; `None`: a proxy.
    pub by: Option<String>,
    /// What it was made from: the versions that answered the calls, `reviews v2`, in their order.
    pub made_from: Vec<String>,
    /// The services that are missing from it.
    pub without: Vec<String>,
}

/// How often, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answered {
    /// How often.
    pub count: u64,
    /// The longest wait, in nanoseconds; for connections, how long they were open.
    pub longest_nanos: u64,
}

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// Who called: `productpage v1`.
    pub from: String,
    /// The service called.
    pub to: String,
    /// The status of the last try; `None`: it timed out.
    pub status: Option<u16>,
}
