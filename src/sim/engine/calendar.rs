//! The virtual clock and the events that are yet to happen.
//!
//! A tournament tree with a slot for every event that can be pending at the same time: each slot
//! holds the moment of its next event, and each inner node the earliest below it. Scheduling,
//! rescheduling and cancelling are one walk from a leaf to the root, without a branch that depends
//! on the data. Entities keep their slot; what comes and goes without bound (deadlines, retries)
//! takes a slot and gives it back, and the tree doubles when they run out.
//!
//! Events of one moment happen in the order in which they were scheduled.

use crate::units::SimTime;

/// Where an event is scheduled; one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(pub(super) u32);

/// A moment (64 bits), the number of the event (40 bits) and its slot (24 bits), so that keys
/// compare as events happen.
type Key = u128;

const NOTHING: Key = Key::MAX;
const SLOT_BITS: u32 = 24;
const NUMBER_BITS: u32 = 40;

/// The events that are yet to happen, and the moment it is.
#[derive(Debug)]
pub(super) struct Calendar {
    now: u64,
    number: u64,
    /// Node 1 is the root; the leaves are `leaves..2 * leaves`.
    nodes: Vec<Key>,
    leaves: usize,
    used: u32,
    free: Vec<Slot>,
    /// The slot whose event is happening, until something else is scheduled there.
    happening: Option<Slot>,
}

impl Calendar {
    /// An empty calendar at moment zero, with room for `slots` slots before it grows.
    pub(super) fn new(slots: usize) -> Self {
        let leaves = slots.max(2).next_power_of_two();
        Self {
            now: 0,
            number: 0,
            nodes: vec![NOTHING; 2 * leaves],
            leaves,
            used: 0,
            free: Vec::new(),
            happening: None,
        }
    }

    /// The moment it is.
    pub(super) fn now(&self) -> SimTime {
        SimTime::from_nanos(self.now)
    }

    /// A slot of one's own.
    pub(super) fn take_slot(&mut self) -> Slot {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        let slot = Slot(self.used);
        self.used += 1;
        if slot.0 as usize >= self.leaves {
            self.grow();
        }
        slot
    }

    /// Gives a slot back; an event that is scheduled there is cancelled.
    pub(super) fn give_back(&mut self, slot: Slot) {
        self.cancel(slot);
        self.free.push(slot);
    }

    /// Schedules the event of a slot, in place of one that is scheduled there.
    #[inline]
    pub(super) fn schedule(&mut self, slot: Slot, time: u64) {
        if self.happening == Some(slot) {
            self.happening = None;
        }
        let number = self.number & ((1 << NUMBER_BITS) - 1);
        self.number += 1;
        let key = Key::from(time) << 64 | Key::from(number << SLOT_BITS) | Key::from(slot.0);
        self.set(slot, key);
    }

    /// Cancels the event of a slot, if there is one.
    pub(super) fn cancel(&mut self, slot: Slot) {
        if self.happening == Some(slot) {
            self.happening = None;
        }
        self.set(slot, NOTHING);
    }

    /// Lets the next event happen: moves the clock there and names its slot.
    #[inline]
    pub(super) fn advance(&mut self) -> Option<Slot> {
        if let Some(slot) = self.happening.take() {
            self.set(slot, NOTHING);
        }
        let first = self.nodes[1];
        if first == NOTHING {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the parts of the key")]
        let (time, slot) = ((first >> 64) as u64, first as u32 & ((1 << SLOT_BITS) - 1));
        debug_assert!(time >= self.now, "events happen in order");
        self.now = time;
        self.happening = Some(Slot(slot));
        self.happening
    }

    /// Puts a key into a leaf and lets the winners of its games play again.
    #[inline]
    fn set(&mut self, slot: Slot, key: Key) {
        let nodes = self.nodes.as_mut_slice();
        let mut at = self.leaves + slot.0 as usize;
        let mut winner = key;
        nodes[at] = winner;
        while at > 1 {
            winner = winner.min(nodes[at ^ 1]);
            at >>= 1;
            nodes[at] = winner;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.nodes);
        let leaves = self.leaves * 2;
        let mut nodes = vec![NOTHING; 2 * leaves];
        nodes[leaves..leaves + self.leaves].copy_from_slice(&old[self.leaves..]);
        for at in (1..leaves).rev() {
            nodes[at] = nodes[2 * at].min(nodes[2 * at + 1]);
        }
        (self.nodes, self.leaves) = (nodes, leaves);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn earliest_first_and_ties_first_in_first_out() {
        let mut calendar = Calendar::new(2);
        let slots: Vec<Slot> = (0..5).map(|_| calendar.take_slot()).collect();
        for (place, time) in [(4, 5), (0, 1), (2, 5), (1, 2), (3, 5)] {
            calendar.schedule(slots[place], time);
        }
        let order: Vec<u32> =
            std::iter::from_fn(|| calendar.advance().map(|slot| slot.0)).collect();
        assert_eq!(order, [0, 1, 4, 2, 3]);
        assert_eq!(calendar.now(), SimTime::from_nanos(5));
    }

    #[test]
    fn a_cancelled_event_does_not_happen_and_a_moved_one_happens_once() {
        let mut calendar = Calendar::new(4);
        let [one, other] = [calendar.take_slot(), calendar.take_slot()];
        calendar.schedule(one, 10);
        calendar.schedule(other, 20);
        calendar.schedule(one, 30);
        calendar.cancel(other);
        assert_eq!(calendar.advance(), Some(one));
        assert_eq!(calendar.now().as_nanos(), 30);
        // What is scheduled while it happens stays.
        calendar.schedule(one, 40);
        assert_eq!(calendar.advance(), Some(one));
        assert_eq!(calendar.advance(), None);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_list(
            actions in prop::collection::vec((0_u32..40, 0_u64..50, any::<bool>()), 1..200)
        ) {
            let mut calendar = Calendar::new(1);
            let slots: Vec<Slot> = (0..40).map(|_| calendar.take_slot()).collect();
            // (time, order of scheduling, slot)
            let mut list: Vec<(u64, usize, u32)> = Vec::new();
            for (order, (slot, delay, advances)) in actions.into_iter().enumerate() {
                let time = calendar.now().as_nanos() + delay;
                calendar.schedule(slots[slot as usize], time);
                list.retain(|&(_, _, other)| other != slot);
                list.push((time, order, slot));
                if advances {
                    list.sort_unstable();
                    let (time, _, slot) = list.remove(0);
                    prop_assert_eq!(calendar.advance(), Some(Slot(slot)));
                    prop_assert_eq!(calendar.now().as_nanos(), time);
                }
            }
        }
    }
}
