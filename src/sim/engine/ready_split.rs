//! A split that follows the replicas: each one that is ready, of whatever version, is as likely.
//!
//! kube-proxy writes its rules anew whenever the endpoints of a Service change
//! (`pkg/proxy/iptables/proxier.go`, `syncProxyRules`); here the change takes no time. While no
//! replica at all is ready, requests go where they went before, and are refused there.

use crate::random::Purpose;
use crate::scenario::Phase;
use crate::sim::PhaseSplitter;
use crate::tally::service::ReadyShares;

/// The split of one phase.
#[derive(Debug)]
pub(super) struct ReadySplit {
    splitter: PhaseSplitter,
    /// The version of each destination, and how many of its replicas are ready.
    versions: Vec<usize>,
    ready: Vec<u32>,
    /// The numbers by which requests are split: those that are ready, or were before all went.
    in_force: Vec<u32>,
    /// Requests that were split since the last change.
    requests: u64,
    shares: ReadyShares,
}

impl ReadySplit {
    /// The split of a phase, `index` being (replication, phase); `ready` says how many replicas of
    /// a version are. `None` if the phase does not follow them.
    pub(super) fn new(
        phase: &Phase,
        seed: u64,
        index: [u64; 2],
        ready: impl Fn(usize) -> u32,
    ) -> Option<Self> {
        if !phase.algorithm().follows_replicas() {
            return None;
        }
        let destinations = phase.destinations().iter();
        let versions: Vec<usize> = destinations.map(|one| one.version.0).collect();
        let ready: Vec<u32> = versions.iter().map(|&version| ready(version)).collect();
        let mut split = Self {
            splitter: PhaseSplitter::new(phase, seed, Purpose::Split, index),
            shares: ReadyShares::new(versions.len()),
            versions,
            ready,
            in_force: phase.effective_weights(),
            requests: 0,
        };
        split.follow();
        Some(split)
    }

    /// The destination of the next request.
    pub(super) fn pick(&mut self) -> usize {
        self.requests += 1;
        self.splitter.pick()
    }

    /// From now on, so many replicas of a version are ready.
    pub(super) fn changed(&mut self, version: usize, ready: u32) {
        self.shares.add(self.requests, &self.in_force);
        self.requests = 0;
        for (own, number) in self.versions.iter().zip(&mut self.ready) {
            if *own == version {
                *number = ready;
            }
        }
        self.follow();
    }

    /// Splits by what is ready now, if anything is.
    fn follow(&mut self) {
        if self.ready.iter().any(|&ready| ready > 0) {
            self.in_force.clone_from(&self.ready);
            self.splitter.follow(&self.in_force);
        }
    }

    /// What the ready replicas gave over the phase, which is over.
    pub(super) fn finish(mut self) -> ReadyShares {
        self.shares.add(self.requests, &self.in_force);
        self.shares
    }
}
