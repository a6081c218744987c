//! The mixture sequential probability ratio test (mSPRT) with a normal mixture.
//!
//! Source: R. Johari, L. Pekelis and D. Walsh, "Always Valid Inference" (2015, arXiv 1512.04922);
//! R. Johari, P. Koomen, L. Pekelis and D. Walsh (2022). Its guarantee is asymptotic: the variance
//! is estimated from the same data, so very early looks are not protected.

use super::multinomial::ln_threshold;
use crate::stats::StatsError;

/// The mixture likelihood ratio of two shares after `pairs` observations of each version.
///
/// With V = x̄(1−x̄) + ȳ(1−ȳ) and d = ȳ − x̄:
/// Λ = √(V/(V+nτ²)) exp (n²τ²d² / (2V(V+nτ²))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureRatio {
    ln_value: f64,
}

impl MixtureRatio {
    /// The ratio for observed shares `first` and `second`, after `pairs` observations of each, with
    /// a mixture of variance τ² = `mixture_variance` over the difference.
    ///
    /// Where no variance has been observed yet (V = 0), the estimate is useless: Λ is 1 then.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both shares lie in [0, 1], and `mixture_variance` is positive
    /// and finite.
    ///
    /// ```
    /// # use shiftsim::stats::sequential::normal_mixture::MixtureRatio;
    /// let ratio = MixtureRatio::of_shares(0.01, 0.02, 2000, 1e-4)?;
    /// assert!((ratio.value() - 6.878112565529973).abs() < 1e-12);
    /// assert!(!ratio.has_crossed(0.05));
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn of_shares(
        first: f64,
        second: f64,
        pairs: u64,
        mixture_variance: f64,
    ) -> Result<Self, StatsError> {
        for share in [first, second] {
            if !(0.0..=1.0).contains(&share) {
                return Err(StatsError::domain("share", "in [0, 1]", share));
            }
        }
        let variance = first * (1.0 - first) + second * (1.0 - second);
        Self::of_difference(second - first, variance, pairs, mixture_variance)
    }

    /// The ratio for one observed `share` against its `target`, whose variance V = p₀(1−p₀) is known.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `share` lies in [0, 1], `target` in (0, 1), and
    /// `mixture_variance` is positive and finite.
    ///
    /// ```
    /// # use shiftsim::stats::sequential::normal_mixture::MixtureRatio;
    /// let on_target = MixtureRatio::of_target(0.2, 0.2, 16, 0.01)?;
    /// assert!((on_target.value() - 0.5f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn of_target(
        share: f64,
        target: f64,
        n: u64,
        mixture_variance: f64,
    ) -> Result<Self, StatsError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(StatsError::domain("share", "in [0, 1]", share));
        }
        if !(target > 0.0 && target < 1.0) {
            return Err(StatsError::domain("target", "in (0, 1)", target));
        }
        Self::of_difference(share - target, target * (1.0 - target), n, mixture_variance)
    }

    fn of_difference(
        difference: f64,
        variance: f64,
        n: u64,
        mixture_variance: f64,
    ) -> Result<Self, StatsError> {
        if !(mixture_variance > 0.0 && mixture_variance.is_finite()) {
            let expected = "positive and finite";
            return Err(StatsError::domain(
                "mixture_variance",
                expected,
                mixture_variance,
            ));
        }
        if variance == 0.0 {
            return Ok(Self { ln_value: 0.0 });
        }
        let mixed = n as f64 * mixture_variance;
        let exponent =
            n as f64 * mixed * difference * difference / (2.0 * variance * (variance + mixed));
        Ok(Self {
            ln_value: exponent - 0.5 * libm::log1p(mixed / variance),
        })
    }

    /// ln Λ.
    #[must_use]
    pub fn ln_value(self) -> f64 {
        self.ln_value
    }

    /// Λ; infinite beyond 10^308.
    #[must_use]
    pub fn value(self) -> f64 {
        self.ln_value.exp()
    }

    /// min(1, 1/Λ): the p-value if this is the only look. The always-valid p-value is the smallest
    /// over all looks so far.
    #[must_use]
    pub fn p_value(self) -> f64 {
        (-self.ln_value.max(0.0)).exp()
    }

    /// Whether Λ is at least 1/`alpha`.
    #[must_use]
    pub fn has_crossed(self, alpha: f64) -> bool {
        self.ln_value >= ln_threshold(alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variance_is_no_evidence() {
        let ratio = MixtureRatio::of_shares(0.0, 1.0, 1, 1e-4).unwrap();
        assert_eq!((ratio.value(), ratio.p_value()), (1.0, 1.0));
        assert!(MixtureRatio::of_shares(0.1, 0.2, 10, 0.0).is_err());
        assert!(MixtureRatio::of_target(0.1, 0.0, 10, 1.0).is_err());
    }

    #[test]
    fn the_two_versions_mirror_each_other() {
        let one = MixtureRatio::of_shares(0.1, 0.3, 500, 1e-3).unwrap();
        let other = MixtureRatio::of_shares(0.3, 0.1, 500, 1e-3).unwrap();
        assert_eq!(one, other);
        assert!(one.has_crossed(0.05) && one.p_value() < 1e-6);
    }
}
