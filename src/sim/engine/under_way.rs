//! How many requests each replica has, where departures are known as soon as a request arrives.
//!
//! First come, first served: what a replica has taken it finishes in a time that later requests do
//! not change. So a balancer that looks at the load needs no event; departures wait here until the
//! next arrival lets them happen.

/// Requests under way in the replicas of a version.
#[derive(Debug)]
pub(super) struct UnderWay {
    active: Vec<u32>,
    /// The first departure of each replica; the end of time if it is idle.
    first: Vec<u64>,
    departures: Vec<Departures>,
}

impl UnderWay {
    /// Idle replicas.
    pub(super) fn new(replicas: usize) -> Self {
        Self {
            active: vec![0; replicas],
            first: vec![u64::MAX; replicas],
            departures: vec![Departures::default(); replicas],
        }
    }

    /// Lets the departures up to `now` happen; returns the requests that are then under way, per
    /// replica.
    #[inline]
    pub(super) fn at(&mut self, now: u64) -> &[u32] {
        let replicas = self.first.iter_mut().zip(&mut self.active);
        for ((first, active), departures) in replicas.zip(&mut self.departures) {
            while *first <= now {
                *first = departures.next();
                *active -= 1;
            }
        }
        &self.active
    }

    /// A replica takes a request that departs at `departure`. At most as many requests as it has
    /// servers, less one, depart later, so that the place is found at once.
    #[inline]
    pub(super) fn add(&mut self, replica: usize, departure: u64) {
        self.active[replica] += 1;
        self.first[replica] = self.departures[replica].add(departure);
    }
}

/// The departures of a replica, ascending: a ring whose length is a power of two. The end of time
/// stands behind the last one.
#[derive(Debug, Clone)]
struct Departures {
    times: Vec<u64>,
    head: usize,
    tail: usize,
}

impl Default for Departures {
    fn default() -> Self {
        Self {
            times: vec![u64::MAX; 8],
            head: 0,
            tail: 0,
        }
    }
}

impl Departures {
    fn place(&self, number: usize) -> usize {
        number & (self.times.len() - 1)
    }

    /// Takes out the first; returns the one after it.
    #[inline]
    fn next(&mut self) -> u64 {
        self.head += 1;
        self.times[self.place(self.head)]
    }

    /// Adds one where it belongs; returns the first.
    #[inline]
    fn add(&mut self, departure: u64) -> u64 {
        if self.tail - self.head + 1 == self.times.len() {
            self.grow();
        }
        let mut number = self.tail;
        self.tail += 1;
        let end = self.place(self.tail);
        self.times[end] = u64::MAX;
        while number > self.head {
            let before = self.times[self.place(number - 1)];
            if before <= departure {
                break;
            }
            let place = self.place(number);
            self.times[place] = before;
            number -= 1;
        }
        let place = self.place(number);
        self.times[place] = departure;
        self.times[self.place(self.head)]
    }

    #[cold]
    fn grow(&mut self) {
        let held: Vec<u64> = (self.head..=self.tail)
            .map(|number| self.times[self.place(number)])
            .collect();
        let length = 2 * self.times.len();
        self.tail -= self.head;
        self.head = 0;
        self.times = held;
        self.times.resize(length, u64::MAX);
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

    #[test]
    fn a_long_queue_keeps_its_order() {
        let mut under_way = UnderWay::new(1);
        // Two servers: each second request leaves before the one ahead of it.
        for start in 0..100 {
            under_way.add(0, 20 * start + 15);
            under_way.add(0, 20 * start + 10);
            assert_eq!(under_way.at(10 * start + 5), [expected(start)]);
        }
    }

    /// Of 2 (start + 1) requests, those that depart after 10 start + 5.
    fn expected(start: u64) -> u32 {
        let departed = (0..=start)
            .flat_map(|one| [20 * one + 10, 20 * one + 15])
            .filter(|&departure| departure <= 10 * start + 5)
            .count();
        u32::try_from(2 * (start + 1)).unwrap() - u32::try_from(departed).unwrap()
    }
}
