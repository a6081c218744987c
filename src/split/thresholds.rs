//! Picks with the law of `R mod total`, without the division.
//!
//! Of the 2^64 values of R, those with `R mod total < c` number
//! T(c) = c·⌊2^64 / total⌋ + min(c, 2^64 mod total). If R is uniform, `R < T(c)` is therefore exactly
//! as probable as `R mod total < c`, the bias of the modulo included; only which R leads where
//! differs. A comparison costs a tenth of a division, and needs no branch.

use rand::Rng;

use super::weighted;
use crate::random::Stream;

/// The generator's outputs are uniform over 0..RANGE.
const RANGE: u128 = 1 << 64;

/// Cuts the values of a uniform 64-bit R into one interval per destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// The destinations with a weight above zero, in order.
    destinations: Vec<usize>,
    /// Where the interval of each of them ends, exclusively, but for the last, which ends at 2^64.
    ends: Vec<u64>,
}

impl Thresholds {
    /// The intervals for these weights; `None` if their sum is zero.
    #[must_use]
    pub fn new(weights: &[u32]) -> Option<Self> {
        let live = weighted(weights)?;
        let total: u128 = live.iter().map(|&(_, weight)| u128::from(weight)).sum();
        // The last interval ends at 2^64, which is no `u64` and drops out.
        let ends = live
            .iter()
            .scan(0, |cumulative, &(_, weight)| {
                *cumulative += u128::from(weight);
                Some(*cumulative)
            })
            .filter_map(|cumulative| u64::try_from(values_below(cumulative, total, RANGE)).ok())
            .collect();
        let destinations = live.into_iter().map(|(index, _)| index).collect();
        Some(Self { destinations, ends })
    }

    /// The destination whose interval holds `random_value`.
    #[must_use]
    pub fn pick(&self, random_value: u64) -> usize {
        let passed = self.ends.iter().filter(|&&end| end <= random_value).count();
        self.destinations[passed]
    }

    /// Adds to `counts[i]` how many of the next `requests` outputs of `random` pick destination
    /// `i`: the same as [`pick`](Self::pick) on each of them, only faster.
    pub fn count(&self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        for _ in 0..requests {
            counts[self.pick(random.next_u64())] += 1;
        }
    }
}

/// How many x in 0..`range` have `x mod total < cumulative`, for `cumulative` ≤ `total`.
fn values_below(cumulative: u128, total: u128, range: u128) -> u128 {
    cumulative * (range / total) + cumulative.min(range % total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_values_lie_below_a_threshold_as_have_a_small_remainder() {
        // Exhaustive on a word of 8 bits; the formula is the same for 64.
        for total in 1..=300_u128 {
            for cumulative in 0..=total {
                let counted = (0..256_u128).filter(|x| x % total < cumulative).count();
                assert_eq!(
                    values_below(cumulative, total, 256),
                    counted as u128,
                    "{cumulative} of {total}"
                );
            }
        }
    }

    #[test]
    fn the_intervals_of_real_weights() {
        // 2^64 = 3·6148914691236517205 + 1: the first of three equal weights gets the odd value.
        let thirds = Thresholds::new(&[1, 0, 1, 1, 0]).unwrap();
        assert_eq!(thirds.destinations, [0, 2, 3]);
        assert_eq!(thirds.ends, [6148914691236517206, 12297829382473034411]);
        let picks = [0, 6148914691236517205, 6148914691236517206, u64::MAX];
        assert_eq!(picks.map(|value| thirds.pick(value)), [0, 0, 2, 3]);
    }

    #[test]
    fn a_power_of_two_cuts_evenly_and_one_destination_gets_everything() {
        assert_eq!(Thresholds::new(&[1, 1]).unwrap().ends, [1 << 63]);
        assert_eq!(Thresholds::new(&[0, 7]).unwrap().pick(u64::MAX), 1);
        assert_eq!(Thresholds::new(&[0, 0]), None);
        assert_eq!(Thresholds::new(&[]), None);
    }
}
