//! What the normal mixture test (mSPRT) really does: exact alarm probabilities.
//!
//! Its guarantee is asymptotic, so its false alarms are worth knowing. Looked at after every request
//! up to 2000, at level 5% and with τ² = 0.01, one share against a target of 50% alarms falsely in
//! 3.4% of runs, but against a target of 1% in 12.3%: a count of rare errors is not normal.

use super::Looks;
use super::check_alpha;
use super::normal_mixture::MixtureRatio;
use super::walk::{CrossingPoint, crossing_curve};
use crate::stats::StatsError;

/// Rows and columns with less mass than this are dropped at the ends.
const NEGLIGIBLE: f64 = 1e-30;

/// The most cells that one computation visits: some ten seconds.
const MAX_CELLS: u64 = 2_000_000_000;

/// P(the test of one share against `target` has alarmed by each look), where it alarms if Λ of
/// [`MixtureRatio::of_target`] is at least 1/`alpha` and the true share is `true_share`. Absolute
/// error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] unless `target` and `alpha` lie in (0, 1), `true_share` in [0, 1], and
/// `mixture_variance` is positive and finite; [`StatsError::Limit`] if the looks reach too far.
///
/// ```
/// # use shiftsim::stats::sequential::{Looks, normal_mixture_exact::target_alarms};
/// let looks = Looks::after_each(2000)?;
/// let false_alarms = |target| -> Result<f64, shiftsim::stats::StatsError> {
///     let curve = target_alarms(target, target, 0.01, 0.05, &looks)?;
///     Ok(curve.last().map_or(0.0, |point| point.either()))
/// };
/// assert!((false_alarms(0.5)? - 0.0338224).abs() < 1e-7);
/// assert!((false_alarms(0.01)? - 0.1233390).abs() < 1e-7); // 5% was the promise
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn target_alarms(
    target: f64,
    true_share: f64,
    mixture_variance: f64,
    alpha: f64,
    looks: &Looks,
) -> Result<Vec<CrossingPoint>, StatsError> {
    check_alpha(alpha)?;
    MixtureRatio::of_target(target, target, 1, mixture_variance)?;
    let alarms = |x: u64, n: u64| {
        MixtureRatio::of_target(x as f64 / n as f64, target, n, mixture_variance)
            .is_ok_and(|ratio| ratio.has_crossed(alpha))
    };
    // Λ rises with the distance from the target: the counts without an alarm are an interval around
    // it, whose lower end falls, and whose upper end rises, by at most one per observation.
    let (mut low, mut high) = (0_u64, 0);
    let mut last_n = 0;
    crossing_curve(true_share, looks, |n| {
        let centre = (n as f64 * target).round() as u64;
        low = low.saturating_sub(n - last_n).min(centre);
        high = (high + n - last_n).min(n).max(centre);
        last_n = n;
        while low < centre && alarms(low, n) {
            low += 1;
        }
        while high > centre && alarms(high, n) {
            high -= 1;
        }
        low..=high
    })
}

/// Two versions, each observed as often as the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedShares {
    /// The true share of the first version, in [0, 1].
    pub first: f64,
    /// The true share of the second version, in [0, 1].
    pub second: f64,
}

