//! What happens: who asks for what, which services call which, and what is applied when.

use std::time::Duration;

use crate::routing::{Connection, Request, RouteTable};
use crate::scenario::ScenarioName;
use crate::units::{Rate, Rational};

/// A story in stretches.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its name.
    pub name: ScenarioName,
    /// The line above its report.
    pub title: String,
    /// A paragraph for people.
    pub description: Option<String>,
    /// The seed of all that is drawn.
    pub seed: u64,
    /// Proxies of the clients, in turn; each learns of changes on its own. At least 1.
    pub proxies: u64,
    /// What clients do.
    pub traffic: Traffic,
    /// The versions that run behind services.
    pub running: Vec<Running>,
    /// Services that are another name of one version: what the Gateway API routes to.
    pub aliases: Vec<Alias>,
    /// The stretches in their order; at least one. The first one's rules hold from the start.
    pub stretches: Vec<Stretch>,
}

/// What clients do.
#[derive(Debug, Clone)]
pub enum Traffic {
    /// They send requests, each routed on its own.
    Requests(Requests),
    /// They open connections, each routed once.
    Connections(Connections),
}

/// Requests of viewers, and the calls behind them.
#[derive(Debug, Clone)]
pub struct Requests {
    /// What the viewers ask for.
    pub request: Request,
    /// Who asks, in turn; at least one.
    pub viewers: Vec<Viewer>,
    /// Which services call which.
    pub calls: Vec<Call>,
}

/// Connections of clients.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Where they connect to.
    pub connection: Connection,
    /// The same as it was written.
    pub address: String,
    /// How long each wants to stay open.
    pub lasts: Between,
    /// How long a listener that changed lets its old connections go on before it closes them.
    ///
    /// 45 s by default: istio/istio, `pkg/config/mesh/mesh.go` (`DefaultProxyConfig`).
    pub drain: Duration,
}

/// Somebody who asks, known by headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// What people call them.
    pub name: String,
    /// The headers of their requests, which services pass on.
    pub headers: Vec<(String, String)>,
}

/// The versions that run behind a service, with a pod each: all equally likely to be picked where
/// no rule picks one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The service: the first label of its host.
    pub service: String,
    /// Its versions; at least one.
    pub versions: Vec<RunningVersion>,
}

/// How a version answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningVersion {
    /// Its name: that of the subset.
    pub name: String,
    /// How long it works on a request, besides its calls.
    pub takes: Duration,
    /// The share of requests that it answers with `status` in the place of its answer.
    pub fails: Rational,
    /// That status.
    pub status: u16,
}

impl RunningVersion {
    /// One that answers at once, and always well.
    #[must_use]
    pub fn sound(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            takes: Duration::ZERO,
            fails: Rational::from_integer(0),
            status: 503,
        }
    }
}

/// A service that is another name of one version of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The service: the first label of its host.
    pub name: String,
    /// The service that the version is one of.
    pub service: String,
    /// The version.
    pub version: String,
}

/// A call that a service makes for each request that it answers, with timeout and retries of its
/// own code. Calls are made one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The service that calls: the first label of its host.
    pub from: String,
    /// The versions of it that call; empty: all.
    pub versions: Vec<String>,
    /// What it calls.
    pub request: Request,
    /// How long it waits for each try; `None`: as long as it takes.
    pub timeout: Option<Duration>,
    /// Tries after the first, when one times out or is answered with 500 or above.
    pub retries: u32,
    /// Whether it answers 500 itself when the call fails; otherwise it answers without it.
    pub required: bool,
}

/// A stretch of the story with its rules.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Its name.
    pub name: String,
    /// What was changed before it, in words.
    pub change: String,
    /// The rules after the change.
    pub table: RouteTable,
    /// How long the change takes to reach a proxy.
    pub propagation: Between,
    /// Requests of viewers, or new connections.
    pub requests: u64,
    /// Requests a second, evenly spaced.
    pub rate: Rate,
}

/// A time between two, all of them equally likely, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Between {
    /// The shortest.
    pub least: Duration,
    /// The longest, not below the shortest.
    pub most: Duration,
}

impl Between {
    /// Both ends in nanoseconds.
    pub(super) fn nanos(self) -> (u64, u64) {
        (nanos(self.least), nanos(self.most))
    }
}

/// A span in nanoseconds; beyond 584 years it is that long.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
