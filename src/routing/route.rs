//! A route: under these conditions, do this.

use std::fmt;
use std::time::Duration;

use super::{Destination, Faults, Forward, FractionalPercent, RouteMatch};

/// A rule of the table: one match of one rule of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where it is written.
    pub origin: Origin,
    /// When it answers.
    pub condition: RouteMatch,
    /// What it does.
    pub action: RouteAction,
    /// What is injected before it does.
    pub faults: Faults,
    /// Who else gets a copy of what is forwarded.
    pub mirrors: Vec<Mirror>,
    /// How long an answer may take, all tries together; `None`: as long as it likes.
    pub timeout: Option<Duration>,
    /// What is tried again.
    pub retries: Retries,
}

impl Route {
    /// A route for every request, without faults, mirrors or a timeout, with Istio's retries.
    #[must_use]
    pub fn new(origin: Origin, action: RouteAction) -> Self {
        Self {
            origin,
            condition: RouteMatch::default(),
            action,
            faults: Faults::default(),
            mirrors: Vec::new(),
            timeout: None,
            retries: Retries::default(),
        }
    }
}

/// Where a rule is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Kind, namespace and name: `VirtualService default/reviews`.
    pub resource: String,
    /// The rule inside of it, by its name or its place: `jason`, `http[0].match[1]`.
    pub rule: String,
    /// File and line, such as `reviews.yaml:12`.
    pub place: Option<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.resource, self.rule)
    }
}

/// What a route does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAction {
    /// Sends it on.
    Forward(Forward),
    /// Sends the client elsewhere.
    Redirect(Redirect),
    /// Answers.
    DirectResponse(DirectResponse),
}

/// An answer that sends the client elsewhere; what is `None` stays as the client asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// The new scheme.
    pub scheme: Option<String>,
    /// The new host.
    pub authority: Option<String>,
    /// The new port.
    pub port: Option<u16>,
    /// The new path.
    pub path: Option<RedirectPath>,
}

/// The path that a client is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectPath {
    /// This one.
    Full(String),
    /// The same, with the matched prefix replaced.
    ReplacePrefix(String),
}

/// An answer of the proxy itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectResponse {
    /// 200 to 599.
    pub status: u16,
    /// The text.
    pub body: String,
}

/// A copy of requests to another destination, whose answer nobody reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Where the copies go.
    pub destination: Destination,
    /// Of which requests: drawn with the number R that also splits.
    pub percentage: FractionalPercent,
}

/// What is tried again, at the same destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Tries after the first; 0: none.
    pub attempts: u32,
    /// The conditions, such as `connect-failure` or `503`.
    pub retry_on: Vec<String>,
    /// How long one try may take; `None`: as long as the route allows.
    pub per_try_timeout: Option<Duration>,
}

impl Default for Retries {
    /// Istio's: two, when no answer had begun.
    ///
    /// Source: istio/istio, `pilot/pkg/networking/core/route/retry/retry.go` (`DefaultPolicy`).
    fn default() -> Self {
        let conditions = [
            "connect-failure",
            "refused-stream",
            "unavailable",
            "cancelled",
            "retriable-status-codes",
        ];
        Self {
            attempts: 2,
            retry_on: conditions.map(str::to_owned).to_vec(),
            per_try_timeout: None,
        }
    }
}

impl Retries {
    /// None at all.
    pub const NEVER: Self = Self {
        attempts: 0,
        retry_on: Vec::new(),
        per_try_timeout: None,
    };
}