/// P(the test of two shares has alarmed by each look), where it alarms if Λ of
/// [`MixtureRatio::of_shares`] is at least 1/`alpha`; looks are counted in pairs. `low` are alarms
/// with the second share observed below the first. Absolute error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares lie in [0, 1], `alpha` in (0, 1), and `mixture_variance`
/// is positive and finite; [`StatsError::Limit`] beyond some thousand pairs.
///
/// ```
/// # use shiftsim::stats::sequential::{Looks, normal_mixture_exact::{pair_alarms, PairedShares}};
/// // two versions that both fail in 10%, looked at after every pair: 5% was the promise
/// let same = PairedShares { first: 0.1, second: 0.1 };
/// let curve = pair_alarms(same, 0.01, 0.05, &Looks::after_each(200)?)?;
/// let ever = curve.last().map_or(0.0, |point| point.either());
/// assert!(ever > 0.0 && ever < 0.06);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn pair_alarms(
    shares: PairedShares,
    mixture_variance: f64,
    alpha: f64,
    looks: &Looks,
) -> Result<Vec<CrossingPoint>, StatsError> {
    check_alpha(alpha)?;
    MixtureRatio::of_shares(shares.first, shares.second, 1, mixture_variance)?;
    let mut walk = PairWalk::new(shares);
    let (mut low, mut high) = (0.0, 0.0);
    let mut curve = Vec::new();
    for n in looks.iter() {
        while walk.pairs < n {
            walk.step()?;
        }
        walk.absorb(|x, y| {
            let share = |count: u64| count as f64 / n as f64;
            let ratio = MixtureRatio::of_shares(share(x), share(y), n, mixture_variance)?;
            Ok(ratio.has_crossed(alpha))
        })
        .map(|(below, above)| {
            low += below;
            high += above;
        })?;
        curve.push(CrossingPoint { n, low, high });
    }
    Ok(curve)
}

/// The joint law of both counts among the runs that have not alarmed.
struct PairWalk {
    shares: PairedShares,
    pairs: u64,
    cells: u64,
    /// The first count of the first version that has a row.
    first_row: u64,
    /// The second version's count at column 0.
    first_column: u64,
    rows: Vec<Vec<f64>>,
}

impl PairWalk {
    fn new(shares: PairedShares) -> Self {
        Self {
            shares,
            pairs: 0,
            cells: 0,
            first_row: 0,
            first_column: 0,
            rows: vec![vec![1.0]],
        }
    }

    /// One more pair.
    fn step(&mut self) -> Result<(), StatsError> {
        let width = self.rows.first().map_or(0, Vec::len) + 1;
        self.cells += width as u64 * (self.rows.len() as u64 + 1);
        if self.cells > MAX_CELLS {
            return Err(StatsError::Limit {
                what: format!("the joint law of both counts after {} pairs", self.pairs),
                limit: format!("{MAX_CELLS} cells"),
            });
        }
        self.pairs += 1;
        let PairedShares { first, second } = self.shares;
        for row in &mut self.rows {
            row.push(0.0);
            for column in (0..width).rev() {
                let rising = if column == 0 { 0.0 } else { row[column - 1] };
                row[column] = (1.0 - second) * row[column] + second * rising;
            }
        }
        self.rows.push(vec![0.0; width]);
        for index in (1..self.rows.len()).rev() {
            let (before, from) = self.rows.split_at_mut(index);
            for (cell, rising) in from[0].iter_mut().zip(&before[index - 1]) {
                *cell = (1.0 - first) * *cell + first * rising;
            }
        }
        if let Some(lowest) = self.rows.first_mut() {
            lowest.iter_mut().for_each(|cell| *cell *= 1.0 - first);
        }
        self.trim();
        Ok(())
    }

    /// Takes out the cells that alarm; returns the mass with the second count (below, above) the
    /// first.
    fn absorb(
        &mut self,
        alarms: impl Fn(u64, u64) -> Result<bool, StatsError>,
    ) -> Result<(f64, f64), StatsError> {
        let (mut below, mut above) = (0.0, 0.0);
        for (x, row) in (self.first_row..).zip(&mut self.rows) {
            for (y, cell) in (self.first_column..).zip(row) {
                if *cell > 0.0 && alarms(x, y)? {
                    *(if y < x { &mut below } else { &mut above }) += *cell;
                    *cell = 0.0;
                }
            }
        }
        Ok((below, above))
    }

