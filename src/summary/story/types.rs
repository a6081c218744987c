//! What `run` says of a story, as plain values.

use serde::Serialize;

/// Everything that `run` says of a story. Serialised, it is its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorySummary {
    /// The version of shiftsim that made it.
    pub shiftsim: &'static str,
    /// The name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// A paragraph for people.
    pub description: Option<String>,
    /// `http` for requests, `tcp` for connections.
    pub protocol: &'static str,
    /// The seed.
    pub seed: u64,
    /// How often the story was told.
    pub replications: u64,
    /// What the viewers ask for, or where the clients connect to.
    pub request: String,
    /// How the expected counts were found.
    pub expected_by: &'static str,
    /// The phases in order.
    pub phases: Vec<StoryPhase>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoryPhase {
    /// Its name.
    pub name: String,
    /// What was applied and deleted before it.
    pub change: String,
    /// When it begins, in seconds.
    pub begin_seconds: f64,
    /// Requests of viewers, or new connections.
    pub requests: u64,
    /// What viewers got, by viewer, the most frequent first.
    pub pages: Vec<PageSummary>,
    /// Requests that reached each version of each service, copies to mirrors included.
    pub services: Vec<ServiceSummary>,
    /// Which rule answered for each service.
    pub rules: Vec<RuleSummary>,
    /// Tries that proxies made again, by the rule that says so.
    pub retries: Vec<RuleSummary>,
    /// Calls that failed for good.
    pub failed_calls: Vec<FailedCalls>,
    /// Hops that a proxy routed by rules of before the change.
    pub routed_by_old_rules: u64,
    /// When the last of them was, in seconds after the change.
    pub last_old_seconds: Option<f64>,
    /// What was under way when the change reached its proxy; absent: nothing.
    pub under_way: Option<UnderWaySummary>,
    /// Connections that are open at the end of the phase.
    pub open_at_end: Vec<VersionCount>,
}

/// What a viewer got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageSummary {
    /// The viewer.
    pub viewer: String,
    /// The status; absent for connections.
    pub status: Option<u16>,
    /// Who answered; absent: a proxy.
    pub by: Option<String>,
    /// The versions behind the answer, in the order of the calls.
    pub made_from: Vec<String>,
    /// The services that are missing from it.
    pub without: Vec<String>,
    /// How often.
    pub count: u64,
    /// The share of this viewer's requests, 0 to 1.
    pub share: f64,
    /// How often that is to be expected, exactly; absent: no exact answer.
    pub expected: Option<f64>,
    /// The longest wait, in seconds; for connections, how long they were open.
    pub longest_seconds: f64,
    /// Over all replications; absent if there is one.
    pub runs: Option<RunsSummary>,
}

/// Requests that reached a version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceSummary {
    /// The service.
    pub service: String,
    /// The version; a dash if it has none.
    pub version: String,
    /// How many.
    pub requests: u64,
    /// Those of them that are copies to a mirror.
    pub copies: u64,
    /// The share of those that reached the service; absent: nobody did.
    pub share: Option<f64>,
    /// How many are to be expected, exactly, requests that old rules routed included; absent: no
    /// exact answer.
    pub expected: Option<f64>,
    /// The share that the rules of this phase alone lead to, once every proxy has them; absent: no
    /// exact answer, or nobody is to reach the service.
    pub target_share: Option<f64>,
    /// Over all replications; absent if there is one.
    pub runs: Option<RunsSummary>,
}

/// A count over all replications.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunsSummary {
    /// The mean.
    pub mean: f64,
    /// Its standard error: the standard deviation of the counts over the root of their number.
    pub standard_error: f64,
    /// The counts that 5%, 50% and 95% of the runs do not exceed.
    pub quantiles: [u64; 3],
    /// The smallest and the largest count.
    pub range: [u64; 2],
    /// Each count with the number of runs that had it, ascending.
    pub counts: Vec<(u64, u64)>,
}

/// Requests that a rule routed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSummary {
    /// The service that was asked.
    pub service: String,
    /// The rule, or that there was none.
    pub rule: String,
    /// How many.
    pub requests: u64,
}

/// Calls that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCalls {
    /// Who called.
    pub from: String,
    /// The service called.
    pub to: String,
    /// The status of the last try; absent: it timed out.
    pub status: Option<u16>,
    /// How many.
    pub calls: u64,
}

/// Requests that were being answered, or connections that were open, when the change reached their
/// proxy: they stay where they went by the old rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnderWaySummary {
    /// Where they were.
    pub by: Vec<VersionCount>,
    /// Those that ended by themselves.
    pub finished: u64,
    /// Connections that the end of the drain time closed.
    pub cut: u64,
    /// The drain time in seconds; absent for requests, which nobody cuts.
    pub drain_seconds: Option<f64>,
    /// When the last of them ended, in seconds after the change.
    pub last_seconds: f64,
}

/// A count of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionCount {
    /// The service.
    pub service: String,
    /// The version; a dash if it has none.
    pub version: String,
    /// How many.
    pub count: u64,
}
