//! Several versions at once: every share within the tolerance.

use num_integer::Integer;

use super::rectangle::rectangle;
use super::within::{Walk, band, search_limit};
use super::{Rational, StatsError, check, check_confidence, domain};

/// P(|c_i/n − w_i| ≤ tolerance for every version i), the counts being multinomial.
///
/// A convolution of truncated Poisson masses (Levin 1981), all positive. Relative error below
/// 10^-10 for n up to 10^7; a version of share zero is always within.
///
/// # Errors
/// [`StatsError::Domain`] unless the shares sum to 1 exactly, n ≥ 1 and the tolerance is above 0;
/// [`StatsError::Limit`] beyond 10^10 products (ten versions, n beyond some 10^7).
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
    check_shares(shares)?;
    check(Rational::from_integer(0), tolerance)?;
    if n == 0 {
        return Err(domain("n", "at least 1", n));
    }
    let bands: Option<Vec<_>> = shares
        .iter()
        .map(|&share| band(n, share, tolerance))
        .collect();
    bands.map_or(Ok(0.0), |bands| rectangle(shares, n, &bands))
}

/// The first n with P(every share within) ≥ confidence.
///
/// # Errors
/// As [`joint_within`]; [`StatsError::Limit`] if Hoeffding's n is beyond 2·10^7.
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::joint_first_n;
/// let shares = [Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 4)];
/// assert_eq!(joint_first_n(&shares, Ratio::new(1, 10), 0.95)?, 112);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_first_n(
    shares: &[Rational],
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    let mut search = Search::new(shares, tolerance, confidence)?;
    for n in 1..=search.most {
        if search.reaches(n)? {
            return Ok(n);
        }
    }
    Ok(search.most)
}

/// The smallest N with P(every share within) ≥ confidence at every n ≥ N.
///
/// # Errors
/// As [`joint_first_n`].
///
/// ```
/// use num_rational::Ratio;
/// use shiftsim::stats::convergence::joint_stable_n;
/// let shares = [Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 4)];
/// assert_eq!(joint_stable_n(&shares, Ratio::new(1, 10), 0.95)?, 117);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn joint_stable_n(
    shares: &[Rational],
    tolerance: Rational,
    confidence: f64,
) -> Result<u64, StatsError> {
    let mut search = Search::new(shares, tolerance, confidence)?;
    for n in (1..=search.most).rev() {
        if !search.reaches(n)? {
            return Ok(n + 1);
        }
    }
    Ok(1)
}

/// Checks that there are shares, and that they sum to one exactly.
pub(super) fn check_shares(shares: &[Rational]) -> Result<(), StatsError> {
    let common = shares.iter().try_fold(1_u64, |common, share| {
        common.checked_mul(share.denom() / common.gcd(share.denom()))
    });
    let sum = common.map(|common| {
        let parts = shares
            .iter()
            .map(|share| u128::from(*share.numer()) * u128::from(common / share.denom()));
        (parts.fold(0_u128, u128::saturating_add), u128::from(common))
    });
    match sum {
        Some((sum, common)) if sum == common => Ok(()),
        _ => Err(domain(
            "shares",
            "fractions that sum to 1",
            format!("{shares:?}"),
        )),
    }
}

/// A search over n that asks the joint law only where the versions alone leave it open.
struct Search<'a> {
    shares: &'a [Rational],
    tolerance: Rational,
    confidence: f64,
    /// One walk for each version.
    walks: Vec<Walk>,
    /// Beyond this n Hoeffding's inequality, for every version, guarantees the confidence.
    most: u64,
}

impl<'a> Search<'a> {
    fn new(
        shares: &'a [Rational],
        tolerance: Rational,
        confidence: f64,
    ) -> Result<Self, StatsError> {
        check_shares(shares)?;
        check_confidence(confidence)?;
        let each = 1.0 - (1.0 - confidence) / shares.len() as f64;
        let most = search_limit(Rational::from_integer(0), tolerance, each)?;
        let walks = shares
            .iter()
            .map(|&share| Walk::new(share, tolerance))
            .collect();
        Ok(Self {
            shares,
            tolerance,
            confidence,
            walks,
            most,
        })
    }

