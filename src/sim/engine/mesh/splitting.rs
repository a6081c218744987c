//! The split where it follows the replicas that are ready.

use super::Mesh;
use crate::scenario::Phase;
use crate::sim::engine::cluster::Cluster;
use crate::sim::engine::ready_split::ReadySplit;
use crate::sim::replay::Request;

impl Mesh<'_> {
    /// A phase begins: its split follows the replicas, if it shall.
    pub(super) fn follow_replicas(&mut self, phase: &Phase, index: [u64; 2]) {
        let ready = |version: usize| self.clusters[version].as_ref().map_or(0, Cluster::ready);
        self.ready_split = ReadySplit::new(phase, self.setup.scenario.seed(), index, ready);
        self.out.all_changes = self.ready_split.is_some();
    }

    /// The request, split by the replicas that are ready now, if these decide.
    #[inline]
    pub(super) fn split_by_replicas(&mut self, request: Request) -> Request {
        match &mut self.ready_split {
            None => request,
            Some(split) => Request {
                destination: split.pick(),
                ..request
            },
        }
    }

    /// The destination of a connection that is opened again.
    pub(super) fn split_again(&mut self) -> Option<usize> {
        match &mut self.ready_split {
            Some(split) => Some(split.pick()),
            None => self.timeline.pick_again(),
        }
    }

    /// Tells the split of replicas that came or went.
    pub(super) fn tell_split(&mut self) {
        for (version, ready) in self.out.ready.drain(..) {
            if let Some(split) = &mut self.ready_split {
                split.changed(version, ready);
            }
        }
    }

    /// A phase is over: notes what the ready replicas gave.
    pub(super) fn note_ready_shares(&mut self) {
        if let Some(split) = self.ready_split.take() {
            self.out.service.ready_shares(self.phase, split.finish());
        }
    }
}
