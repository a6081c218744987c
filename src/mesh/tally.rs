//! What was observed in a story.

use std::collections::BTreeMap;

/// All stretches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryTally {
    /// In their order.
    pub stretches: Vec<StretchTally>,
}

/// One stretch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StretchTally {
    /// What viewers got, with how often.
    pub pages: BTreeMap<Page, Answered>,
    /// Requests that reached each version of each service: (service, version).
    pub received: BTreeMap<(String, String), u64>,
    /// Which rule routed how many requests to each service: (service, rule).
    pub rules: BTreeMap<(String, String), u64>,
    /// Calls that failed for good.
    pub failures: BTreeMap<Failure, u64>,
    /// Hops that a proxy routed by rules of before the change.
    pub routed_by_old_rules: u64,
    /// The last of those hops, in nanoseconds since the stretch began.
    pub last_old_nanos: Option<u64>,
}

/// What a viewer got.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    /// The place of the viewer.
    pub viewer: usize,
    /// The status.
    pub status: u16,
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
    /// The longest wait, in nanoseconds.
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
