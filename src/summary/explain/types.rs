//! What `explain` and `diff` say, as data. Serialised, it is their JSON.

use serde::Serialize;

/// Why a request is routed as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The request or connection in one line.
    pub request: String,
    /// Its headers, `name: value`.
    pub headers: Vec<String>,
    /// The proxy that routes it.
    pub from: String,
    /// The virtual host or listener that takes it; absent if there is none.
    pub host: Option<String>,
    /// The rules that were tried before, with the reason why they do not answer.
    pub passed_over: Vec<PassedOverSummary>,
    /// The rule that answers; absent if none does.
    pub answer: Option<RouteSummary>,
    /// What becomes of the request where no rule answers.
    pub no_answer: Option<String>,
    /// What one random number does; absent if none was given.
    pub pick: Option<PickSummary>,
}

/// A rule that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOverSummary {
    /// Its place in the virtual host, from 1.
    pub place: usize,
    /// The resource and rule, such as `VirtualService default/reviews http[0]`.
    pub rule: String,
    /// File and line.
    pub at: Option<String>,
    /// The first condition that does not hold.
    pub condition: String,
    /// What the request has instead; absent if it has nothing of the kind.
    pub found: Option<String>,
}

/// A whole table, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableSummary {
    /// The virtual hosts.
    pub virtual_hosts: Vec<HostSummary>,
    /// The TCP and TLS listeners.
    pub listeners: Vec<HostSummary>,
}

/// A virtual host or a listener.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostSummary {
    /// Its name.
    pub name: String,
    /// Its domains; empty: every address.
    pub domains: Vec<String>,
    /// The gateways that have it; empty: all proxies.
    pub gateways: Vec<String>,
    /// Its ports; empty: all.
    pub ports: Vec<u16>,
    /// The rules in order.
    pub routes: Vec<RouteSummary>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteSummary {
    /// Its place in the virtual host, from 1.
    pub place: usize,
    /// The resource and rule.
    pub rule: String,
    /// File and line.
    pub at: Option<String>,
    /// Its conditions in words; empty: every request.
    pub conditions: Vec<String>,
    /// Whether no request gets here, because a rule before it answers all of them.
    pub unreachable: bool,
    /// Where requests go, by index; empty if the proxy answers.
    pub destinations: Vec<DestinationSummary>,
    /// What the proxy answers itself.
    pub local_answer: Option<String>,
    /// What is injected, in words.
    pub faults: Vec<String>,
    /// The mirrors.
    pub mirrors: Vec<MirrorSummary>,
    /// How long an answer may take, in seconds; absent: as long as it likes.
    pub timeout_seconds: Option<f64>,
    /// Tries after the first; absent for TCP.
    pub retry_attempts: Option<u32>,
    /// When there is another try.
    pub retry_on: Vec<String>,
}

/// A destination of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DestinationSummary {
    /// Host, subset and port in words.
    pub destination: String,
    /// The host.
    pub host: String,
    /// The subset.
    pub subset: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// Envoy's name for it, as Istio forms it.
    pub cluster: String,
    /// The weight as written; 0 where none is.
    pub weight: u32,
    /// Whether the weight counts: Istio ignores that of an only destination.
    pub weight_counts: bool,
    /// The share of the requests that reach the split, 0 to 1.
    pub target_share: f64,
    /// What to know about it: missing, empty.
    pub note: Option<String>,
}

/// A mirror of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MirrorSummary {
    /// Host, subset and port in words.
    pub destination: String,
    /// Envoy's name for it.
    pub cluster: String,
    /// The share of the forwarded requests that are copied, 0 to 1.
    pub share: f64,
    /// What to know about it: how it depends on the split.
    pub note: Option<String>,
}

/// What one random number does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PickSummary {
    /// R.
    pub random_value: u64,
    /// The sum of the weights.
    pub total: u64,
    /// R mod total.
    pub remainder: u64,
    /// The index of the destination, from 0.
    pub index: usize,
    /// The destination in words.
    pub destination: String,
    /// The mirrors that get a copy, in words.
    pub mirrored_to: Vec<String>,
}

/// What differs between two tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffSummary {
    /// How many requests were asked of both: one for each rule of either, and for each host a plain
    /// one.
    pub requests: usize,
    /// The requests whose shares differ.
    pub changes: Vec<Change>,
}

/// A request whose shares differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The request in one line.
    pub request: String,
    /// Its headers, `name: value`.
    pub headers: Vec<String>,
    /// The rule that answered; absent if none did.
    pub old_rule: Option<String>,
    /// The rule that answers now; absent if none does.
    pub new_rule: Option<String>,
    /// Each answer with its share before and now.
    pub shares: Vec<ShareChange>,
}

/// An answer with its share before and now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareChange {
    /// A destination, or what the proxy answers.
    pub answer: String,
    /// The share in the old table, 0 to 1.
    pub old_share: f64,
    /// The share in the new table, 0 to 1.
    pub new_share: f64,
}
