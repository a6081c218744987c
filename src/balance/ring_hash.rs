//! Consistent hashing on a ring (Envoy, `ring_hash_lb.cc`): each replica has points at
//! `xxHash64("<address>_<i>")`, in proportion to its weight, at least 1024 points in all; a request
//! goes to the first point at or behind the hash of its caller. Replica k has the address
//! `10.0.0.k:8080`, in dotted quads.

use super::maglev::address;
use super::{Balance, Hosts, Kind};
use crate::random::Stream;

use xxhash_rust::xxh64::xxh64;

pub(super) const KIND: Kind = Kind {
    name: "ring-hash",
    shares_queue: false,
    looks_at_load: false,
    looks_at_caller: true,
    build: |_| Box::new(RingHash { ring: Vec::new() }),
};

/// Envoy's default `minimum_ring_size`.
const MIN_RING: f64 = 1024.0;
/// Envoy's default `maximum_ring_size`.
const MAX_RING: f64 = 8_388_608.0;

#[derive(Debug)]
struct RingHash {
    ring: Vec<(u64, u32)>,
}

impl Balance for RingHash {
    fn update(&mut self, hosts: Hosts, _random: &mut Stream) {
        let weights = hosts.usable.iter().map(|&host| hosts.weight(host));
        let sum: f64 = weights.clone().sum();
        let least = weights.fold(f64::INFINITY, f64::min) / sum;
        let scale = ((least * MIN_RING).ceil() / least).min(MAX_RING);
        self.ring.clear();
        let (mut points, mut target) = (0.0, 0.0);
        for &host in hosts.usable {
            target += scale * hosts.weight(host) / sum;
            let address = address(host);
            let mut number = 0;
            while points < target {
                let key = format!("{address}_{number}");
                self.ring.push((xxh64(key.as_bytes(), 0), host));
                points += 1.0;
                number += 1;
            }
        }
        self.ring.sort_unstable();
    }

    fn pick(&mut self, hosts: Hosts, hash: u64, _random: &mut Stream) -> u32 {
        let place = self.ring.partition_point(|&(point, _)| point < hash);
        let found = self.ring.get(place).or(self.ring.first());
        found.map_or_else(|| hosts.at(hash), |&(_, host)| host)
    }
}
