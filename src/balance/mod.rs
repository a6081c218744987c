//! Which replica of a version gets a request: Envoy's load balancers, a file each.
//!
//! A policy sees the usable replicas, their weights and how busy they are. A new one is a file here
//! and a row in [`KINDS`]; scenario files, their diagnostics and the engine learn of it from that
//! row. Queues and service are not here (that is `sim`), ejection neither.

mod edf;
mod full_scan;
mod least_request;
mod maglev;
mod random;
mod ring_hash;
mod round_robin;
mod shared_queue;

use std::fmt::Debug;

use crate::random::Stream;

/// The replicas of a version, as a policy sees them.
#[derive(Debug, Clone, Copy)]
pub struct Hosts<'a> {
    /// The replicas that may be picked, by number, ascending; never none.
    pub usable: &'a [u32],
    /// Requests under way per replica, waiting ones included; by number.
    pub active: &'a [u32],
    /// The weight of each replica, above zero; by number.
    pub weights: &'a [f64],
}

impl Hosts<'_> {
    /// Whether all usable replicas have the same weight.
    fn equal_weights(&self) -> bool {
        let mut weights = self.usable.iter().map(|&host| self.weight(host));
        let first = weights.next();
        weights.all(|weight| Some(weight) == first)
    }

    fn weight(&self, host: u32) -> f64 {
        self.weights.get(host as usize).copied().unwrap_or(1.0)
    }

    fn busy(&self, host: u32) -> u32 {
        self.active.get(host as usize).copied().unwrap_or(0)
    }

    /// The usable replica number `value mod n`.
    fn at(&self, value: u64) -> u32 {
        let count = self.usable.len().max(1) as u64;
        // The same where the division, which costs more than all the rest, can be left out.
        let place = match count.is_power_of_two() {
            true => value & (count - 1),
            false => value % count,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "below the number of replicas"
        )]
        self.usable.get(place as usize).copied().unwrap_or(0)
    }
}

/// Picks replicas.
pub trait Balance: Debug + Send {
    /// The usable replicas or their weights have changed; also called once before the first pick.
    fn update(&mut self, hosts: Hosts, random: &mut Stream) {
        let _ = (hosts, random);
    }

    /// The replica for a request; `hash` is that of its caller.
    fn pick(&mut self, hosts: Hosts, hash: u64, random: &mut Stream) -> u32;
}

/// A kind of balancing: the row that makes it known.
#[derive(Debug)]
pub struct Kind {
    /// The name by which scenario files and reports call it.
    pub name: &'static str,
    /// All replicas take from one queue of the version, instead of one queue each.
    pub shares_queue: bool,
    /// Whether picks depend on how busy the replicas are, so that departures must be simulated.
    pub looks_at_load: bool,
    /// Whether picks depend on the caller.
    pub looks_at_caller: bool,
    /// Makes it. What it starts from at random comes from the stream.
    pub build: fn(&mut Stream) -> Box<dyn Balance>,
}

/// Every kind of balancing.
pub const KINDS: &[Kind] = &[
    round_robin::KIND,
    random::KIND,
    least_request::KIND,
    full_scan::KIND,
    edf::KIND,
    ring_hash::KIND,
    maglev::KIND,
    shared_queue::KIND,
];

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Round robin, Envoy's default.
    #[must_use]
    pub fn round_robin() -> &'static Self {
        &KINDS[0]
    }

    /// One queue for all replicas.
    #[must_use]
    pub fn shared_queue() -> &'static Self {
        &KINDS[KINDS.len() - 1]
    }
}

/// Kinds are known by their names.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    /// Picks `n` times from equal, idle hosts 0 to 4, of which 3 is not usable.
    fn counts(kind: &Kind, n: u64) -> [u64; 5] {
        let hosts = Hosts {
            usable: &[0, 1, 2, 4],
            active: &[0; 5],
            weights: &[1.0; 5],
        };
        let mut random = stream(1, Purpose::Balance, &[]);
        let mut balance = (kind.build)(&mut random);
        balance.update(hosts, &mut random);
        let mut counts = [0; 5];
        for request in 0..n {
            let hash = xxhash_rust::xxh64::xxh64(&request.to_le_bytes(), 7);
            counts[balance.pick(hosts, hash, &mut random) as usize] += 1;
        }
        counts
    }

    #[test]
    fn equal_idle_hosts_get_equal_shares_and_the_others_nothing() {
        for kind in KINDS {
            let counts = counts(kind, 40_000);
            assert_eq!(counts[3], 0, "{}", kind.name);
            if kind.shares_queue {
                continue;
            }
            for host in [0, 1, 2, 4] {
                // A ring of 1024 points is uneven by some percent.
                let off = counts[host].abs_diff(10_000);
                assert!(off < 1_500, "{}: {counts:?}", kind.name);
            }
        }
    }

    #[test]
    fn rotations_are_exact() {
        for name in ["round-robin", "edf"] {
            let counts = counts(Kind::named(name).unwrap(), 400);
            assert_eq!(counts, [100, 100, 100, 0, 100], "{name}");
        }
    }

    #[test]
    fn names_are_unique() {
        for (place, kind) in KINDS.iter().enumerate() {
            assert_eq!(Kind::named(kind.name), Some(kind));
            assert!(!KINDS[..place].contains(kind), "{}", kind.name);
        }
    }
}
