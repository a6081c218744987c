//! What servers see of attempts, where that is not what clients see of requests.

use super::Cluster;
use super::calls::CallId;
use crate::scenario::{Backend, Fault, ReplicaFault, Scenario};
use crate::sim::engine::outbox::Outbox;
use crate::tally::service::ServerEnd;

impl Cluster<'_> {
    /// An attempt at a replica ends, as the replica's own proxy sees it.
    pub(super) fn ends_at_server(&self, id: CallId, end: ServerEnd, now: u64, out: &mut Outbox) {
        let sent = self.calls.get(id).sent;
        out.service.ends_at_server(self.version, sent, now, end);
    }
}

/// Whether servers see something else than clients: several attempts of a request, callers who hang
/// up or are cut off, or a crash.
pub(super) fn differ(scenario: &Scenario, backend: &Backend) -> bool {
    let connections = scenario.connections();
    let crashes = |one: &ReplicaFault| matches!(one.fault, Fault::Crash { .. });
    let resilience = &backend.resilience;
    connections.is_some_and(|one| one.drain.is_some())
        || resilience.timeout.is_some()
        || resilience.retries.is_some()
        || backend.replica_faults.iter().any(crashes)
}
