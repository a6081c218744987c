//! The domain: what is to be simulated, always valid once built.
//!
//! No file formats here (that is `config`), and nothing happens here (that is `sim`). A
//! [`Scenario`] can only be made by [`Scenario::new`], which refuses what no simulator could run.

mod algorithm;
mod arrivals;
mod backend;
mod claim;
mod connections;
mod load;
mod name;
mod phase;
mod resilience;
mod rollout;
mod scaling;
mod version;

pub use algorithm::{Algorithm, UserGroups};
pub use arrivals::{ArrivalProcess, Arrivals, Bursts, Daily, TrafficClass};
pub use backend::{Backend, ErrorRamp, Errors, Fault, MAX_SLOTS, ReplicaFault};
pub use claim::{Claim, Needed, Statement};
pub use connections::{Connections, MAX_OPEN_CONNECTIONS};
pub use load::{MOST_WAITING, OfferedLoad, SlowReplica, WAITING_BYTES, offered_share};
pub use name::{ScenarioName, ScenarioNameError};
pub use phase::{Destination, Length, MAX_REQUESTS, Phase, PhaseError};
pub use resilience::{MAX_EJECTION, OutlierDetection, Resilience, Retries, RetryBudget, SlowStart};
pub use rollout::RolloutScenario;
pub use scaling::{AUTOSCALER_TOLERANCE, Autoscaler, Scaling, ScalingStep};
pub use version::{Protocol, Version, VersionIndex};

use std::time::Duration;

use crate::units::{ConfidenceLevel, Tolerance};

/// The most versions that a scenario may have.
pub const MAX_VERSIONS: usize = 64;
/// The most replications that a run may ask for.
pub const MAX_REPLICATIONS: u32 = 10_000_000;
/// The most intervals of what is shown over time, by the expected length of the run.
pub const MAX_INTERVALS: u64 = 2_000;

/// Everything that a run needs, before it is checked as a whole. The fields are those of
/// [`Scenario`].
#[derive(Debug, Clone)]
pub struct Parts {
    /// Names the scenario and its output folder.
    pub name: ScenarioName,
    /// A headline for people; the name if absent.
    pub title: Option<String>,
    /// A paragraph for people.
    pub description: Option<String>,
    /// What a "request" is: an HTTP request or a TCP connection.
    pub protocol: Protocol,
    /// The versions, in the order in which they are shown.
    pub versions: Vec<Version>,
    /// The stretches of the timeline, in order.
    pub phases: Vec<Phase>,
    /// The one seed of the run.
    pub seed: u64,
    /// How often the whole run is repeated with other streams, at least 1.
    pub replications: u32,
    /// What counts as near the target.
    pub tolerance: Tolerance,
    /// The level of intervals and of verdicts.
    pub confidence: ConfidenceLevel,
    /// Statements to judge.
    pub claims: Vec<Claim>,
    /// Response times of requests that arrive before this moment are left out.
    pub warm_up: Duration,
    /// How often a metrics system would look: the width of the intervals of what is shown over
    /// time; chosen by the length of the run if absent.
    pub scrape_interval: Option<Duration>,
    /// TCP connections that carry several requests each; without, each request stands alone.
    pub connections: Option<Connections>,
}

/// A scenario that can be run.
#[derive(Debug, Clone)]
pub struct Scenario {
    parts: Parts,
}

/// Why parts do not make a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// There is nothing to run.
    #[error("a scenario needs at least one phase")]
    NoPhases,
    /// There are no versions, or more than [`MAX_VERSIONS`].
    #[error("a scenario has 1 to {MAX_VERSIONS} versions, not {0}")]
    Versions(usize),
    /// Replications outside 1..=[`MAX_REPLICATIONS`].
    #[error("replications must be 1 to {MAX_REPLICATIONS}, not {0}")]
    Replications(u32),
    /// A phase, a claim or an algorithm names a version that is not there.
    #[error("version number {0} does not exist")]
    UnknownVersion(usize),
    /// A claim names a phase that is not there.
    #[error("phase number {0} does not exist")]
    UnknownPhase(usize),
    /// Virtual time, in nanoseconds, would overflow.
    #[error("the phases last longer than 292 years of virtual time; a higher `rate` shortens them")]
    TooLong,
}