    /// Drops rows and columns without mass at the four edges.
    fn trim(&mut self) {
        let empty = |row: &Vec<f64>| row.iter().all(|&cell| cell < NEGLIGIBLE);
        while self.rows.last().is_some_and(empty) {
            self.rows.pop();
        }
        let leading = self.rows.iter().take_while(|row| empty(row)).count();
        self.rows.drain(..leading);
        self.first_row += leading as u64;
        let filled = |row: &Vec<f64>| row.iter().position(|&cell| cell >= NEGLIGIBLE);
        let end = |row: &Vec<f64>| row.iter().rposition(|&cell| cell >= NEGLIGIBLE);
        let first = self.rows.iter().filter_map(filled).min().unwrap_or(0);
        let last = self.rows.iter().filter_map(end).max().unwrap_or(0);
        for row in &mut self.rows {
            row.truncate(last + 1);
            row.drain(..first);
        }
        self.first_column += first as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// P(alarm) over all sequences of up to `left` more pairs.
    fn by_recursion(
        shares: PairedShares,
        counts: (u64, u64, u64),
        left: u64,
        alarms: &impl Fn(u64, u64, u64) -> bool,
    ) -> f64 {
        let (x, y, n) = counts;
        if n > 0 && alarms(x, y, n) {
            return 1.0;
        }
        if left == 0 {
            return 0.0;
        }
        let PairedShares { first, second } = shares;
        let mut total = 0.0;
        for (dx, p) in [(0, 1.0 - first), (1, first)] {
            for (dy, q) in [(0, 1.0 - second), (1, second)] {
                let next = (x + dx, y + dy, n + 1);
                total += p * q * by_recursion(shares, next, left - 1, alarms);
            }
        }
        total
    }

    #[test]
    fn refuses_what_is_no_test() {
        let looks = Looks::after_each(10).unwrap();
        let shares = PairedShares {
            first: 0.1,
            second: 1.1,
        };
        assert!(pair_alarms(shares, 0.01, 0.05, &looks).is_err());
        assert!(target_alarms(0.5, 0.5, 0.01, 0.0, &looks).is_err());
        assert!(target_alarms(0.5, 0.5, 0.0, 0.05, &looks).is_err());
        let shares = PairedShares {
            first: 0.5,
            second: 0.5,
        };
        let long = Looks::every(100_000, 100_000).unwrap();
        assert!(matches!(
            pair_alarms(shares, 0.01, 0.05, &long),
            Err(StatsError::Limit { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn pairs_agree_with_enumeration(
            first in 0.0..=1.0f64, second in 0.0..=1.0f64, variance in 0.01..3.0f64, alpha in 0.1..0.8f64,
        ) {
            let shares = PairedShares { first, second };
            let curve = pair_alarms(shares, variance, alpha, &Looks::after_each(6).unwrap()).unwrap();
            let alarms = |x: u64, y: u64, n: u64| {
                let share = |count: u64| count as f64 / n as f64;
                MixtureRatio::of_shares(share(x), share(y), n, variance).unwrap().has_crossed(alpha)
            };
            let exact = by_recursion(shares, (0, 0, 0), 6, &alarms);
            prop_assert!((curve[5].either() - exact).abs() < 1e-12);
        }

        #[test]
        fn one_share_agrees_with_enumeration(
            target in 0.05..0.95f64, truth in 0.0..=1.0f64, variance in 0.001..3.0f64, alpha in 0.05..0.8f64,
        ) {
            let looks = Looks::after_each(12).unwrap();
            let curve = target_alarms(target, truth, variance, alpha, &looks).unwrap();
            let alarms = |x: u64, _: u64, n: u64| {
                let share = x as f64 / n as f64;
                MixtureRatio::of_target(share, target, n, variance).unwrap().has_crossed(alpha)
            };
            // The second version of each pair never counts.
            let shares = PairedShares { first: truth, second: 0.0 };
            let exact = by_recursion(shares, (0, 0, 0), 7, &alarms);
            prop_assert!((curve[6].either() - exact).abs() < 1e-12);
        }
    }
}
