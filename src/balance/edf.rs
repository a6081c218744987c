//! Earliest deadline first by weight (Envoy, `upstream/edf_scheduler.h`).
//!
//! A replica enters with the deadline now + 1/weight. The pick is the smallest deadline, ties by
//! entry; it becomes the new now, and the replica enters again with its weight of that moment. The
//! schedule is rebuilt whenever the list changes, and starts at a random place: so many picks are
//! made and thrown away, as Envoy's `createWithPicks` does in effect.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rand::Rng;

use super::{Balance, Hosts, Kind};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "edf",
    shares_queue: false,
    looks_at_load: false,
    looks_at_caller: false,
    build: |_| {
        Box::new(Edf {
            schedule: Schedule::default(),
        })
    },
};

#[derive(Debug)]
struct Edf {
    schedule: Schedule,
}

impl Balance for Edf {
    fn update(&mut self, hosts: Hosts, random: &mut Stream) {
        self.schedule = Schedule::new(hosts, random);
    }

    fn pick(&mut self, hosts: Hosts, _hash: u64, _random: &mut Stream) -> u32 {
        self.schedule.pick(|host| hosts.weight(host))
    }
}

/// The schedule itself, which other policies use for unequal weights.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    now: f64,
    entered: u64,
    entries: BinaryHeap<Entry>,
}

#[derive(Debug)]
struct Entry {
    deadline: f64,
    number: u64,
    host: u32,
}

impl Schedule {
    /// The schedule of the usable hosts by their weights, from a random place.
    pub(super) fn new(hosts: Hosts, random: &mut Stream) -> Self {
        let mut schedule = Self::default();
        for &host in hosts.usable {
            schedule.enter(host, hosts.weight(host));
        }
        for _ in 0..random.next_u64() % (hosts.usable.len() as u64 * 4 + 1) {
            schedule.pick(|host| hosts.weight(host));
        }
        schedule
    }

    fn enter(&mut self, host: u32, weight: f64) {
        self.entries.push(Entry {
            deadline: self.now + 1.0 / weight,
            number: self.entered,
            host,
        });
        self.entered += 1;
    }

    /// The next host; it enters again with the weight that it has now.
    pub(super) fn pick(&mut self, weight: impl Fn(u32) -> f64) -> u32 {
        let Some(entry) = self.entries.pop() else {
            return 0;
        };
        self.now = entry.deadline;
        self.enter(entry.host, weight(entry.host));
        entry.host
    }
}

/// The entry with the smallest deadline, the earliest entered on a tie, is the greatest.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .deadline
            .total_cmp(&self.deadline)
            .then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_by_hand() {
        // Weights 1 and 2: deadlines 1 and 0.5; b at 0.5 again at 1.0, behind a's 1.0.
        let mut schedule = Schedule::default();
        let weights = [1.0, 2.0];
        schedule.enter(0, weights[0]);
        schedule.enter(1, weights[1]);
        let picks: Vec<u32> = (0..6)
            .map(|_| schedule.pick(|host| weights[host as usize]))
            .collect();
        assert_eq!(picks, [1, 0, 1, 1, 0, 1]);
    }
}
