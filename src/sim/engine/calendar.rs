//! The events that are yet to happen, and when.
//!
//! A tournament tree with a slot for every event that can be pending at the same time: each leaf
//! holds the moment of its slot's event, and each inner node the earliest below it. Scheduling,
//! rescheduling and cancelling are one walk from a leaf to the root, without a branch that depends
//! on the data. Entities keep their slot; what comes and goes without bound (deadlines, retries)
//! takes a slot and gives it back, and the tree doubles when they run out.
//!
//! Events of one moment happen in the order in which they were scheduled. Arrivals are not here: they
//! come in order by themselves, after everything that is scheduled for their moment.

use std::hint::select_unpredictable;

/// Where an event is scheduled; one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(pub(super) u32);

/// The last moment at which something can happen; later ones are moved there. Behind it each slot
/// has a moment of its own.
const LAST: u64 = u64::MAX - (1 << 32);

/// The moment of a slot where nothing is scheduled: after the last, and no two are alike, so that
/// only events tie.
const fn never(slot: Slot) -> u64 {
    u64::MAX - slot.0 as u64
}

/// Who is first below a node of the tree.
#[derive(Debug, Clone, Copy)]
struct Winner {
    time: u64,
    slot: Slot,
}

impl Winner {
    /// The slot of that number, where nothing is scheduled.
    fn nobody(slot: u32) -> Self {
        let slot = Slot(slot);
        let time = never(slot);
        Self { time, slot }
    }
}

/// The events that are yet to happen.
#[derive(Debug)]
pub(super) struct Calendar {
    /// Events that were scheduled so far.
    number: u64,
    /// Game 1 is the last; node n plays in game n / 2 as number n % 2, and the winner of game n is
    /// node n. The leaves are the nodes `leaves..2 * leaves`.
    games: Vec<[Winner; 2]>,
    /// Who is first of all.
    first: Winner,
    /// Per slot: the number of its event, by which ties are decided.
    numbers: Vec<u64>,
    leaves: usize,
    used: u32,
    free: Vec<Slot>,
}

impl Calendar {
    /// An empty calendar, with room for `slots` slots before it grows.
    pub(super) fn new(slots: usize) -> Self {
        let mut calendar = Self {
            number: 0,
            games: Vec::new(),
            first: Winner::nobody(0),
            numbers: Vec::new(),
            leaves: slots.max(2).next_power_of_two() / 2,
            used: 0,
            free: Vec::new(),
        };
        calendar.grow();
        calendar
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
        self.numbers[slot.0 as usize] = self.number;
        self.number += 1;
        self.set(slot, time.min(LAST));
    }

    /// Cancels the event of a slot, if there is one.
    #[inline]
    pub(super) fn cancel(&mut self, slot: Slot) {
        self.set(slot, never(slot));
    }

    /// The next event that is not after `until`: its moment and its slot. It stays the next until
    /// its slot is scheduled anew or cancelled.
    #[inline]
    pub(super) fn due(&self, until: u64) -> Option<(u64, Slot)> {
        let Winner { time, slot } = self.first;
        (time <= until.min(LAST)).then_some((time, slot))
    }

    /// When the next event happens; the end of time if there is none.
    #[inline]
    pub(super) fn next_time(&self) -> u64 {
        self.due(LAST).map_or(u64::MAX, |(time, _)| time)
    }

    /// Puts a moment into a leaf and lets the winners of its games play again.
    #[inline]
    fn set(&mut self, slot: Slot, time: u64) {
        let mut node = self.leaves + slot.0 as usize;
        let mut first = Winner { time, slot };
        let mut tied = false;
        while node > 1 {
            let game = &mut self.games[node / 2];
            game[node % 2] = first;
            let other = game[1 - node % 2];
            tied |= other.time == first.time;
            let wins = other.time < first.time;
            first.time = select_unpredictable(wins, other.time, first.time);
            first.slot.0 = select_unpredictable(wins, other.slot.0, first.slot.0);
            node /= 2;
        }
        self.first = first;
        if tied {
            self.settle_ties(slot);
        }
    }

