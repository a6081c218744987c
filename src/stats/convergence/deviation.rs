//! How far the shares are off, on average.

use super::joint::check_shares;
use super::rectangle::rectangle;
use super::{Rational, StatsError, domain};
use crate::stats::binomial::Binomial;

/// Rectangles times their products that a sum may take; some seconds.
const MOST_WORK: f64 = 1e10;

/// E max_i |c_i/n − w_i|: the expected largest deviation of a share from its target.
///
/// For two versions de Moivre's closed form 2 ν q P(X = ν) / n, ν = ⌊n p⌋ + 1; for more, the
/// integral of P(some deviation is above d) over d, a finite sum because the law is discrete.
/// Absolute error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares sum to 1 and n is between 1 and 10^12;
/// [`StatsError::Limit`] beyond some 10^10 operations (three versions: n near 30,000).
///
/// Source: de Moivre 1730, in Diaconis and Zabell 1991 (Statistical Science 6).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::expected_deviation;
/// // 15 refreshes at 50/50 are 10.5 points off on average
/// let half = Ratio::new(1, 2);
/// assert!((expected_deviation(&[half, half], 15)? - 0.104736328125).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn expected_deviation(shares: &[Rational], n: u64) -> Result<f64, StatsError> {
    check_shares(shares)?;
    if n == 0 || n > Binomial::MAX_TRIALS {
        return Err(domain("n", "between 1 and 10^12", n));
    }
    let positive: Vec<Rational> = shares
        .iter()
        .copied()
        .filter(|share| *share.numer() > 0)
        .collect();
    match positive[..] {
        [] | [_] => Ok(0.0),
        [share, _] => mean_deviation(n, share),
        _ => over_thresholds(&positive, n),
    }
}

/// E |X/n − p| for one binomial count.
fn mean_deviation(n: u64, share: Rational) -> Result<f64, StatsError> {
    let law = Binomial::with_share(n, share)?;
    let whole = u128::from(n) * u128::from(*share.numer()) / u128::from(*share.denom());
    let above = whole as u64 + 1;
    let q = (share.denom() - share.numer()) as f64 / *share.denom() as f64;
    Ok(2.0 * above as f64 * q * law.pmf(above) / n as f64)
}

/// Deviations in units of 1/(n·total): |c·total − n·weight|, whole numbers.
struct Deviations {
    n: u64,
    total: u64,
    weights: Vec<u64>,
}

impl Deviations {
    /// The counts of version `place` that deviate by at most `limit`.
    fn within(&self, place: usize, limit: u128) -> Option<(u64, u64)> {
        let total = u128::from(self.total);
        let centre = u128::from(self.n) * u128::from(self.weights[place]);
        let low = centre.saturating_sub(limit).div_ceil(total) as u64;
        let high = ((centre + limit) / total).min(u128::from(self.n)) as u64;
        (low <= high).then_some((low, high))
    }

    /// The deviations that version `place` can have with a count in low ..= high.
    fn of(&self, place: usize, low: u64, high: u64) -> impl Iterator<Item = u128> {
        let total = u128::from(self.total);
        let centre = u128::from(self.n) * u128::from(self.weights[place]);
        (low..=high).map(move |count| (u128::from(count) * total).abs_diff(centre))
    }
}

fn over_thresholds(shares: &[Rational], n: u64) -> Result<f64, StatsError> {
    let total = shares
        .iter()
        .fold(1, |total, share| num_integer::lcm(total, *share.denom()));
    let weights = shares
        .iter()
        .map(|share| share.numer() * (total / share.denom()))
        .collect();
    let deviations = Deviations { n, total, weights };
    let mut thresholds = vec![0];
    let mut widths = 0.0;
    for (place, &share) in shares.iter().enumerate() {
        // Beyond these counts lies less than 10^-15 on either side.
        let law = Binomial::with_share(n, share)?;
        let (low, high) = (law.quantile(1e-15)?, law.quantile(1.0 - 1e-15)?);
        widths += (high - low + 1) as f64;
        thresholds.extend(deviations.of(place, low, high));
    }
    thresholds.sort_unstable();
    thresholds.dedup();
    if thresholds.len() as f64 * widths * widths > MOST_WORK {
        return Err(StatsError::Limit {
            what: format!(
                "the expected deviation of {} versions at n = {n}",
                shares.len()
            ),
            limit: "some 10^10 operations".into(),
        });
    }
    let mut expected = 0.0;
    for pair in thresholds.windows(2) {
        let bounds: Option<Vec<_>> = (0..shares.len())
            .map(|place| deviations.within(place, pair[0]))
            .collect();
        let inside = bounds.map_or(Ok(0.0), |bounds| rectangle(shares, n, &bounds))?;
        expected += (pair[1] - pair[0]) as f64 * (1.0 - inside);
    }
    Ok(expected / (n as f64 * total as f64))
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;
    use crate::stats::sampling::multinomial_ln_pmf;

    /// Over all outcomes of three versions.
    fn by_enumeration(shares: [Rational; 3], n: u64) -> f64 {
        let p = shares.map(|share| *share.numer() as f64 / *share.denom() as f64);
        let mut sum = 0.0;
        for a in 0..=n {
            for b in 0..=n - a {
                let counts = [a, b, n - a - b];
                let off = |i: usize| (counts[i] as f64 / n as f64 - p[i]).abs();
                let largest = off(0).max(off(1)).max(off(2));
                sum += multinomial_ln_pmf(&counts, &p).unwrap().exp() * largest;
            }
        }
        sum
    }

    #[test]
    fn agrees_with_enumeration() {
        let cases = [
            [(1, 2), (1, 4), (1, 4)],
            [(8, 10), (1, 10), (1, 10)],
            [(1, 3), (1, 2), (1, 6)],
        ];
        for case in cases {
            let shares = case.map(|(a, b)| Ratio::new(a, b));
            for n in [1, 2, 15, 60] {
                let value = expected_deviation(&shares, n).unwrap();
                let expected = by_enumeration(shares, n);
                assert!(
                    (value / expected - 1.0).abs() < 1e-10,
                    "{n}: {value} {expected}"
                );
            }
        }
    }

    #[test]
    fn two_versions_by_hand_and_in_the_limit() {
        let shares = [Ratio::new(9, 10), Ratio::new(1, 10)];
        let value = expected_deviation(&shares, 15).unwrap();
        assert!(
            (value / 0.064_055_018_873_890_8 - 1.0).abs() < 1e-12,
            "{value}"
        );
        // sqrt(2 p q / (pi n)) for large n
        let large = expected_deviation(&shares, 10_000_000).unwrap();
        let limit = (2.0 * 0.09 / (std::f64::consts::PI * 1e7)).sqrt();
        assert!((large / limit - 1.0).abs() < 1e-6);
        assert_eq!(
            expected_deviation(&[Ratio::from_integer(1)], 9).unwrap(),
            0.0
        );
    }
}
