//! The viewers of closed loops who think, in the order in which they will send.
//!
//! There may be a million of them, so that memory decides: moments that are far away wait unsorted
//! in buckets of equal width and are sorted only when their bucket is next (a ladder queue with one
//! rung; Tang, Goh and Thng, ACM TOMACS 2005). What lies beyond the buckets is spread over new ones
//! when they are used up. Nobody is taken out of the middle: a loop ends for all at once.

use std::mem;

/// Viewers per bucket, on average, when they are spread.
const PER_BUCKET: usize = 64;
/// The most buckets: as many tails as fit near the processor.
const MOST_BUCKETS: usize = 4096;

/// A moment (64 bits), the number of the entry (32 bits) and the viewer (32 bits), so that ties
/// come first in, first out.
type Entry = u128;

/// Who thinks, and until when.
#[derive(Debug)]
pub(super) struct Thinkers {
    /// When the next viewer sends; the end of time if nobody thinks.
    next_time: u64,
    number: u32,
    /// Those who are next, the last one first: all before `near_end`.
    near: Vec<Entry>,
    near_end: u64,
    /// Those after them, unsorted; each bucket is `width` wide.
    buckets: Vec<Vec<Entry>>,
    next_bucket: usize,
    width: u64,
    /// Those after all buckets, unsorted.
    far: Vec<Entry>,
}

impl Default for Thinkers {
    fn default() -> Self {
        Self {
            next_time: u64::MAX,
            number: 0,
            near: Vec::new(),
            near_end: 0,
            buckets: Vec::new(),
            next_bucket: 0,
            width: 0,
            far: Vec::new(),
        }
    }
}

impl Thinkers {
    /// A viewer will send at `time`, which is not before the last one who did.
    #[inline]
    pub(super) fn add(&mut self, viewer: u32, time: u64) {
        let entry = Entry::from(time) << 64 | Entry::from(self.number) << 32 | Entry::from(viewer);
        self.number = self.number.wrapping_add(1);
        self.next_time = self.next_time.min(time);
        if time >= self.near_end {
            return self.add_later(entry, time);
        }
        let place = self.near.partition_point(|&other| other > entry);
        self.near.insert(place, entry);
    }

    /// Into a bucket, or beyond them.
    #[inline]
    fn add_later(&mut self, entry: Entry, time: u64) {
        let ahead = (time - self.near_end)
            .checked_div(self.width)
            .and_then(|ahead| usize::try_from(ahead).ok())
            .and_then(|ahead| self.buckets.get_mut(self.next_bucket.saturating_add(ahead)));
        match ahead {
            Some(bucket) => bucket.push(entry),
            None => self.far.push(entry),
        }
    }

    /// When the next viewer sends; the end of time if nobody thinks.
    #[inline]
    pub(super) fn next_time(&self) -> u64 {
        self.next_time
    }

    /// The next viewer.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u32> {
        if self.near.is_empty() {
            self.refill();
        }
        let entry = self.near.pop()?;
        if self.near.is_empty() {
            self.refill();
        }
        self.next_time = self.near.last().map_or(u64::MAX, |&entry| time(entry));
        #[expect(clippy::cast_possible_truncation, reason = "the part of the entry")]
        let viewer = entry as u32;
        Some(viewer)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        *self = Self {
            number: self.number,
            ..Self::default()
        };
    }

    /// Sorts those of the next bucket.
    fn refill(&mut self) {
        if self.next_bucket == self.buckets.len() && !self.far.is_empty() {
            self.spread();
        }
        while self.near.is_empty() && self.next_bucket < self.buckets.len() {
            mem::swap(&mut self.near, &mut self.buckets[self.next_bucket]);
            self.next_bucket += 1;
            self.near_end = self.near_end.saturating_add(self.width);
        }
        self.near.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Spreads those beyond the buckets over new ones.
    #[cold]
    fn spread(&mut self) {
        let times = || self.far.iter().map(|&entry| time(entry));
        let first = times().min().unwrap_or(0);
        let last = times().max().unwrap_or(0);
        let count = (self.far.len() / PER_BUCKET).clamp(1, MOST_BUCKETS);
        self.width = ((last - first) / count as u64).saturating_add(1);
        self.near_end = first;
        self.next_bucket = 0;
        self.buckets.resize_with(count, Vec::new);
        for entry in mem::take(&mut self.far) {
            self.add_later(entry, time(entry));
        }
    }
}

fn time(entry: Entry) -> u64 {
    (entry >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_send_in_the_order_of_time_and_ties_in_the_order_of_their_thoughts(
            start in 1..1000_u32,
            delays in prop::collection::vec((0..40_u64, 0..6_u32), 1..3000),
        ) {
            let mut thinkers = Thinkers::default();
            // (time, order, viewer)
            let mut list: Vec<(u64, usize, u32)> = Vec::new();
            let mut now = 0;
            for (order, (delay, scale)) in delays.into_iter().enumerate() {
                let (viewer, at) = (order as u32, now + (delay << (4 * scale)));
                thinkers.add(viewer, at);
                list.push((at, order, viewer));
                if viewer >= start {
                    let first = *list.iter().min().unwrap();
                    list.retain(|&other| other != first);
                    prop_assert_eq!(thinkers.next_time(), first.0);
                    prop_assert_eq!(thinkers.pop(), Some(first.2));
                    now = first.0;
                }
            }
            list.sort_unstable();
            let rest: Vec<u32> = std::iter::from_fn(|| thinkers.pop()).collect();
            prop_assert_eq!(rest, list.iter().map(|one| one.2).collect::<Vec<_>>());
            prop_assert_eq!(thinkers.next_time(), u64::MAX);
        }
    }
}