    /// Whether n reaches the confidence: not if one version alone misses it, surely if the chances
    /// to miss add up to less than is allowed (Bonferroni), otherwise by the joint law.
    fn reaches(&mut self, n: u64) -> Result<bool, StatsError> {
        let mut worst: f64 = 1.0;
        let mut misses = 0.0;
        for walk in &mut self.walks {
            let inside = walk.at(n)?;
            worst = worst.min(inside);
            misses += 1.0 - inside;
        }
        // The walks are good to ten digits; what they leave open is computed.
        let margin = 1e-9;
        if worst < self.confidence - margin {
            return Ok(false);
        }
        if misses < 1.0 - self.confidence - margin {
            return Ok(true);
        }
        let joint = joint_within(self.shares, n, self.tolerance)?;
        Ok(joint >= self.confidence * (1.0 - 1e-13))
    }
}

#[cfg(test)]
mod tests {
    use num_rational::Ratio;
    use proptest::prelude::*;

    use super::super::{first_n, stable_n, within_tolerance};
    use super::*;

    #[test]
    fn agrees_with_enumeration_and_with_the_binomial() {
        let shares = [Ratio::new(1, 2), Ratio::new(1, 4), Ratio::new(1, 4)];
        let joint = joint_within(&shares, 100, Ratio::new(1, 20)).unwrap();
        assert!(
            (joint / 0.555_236_601_302_611_3 - 1.0).abs() < 1e-11,
            "{joint}"
        );
        for (n, tolerance) in [
            (15, Ratio::new(1, 10)),
            (997, Ratio::new(1, 50)),
            (10_000_000, Ratio::new(1, 5000)),
        ] {
            let share = Ratio::new(3, 10);
            let two = joint_within(&[share, Ratio::new(7, 10)], n, tolerance).unwrap();
            let one = within_tolerance(n, share, tolerance).unwrap();
            assert!((two / one - 1.0).abs() < 1e-10, "{n}: {two} {one}");
        }
    }

    #[test]
    fn a_version_without_weight_changes_nothing() {
        let (half, none) = (Ratio::new(1, 2), Ratio::from_integer(0));
        let tolerance = Ratio::new(1, 10);
        let with = joint_within(&[half, none, half], 50, tolerance).unwrap();
        let without = joint_within(&[half, half], 50, tolerance).unwrap();
        assert!((with / without - 1.0).abs() < 1e-13);
    }

    #[test]
    fn two_versions_settle_as_one_does() {
        let shares = [Ratio::new(1, 10), Ratio::new(9, 10)];
        for tolerance in [Ratio::new(1, 10), Ratio::new(1, 20)] {
            let one = (shares[0], tolerance, 0.95);
            let first = joint_first_n(&shares, tolerance, 0.95).unwrap();
            let stable = joint_stable_n(&shares, tolerance, 0.95).unwrap();
            assert_eq!(first, first_n(one.0, one.1, one.2).unwrap());
            assert_eq!(stable, stable_n(one.0, one.1, one.2).unwrap());
        }
    }

    #[test]
    fn shares_that_do_not_sum_to_one_and_too_much_work_are_refused() {
        let half = Ratio::new(1, 2);
        assert!(joint_within(&[half], 10, half).is_err());
        assert!(joint_within(&[], 10, half).is_err());
        assert!(joint_within(&[half, half], 0, half).is_err());
        let third = Ratio::new(1, 3);
        let refused = joint_within(&[third; 3], 1_000_000_000, Ratio::new(1, 20));
        assert!(
            matches!(refused, Err(StatsError::Limit { .. })),
            "{refused:?}"
        );
    }

    proptest! {
        #[test]
        fn the_order_of_the_versions_does_not_matter(
            a in 1u64..10, b in 1u64..10, c in 1u64..10, n in 1u64..400, t in 1u64..10,
        ) {
            let share = |weight| Ratio::new(weight, a + b + c);
            let tolerance = Ratio::new(t, 40);
            let one = joint_within(&[share(a), share(b), share(c)], n, tolerance).unwrap();
            let other = joint_within(&[share(c), share(a), share(b)], n, tolerance).unwrap();
            prop_assert!((one - other).abs() <= 1e-12 * one);
        }
    }
}
