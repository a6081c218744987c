//! A picker whose number R is a counter: contiguous blocks, a stride, a start at random.
//!
//! This is how Envoy picked until October 2017 (`generateStreamId` in `conn_manager_utility.cc` of
//! that time): R counted the streams of the proxy, and `R mod total` fell into contiguous
//! intervals. All figures are exact counts over the equally likely start positions.

use num_integer::Integer;

use super::convergence::band;
use super::{Rational, StatsError};

/// Start positions that are counted one by one.
const MOST_POSITIONS: u64 = 4_000_000;

/// Blocks of positions, of which every `stride`-th is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterPicker {
    blocks: Vec<u64>,
    total: u64,
    stride: u64,
    /// Positions until the counter is back where it was: total / gcd(total, stride).
    period: u64,
}

impl CounterPicker {
    /// A picker with blocks of these widths; each pick moves the counter by `stride`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] for no block, no position or no stride; [`StatsError::Limit`] beyond
    /// 4·10^6 positions in all.
    pub fn new(blocks: &[u64], stride: u64) -> Result<Self, StatsError> {
        let total = blocks
            .iter()
            .try_fold(0_u64, |sum, &width| sum.checked_add(width));
        let Some(total) = total.filter(|&total| total > 0 && stride > 0) else {
            return Err(StatsError::Domain {
                name: "blocks and stride",
                expected: "above 0",
                value: format!("{blocks:?}, {stride}"),
            });
        };
        if total > MOST_POSITIONS {
            return Err(StatsError::Limit {
                what: format!("counting over {total} positions"),
                limit: format!("{MOST_POSITIONS} positions"),
            });
        }
        Ok(Self {
            blocks: blocks.to_vec(),
            total,
            stride,
            period: total / total.gcd(&stride),
        })
    }

