//! TCP connections beside the requests that they carry.

use serde::Serialize;

use crate::scenario::Scenario;
use crate::tally::service::ServiceTally;
use crate::units::to_f64;

/// The connections of one version in one phase, and the requests that were sent over them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConnectionSummary {
    /// The phase.
    pub phase: String,
    /// The version.
    pub version: String,
    /// The share of new connections that it should get, 0 to 1.
    pub target_share: f64,
    /// Connections that were opened, those of clients who were cut included.
    pub opened: u64,
    /// Connections that were cut after a change of the weights.
    pub cut: u64,
    /// Connections that were open when the phase ended.
    pub open_at_end: u64,
    /// Requests that were sent in the phase, over connections of whatever age.
    pub requests: u64,
    /// Their share of all requests of the phase, 0 to 1; `None` without a request.
    pub request_share: Option<f64>,
}

/// A row per phase and version that has a weight, connections, or requests.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares are rounded")]
pub(super) fn connections(scenario: &Scenario, tally: &ServiceTally) -> Vec<ConnectionSummary> {
    let mut rows = Vec::new();
    let counts = tally.connections.iter().flatten();
    let phases = scenario.phases().iter().zip(counts).zip(&tally.phases);
    for (place, ((phase, counts), served)) in phases.enumerate() {
        let all: u64 = served.iter().map(|service| service.requests()).sum();
        let targets = phase
            .destinations()
            .iter()
            .zip(target_shares(scenario, tally, place));
        for (version_place, version) in scenario.versions().iter().enumerate() {
            let own = targets
                .clone()
                .filter(|(to, _)| to.version.0 == version_place);
            let target_share = own.map(|(_, share)| share).sum();
            let (count, requests) = (counts[version_place], served[version_place].requests());
            if target_share == 0.0 && count.opened + count.cut + count.open_at_end + requests == 0 {
                continue;
            }
            rows.push(ConnectionSummary {
                phase: phase.name().to_owned(),
                version: version.name.clone(),
                target_share,
                opened: count.opened,
                cut: count.cut,
                open_at_end: count.open_at_end,
                requests,
                request_share: (all > 0).then(|| requests as f64 / all as f64),
            });
        }
    }
    rows
}

/// The share of new connections that each destination of phase number `place` should get: by the
/// replicas that were ready, on average, where these decide.
fn target_shares(scenario: &Scenario, tally: &ServiceTally, place: usize) -> Vec<f64> {
    let phase = &scenario.phases()[place];
    let Some(ready) = &tally.ready[place] else {
        return phase.effective_shares().into_iter().map(to_f64).collect();
    };
    let expected = ready.destinations().iter().map(|one| one.expected);
    let all: f64 = expected.clone().sum();
    expected.map(|one| one / all.max(1.0)).collect()
}