    /// Plays the games of a slot again, in which the event wins that was scheduled first.
    #[cold]
    fn settle_ties(&mut self, slot: Slot) {
        let mut game = (self.leaves + slot.0 as usize) / 2;
        while game > 0 {
            self.play(game);
            game /= 2;
        }
    }

    fn play(&mut self, game: usize) {
        let key = |one: &Winner| (one.time, self.numbers[one.slot.0 as usize]);
        let [one, other] = self.games[game];
        let winner = std::cmp::min_by_key(one, other, key);
        match game {
            1 => self.first = winner,
            _ => self.games[game / 2][game % 2] = winner,
        }
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.games);
        self.leaves *= 2;
        let slots = (0..).step_by(2);
        let pairs = slots.map(|slot| [slot, slot + 1].map(Winner::nobody));
        self.games = pairs.clone().take(self.leaves / 2).collect();
        self.games.extend(pairs.take(self.leaves / 2));
        if !old.is_empty() {
            let played = old.len() / 2;
            let leaves = self.leaves / 2;
            self.games[leaves..leaves + played].copy_from_slice(&old[played..]);
        }
        self.numbers.resize(self.leaves, 0);
        for game in (1..self.leaves).rev() {
            self.play(game);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lets the next event happen that is not after `until`.
    fn happen(calendar: &mut Calendar, until: u64) -> Option<(u64, u32)> {
        let (time, slot) = calendar.due(until)?;
        calendar.cancel(slot);
        Some((time, slot.0))
    }

    #[test]
    fn earliest_first_and_ties_first_in_first_out() {
        let mut calendar = Calendar::new(2);
        let slots: Vec<Slot> = (0..5).map(|_| calendar.take_slot()).collect();
        for (place, time) in [(4, 5), (0, 1), (2, 5), (1, 2), (3, 5)] {
            calendar.schedule(slots[place], time);
        }
        let order: Vec<_> = std::iter::from_fn(|| happen(&mut calendar, u64::MAX)).collect();
        assert_eq!(order, [(1, 0), (2, 1), (5, 4), (5, 2), (5, 3)]);
        assert_eq!(calendar.next_time(), u64::MAX);
    }

    #[test]
    fn a_cancelled_event_does_not_happen_and_a_moved_one_happens_once() {
        let mut calendar = Calendar::new(4);
        let [one, other] = [calendar.take_slot(), calendar.take_slot()];
        calendar.schedule(one, 10);
        calendar.schedule(other, 20);
        calendar.schedule(one, 30);
        calendar.cancel(other);
        assert_eq!((calendar.due(29), calendar.next_time()), (None, 30));
        assert_eq!(happen(&mut calendar, 30), Some((30, one.0)));
        calendar.schedule(one, u64::MAX);
        assert_eq!(calendar.due(u64::MAX), Some((LAST, one)));
        calendar.give_back(one);
        assert_eq!(calendar.due(u64::MAX), None);
        assert_eq!(calendar.take_slot(), one);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_list(
            actions in prop::collection::vec((0_u32..40, 0_u64..50, any::<bool>()), 1..200)
        ) {
            let mut calendar = Calendar::new(1);
            let mut now = 0;
            let slots: Vec<Slot> = (0..40).map(|_| calendar.take_slot()).collect();
            // (time, order of scheduling, slot)
            let mut list: Vec<(u64, usize, u32)> = Vec::new();
            for (order, (slot, delay, advances)) in actions.into_iter().enumerate() {
                let time = now + delay;
                calendar.schedule(slots[slot as usize], time);
                list.retain(|&(_, _, other)| other != slot);
                list.push((time, order, slot));
                if advances {
                    list.sort_unstable();
                    let (time, _, slot) = list.remove(0);
                    if let Some(before) = time.checked_sub(1) {
                        prop_assert_eq!(calendar.due(before), None);
                    }
                    prop_assert_eq!(happen(&mut calendar, time), Some((time, slot)));
                    now = time;
                }
            }
        }
    }
}
