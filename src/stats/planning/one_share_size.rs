//! How many requests tell one share from another, exactly.
//!
//! The power of an exact test rises in a saw-tooth, so there are two answers: the first n that
//! reaches it, and the n from which it holds for good.

use super::check_open_unit;
use super::one_share::{OneShareTest, RejectionRegion, RejectionRule};
use super::tail_walk::TailWalk;
use crate::stats::StatsError;
use crate::stats::root::bracketed_root;

/// The largest n that is searched with equal tails (seconds), and with minimum likelihood.
const MAX_EQUAL_TAILED: f64 = 2e7;
const MAX_MINIMUM_LIKELIHOOD: f64 = 1e5;

/// Closer than this to a limit, a carried value is computed anew.
const DOUBT: f64 = 1e-9;

/// Numbers of requests that reach a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneShareSize {
    /// The first n with the power.
    pub first: u64,
    /// The smallest N such that every n ≥ N has the power.
    pub stable: u64,
}

impl OneShareTest {
    /// The numbers of requests with which the test notices `true_share` with probability at least
    /// `power`.
    ///
    /// Every n is tried, up to one beyond which Chernoff's bound guarantees the power: with KL the
    /// Kullback–Leibler divergence, some share a between p₀ and p₁ has n KL(a, p₀) ≥ ln (2/α)
    /// (for minimum likelihood ln ((n+1)/α)) and n KL(a, p₁) ≥ ln (1/(1−power)).
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `true_share` lies in [0, 1] and is not p₀, and `power` lies in
    /// (0, 1); [`StatsError::Limit`] if the search would exceed 2·10^7 requests (10^5 for minimum
    /// likelihood).
    ///
    /// ```
    /// # use shiftsim::stats::planning::one_share::{OneShareTest, RejectionRule};
    /// let test = OneShareTest::new(0.5, 0.05, RejectionRule::EqualTailed)?;
    /// let size = test.sample_size(0.6, 0.8)?;
    /// assert_eq!((size.first, size.stable), (199, 210));
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn sample_size(&self, true_share: f64, power: f64) -> Result<OneShareSize, StatsError> {
        if !(0.0..=1.0).contains(&true_share) || true_share == self.share() {
            let expected = "a share in [0, 1] other than the one tested";
            return Err(StatsError::domain("true_share", expected, true_share));
        }
        check_open_unit("power", power)?;
        let last = self.sufficient(true_share, power)?;
        let mut carried = EqualTails::new(self, true_share);
        search(last, power, |n| match self.rule() {
            RejectionRule::MinimumLikelihood => self.power(n, true_share),
            RejectionRule::EqualTailed => carried.power_at_next(n, power),
        })
    }

    /// An n from which Chernoff's bound guarantees the power.
    fn sufficient(&self, true_share: f64, power: f64) -> Result<u64, StatsError> {
        let miss = -libm::log1p(-power);
        let bound = |level: f64| crossing_size(self.share(), true_share, level, miss);
        let (size, limit) = match self.rule() {
            RejectionRule::EqualTailed => (bound((2.0 / self.alpha()).ln())?, MAX_EQUAL_TAILED),
            RejectionRule::MinimumLikelihood => {
                let mut size = 0.0_f64;
                loop {
                    let next = bound(((size + 1.0) / self.alpha()).ln())?;
                    if next <= size || next > MAX_MINIMUM_LIKELIHOOD {
                        break (size.max(next), MAX_MINIMUM_LIKELIHOOD);
                    }
                    size = next + 1.0;
                }
            }
        };
        if size > limit {
            return Err(StatsError::Limit {
                what: format!("telling {} from {true_share}", self.share()),
                limit: format!("{limit:e} requests"),
            });
        }
        Ok(size.ceil() as u64)
    }
}

/// First and stable n among 1, ..., `last`, where `power_at` is asked in rising order.
fn search(
    last: u64,
    power: f64,
    mut power_at: impl FnMut(u64) -> Result<f64, StatsError>,
) -> Result<OneShareSize, StatsError> {
    let mut first = None;
    let mut last_failure = 0;
    for n in 1..=last {
        if power_at(n)? >= power {
            first = first.or(Some(n));
        } else {
            last_failure = n;
        }
    }
    let stable = last_failure + 1;
    Ok(OneShareSize {
        first: first.unwrap_or(stable),
        stable,
    })
}

/// The smallest real n with n KL(a, p₀) ≥ `level` and n KL(a, p₁) ≥ `miss` for some a between.
fn crossing_size(p0: f64, p1: f64, level: f64, miss: f64) -> Result<f64, StatsError> {
    // Linear in the position between p₀ (0) and p₁ (1): one divergence rises, the other falls.
    let at = |position: f64| p0 + position * (p1 - p0);
    let balance = |position: f64| {
        let share = at(position);
        Ok(miss * divergence(share, p0) - level * divergence(share, p1))
    };
    let position = bracketed_root("a Chernoff bound", 0.0, 1.0, balance)?;
    // Rounding may favour one of the two conditions by a little.
    Ok(1.0 + level / divergence(at(position), p0) * (1.0 + 1e-9))
}

