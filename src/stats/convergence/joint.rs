//! Several versions at once: every share within the tolerance.

use super::within::band;
use super::{Rational, StatsError, check, domain};
use crate::stats::binomial::Binomial;

/// Pairs of (requests left, count) that a calculation may visit; about a second.
const MOST_PAIRS: u64 = 40_000_000;

/// P(|c_i/n − w_i| ≤ tolerance for every version i), the counts being multinomial. Version by
/// version, each count is binomial given those before it, so that every term is positive and
/// nothing cancels. Relative error below 10^-9.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares are above 0 and sum to 1, and n ≥ 1;
/// [`StatsError::Limit`] beyond 4·10^7 pairs of counts (three versions ± 5 points: n beyond some
/// 60,000).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::joint_within;
/// let shares = [Ratio::new(8, 10), Ratio::new(1, 10), Ratio::new(1, 10)];
/// let p = joint_within(&shares, 100, Ratio::new(1, 10))?;
/// assert!((p - 0.99072724792930883).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_within(shares: &[Rational], n: u64, tolerance: Rational) -> Result<f64, StatsError> {
    check(Rational::from_integer(0), tolerance)?;
    let sum = shares
        .iter()
        .map(|share| *share.numer() as f64 / *share.denom() as f64)
        .sum::<f64>();
    if shares.is_empty() || n == 0 || (sum - 1.0).abs() > 1e-9 {
        return Err(domain(
            "shares and n",
            "shares that sum to 1, and n at least 1",
            n,
        ));
    }
    let Some(bands) = shares
        .iter()
        .map(|&share| band(n, share, tolerance))
        .collect()
    else {
        return Ok(0.0);
    };
    Joint::new(shares, n, bands)?.probability()
}

/// The first n and the stable N of the joint band: the smallest n at which every share is within
/// the tolerance with probability ≥ confidence, and the smallest from which that holds for every
/// n. The search for N goes down from Bonferroni's bound: where each of k shares alone reaches
/// 1 − (1 − confidence)/k for good, all together reach the confidence.
///
/// # Errors
/// As [`joint_within`] and [`stable_n`](super::stable_n).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::{first_n, joint_first_and_stable_n, stable_n};
/// let (half, tenth) = (Ratio::new(1, 2), Ratio::new(1, 10));
/// let two = joint_first_and_stable_n(&[half, half], tenth, 0.95)?;
/// assert_eq!(two, (first_n(half, tenth, 0.95)?, stable_n(half, tenth, 0.95)?));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_first_and_stable_n(
    shares: &[Rational],
    tolerance: Rational,
    confidence: f64,
) -> Result<(u64, u64), StatsError> {
    let part = 1.0 - (1.0 - confidence) / shares.len().max(1) as f64;
    let mut bound = 1;
    for &share in shares {
        bound = bound.max(super::stable_n(share, tolerance, part)?);
    }
    let reaches = |n| Ok::<bool, StatsError>(joint_within(shares, n, tolerance)? >= confidence);
    let mut stable = bound;
    while stable > 1 && reaches(stable - 1)? {
        stable -= 1;
    }
    let mut first = 1;
    while first < stable && !reaches(first)? {
        first += 1;
    }
    Ok((first, stable))
}

/// E|X/n − share|, the expected deviation of one share after n picks: 2ν(1 − p)·P(X = ν)/n with
/// ν = ⌊np⌋ + 1 (de Moivre 1730). About √(2p(1 − p)/(πn)). Relative error below 10^-11.
///
/// # Errors
/// [`StatsError::Domain`] for a share above 1, or n = 0.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::expected_deviation;
/// let deviation = expected_deviation(20, Ratio::new(1, 5))?;
/// assert!((deviation - 0.06982380862275217).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn expected_deviation(n: u64, share: Rational) -> Result<f64, StatsError> {
    if n == 0 {
        return Err(domain("n", "at least 1", n));
    }
    let law = Binomial::with_share(n, share)?;
    let above = u128::from(n) * u128::from(*share.numer()) / u128::from(*share.denom());
    let above = u64::try_from(above).unwrap_or(u64::MAX).saturating_add(1);
    let rest = Rational::from_integer(1) - share;
    let rest = *rest.numer() as f64 / *rest.denom() as f64;
    Ok(2.0 * above as f64 * rest * law.pmf(above) / n as f64)
}

