//! Wald's sequential probability ratio test of one success probability against another.
//!
//! Here are the rule and Wald's approximations; what the rule really does is in
//! [`sprt_exact`](super::sprt_exact). Source: A. Wald, "Sequential Tests of Statistical Hypotheses"
//! (1945).

use crate::stats::StatsError;

/// Two logarithms closer than this, relatively, are the same number: a boundary that is hit exactly
/// stops the test.
const TIE: f64 = 1e-12;

/// A test of H₀: p = p₀ against H₁: p = p₁ that may stop after each observation.
///
/// It goes on while B < L < A, where L is the logarithm of the likelihood ratio of H₁ to H₀,
/// A = ln ((1−β)/α) and B = ln (β/(1−α)); it accepts H₁ at L ≥ A and H₀ at L ≤ B.
///
/// ```
/// # use shiftsim::stats::sequential::sprt::Sprt;
/// // an error rate of 1%, or of 5%?
/// let test = Sprt::new(0.01, 0.05, 0.05, 0.1)?;
/// assert!((test.ln_upper() - 18f64.ln()).abs() < 1e-15);
/// assert!((test.wald_expected_n_alternative() - 57.547661957044903).abs() < 1e-10);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sprt {
    null: f64,
    alternative: f64,
    alpha: f64,
    beta: f64,
}

/// What the test says after some observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SprtDecision {
    /// Stop: p = p₀.
    AcceptNull,
    /// Stop: p = p₁.
    AcceptAlternative,
    /// Observe one more.
    Continue,
}

impl Sprt {
    /// A test of p₀ = `null` against p₁ = `alternative`, with intended error probabilities `alpha`
    /// (p₁ is accepted though p₀ is true) and `beta` (the reverse).
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless both probabilities lie in (0, 1) and differ, and `alpha` and
    /// `beta` are positive with a sum below 1.
    pub fn new(null: f64, alternative: f64, alpha: f64, beta: f64) -> Result<Self, StatsError> {
        let inside = |p: f64| p > 0.0 && p < 1.0;
        if !inside(null) {
            return Err(StatsError::domain("p0", "in (0, 1)", null));
        }
        if !inside(alternative) || alternative == null {
            return Err(StatsError::domain("p1", "in (0, 1), not p0", alternative));
        }
        if !inside(alpha) {
            return Err(StatsError::domain("alpha", "in (0, 1)", alpha));
        }
        if !(beta > 0.0 && alpha + beta < 1.0) {
            return Err(StatsError::domain("beta", "in (0, 1 − alpha)", beta));
        }
        Ok(Self {
            null,
            alternative,
            alpha,
            beta,
        })
    }

    /// The upper boundary A = ln ((1−β)/α).
    #[must_use]
    pub fn ln_upper(&self) -> f64 {
        ((1.0 - self.beta) / self.alpha).ln()
    }

    /// The lower boundary B = ln (β/(1−α)).
    #[must_use]
    pub fn ln_lower(&self) -> f64 {
        (self.beta / (1.0 - self.alpha)).ln()
    }

    /// What a success adds to L: ln (p₁/p₀).
    #[must_use]
    pub fn success_step(&self) -> f64 {
        (self.alternative / self.null).ln()
    }

    /// What a failure adds to L: ln ((1−p₁)/(1−p₀)).
    #[must_use]
    pub fn failure_step(&self) -> f64 {
        libm::log1p(-self.alternative) - libm::log1p(-self.null)
    }

    /// L after `successes` and `failures`.
    #[must_use]
    pub fn ln_likelihood_ratio(&self, successes: u64, failures: u64) -> f64 {
        successes as f64 * self.success_step() + failures as f64 * self.failure_step()
    }

    /// What the test says after `successes` and `failures`, if it has not stopped before.
    ///
    /// ```
    /// # use shiftsim::stats::sequential::sprt::{Sprt, SprtDecision};
    /// let test = Sprt::new(0.01, 0.05, 0.05, 0.1)?;
    /// assert_eq!(test.decision(2, 0), SprtDecision::AcceptAlternative);
    /// assert_eq!(test.decision(0, 54), SprtDecision::Continue);
    /// assert_eq!(test.decision(0, 55), SprtDecision::AcceptNull);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    #[must_use]
    pub fn decision(&self, successes: u64, failures: u64) -> SprtDecision {
        let ratio = self.ln_likelihood_ratio(successes, failures);
        let (lower, upper) = (self.ln_lower(), self.ln_upper());
        if ratio >= upper - TIE * upper.abs() {
            SprtDecision::AcceptAlternative
        } else if ratio <= lower + TIE * lower.abs() {
            SprtDecision::AcceptNull
        } else {
            SprtDecision::Continue
        }
    }

    /// Wald's approximation of the mean of N if p = p₀: ((1−α) B + α A) / E₀(step). It neglects by how much
    /// the boundary is overshot, and so is too low.
    #[must_use]
    pub fn wald_expected_n_null(&self) -> f64 {
        let ends = (1.0 - self.alpha) * self.ln_lower() + self.alpha * self.ln_upper();
        ends / self.mean_step(self.null)
    }

    /// Wald's approximation of the mean of N if p = p₁: (β B + (1−β) A) / E₁(step).
    #[must_use]
    pub fn wald_expected_n_alternative(&self) -> f64 {
        let ends = self.beta * self.ln_lower() + (1.0 - self.beta) * self.ln_upper();
        ends / self.mean_step(self.alternative)
    }

    /// The probability of H₀.
    #[must_use]
    pub fn null(&self) -> f64 {
        self.null
    }

    /// The probability of H₁.
    #[must_use]
    pub fn alternative(&self) -> f64 {
        self.alternative
    }

    fn mean_step(&self, p: f64) -> f64 {
        p * self.success_step() + (1.0 - p) * self.failure_step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_hit_exactly_stops() {
        // Steps of ±ln 3, boundaries at ±ln 9.
        let test = Sprt::new(0.25, 0.75, 0.1, 0.1).unwrap();
        assert_eq!(test.decision(1, 0), SprtDecision::Continue);
        assert_eq!(test.decision(2, 0), SprtDecision::AcceptAlternative);
        assert_eq!(test.decision(0, 2), SprtDecision::AcceptNull);
    }

    #[test]
    fn refuses_what_is_no_test() {
        assert!(Sprt::new(0.1, 0.1, 0.05, 0.05).is_err());
        assert!(Sprt::new(0.0, 0.1, 0.05, 0.05).is_err());
        assert!(Sprt::new(0.1, 1.0, 0.05, 0.05).is_err());
        assert!(Sprt::new(0.1, 0.2, 0.6, 0.4).is_err());
        assert!(Sprt::new(0.1, 0.2, f64::NAN, 0.1).is_err());
    }
}
