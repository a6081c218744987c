//! Is the share 50, or 60? The exact two-sided binomial test, and its exact power.

use super::check_open_unit;
use super::minimum_likelihood::accepted;
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// Which outcomes a two-sided test at level α rejects. For a share of one half both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionRule {
    /// The p-value sums all outcomes at most as likely (R, SciPy); rejected if it is at most α.
    MinimumLikelihood,
    /// Both tails of at most α/2, as large as that allows.
    EqualTailed,
}

/// An exact two-sided test that a share is p₀.
///
/// ```
/// # use shiftsim::stats::planning::one_share::{OneShareTest, RejectionRule};
/// // 15 refreshes at 50/50: rejects 3 or fewer, 12 or more
/// let test = OneShareTest::new(0.5, 0.05, RejectionRule::MinimumLikelihood)?;
/// let region = test.region(15)?;
/// assert_eq!((region.low(), region.high()), (Some(3), Some(12)));
/// assert!((test.power(15, 0.6)? - 0.0924296716288).abs() < 1e-13);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneShareTest {
    share: f64,
    alpha: f64,
    rule: RejectionRule,
}

/// The outcomes that a test of `n` requests rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectionRegion {
    n: u64,
    /// The first outcome that is not rejected.
    start: u64,
    /// One more than the last outcome that is not rejected.
    end: u64,
}

impl RejectionRegion {
    pub(super) fn new(n: u64, start: u64, end: u64) -> Self {
        Self { n, start, end }
    }

    /// Outcomes up to this one are rejected; `None` if no low one is.
    #[must_use]
    pub fn low(&self) -> Option<u64> {
        self.start.checked_sub(1)
    }

    /// Outcomes from this one on are rejected; `None` if no high one is.
    #[must_use]
    pub fn high(&self) -> Option<u64> {
        (self.end <= self.n).then_some(self.end)
    }

    /// Whether `count` of the n requests is rejected.
    #[must_use]
    pub fn contains(&self, count: u64) -> bool {
        count < self.start || count >= self.end
    }

    /// P(the outcome is rejected) when the true share is `true_share`. Relative error below 10^-11.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `true_share` lies in [0, 1].
    pub fn probability(&self, true_share: f64) -> Result<f64, StatsError> {
        let law = Binomial::new(self.n, true_share)?;
        let below = self.low().map_or(0.0, |low| law.cdf(low));
        let above = self.end.checked_sub(1).map_or(1.0, |last| law.sf(last));
        Ok((below + above).min(1.0))
    }
}

impl OneShareTest {
    /// A test of p₀ = `share` at two-sided level `alpha`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both lie in (0, 1).
    pub fn new(share: f64, alpha: f64, rule: RejectionRule) -> Result<Self, StatsError> {
        check_open_unit("share", share)?;
        check_open_unit("alpha", alpha)?;
        Ok(Self { share, alpha, rule })
    }

    /// What the test of `n` requests rejects.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if `n` is above the binomial law's limit.
    pub fn region(&self, n: u64) -> Result<RejectionRegion, StatsError> {
        match self.rule {
            RejectionRule::MinimumLikelihood => self.minimum_likelihood_region(n),
            RejectionRule::EqualTailed => {
                let start = lower_rejections(n, self.share, self.alpha / 2.0)?;
                let above = lower_rejections(n, 1.0 - self.share, self.alpha / 2.0)?;
                Ok(RejectionRegion::new(n, start, n + 1 - above))
            }
        }
    }

    fn minimum_likelihood_region(&self, n: u64) -> Result<RejectionRegion, StatsError> {
        let law = Binomial::new(n, self.share)?;
        // The far ends are rejected whatever they weigh.
        let negligible = 1e-14 * self.alpha;
        let first = law.quantile(negligible)?;
        let mirrored = Binomial::new(n, 1.0 - self.share)?;
        let last = n - mirrored.quantile(negligible)?;
        let window: Vec<f64> = (first..=last).map(|k| law.pmf(k)).collect();
        let keep = accepted(&window, self.alpha);
        let (start, end) = (first + keep.start as u64, first + keep.end as u64);
        Ok(RejectionRegion::new(n, start, end))
    }

