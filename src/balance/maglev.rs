//! Maglev's table (Envoy, `maglev_lb.cc`): 65537 places, which the replicas fill in turns by their
//! own permutations; offset `xxHash64(address) mod M`, skip `xxHash64(address, seed 1) mod (M − 1)
//! + 1`. A replica takes its turn if turn × weight has reached its target, which then grows by the
//! largest weight. A request goes to the place `hash mod M`.

use xxhash_rust::xxh64::xxh64;

use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "maglev",
    shares_queue: false,
    looks_at_load: false,
    looks_at_caller: true,
    build: |_| Box::new(Maglev { table: Vec::new() }),
};

/// Envoy's default table size, a prime.
const SIZE: u64 = 65_537;

#[derive(Debug)]
struct Maglev {
    table: Vec<u32>,
}

/// The address of a replica: `10.a.b.c:8080` with the bytes of its number.
pub(super) fn address(host: u32) -> String {
    let [_, a, b, c] = host.to_be_bytes();
    format!("10.{a}.{b}.{c}:8080")
}

struct Entry {
    host: u32,
    key: String,
    offset: u64,
    skip: u64,
    weight: f64,
    target: f64,
    next: u64,
}

impl Balance for Maglev {
    fn update(&mut self, hosts: Hosts, _random: &mut Stream) {
        let mut entries: Vec<Entry> = hosts
            .usable
            .iter()
            .map(|&host| {
                let key = address(host);
                Entry {
                    host,
                    offset: xxh64(key.as_bytes(), 0) % SIZE,
                    skip: xxh64(key.as_bytes(), 1) % (SIZE - 1) + 1,
                    key,
                    weight: hosts.weight(host),
                    target: 0.0,
                    next: 0,
                }
            })
            .collect();
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        let most = entries.iter().map(|entry| entry.weight).fold(0.0, f64::max);
        let mut places: Vec<Option<u32>> = vec![None; usize::try_from(SIZE).unwrap_or(0)];
        let mut filled = 0;
        let mut turn = 1.0;
        while filled < places.len() && !entries.is_empty() {
            for entry in &mut entries {
                if filled == places.len() || turn * entry.weight < entry.target {
                    continue;
                }
                entry.target += most;
                loop {
                    let place = (entry.offset + entry.skip * entry.next) % SIZE;
                    entry.next += 1;
                    let free = usize::try_from(place).ok();
                    if let Some(slot @ None) = free.and_then(|place| places.get_mut(place)) {
                        *slot = Some(entry.host);
                        filled += 1;
                        break;
                    }
                }
            }
            turn += 1.0;
        }
        self.table = places.into_iter().flatten().collect();
    }

    fn pick(&mut self, hosts: Hosts, hash: u64, _random: &mut Stream) -> u32 {
        let place = usize::try_from(hash % SIZE).unwrap_or(0);
        let found = self.table.get(place);
        found.map_or_else(|| hosts.at(hash), |&host| host)
    }
}
