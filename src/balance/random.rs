//! Any usable replica, independently (Envoy, `random_lb.cc`): `hosts[R mod n]`.

use rand::Rng;

use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "random",
    shares_queue: false,
    looks_at_load: false,
    looks_at_caller: false,
    build: |_| Box::new(Random),
};

#[derive(Debug)]
struct Random;

impl Balance for Random {
    fn pick(&mut self, hosts: Hosts, _hash: u64, random: &mut Stream) -> u32 {
        hosts.at(random.next_u64())
    }
}