    /// P(the test of `n` requests rejects) when the true share is `true_share`: the power, or the
    /// size where that is p₀.
    ///
    /// # Errors
    /// As [`OneShareTest::region`] and [`RejectionRegion::probability`].
    pub fn power(&self, n: u64, true_share: f64) -> Result<f64, StatsError> {
        self.region(n)?.probability(true_share)
    }

    /// The share p₀ that is tested.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// The two-sided level.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The rule of rejection.
    #[must_use]
    pub fn rule(&self) -> RejectionRule {
        self.rule
    }
}

/// How many of the lowest outcomes have a lower tail of at most `tail`.
pub(super) fn lower_rejections(n: u64, p: f64, tail: f64) -> Result<u64, StatsError> {
    let law = Binomial::new(n, p)?;
    let reaches = law.quantile(tail)?;
    let exactly = law.cdf(reaches) <= tail * (1.0 + 1e-12);
    Ok(reaches + u64::from(exactly))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_samples_reject_nothing() {
        for rule in [RejectionRule::MinimumLikelihood, RejectionRule::EqualTailed] {
            let test = OneShareTest::new(0.5, 0.05, rule).unwrap();
            let region = test.region(5).unwrap();
            assert_eq!((region.low(), region.high()), (None, None));
            assert_eq!(test.power(5, 0.9).unwrap(), 0.0);
            assert_eq!(test.power(0, 0.9).unwrap(), 0.0);
            // 2 · 2^-6 = 1/32
            assert!((test.power(6, 0.5).unwrap() - 1.0 / 32.0).abs() < 1e-15);
        }
    }

    #[test]
    fn a_tail_of_exactly_half_the_level_is_rejected() {
        let test = OneShareTest::new(0.5, 1.0 / 32.0, RejectionRule::EqualTailed).unwrap();
        assert_eq!(test.region(6).unwrap().low(), Some(0));
        let test = OneShareTest::new(0.5, 1.0 / 32.0, RejectionRule::MinimumLikelihood).unwrap();
        assert_eq!(test.region(6).unwrap().high(), Some(6));
    }

    proptest! {
        #[test]
        fn keeps_its_level_and_is_the_largest(
            n in 1u64..300, share in 0.01..0.99f64, alpha in 0.001..0.5f64,
        ) {
            let law = Binomial::new(n, share).unwrap();
            let equal = OneShareTest::new(share, alpha, RejectionRule::EqualTailed).unwrap();
            let region = equal.region(n).unwrap();
            if let Some(low) = region.low() {
                prop_assert!(law.cdf(low) <= alpha / 2.0 + 1e-12);
            }
            prop_assert!(law.cdf(region.start) > alpha / 2.0 - 1e-12);
            let minimum = OneShareTest::new(share, alpha, RejectionRule::MinimumLikelihood).unwrap();
            prop_assert!(minimum.power(n, share).unwrap() <= alpha + 1e-12);
            let region = minimum.region(n).unwrap();
            for count in 0..=n {
                let own = law.pmf(count) * (1.0 + 1e-7);
                let p_value: f64 = (0..=n).map(|k| law.pmf(k)).filter(|&mass| mass <= own).sum();
                prop_assert_eq!(region.contains(count), p_value <= alpha);
            }
        }

        #[test]
        fn relabelling_mirrors_the_test(n in 1u64..500, share in 1u32..1000, truth in 0.0..=1.0f64) {
            let share = f64::from(share) / 1024.0;
            for rule in [RejectionRule::MinimumLikelihood, RejectionRule::EqualTailed] {
                let one = OneShareTest::new(share, 0.05, rule).unwrap().power(n, truth).unwrap();
                let other = OneShareTest::new(1.0 - share, 0.05, rule).unwrap();
                prop_assert!((one - other.power(n, 1.0 - truth).unwrap()).abs() < 1e-11);
            }
        }
    }
}
