//! No balancer at all: the replicas of a version take from one queue, first come, first served.

use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "shared-queue",
    shares_queue: true,
    looks_at_load: false,
    looks_at_caller: false,
    build: |_| Box::new(SharedQueue),
};

#[derive(Debug)]
struct SharedQueue;

impl Balance for SharedQueue {
    fn pick(&mut self, hosts: Hosts, _hash: u64, _random: &mut Stream) -> u32 {
        hosts.at(0)
    }
}
