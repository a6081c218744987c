//! The least busy of all replicas, ties at random (Envoy, `least_request_lb.cc`, `FULL_SCAN`):
//! among equally busy ones a reservoir of one is kept.

use rand::Rng;

use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "least-request-full-scan",
    shares_queue: false,
    looks_at_load: true,
    looks_at_caller: false,
    build: |_| Box::new(FullScan),
};

#[derive(Debug)]
struct FullScan;

impl Balance for FullScan {
    fn pick(&mut self, hosts: Hosts, _hash: u64, random: &mut Stream) -> u32 {
        let mut best = hosts.at(0);
        let mut ties = 1;
        for &host in &hosts.usable[1..] {
            match hosts.busy(host).cmp(&hosts.busy(best)) {
                std::cmp::Ordering::Less => (best, ties) = (host, 1),
                std::cmp::Ordering::Equal => {
                    ties += 1;
                    if random.next_u64().is_multiple_of(ties) {
                        best = host;
                    }
                }
                std::cmp::Ordering::Greater => {}
            }
        }
        best
    }
}