/// KL(a, p) of two Bernoulli laws.
fn divergence(a: f64, p: f64) -> f64 {
    let term = |a: f64, p: f64| if a == 0.0 { 0.0 } else { a * (a / p).ln() };
    term(a, p) + term(1.0 - a, 1.0 - p)
}

/// The power of the equal-tailed test for n = 1, 2, ..., each from the one before.
struct EqualTails<'a> {
    test: &'a OneShareTest,
    true_share: f64,
    few: Side,
    many: Side,
}

/// One tail: its cut is set under p₀, its power is read under p₁.
struct Side {
    null: TailWalk,
    alternative: TailWalk,
}

impl<'a> EqualTails<'a> {
    fn new(test: &'a OneShareTest, true_share: f64) -> Self {
        let side = |null, alternative| Side {
            null: TailWalk::new(null),
            alternative: TailWalk::new(alternative),
        };
        Self {
            test,
            true_share,
            few: side(test.share(), true_share),
            many: side(1.0 - test.share(), 1.0 - true_share),
        }
    }

    /// The power at n, which is one more than in the call before.
    fn power_at_next(&mut self, n: u64, wanted: f64) -> Result<f64, StatsError> {
        let tail = self.test.alpha() / 2.0;
        self.few.next_trial(n, tail)?;
        self.many.next_trial(n, tail)?;
        let power = self.few.alternative.below() + self.many.alternative.below();
        if (power - wanted).abs() > DOUBT {
            return Ok(power);
        }
        let (start, end) = (self.few.null.cut(), n + 1 - self.many.null.cut());
        RejectionRegion::new(n, start, end).probability(self.true_share)
    }
}

impl Side {
    fn next_trial(&mut self, n: u64, tail: f64) -> Result<(), StatsError> {
        self.null.next_trial()?;
        self.alternative.next_trial()?;
        while self.may_raise(n, tail)? {
            self.null.raise()?;
            self.alternative.raise()?;
        }
        Ok(())
    }

    fn may_raise(&self, n: u64, tail: f64) -> Result<bool, StatsError> {
        let next = self.null.below_next();
        if (next - tail).abs() > DOUBT * tail {
            return Ok(next <= tail);
        }
        let exact = super::one_share::lower_rejections(n, self.null.probability(), tail)?;
        Ok(self.null.cut() < exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn equal_tailed(share: f64) -> OneShareTest {
        OneShareTest::new(share, 0.05, RejectionRule::EqualTailed).unwrap()
    }

    #[test]
    fn sizes_of_the_usual_questions() {
        let cases = [
            (0.55, 786, 820),
            (0.6, 199, 210),
            (0.7, 49, 54),
            (0.9, 12, 12),
        ];
        for (share, first, stable) in cases {
            let size = equal_tailed(0.5).sample_size(share, 0.8).unwrap();
            assert_eq!(
                (size.first, size.stable),
                (first, stable),
                "against {share}"
            );
            let rule = RejectionRule::MinimumLikelihood;
            let other = OneShareTest::new(0.5, 0.05, rule).unwrap();
            assert_eq!(other.sample_size(share, 0.8).unwrap(), size);
        }
    }

    #[test]
    fn certain_shares() {
        // Nothing but one version: rejected from 6 requests on.
        let size = equal_tailed(0.5).sample_size(1.0, 0.99).unwrap();
        assert_eq!((size.first, size.stable), (6, 6));
        let size = equal_tailed(0.5).sample_size(0.0, 0.99).unwrap();
        assert_eq!((size.first, size.stable), (6, 6));
    }

    #[test]
    fn refuses_what_cannot_be_told_apart() {
        assert!(equal_tailed(0.5).sample_size(0.5, 0.8).is_err());
        assert!(equal_tailed(0.5).sample_size(0.6, 1.0).is_err());
        let too_close = equal_tailed(0.5).sample_size(0.500_01, 0.8);
        assert!(matches!(too_close, Err(StatsError::Limit { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn carried_and_direct_agree(share in 0.02..0.98f64, other in 0.02..0.98f64, power in 0.1..0.95f64) {
            prop_assume!((share - other).abs() > 0.08);
            let test = equal_tailed(share);
            let size = test.sample_size(other, power).unwrap();
            prop_assert!(size.first <= size.stable);
            for n in 1..size.first {
                prop_assert!(test.power(n, other).unwrap() < power);
            }
            prop_assert!(test.power(size.first, other).unwrap() >= power);
            if size.stable > 1 {
                prop_assert!(size.stable == size.first || test.power(size.stable - 1, other).unwrap() < power);
            }
            for n in size.stable..size.stable + 500 {
                prop_assert!(test.power(n, other).unwrap() >= power);
            }
        }
    }
}
