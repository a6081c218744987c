//! Sums over batches of consecutive arrivals, from which an interval for the mean can be had: see
//! `stats::batch_means`.
//!
//! Every sample is in a batch, and memory stays constant: when [`MOST`] batches are full, neighbours
//! are joined. Samples may come in any order; the batch follows from the number of the arrival.

use crate::units::sum_nanos;

/// The most batches; then neighbours are joined, so that at least half of it remain.
const MOST: usize = 64;

/// The fewest arrivals of a batch in [`Batches::sums`].
pub const SHORTEST: usize = 16;

/// Sums over consecutive batches of 2^k arrivals each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batches {
    shift: u32,
    batches: Vec<Batch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Batch {
    sum: u128,
    count: u64,
}

impl Batches {
    /// Adds the sample of arrival number `number`, in nanoseconds.
    #[inline]
    pub fn record(&mut self, number: u64, nanos: u64) {
        let mut place = (number >> self.shift) as usize;
        if place >= self.batches.len() {
            place = self.open(number);
        }
        let batch = &mut self.batches[place];
        batch.sum += u128::from(nanos);
        batch.count += 1;
    }

    /// Adds the samples of arrivals in a row, the first of which has this number; returns their sum.
    pub fn record_row(&mut self, mut number: u64, mut nanos: &[u64]) -> u128 {
        let mut total = 0;
        while !nanos.is_empty() {
            let mut place = (number >> self.shift) as usize;
            if place >= self.batches.len() {
                place = self.open(number);
            }
            let left = ((place as u64 + 1) << self.shift) - number;
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let (row, rest) = nanos.split_at(left.min(nanos.len()));
            let sum = sum_nanos(row);
            let batch = &mut self.batches[place];
            batch.sum += sum;
            batch.count += row.len() as u64;
            total += sum;
            number += row.len() as u64;
            nanos = rest;
        }
        total
    }

    /// Makes the batch of an arrival, joining neighbours until it is one of [`MOST`].
    #[cold]
    fn open(&mut self, number: u64) -> usize {
        while (number >> self.shift) as usize >= MOST {
            let joined = |pair: &[Batch]| Batch {
                sum: pair.iter().map(|batch| batch.sum).sum(),
                count: pair.iter().map(|batch| batch.count).sum(),
            };
            self.batches = self.batches.chunks(2).map(joined).collect();
            self.shift += 1;
        }
        let place = (number >> self.shift) as usize;
        if self.batches.len() <= place {
            self.batches.resize(place + 1, Batch::default());
        }
        place
    }

    /// The whole batches in their order, of [`SHORTEST`] arrivals or more, and the samples after
    /// them: the sum in nanoseconds and the number of each.
    #[must_use]
    pub fn sums(&self) -> (Vec<(u128, u64)>, (u128, u64)) {
        let together = (SHORTEST >> self.shift).max(1);
        // The last batch may not be full.
        let whole = self.batches.len().saturating_sub(1) / together * together;
        let (whole, rest) = self.batches.split_at(whole);
        let add = |all: (u128, u64), one: &Batch| (all.0 + one.sum, all.1 + one.count);
        let sum = |batches: &[Batch]| batches.iter().fold((0, 0), add);
        (whole.chunks(together).map(sum).collect(), sum(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_batches_keep_every_sample_whatever_the_order() {
        let (mut forwards, mut backwards) = (Batches::default(), Batches::default());
        (0..1_000_u64).for_each(|number| forwards.record(number, number));
        (0..1_000_u64)
            .rev()
            .for_each(|number| backwards.record(number, number));
        assert_eq!(forwards, backwards);
        let (mut rows, samples) = (Batches::default(), Vec::from_iter(0..1_000));
        let mut sum = 0;
        for (first, row) in (0..).step_by(70).zip(samples.chunks(70)) {
            sum += rows.record_row(first, row);
        }
        assert_eq!((&rows, sum), (&forwards, 499_500));
        // 1000 arrivals in at most 64 batches: 63 of 16, the last one with 8.
        assert_eq!((forwards.shift, forwards.batches.len()), (4, 63));
        assert_eq!(forwards.batches[1].sum, (16..32).sum::<u128>());
        let (whole, last) = forwards.sums();
        assert_eq!((whole.len(), last.1), (62, 8));
        let all = whole
            .iter()
            .fold(last, |all, one| (all.0 + one.0, all.1 + one.1));
        assert_eq!(all, (499_500, 1_000));
    }

    #[test]
    fn no_whole_batch_is_short() {
        let mut few = Batches::default();
        (0..100).for_each(|number| few.record(number, 7));
        // Batches of 2 are put together: six of 16 arrivals, and four more.
        assert_eq!(few.sums(), (vec![(112, 16); 6], (28, 4)));
        assert_eq!(Batches::default().sums(), (Vec::new(), (0, 0)));
    }
}
