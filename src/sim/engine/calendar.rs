//! The events that are yet to happen, and when.
//!
//! A tournament with a slot for every event that can be pending at the same time: four play in each
//! game, and the earliest of them goes on to the next. Scheduling, rescheduling and cancelling are
//! one walk from a slot's first game to the last, without a branch that depends on the data; a game
//! is a cache line. Entities keep their slot; what comes and goes without bound (deadlines,
//! retries) takes a slot and gives it back, and there is one more round when they run out.
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

/// Who plays in a game: a slot, and when its event happens.
#[derive(Debug, Clone, Copy)]
struct Player {
    time: u64,
    slot: Slot,
}

impl Player {
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
    /// Game 0 is the last; the winner of another game n plays in game (n − 1) / 4 in place
    /// (n − 1) % 4.
    games: Vec<[Player; 4]>,
    /// Who is first of all.
    first: Player,
    /// Per slot: the number of its event, by which ties are decided.
    numbers: Vec<u64>,
    /// The game in which slot 0 begins; four by four, the others follow.
    first_round: usize,
    used: u32,
    free: Vec<Slot>,
}

impl Calendar {
    /// An empty calendar, with room for `slots` slots before it grows.
    pub(super) fn new(slots: usize) -> Self {
        let mut calendar = Self {
            number: 0,
            games: vec![[0, 1, 2, 3].map(Player::nobody)],
            first: Player::nobody(0),
            numbers: vec![0; 4],
            first_round: 0,
            used: 0,
            free: Vec::new(),
        };
        while calendar.numbers.len() < slots {
            calendar.grow();
        }
        calendar
    }

    /// A slot of one's own.
    pub(super) fn take_slot(&mut self) -> Slot {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        let slot = Slot(self.used);
        self.used += 1;
        if slot.0 as usize >= self.numbers.len() {
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
        let Player { time, slot } = self.first;
        (time <= until.min(LAST)).then_some((time, slot))
    }

    /// When the next event happens; the end of time if there is none.
    #[inline]
    pub(super) fn next_time(&self) -> u64 {
        self.due(LAST).map_or(u64::MAX, |(time, _)| time)
    }

    /// Gives a slot a moment, and lets the games that it may win be played again.
    #[inline]
    fn set(&mut self, slot: Slot, time: u64) {
        let mut player = Player { time, slot };
        let mut tied = false;
        let (mut game, mut place) = self.first_game(slot);
        loop {
            let players = &mut self.games[game];
            players[place % 4] = player;
            let tie;
            (player, tie) = winner(players);
            tied |= tie;
            if game == 0 {
                break;
            }
            (game, place) = next_game(game);
        }
        self.first = player;
        if tied {
            self.settle_ties(slot);
        }
    }

    /// The first game of a slot, and its place there.
    #[inline]
    fn first_game(&self, slot: Slot) -> (usize, usize) {
        let slot = slot.0 as usize;
        (self.first_round + slot / 4, slot % 4)
    }

    /// Plays the games of a slot again, in which of those that tie the one wins that was scheduled
    /// first.
    #[cold]
    fn settle_ties(&mut self, slot: Slot) {
        let (mut game, _) = self.first_game(slot);
        while self.play(game) {
            (game, _) = next_game(game);
        }
    }

    /// Plays a game with the rule for ties. False if it was the last.
    fn play(&mut self, game: usize) -> bool {
        let key = |one: &Player| (one.time, self.numbers[one.slot.0 as usize]);
        let [a, b, c, d] = self.games[game];
        let first = |one, other| std::cmp::min_by_key(one, other, key);
        let player = first(first(a, b), first(c, d));
        if game == 0 {
            self.first = player;
            return false;
        }
        let (next, place) = next_game(game);
        self.games[next][place] = player;
        true
    }

    /// Adds a round: the games that were the first are the second then.
    #[cold]
    fn grow(&mut self) {
        let begin = self.games.len();
        let played = self.games.split_off(self.first_round);
        let slots = self.numbers.len();
        let fresh = (0_u32..).step_by(4).take(slots);
        let fresh = fresh.map(|slot| [slot, slot + 1, slot + 2, slot + 3].map(Player::nobody));
        self.games.resize(begin, [Player::nobody(0); 4]);
        self.games.extend(fresh);
        self.games[begin..begin + played.len()].copy_from_slice(&played);
        self.first_round = begin;
        self.numbers.resize(4 * slots, 0);
        for game in (0..self.games.len()).rev() {
            self.play(game);
        }
    }
}

/// The game in which the winner of another game plays, and its place there.
#[inline]
fn next_game(game: usize) -> (usize, usize) {
    ((game - 1) / 4, (game - 1) % 4)
}

/// Who is first of four, and whether perhaps another one is as early.
#[inline]
fn winner(players: &[Player; 4]) -> (Player, bool) {
    let [a, b, c, d] = *players;
    let first = |one: Player, other: Player| {
        let wins = other.time < one.time;
        let first = Player {
            time: select_unpredictable(wins, other.time, one.time),
            slot: Slot(select_unpredictable(wins, other.slot.0, one.slot.0)),
        };
        (first, other.time == one.time)
    };
    let ((ab, tie), (cd, other_tie)) = (first(a, b), first(c, d));
    let (abcd, last_tie) = first(ab, cd);
    (abcd, tie | other_tie | last_tie)
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
