//! What a fixed gate promotes: "at least 99% of n requests succeed".

use super::check_open_unit;
use crate::stats::binomial::Binomial;
use crate::stats::special::inverse_regularised_beta_upper;
use crate::stats::{Rational, StatsError};

/// A gate that promotes if at least a given share of the requests succeeds.
///
/// ```
/// # use shiftsim::stats::{planning::fixed_gate::FixedGate, Rational};
/// // "at least 99% of 60 requests" means not a single error
/// let gate = FixedGate::new(60, Rational::new(99, 100))?;
/// assert_eq!(gate.allowed_errors(), 0);
/// // it promotes a canary with twice the allowed error rate in 3 runs of 10
/// assert!((gate.promotion_probability(0.02)? - 0.98f64.powi(60)).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedGate {
    requests: u64,
    allowed_errors: u64,
}

impl FixedGate {
    /// A gate over `requests` requests, of which at least the share `success` must succeed.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `requests` is at least 1 and `success` at most 1.
    pub fn new(requests: u64, success: Rational) -> Result<Self, StatsError> {
        if requests == 0 {
            return Err(StatsError::domain("requests", "at least 1", requests));
        }
        let (numerator, denominator) = (*success.numer(), *success.denom());
        if numerator > denominator {
            return Err(StatsError::domain("success", "a share in [0, 1]", success));
        }
        let failing = u128::from(requests) * u128::from(denominator - numerator);
        let allowed = failing / u128::from(denominator);
        Ok(Self {
            requests,
            // At most `requests`, as the share is at most one.
            allowed_errors: u64::try_from(allowed).unwrap_or(requests),
        })
    }

    /// The largest number of errors with which it promotes: ⌊n (1 − s)⌋, exactly.
    #[must_use]
    pub fn allowed_errors(self) -> u64 {
        self.allowed_errors
    }

    /// P(it promotes) at a true error rate: P(Bin(n, p) ≤ allowed errors). Relative error below
    /// 10^-11.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `error_rate` lies in [0, 1].
    pub fn promotion_probability(self, error_rate: f64) -> Result<f64, StatsError> {
        Ok(Binomial::new(self.requests, error_rate)?.cdf(self.allowed_errors))
    }

    /// The error rate at which it promotes with that probability: what it lets pass half of the
    /// time, or what it rejects with 95%. `None` if it promotes everything.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `probability` lies in (0, 1).
    ///
    /// ```
    /// # use shiftsim::stats::{planning::fixed_gate::FixedGate, Rational};
    /// let gate = FixedGate::new(60, Rational::new(99, 100))?;
    /// // only error rates of 4.9% and above are rejected with 95%
    /// let rejected = gate.error_rate_promoted_with(0.05)?;
    /// assert!((rejected.unwrap_or(0.0) - (1.0 - 0.05f64.powf(1.0 / 60.0))).abs() < 1e-14);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn error_rate_promoted_with(self, probability: f64) -> Result<Option<f64>, StatsError> {
        check_open_unit("probability", probability)?;
        if self.allowed_errors >= self.requests {
            return Ok(None);
        }
        // P(Bin(n, p) ≤ c) = 1 − I_p(c + 1, n − c).
        let (errors, others) = (
            self.allowed_errors as f64 + 1.0,
            (self.requests - self.allowed_errors) as f64,
        );
        inverse_regularised_beta_upper(errors, others, probability).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_are_exact() {
        let allowed = |n, a, b| {
            FixedGate::new(n, Rational::new(a, b))
                .unwrap()
                .allowed_errors()
        };
        assert_eq!(allowed(100, 99, 100), 1);
        assert_eq!(allowed(99, 99, 100), 0);
        assert_eq!(allowed(1000, 999, 1000), 1);
        assert_eq!(allowed(7, 0, 1), 7);
        assert_eq!(allowed(7, 1, 1), 0);
        assert!(FixedGate::new(0, Rational::new(1, 2)).is_err());
        assert!(FixedGate::new(1, Rational::new(3, 2)).is_err());
        let all = FixedGate::new(7, Rational::new(0, 1)).unwrap();
        assert_eq!(all.error_rate_promoted_with(0.5).unwrap(), None);
        assert_eq!(all.promotion_probability(1.0).unwrap(), 1.0);
    }

    proptest! {
        #[test]
        fn the_inverse_inverts(n in 1u64..100_000, percent in 1u64..=100, probability in 0.001..0.999f64) {
            let gate = FixedGate::new(n, Rational::new(percent, 100)).unwrap();
            if let Some(rate) = gate.error_rate_promoted_with(probability).unwrap() {
                let back = gate.promotion_probability(rate).unwrap();
                prop_assert!((back / probability - 1.0).abs() < 1e-8);
            }
        }

        #[test]
        fn worse_is_promoted_less(n in 1u64..5000, p in 0.0..0.9f64, more in 0.001..0.1f64) {
            let gate = FixedGate::new(n, Rational::new(95, 100)).unwrap();
            let at = |p| gate.promotion_probability(p).unwrap();
            prop_assert!(at(p + more) <= at(p));
        }
    }
}