    /// P(every block seen within n picks).
    ///
    /// # Errors
    /// None at present; reserved.
    ///
    /// ```
    /// use shiftsim::stats::counter_picker::CounterPicker;
    /// assert_eq!(CounterPicker::new(&[50, 50], 1)?.all_seen(15)?, 0.28);
    /// assert_eq!(CounterPicker::new(&[50, 50], 3)?.all_seen(15)?, 0.84);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn all_seen(&self, n: u64) -> Result<f64, StatsError> {
        let live = (0..self.blocks.len()).filter(|&block| self.blocks[block] > 0);
        Ok(self.share_of_starts(live, n, |_, count| count > 0))
    }

    /// The smallest n with P(every block seen) ≥ confidence.
    ///
    /// # Errors
    /// [`StatsError::Limit`] if the level is never reached, because the stride skips a block.
    pub fn all_seen_n(&self, confidence: f64) -> Result<u64, StatsError> {
        let reaches = |n| Ok::<bool, StatsError>(self.all_seen(n)? >= confidence);
        if !reaches(self.period)? {
            return Err(StatsError::Limit {
                what: format!("seeing every block with probability {confidence}"),
                limit: "a stride that skips a block never does".into(),
            });
        }
        let (mut low, mut high) = (0, self.period);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if reaches(middle)? {
                high = middle
            } else {
                low = middle
            }
        }
        Ok(high)
    }

    /// P(the share of `block` after n picks is within the tolerance of its width over the total).
    ///
    /// # Errors
    /// [`StatsError::Domain`] for a block that is not there, or n = 0.
    pub fn within_tolerance(
        &self,
        block: usize,
        n: u64,
        tolerance: Rational,
    ) -> Result<f64, StatsError> {
        self.check(block, n)?;
        Ok(self.within([block].into_iter(), n, tolerance))
    }

    /// P(the share of every block after n picks is within the tolerance).
    ///
    /// # Errors
    /// [`StatsError::Domain`] for n = 0.
    pub fn joint_within(&self, n: u64, tolerance: Rational) -> Result<f64, StatsError> {
        self.check(0, n)?;
        Ok(self.within(0..self.blocks.len(), n, tolerance))
    }

    /// The law of how often `block` is picked in n picks: (count, probability), ascending, without
    /// impossible counts.
    ///
    /// # Errors
    /// [`StatsError::Domain`] for a block that is not there, or n = 0.
    ///
    /// ```
    /// use shiftsim::stats::counter_picker::CounterPicker;
    /// let law = CounterPicker::new(&[50, 50], 1)?.count_law(0, 10)?;
    /// assert_eq!(law.last(), Some(&(10, 0.41)));
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn count_law(&self, block: usize, n: u64) -> Result<Vec<(u64, f64)>, StatsError> {
        self.check(block, n)?;
        let mut counts = self.counts(block, n);
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b);
        Ok(runs
            .map(|run| (run[0], run.len() as f64 / self.total as f64))
            .collect())
    }

    fn check(&self, block: usize, n: u64) -> Result<(), StatsError> {
        if block >= self.blocks.len() || n == 0 {
            return Err(StatsError::Domain {
                name: "block and n",
                expected: "a block that is there, and n at least 1",
                value: format!("{block}, {n}"),
            });
        }
        Ok(())
    }

    fn within(&self, blocks: impl Iterator<Item = usize>, n: u64, tolerance: Rational) -> f64 {
        self.share_of_starts(blocks, n, |block, count| {
            let share = Rational::new(self.blocks[block], self.total);
            band(n, share, tolerance).is_some_and(|(low, high)| (low..=high).contains(&count))
        })
    }

    /// The share of start positions from which `holds` is true for every one of `blocks`.
    fn share_of_starts(
        &self,
        blocks: impl Iterator<Item = usize>,
        n: u64,
        holds: impl Fn(usize, u64) -> bool,
    ) -> f64 {
        let mut good = vec![true; self.total as usize];
        for block in blocks {
            for (good, count) in good.iter_mut().zip(self.counts(block, n)) {
                *good &= holds(block, count);
            }
        }
        good.iter().filter(|&&good| good).count() as f64 / self.total as f64
    }

    /// How often `block` is picked in n picks, for each start position.
    fn counts(&self, block: usize, n: u64) -> Vec<u64> {
        let low: u64 = self.blocks[..block].iter().sum();
        let hit = |position: u64| u64::from((low..low + self.blocks[block]).contains(&position));
        let (whole, part) = (n / self.period, n % self.period);
        let mut counts = vec![0; self.total as usize];
        // Starts that share their positions: one orbit per residue of the greatest common divisor.
        for first in 0..self.total / self.period {
            let at = |step: u64| {
                let distance = u128::from(step) * u128::from(self.stride);
                ((u128::from(first) + distance) % u128::from(self.total)) as u64
            };
            let per_period: u64 = (0..self.period).map(|step| hit(at(step))).sum();
            let mut window: u64 = (0..part).map(|step| hit(at(step))).sum();
            for start in 0..self.period {
                counts[at(start) as usize] = whole * per_period + window;
                window = window + hit(at(start + part)) - hit(at(start));
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;

    #[test]
    fn published_figures_of_the_picker_of_2017() {
        let half = |stride| CounterPicker::new(&[50, 50], stride).unwrap();
        let ten = Ratio::new(1, 10);
        assert_eq!(half(1).all_seen(10).unwrap(), 0.18);
        assert_eq!(half(3).within_tolerance(0, 15, ten).unwrap(), 0.24);
        assert_eq!(half(1).within_tolerance(0, 15, ten).unwrap(), 0.08);
        assert_eq!(half(3).count_law(0, 10).unwrap().last(), Some(&(10, 0.23)));
        let certain = |stride| half(stride).all_seen_n(1.0).unwrap();
        assert_eq!((certain(1), certain(3)), (51, 18));
        let red = CounterPicker::new(&[10, 90], 1).unwrap();
        // A red star within 11 refreshes: the count of the other block is never 11.
        assert!(red.count_law(0, 11).unwrap().last().unwrap().0 < 11);
    }

    #[test]
    fn agrees_with_walking() {
        for (blocks, stride) in [(vec![3, 0, 4, 5], 5), (vec![2, 4], 4), (vec![1, 1], 2)] {
            let picker = CounterPicker::new(&blocks, stride).unwrap();
            for n in [1, 2, 5, 11, 12, 13, 40] {
                for block in 0..blocks.len() {
                    let low: u64 = blocks[..block].iter().sum();
                    let range = low..low + blocks[block];
                    let walked: Vec<u64> = (0..picker.total)
                        .map(|start| {
                            let positions =
                                (0..n).map(|pick| (start + pick * stride) % picker.total);
                            positions
                                .filter(|position| range.contains(position))
                                .count() as u64
                        })
                        .collect();
                    assert_eq!(
                        picker.counts(block, n),
                        walked,
                        "{blocks:?} {stride} {n} {block}"
                    );
                }
            }
        }
        assert!(
            CounterPicker::new(&[1, 1], 2)
                .unwrap()
                .all_seen_n(0.5)
                .is_err()
        );
        assert!(CounterPicker::new(&[], 1).is_err());
    }
}
