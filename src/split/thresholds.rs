//! Picks with the law of `R mod total`, without the division.
//!
//! Of the 2^64 values of R, those with `R mod total < c` number
//! T(c) = c·⌊2^64 / total⌋ + min(c, 2^64 mod total). If R is uniform, `R < T(c)` is therefore exactly
//! as probable as `R mod total < c`, the bias of the modulo included; only which R leads where
//! differs. A comparison costs a tenth of a division.

use std::array;

use rand::Rng;

use super::weighted;
use crate::random::Stream;

/// How many values a 64-bit word has.
const VALUES: u128 = 1 << 64;

/// Cuts the values of a uniform 64-bit R into one interval per destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// The destinations with a weight above zero, in order.
    destinations: Vec<usize>,
    /// The last value of the interval of each of them; the final one is the largest R.
    lasts: Vec<u64>,
    /// For each leading byte of R, the first interval that such an R can lie in.
    guide: Box<[usize; 256]>,
}

impl Thresholds {
    /// The intervals for these weights; `None` if their sum is zero.
    #[must_use]
    pub fn new(weights: &[u32]) -> Option<Self> {
        let live = weighted(weights)?;
        let total: u128 = live.iter().map(|&(_, weight)| u128::from(weight)).sum();
        let mut cumulative = 0;
        let lasts: Vec<u64> = live
            .iter()
            .map(|&(_, weight)| {
                cumulative += u128::from(weight);
                (values_below(cumulative, total, VALUES) - 1) as u64
            })
            .collect();
        let guide = array::from_fn(|byte| {
            let smallest = (byte as u64) << 56;
            lasts.partition_point(|&last| last < smallest)
        });
        Some(Self {
            destinations: live.into_iter().map(|(index, _)| index).collect(),
            lasts,
            guide: Box::new(guide),
        })
    }

    /// The destination whose interval holds `random_value`.
    #[must_use]
    pub fn pick(&self, random_value: u64) -> usize {
        let mut place = self.guide[(random_value >> 56) as usize];
        while random_value > self.lasts[place] {
            place += 1;
        }
        self.destinations[place]
    }

    /// Adds to `counts[i]` how many of the next `requests` outputs of `random` pick destination
    /// `i`: the same as [`pick`](Self::pick) on each of them.
    ///
    /// For two or three destinations the counts stay in registers, and nothing branches.
    pub fn count(&self, random: &mut Stream, requests: u64, counts: &mut [u64]) {
        match (&*self.destinations, &*self.lasts) {
            (&[a, b], &[end, _]) => {
                let [beyond] = count_beyond([end], random, requests);
                counts[a] += requests - beyond;
                counts[b] += beyond;
            }
            (&[a, b, c], &[end, later_end, _]) => {
                let [beyond, far_beyond] = count_beyond([end, later_end], random, requests);
                counts[a] += requests - beyond;
                counts[b] += beyond - far_beyond;
                counts[c] += far_beyond;
            }
            _ => {
                for _ in 0..requests {
                    counts[self.pick(random.next_u64())] += 1;
                }
            }
        }
    }

    /// Fills `picks` with the destinations that the next outputs of `random` pick: the same as
    /// [`pick`](Self::pick) on each of them. For two destinations nothing branches.
    pub fn fill(&self, random: &mut Stream, picks: &mut [usize]) {
        let mut own = random.clone();
        if let (&[a, b], &[end, _]) = (&*self.destinations, &*self.lasts) {
            for pick in picks {
                *pick = std::hint::select_unpredictable(own.next_u64() > end, b, a);
            }
        } else {
            for pick in picks {
                *pick = self.pick(own.next_u64());
            }
        }
        *random = own;
    }
}

/// How many of the next `requests` outputs lie beyond each of `lasts`.
fn count_beyond<const N: usize>(lasts: [u64; N], random: &mut Stream, requests: u64) -> [u64; N] {
    let mut beyond = [0; N];
    for _ in 0..requests {
        let random_value = random.next_u64();
        for (beyond, last) in beyond.iter_mut().zip(lasts) {
            *beyond += u64::from(random_value > last);
        }
    }
    beyond
}