struct Joint {
    shares: Vec<f64>,
    bands: Vec<(u64, u64)>,
    n: u64,
}

impl Joint {
    fn new(shares: &[Rational], n: u64, bands: Vec<(u64, u64)>) -> Result<Self, StatsError> {
        let shares: Vec<f64> = shares
            .iter()
            .map(|share| *share.numer() as f64 / *share.denom() as f64)
            .collect();
        // What lies beyond 13 standard deviations is below 10^-30 of everything.
        let bands: Vec<(u64, u64)> = bands
            .into_iter()
            .zip(&shares)
            .map(|((low, high), share)| {
                let mean = n as f64 * share;
                let reach = 13.0 * (mean * (1.0 - share)).sqrt() + 40.0;
                (
                    low.max((mean - reach).max(0.0) as u64),
                    high.min((mean + reach).ceil() as u64),
                )
            })
            .collect();
        let widths = || {
            bands
                .iter()
                .map(|(low, high)| high.saturating_sub(*low) + 1)
        };
        let before = widths().scan(1_u64, |sum, width| {
            let seen = *sum;
            *sum = sum.saturating_add(width);
            Some(seen)
        });
        let pairs = before
            .zip(widths())
            .fold(0_u64, |sum, (a, b)| sum.saturating_add(a.saturating_mul(b)));
        if pairs > MOST_PAIRS {
            return Err(StatsError::Limit {
                what: format!("the joint band of {} versions at n = {n}", shares.len()),
                limit: format!("{MOST_PAIRS} pairs of counts"),
            });
        }
        Ok(Self { shares, bands, n })
    }

    /// The last count is what the others leave, so that it needs no sum of its own.
    fn probability(&self) -> Result<f64, StatsError> {
        let Some((&(last_low, last_high), others)) = self.bands.split_last() else {
            return Ok(1.0);
        };
        // left[i]: the probability that so far all were inside and `most - i` requests are left.
        let mut most = self.n;
        let mut left = vec![1.0];
        let mut rest = 1.0;
        for (&(low, high), share) in others.iter().zip(&self.shares) {
            if low > high || low > most {
                return Ok(0.0);
            }
            let mut next = vec![0.0; left.len() + (high - low) as usize];
            for (used, &probability) in left.iter().enumerate() {
                let Some(remaining) = most.checked_sub(used as u64).filter(|_| probability > 0.0)
                else {
                    continue;
                };
                let law = Binomial::new(remaining, (share / rest).min(1.0))?;
                for count in low..=high.min(remaining) {
                    next[used + (count - low) as usize] += probability * law.pmf(count);
                }
            }
            left = next;
            most -= low;
            rest -= share;
        }
        let inside = (0_u64..).zip(&left).filter(|&(used, _)| {
            most.checked_sub(used)
                .is_some_and(|count| (last_low..=last_high).contains(&count))
        });
        Ok(inside
            .map(|(_, probability)| probability)
            .sum::<f64>()
            .min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::super::within_tolerance;
    use super::*;

    #[test]
    fn agrees_with_enumeration_and_with_the_binomial() {
        let shares = [Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 4)];
        let joint = joint_within(&shares, 100, Ratio::new(1, 20)).unwrap();
        assert!(
            (joint / 0.555_236_601_302_611_36 - 1.0).abs() < 1e-11,
            "{joint}"
        );
        for (n, tolerance) in [(15, Ratio::new(1, 10)), (997, Ratio::new(1, 50))] {
            let share = Ratio::new(3, 10);
            let two = joint_within(&[share, Ratio::new(7, 10)], n, tolerance).unwrap();
            let one = within_tolerance(n, share, tolerance).unwrap();
            assert!((two / one - 1.0).abs() < 1e-10, "{n}: {two} {one}");
        }
    }

    #[test]
    fn too_much_work_is_refused() {
        let third = Ratio::new(1, 3);
        let refused = joint_within(&[third; 3], 100_000_000, Ratio::new(1, 20));
        assert!(
            matches!(refused, Err(StatsError::Limit { .. })),
            "{refused:?}"
        );
    }
}