impl Scenario {
    /// Checks that the parts refer to each other correctly.
    ///
    /// # Errors
    /// The first of [`ScenarioError`] that applies. `config` reports the same mistakes earlier,
    /// with their place in the file.
    pub fn new(parts: Parts) -> Result<Self, ScenarioError> {
        let versions = parts.versions.len();
        if versions == 0 || versions > MAX_VERSIONS {
            return Err(ScenarioError::Versions(versions));
        }
        if parts.phases.is_empty() {
            return Err(ScenarioError::NoPhases);
        }
        if parts.replications == 0 || parts.replications > MAX_REPLICATIONS {
            return Err(ScenarioError::Replications(parts.replications));
        }
        let mut nanos = parts.phases.iter().map(Phase::expected_nanos);
        // Half of what fits, because random arrivals may take longer than expected.
        nanos
            .try_fold(0_u64, |sum, span| sum.checked_add(span?))
            .filter(|&sum| sum < u64::MAX / 2)
            .ok_or(ScenarioError::TooLong)?;
        let known = |version: VersionIndex| match version.0 < versions {
            true => Ok(()),
            false => Err(ScenarioError::UnknownVersion(version.0)),
        };
        for phase in &parts.phases {
            phase
                .destinations()
                .iter()
                .try_for_each(|destination| known(destination.version))?;
            phase.algorithm().version().map_or(Ok(()), known)?;
        }
        for claim in &parts.claims {
            if claim.phase >= parts.phases.len() {
                return Err(ScenarioError::UnknownPhase(claim.phase));
            }
            claim.statement.version().map_or(Ok(()), known)?;
        }
        Ok(Self { parts })
    }

    /// Names the scenario and its output folder.
    #[must_use]
    pub fn name(&self) -> &ScenarioName {
        &self.parts.name
    }

    /// A headline for people: the title, or the name.
    #[must_use]
    pub fn title(&self) -> &str {
        self.parts
            .title
            .as_deref()
            .unwrap_or(self.parts.name.as_str())
    }

    /// A paragraph for people, if there is one.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.parts.description.as_deref()
    }

    /// What a "request" is.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.parts.protocol
    }

    /// The versions, in the order in which they are shown.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.parts.versions
    }

    /// The stretches of the timeline, in order; never empty.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.parts.phases
    }

    /// The one seed of the run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.parts.seed
    }

    /// How often the whole run is repeated, at least 1.
    #[must_use]
    pub fn replications(&self) -> u32 {
        self.parts.replications
    }

    /// What counts as near the target.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        self.parts.tolerance
    }

    /// The level of intervals and of verdicts.
    #[must_use]
    pub fn confidence(&self) -> ConfidenceLevel {
        self.parts.confidence
    }

    /// Statements to judge.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.parts.claims
    }

    /// Response times of requests that arrive before this moment are left out.
    #[must_use]
    pub fn warm_up(&self) -> Duration {
        self.parts.warm_up
    }

    /// How often a metrics system would look; chosen by the length of the run if absent.
    #[must_use]
    pub fn scrape_interval(&self) -> Option<Duration> {
        self.parts.scrape_interval
    }

    /// The expected length of the run in nanoseconds, without what is under way at its end.
    #[must_use]
    pub fn expected_nanos(&self) -> u64 {
        let spans = self.parts.phases.iter().map(Phase::expected_nanos);
        spans.fold(0, |sum, span| sum.saturating_add(span.unwrap_or(u64::MAX)))
    }

    /// TCP connections that carry several requests each, if there are any.
    #[must_use]
    pub fn connections(&self) -> Option<&Connections> {
        self.parts.connections.as_ref()
    }

    /// The same scenario with another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.parts.seed = seed;
        self
    }

    /// The parts, to change some and build again.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        self.parts
    }
}