/// How many x in 0..`values` have `x mod total < cumulative`, for `cumulative` ≤ `total`.
fn values_below(cumulative: u128, total: u128, values: u128) -> u128 {
    cumulative * (values / total) + cumulative.min(values % total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::stream_of;
    use super::*;

    fn thresholds(weights: &[u32]) -> Thresholds {
        Thresholds::new(weights).unwrap()
    }

    #[test]
    fn as_many_values_lie_below_a_threshold_as_have_a_small_remainder() {
        // Exhaustive on a word of 8 bits, also for totals beyond it; the formula is the same for 64.
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
        let thirds = thresholds(&[1, 0, 1, 1, 0]);
        assert_eq!(thirds.destinations, [0, 2, 3]);
        assert_eq!(
            thirds.lasts,
            [6148914691236517205, 12297829382473034410, u64::MAX]
        );
        let picks = [0, 6148914691236517205, 6148914691236517206, u64::MAX];
        assert_eq!(picks.map(|value| thirds.pick(value)), [0, 0, 2, 3]);
    }

    #[test]
    fn a_power_of_two_cuts_evenly_and_one_destination_gets_everything() {
        assert_eq!(thresholds(&[1, 1]).lasts, [(1 << 63) - 1, u64::MAX]);
        assert_eq!(thresholds(&[0, 7]).pick(0), 1);
        assert_eq!(thresholds(&[0, 7]).pick(u64::MAX), 1);
        assert_eq!(Thresholds::new(&[0, 0]), None);
        assert_eq!(Thresholds::new(&[]), None);
    }

    /// One to twelve weights of every size, the sum not zero.
    fn any_weights() -> impl Strategy<Value = Vec<u32>> {
        let weight = prop_oneof![Just(0), 1..10_u32, 1..1000_u32, any::<u32>()];
        prop::collection::vec(weight, 1..=12).prop_filter("a weight above zero", |weights| {
            weights.iter().any(|&w| w > 0)
        })
    }

    proptest! {
        #[test]
        fn each_destination_gets_exactly_the_values_that_the_modulo_gives_it(
            weights in any_weights(),
        ) {
            let cut = thresholds(&weights);
            let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
            let (whole, rest) = (VALUES / total, VALUES % total);
            let (mut first, mut cumulative) = (0_u128, 0_u128);
            for (&destination, &last) in cut.destinations.iter().zip(&cut.lasts) {
                let weight = u128::from(weights[destination]);
                // Of the incomplete last round, the part that falls in this destination's interval.
                let odd = rest.clamp(cumulative, cumulative + weight) - cumulative;
                prop_assert_eq!(u128::from(last) + 1 - first, weight * whole + odd);
                (first, cumulative) = (u128::from(last) + 1, cumulative + weight);
            }
            prop_assert_eq!(first, VALUES);
        }

        #[test]
        fn the_guide_leads_to_the_interval_at_its_edges_and_anywhere(
            weights in any_weights(),
            anywhere in any::<u64>(),
        ) {
            let cut = thresholds(&weights);
            let edges = cut.lasts.iter().flat_map(|&last| [last, last.wrapping_add(1)]);
            for value in edges.chain([anywhere]) {
                let searched = cut.lasts.iter().position(|&last| value <= last);
                prop_assert_eq!(Some(cut.pick(value)), searched.map(|i| cut.destinations[i]));
            }
        }

        #[test]
        fn counting_is_picking_one_by_one(
            weights in any_weights(),
            (seed, requests) in (any::<u64>(), 0..2000_u64),
        ) {
            let cut = thresholds(&weights);
            let (mut one, mut other) = (stream_of(seed), stream_of(seed));
            let (mut picked, mut counted) = (vec![3; weights.len()], vec![3; weights.len()]);
            for _ in 0..requests {
                picked[cut.pick(one.next_u64())] += 1;
            }
            cut.count(&mut other, requests, &mut counted);
            prop_assert_eq!(counted, picked);
            prop_assert_eq!(one, other);
        }
    }
}
