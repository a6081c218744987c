//! The event queue: earliest first; events of one moment in the order in which they were scheduled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::SimTime;

/// Events that are yet to happen.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Scheduled<E>>>,
    scheduled: u64,
}

#[derive(Debug)]
struct Scheduled<E> {
    time: SimTime,
    number: u64,
    event: E,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            scheduled: 0,
        }
    }
}

impl<E> EventQueue<E> {
    /// Schedules an event for `time`, after all events already scheduled for that moment.
    pub fn schedule(&mut self, time: SimTime, event: E) {
        self.heap.push(Reverse(Scheduled {
            time,
            number: self.scheduled,
            event,
        }));
        self.scheduled += 1;
    }

    /// Takes out the next event and its time.
    pub fn take_next(&mut self) -> Option<(SimTime, E)> {
        self.heap
            .pop()
            .map(|Reverse(scheduled)| (scheduled.time, scheduled.event))
    }
}

impl<E> PartialEq for Scheduled<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Scheduled<E> {}

impl<E> PartialOrd for Scheduled<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Scheduled<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_and_ties_first_in_first_out() {
        let mut queue = EventQueue::default();
        for (nanos, name) in [(5, "c"), (1, "a"), (5, "d"), (2, "b"), (5, "e")] {
            queue.schedule(SimTime::from_nanos(nanos), name);
        }
        let order: Vec<&str> =
            std::iter::from_fn(|| queue.take_next().map(|(_, name)| name)).collect();
        assert_eq!(order, ["a", "b", "c", "d", "e"]);
    }
}
