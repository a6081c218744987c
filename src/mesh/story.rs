//! What happens: who asks for what, which services call which, and what is applied when.

use std::time::Duration;

use crate::routing::{Destination, Request, RouteTable};
use crate::scenario::ScenarioName;
use crate::units::Rate;

/// A story in stretches.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its name.
    pub name: ScenarioName,
    /// The line above its report.
    pub title: String,
    /// The seed of all that is drawn.
    pub seed: u64,
    /// Proxies of the clients, in turn; each learns of changes on its own. At least 1.
    pub proxies: u64,
    /// What the viewers ask for.
    pub request: Request,
    /// Who asks, in turn; at least one.
    pub viewers: Vec<Viewer>,
    /// Which services call which.
    pub calls: Vec<Call>,
    /// The stretches in their order; at least one. The first one's rules hold from the start.
    pub stretches: Vec<Stretch>,
}

/// Somebody who asks, known by headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// What people call them.
    pub name: String,
    /// The headers of their requests, which services pass on.
    pub headers: Vec<(String, String)>,
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

impl Call {
    /// Whether that destination makes it.
    pub(super) fn is_made_by(&self, destination: &Destination) -> bool {
        let version = destination.version();
        self.from == destination.short_host()
            && (self.versions.is_empty() || self.versions.iter().any(|one| one == version))
    }
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
    /// When proxies learn of the change.
    pub propagation: Propagation,
    /// Requests of viewers.
    pub requests: u64,
    /// Requests a second, evenly spaced.
    pub rate: Rate,
}

/// When proxies learn of a change: each after a time between the two, all times equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Propagation {
    /// The fastest.
    pub least: Duration,
    /// The slowest.
    pub most: Duration,
}
