//! A bound for "stays within for ever", where the exact recursion would take too long.
//!
//! Read backwards, the running share is a martingale, so Doob's inequality holds for it: for any
//! a < c, P(some share from n on reaches c) ≤ E(X_n/n − a)⁺ / (c − a). The best a gives the sharpest
//! bound of this kind; the sides of all versions are added up. Against the exact recursion the n
//! that it asks for is some 10% too large, never too small.

use super::joint::check_shares;
use super::{check, check_confidence, domain, to_f64};
use crate::stats::binomial::Binomial;
use crate::stats::{Rational, StatsError};

/// The most requests that are considered.
const MOST: u64 = 1 << 40;

/// A lower bound of P(every share is within the tolerance of its target at n and at every later
/// request, for ever); at least 0. It rises with n on the whole.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares sum to 1, n is 1 to 2^40 and the tolerance is above 0.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::{stays_within, stays_within_bound};
/// let half = Ratio::new(1, 2);
/// let bound = stays_within_bound(&[half, half], 500, Ratio::new(1, 20))?;
/// let exact = stays_within(500, half, Ratio::new(1, 20))?;
/// assert!(bound < exact && exact < bound + 0.04);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stays_within_bound(
    shares: &[Rational],
    n: u64,
    tolerance: Rational,
) -> Result<f64, StatsError> {
    check_shares(shares)?;
    if n == 0 || n > MOST {
        return Err(domain("n", "1 to 2^40", n));
    }
    let mut leaves = 0.0;
    for side in sides(shares, tolerance)? {
        leaves += side.reaches(n)?;
    }
    Ok((1.0 - leaves).max(0.0))
}

/// An n from which [`stays_within_bound`] is at least `confidence`, and so is the probability
/// itself: an upper bound of the smallest such n.
///
/// # Errors
/// As [`stays_within_bound`]; [`StatsError::Limit`] beyond 2^40 requests.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::{stays_within_bound_n, stays_within_n};
/// let (half, tolerance) = (Ratio::new(1, 2), Ratio::new(1, 20));
/// let exact = stays_within_n(half, tolerance, 0.95)?;
/// let bound = stays_within_bound_n(&[half, half], tolerance, 0.95)?;
/// assert!(exact == 493 && (exact..exact * 6 / 5).contains(&bound));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn stays_within_bound_n(
    shares: &[Rational],
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    check_confidence(confidence)?;
    let reaches = |n: u64| -> Result<bool, StatsError> {
        Ok(stays_within_bound(shares, n, tolerance)? >= confidence)
    };
    let mut high = 1;
    while !reaches(high)? {
        high *= 2;
        if high > MOST {
            return Err(StatsError::Limit {
                what: "the number of requests to stay within".into(),
                limit: "2^40 requests".into(),
            });
        }
    }
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// A share that must not rise to a limit; falling is the same for the complement.
struct Side {
    share: f64,
    limit: f64,
}

/// Both sides of every version. For two versions those of one are all; a limit of 1 or more is never
/// exceeded.
fn sides(shares: &[Rational], tolerance: Rational) -> Result<Vec<Side>, StatsError> {
    let live: Vec<Rational> = shares.iter().copied().filter(|s| *s.numer() > 0).collect();
    let watched = match live.len() {
        0 | 1 => &live[..0],
        2 => &live[..1],
        _ => &live[..],
    };
    let mut sides = Vec::new();
    for &share in watched {
        check(share, tolerance)?;
        let (share, tolerance) = (to_f64(share), to_f64(tolerance));
        for share in [share, 1.0 - share] {
            if share + tolerance < 1.0 {
                sides.push(Side {
                    share,
                    limit: share + tolerance,
                });
            }
        }
    }
    Ok(sides)
}

impl Side {
    /// A bound of P(the share reaches the limit at n or later).
    fn reaches(&self, n: u64) -> Result<f64, StatsError> {
        let law = Binomial::new(n, self.share)?;
        let edge = n as f64 * self.limit;
        // The bound is unimodal in a, and best at a whole number.
        let bound = |a: u64| excess(&law, a) / (edge - a as f64);
        let (mut low, mut high) = (
            (n as f64 * self.share) as u64,
            (edge.ceil() as u64).max(1) - 1,
        );
        while low + 2 < high {
            let third = (high - low) / 3;
            let (one, other) = (low + third, high - third);
            if bound(one) <= bound(other) {
                high = other;
            } else {
                low = one;
            }
        }
        let best = (low..=high).map(bound).fold(1.0, f64::min);
        Ok(best.clamp(0.0, 1.0))
    }
}

/// E(X − a)⁺ for a at or above the mean, by De Moivre's identity
/// Σ_{k>a} (k − np) P(k) = (a+1) (1−p) P(a+1).
fn excess(law: &Binomial, a: u64) -> f64 {
    let beyond = (a + 1) as f64 * (1.0 - law.probability()) * law.pmf(a + 1);
    (beyond - (a as f64 - law.mean()) * law.sf(a)).max(0.0)
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;

    use super::*;
    use crate::stats::convergence::{joint_stays_within, stays_within, stays_within_n};

    #[test]
    fn it_is_a_bound_and_not_far_off() {
        for (share, tolerance) in [((1, 2), (1, 10)), ((1, 5), (1, 20)), ((1, 10), (1, 50))] {
            let share = Ratio::new(share.0, share.1);
            let tolerance = Ratio::new(tolerance.0, tolerance.1);
            let shares = [share, Ratio::from_integer(1) - share];
            let exact_n = stays_within_n(share, tolerance, 0.95).unwrap();
            let bound_n = stays_within_bound_n(&shares, tolerance, 0.95).unwrap();
            assert!(
                (exact_n..exact_n * 5 / 4).contains(&bound_n),
                "{exact_n} {bound_n}"
            );
            for n in [exact_n / 3, exact_n, 3 * exact_n] {
                let bound = stays_within_bound(&shares, n, tolerance).unwrap();
                assert!(bound <= stays_within(n, share, tolerance).unwrap());
            }
        }
    }

    #[test]
    fn three_versions_are_bounded_together() {
        let shares = [(1, 2), (1, 4), (1, 4)].map(|(s, t)| Ratio::new(s, t));
        let tolerance = Ratio::new(1, 10);
        let bound = stays_within_bound(&shares, 150, tolerance).unwrap();
        let exact = joint_stays_within(&shares, 150, tolerance).unwrap();
        assert!(bound <= exact && exact < bound + 0.08, "{bound} {exact}");
    }

    #[test]
    fn the_excess_is_the_expectation() {
        let law = Binomial::new(30, 0.3).unwrap();
        for a in 9..30 {
            let sum: f64 = (a..=30).map(|k| (k - a) as f64 * law.pmf(k)).sum();
            assert!((excess(&law, a) - sum).abs() < 1e-13);
        }
    }
}
