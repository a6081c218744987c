//! What servers see of attempts, where that is not what clients see of requests.

use super::Mesh;
use crate::scenario::{Backend, Fault, ReplicaFault};
use crate::sim::engine::calls::CallId;
use crate::tally::service::ServerEnd;

impl Mesh<'_> {
    /// Watches the servers of those versions where attempts are not requests.
    pub(super) fn watch_servers(&mut self) {
        let scenario = self.setup.scenario;
        let cuts = scenario
            .connections()
            .is_some_and(|one| one.drain.is_some());
        for (place, version) in scenario.versions().iter().enumerate() {
            if version
                .backend
                .as_ref()
                .is_some_and(|one| cuts || differ(one))
            {
                self.service.watch_servers(place);
            }
        }
    }

    /// An attempt at a replica ends, as the replica's own proxy sees it.
    #[inline]
    pub(super) fn ends_at_server(&mut self, id: CallId, end: ServerEnd, now: u64) {
        let call = self.calls.get(id);
        self.service
            .ends_at_server(call.version as usize, call.sent, now, end);
    }
}

/// Whether servers see something else than clients: several attempts of a request, callers who hang
/// up, or a crash.
fn differ(backend: &Backend) -> bool {
    let crashes = |one: &ReplicaFault| matches!(one.fault, Fault::Crash { .. });
    let resilience = &backend.resilience;
    resilience.timeout.is_some()
        || resilience.retries.is_some()
        || backend.replica_faults.iter().any(crashes)
}
