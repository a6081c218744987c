//! Response times counted in the buckets of an HDR histogram, one addition per response.
//!
//! The layout is that of `hdrhistogram` with two significant digits and a unit of one nanosecond: a
//! time of b bits beyond the first eight is cut off by b bits, so that each octave has 128 buckets.
//! Quantiles come from the crate, which the counts are handed to; here they are only counted.

use hdrhistogram::Histogram;

/// The longest time that is told apart from longer ones: 39 hours, in nanoseconds.
pub(super) const LONGEST: u64 = 1 << 47;

/// Times below 2^8 ns have a bucket each; the octaves above, half as many.
const FULL_BITS: u32 = 8;
const HALF: usize = 1 << (FULL_BITS - 1);

/// Responses per bucket, for the octaves in which there is one; a bucket is full at 2^32 − 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// The first bucket that has a counter: a whole number of octaves.
    first: usize,
    counters: Vec<u32>,
}

impl Counts {
    /// Counts a response.
    #[inline]
    pub(super) fn record(&mut self, nanos: u64) {
        let place = place(nanos.min(LONGEST));
        match self.counters.get_mut(place.wrapping_sub(self.first)) {
            Some(counter) => *counter = counter.saturating_add(1),
            None => *self.open(place) = 1,
        }
    }

    /// Adds other counts.
    pub(super) fn add(&mut self, other: &Self) {
        for (place, &more) in (other.first..).zip(&other.counters) {
            let counter = match self.counters.get_mut(place.wrapping_sub(self.first)) {
                Some(counter) => counter,
                None => self.open(place),
            };
            *counter = counter.saturating_add(more);
        }
    }

    /// Makes counters for the octave of a bucket, and for those between it and the others; returns
    /// that of the bucket.
    #[cold]
    fn open(&mut self, place: usize) -> &mut u32 {
        let octave = place / HALF * HALF;
        if self.counters.is_empty() {
            self.first = octave;
        }
        let ahead = self.first.saturating_sub(octave);
        self.counters.splice(..0, std::iter::repeat_n(0, ahead));
        self.first -= ahead;
        let length = (octave + HALF - self.first).max(self.counters.len());
        self.counters.resize(length, 0);
        &mut self.counters[place - self.first]
    }

    /// The histogram of the counts.
    pub(super) fn histogram(&self) -> Histogram<u64> {
        Sum::of([self]).histogram()
    }
}

/// The sum of several counts.
#[derive(Debug)]
pub(super) struct Sum(Box<[u64]>);

impl Sum {
    /// Adds them up.
    pub(super) fn of<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> Self {
        let mut sum = vec![0_u64; place(LONGEST) + HALF];
        for counts in counts {
            let beyond = sum.get_mut(counts.first..).unwrap_or_default();
            for (sum, &count) in beyond.iter_mut().zip(&counts.counters) {
                *sum += u64::from(count);
            }
        }
        Self(sum.into())
    }

    /// The histogram of the sum.
    pub(super) fn histogram(&self) -> Histogram<u64> {
        let mut histogram = empty();
        for (place, &count) in self.0.iter().enumerate().filter(|&(_, &count)| count > 0) {
            histogram.saturating_record_n(lowest(place), count);
        }
        histogram
    }
}

/// An empty histogram.
#[expect(
    clippy::expect_used,
    reason = "constant bounds, which the crate accepts"
)]
pub(super) fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 2).expect("the bounds are valid")
}

/// The bucket of a time.
#[inline]
fn place(nanos: u64) -> usize {
    let beyond = u64::BITS - FULL_BITS - (nanos | (2 * HALF as u64 - 1)).leading_zeros();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is left has eight bits"
    )]
    let rest = (nanos >> beyond) as usize;
    beyond as usize * HALF + rest
}

/// The shortest time of a bucket.
fn lowest(place: usize) -> u64 {
    let beyond = (place / HALF).saturating_sub(1);
    ((place - beyond * HALF) as u64) << beyond
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counting_is_what_the_crate_does(
            times in prop::collection::vec((0..64_u32, any::<u64>()), 1..300)
        ) {
            let (mut counts, mut histogram) = (Counts::default(), empty());
            for (shift, value) in times {
                let nanos = (value >> shift).min(LONGEST);
                counts.record(nanos);
                histogram.record(nanos).unwrap();
                prop_assert!(lowest(place(nanos)) <= nanos);
                prop_assert_eq!(place(lowest(place(nanos))), place(nanos));
            }
            prop_assert_eq!(counts.histogram(), histogram);
            let mut joined = Counts::default();
            joined.record(1 << 20);
            joined.add(&counts);
            prop_assert_eq!(joined.histogram().len(), counts.histogram().len() + 1);
        }
    }

    #[test]
    fn what_is_longer_than_the_longest_counts_as_the_longest() {
        let mut counts = Counts::default();
        for nanos in [LONGEST, LONGEST + 1, u64::MAX] {
            counts.record(nanos);
        }
        assert_eq!(counts.histogram().len(), 3);
        assert_eq!(counts.histogram().min(), LONGEST);
    }
}
