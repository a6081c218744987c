//! How many requests each replica has, where departures are known as soon as a request arrives.
//!
//! First come, first served: what a replica has taken it finishes in a time that later requests do
//! not change. So a balancer that looks at the load needs no event; departures wait here until the
//! next arrival lets them happen.

use std::collections::VecDeque;

/// Requests under way in the replicas of a version.
#[derive(Debug)]
pub(super) struct UnderWay {
    active: Vec<u32>,
    /// The first departure of each replica; the end of time if it is idle.
    first: Vec<u64>,
    /// The departures of each replica, ascending.
    departures: Vec<VecDeque<u64>>,
}

impl UnderWay {
    /// Idle replicas.
    pub(super) fn new(replicas: usize) -> Self {
        Self {
            active: vec![0; replicas],
            first: vec![u64::MAX; replicas],
            departures: vec![VecDeque::new(); replicas],
        }
    }

    /// Lets the departures up to `now` happen; returns the requests that are then under way, per
    /// replica.
    #[inline]
    pub(super) fn at(&mut self, now: u64) -> &[u32] {
        for (replica, first) in self.first.iter_mut().enumerate() {
            while *first <= now {
                let departures = &mut self.departures[replica];
                departures.pop_front();
                self.active[replica] -= 1;
                *first = departures.front().copied().unwrap_or(u64::MAX);
            }
        }
        &self.active
    }

    /// A replica takes a request that departs at `departure`. At most as many requests as it has
    /// servers, less one, depart later, so that the place is found at once.
    #[inline]
    pub(super) fn add(&mut self, replica: usize, departure: u64) {
        self.active[replica] += 1;
        let departures = &mut self.departures[replica];
        departures.push_back(departure);
        let mut place = departures.len() - 1;
        while place > 0 && departures[place - 1] > departure {
            departures.swap(place - 1, place);
            place -= 1;
        }
        if place == 0 {
            self.first[replica] = departure;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_depart_in_order_whatever_the_order_of_their_arrival() {
        let mut under_way = UnderWay::new(2);
        for (replica, end) in [(0, 30), (1, 20), (0, 10), (0, 20)] {
            under_way.add(replica, end);
        }
        assert_eq!(under_way.at(9), [3, 1]);
        assert_eq!(under_way.at(10), [2, 1]);
        assert_eq!(under_way.at(29), [1, 0]);
        under_way.add(1, 29);
        assert_eq!(under_way.at(29), [1, 0], "at once");
        assert_eq!(under_way.at(u64::MAX - 1), [0, 0]);
    }
}
