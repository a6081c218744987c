//! Every version seen: P(no cell is empty after n picks), the coupon collector's problem.

use num_integer::Integer;

use super::rectangle::rectangle;
use super::{Rational, StatsError, check_confidence, domain};

/// The most versions: inclusion–exclusion has 2^k terms.
const MOST_VERSIONS: usize = 20;

/// A relative error that inclusion–exclusion may lose before positive terms are summed instead.
const LOSS: f64 = 1e-11;

/// P(every version seen within n picks) = Σ_S (−1)^|S| (1 − w(S))^n over the subsets S of the
/// versions (de Moivre 1711). Where the terms would cancel, a convolution of positive masses takes
/// their place. Relative error below 10^-10, however small the probability is.
///
/// # Errors
/// [`StatsError::Domain`] unless there are 1 to 20 shares above zero that sum to 1 exactly;
/// [`StatsError::Limit`] if the convolution would exceed 10^10 products.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::all_seen;
/// let half = Ratio::new(1, 2);
/// assert!((all_seen(&[half, half], 15)? - 0.99993896484375).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn all_seen(shares: &[Rational], n: u64) -> Result<f64, StatsError> {
    let cells = Cells::new(shares)?;
    if n < shares.len() as u64 {
        return Ok(0.0);
    }
    let (sum, size) = cells
        .subsets()
        .fold((0.0, 0.0), |(sum, size), (share, sign)| {
            // The whole set leaves nothing: 0^n.
            let term = if share >= 1.0 {
                0.0
            } else {
                (n as f64 * (-share).ln_1p()).exp()
            };
            (sum + sign * term, size + term)
        });
    let [sum, size] = [sum + 1.0, size + 1.0];
    if sum > 0.0 && size * f64::EPSILON * 4.0 < LOSS * sum {
        return Ok(sum.min(1.0));
    }
    rectangle(shares, n, &vec![(1, n); shares.len()])
}

/// The smallest n with P(every version seen) ≥ confidence. The probability grows with n.
///
/// # Errors
/// As [`all_seen`]; [`StatsError::Domain`] for a confidence outside (0, 1).
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::all_seen_n;
/// let half = Ratio::new(1, 2);
/// assert_eq!(all_seen_n(&[half, half], 0.9999)?, 15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn all_seen_n(shares: &[Rational], confidence: f64) -> Result<u64, StatsError> {
    check_confidence(confidence)?;
    let reaches = |n| Ok::<bool, StatsError>(all_seen(shares, n)? >= confidence * (1.0 - 1e-13));
    let mut high = shares.len() as u64;
    let mut low = 0;
    while !reaches(high)? {
        low = high;
        high *= 2;
    }
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

/// The expected number of picks until every version has been seen: Σ_{S≠∅} (−1)^(|S|+1) / w(S).
///
/// # Errors
/// As [`all_seen`].
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::all_seen_expectation;
/// let half = Ratio::new(1, 2);
/// assert!((all_seen_expectation(&[half, half])? - 3.0).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn all_seen_expectation(shares: &[Rational]) -> Result<f64, StatsError> {
    let cells = Cells::new(shares)?;
    Ok(cells.subsets().map(|(share, sign)| -sign / share).sum())
}

/// Shares as whole numbers over a common total.
struct Cells {
    weights: Vec<u64>,
    total: u64,
}

impl Cells {
    fn new(shares: &[Rational]) -> Result<Self, StatsError> {
        let refuse = || {
            domain(
                "shares",
                "1 to 20 fractions above 0 that sum to 1",
                shares.len(),
            )
        };
        let zero = shares.iter().any(|share| *share.numer() == 0);
        if shares.is_empty() || shares.len() > MOST_VERSIONS || zero {
            return Err(refuse());
        }
        let mut total = 1_u64;
        for share in shares {
            let factor = share.denom() / total.gcd(share.denom());
            total = total.checked_mul(factor).ok_or_else(refuse)?;
        }
        let weights: Vec<u64> = shares
            .iter()
            .map(|share| share.numer() * (total / share.denom()))
            .collect();
        let sum = weights
            .iter()
            .try_fold(0_u64, |sum, &weight| sum.checked_add(weight));
        if sum != Some(total) {
            return Err(domain(
                "shares",
                "fractions that sum to 1",
                format!("{shares:?}"),
            ));
        }
        Ok(Self { weights, total })
    }

    /// The share of each non-empty subset, and the sign (−1)^|S|, in Gray-code order.
    fn subsets(&self) -> impl Iterator<Item = (f64, f64)> {
        let mut sum = 0_u64;
        let mut sign = 1.0;
        (1_u32..1 << self.weights.len()).map(move |number| {
            let flipped = number.trailing_zeros() as usize;
            let code = number ^ (number >> 1);
            if code >> flipped & 1 == 1 {
                sum += self.weights[flipped];
            } else {
                sum -= self.weights[flipped];
            }
            sign = -sign;
            (sum as f64 / self.total as f64, sign)
        })
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;

    fn shares(weights: &[u64]) -> Vec<Rational> {
        let total = weights.iter().sum();
        weights
            .iter()
            .map(|&weight| Ratio::new(weight, total))
            .collect()
    }

    #[test]
    fn agrees_with_rational_sums() {
        let cases: [(&[u64], u64, f64); 8] = [
            (&[9, 1], 20, 0.878_423_345_409_430_7),
            (&[99, 1], 459, 0.990_079_025_798_959_3),
            (&[2, 1, 1], 5, 0.527_343_75),
            (&[2, 1, 1], 100, 0.999_999_999_999_358_5),
            (&[1, 1, 1, 1, 6], 15, 0.369_020_626_556_4),
            // n = k: 20!/20^20.
            (&[1; 20], 20, 2.320_196_159_532_558_6e-8),
            // 1 − (1 − 10^-12)^n, in rationals.
            (&[1, 999_999_999_999], 1_000_000, 9.999_995_000_006_667e-7),
            (&[1, 1, 999_999_999_998], 100_000, 9.999_899_000_030_058e-15),
        ];
        for (weights, n, expected) in cases {
            let value = all_seen(&shares(weights), n).unwrap();
            assert!(
                (value / expected - 1.0).abs() < 1e-10,
                "{weights:?} {n}: {value}"
            );
        }
    }

    #[test]
    fn smallest_numbers_and_expectations() {
        assert_eq!(all_seen_n(&shares(&[9, 1]), 0.9999).unwrap(), 88);
        assert_eq!(all_seen_n(&shares(&[99, 1]), 0.95).unwrap(), 299);
        assert_eq!(all_seen_n(&shares(&[2, 1, 1]), 0.99).unwrap(), 19);
        assert_eq!(all_seen_n(&shares(&[1]), 0.99).unwrap(), 1);
        let expectation = all_seen_expectation(&shares(&[8, 1, 1])).unwrap();
        assert!((expectation - 15.027_777_777_777_778).abs() < 1e-12);
    }
}
