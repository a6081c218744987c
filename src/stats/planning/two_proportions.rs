//! How many requests tell two error rates apart: the formulas in use, each under its own name.
//!
//! All are two-sided and approximate; what a size really achieves is in
//! [`exact_power`](super::exact_power). For a one-sided test at level α, pass 2 α.

use super::check_open_unit;
use crate::stats::StatsError;
use crate::stats::special::normal_upper_quantile;

/// A comparison to be planned: canary against stable version.
///
/// ```
/// # use shiftsim::stats::planning::two_proportions::{Formula, TwoProportions};
/// // 1% against 2%, level 5%, power 80%: as many on each side, or a tenth on the canary
/// let even = TwoProportions { stable: 0.01, canary: 0.02, alpha: 0.05, power: 0.8, ratio: 1.0 };
/// assert_eq!(even.requests(Formula::PooledZ)?.canary, 2319);
/// assert_eq!(even.requests(Formula::EvanMiller)?.canary, 1767);
/// let tenth = TwoProportions { ratio: 9.0, ..even };
/// assert_eq!(tenth.requests(Formula::PooledZ)?.total(), 11_330);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportions {
    /// Error rate of the stable version, in [0, 1].
    pub stable: f64,
    /// Error rate of the canary that is to be noticed, in [0, 1], not that of the stable version.
    pub canary: f64,
    /// Two-sided level of the test, in (0, 1).
    pub alpha: f64,
    /// Probability to notice it, above `alpha` and below 1.
    pub power: f64,
    /// Requests to the stable version per request to the canary: (1−w)/w at canary weight w.
    pub ratio: f64,
}

/// A formula for the number of requests to the canary, n; the stable version gets k n.
///
/// With p₁ the stable and p₂ the canary rate, q = 1 − p, d = p₂ − p₁, p̄ = (p₂ + k p₁)/(1 + k), and
/// z the normal quantiles of level and power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// [z_α √((1+1/k) p̄ q̄) + z_β √(p₂q₂ + p₁q₁/k)]² / d². J. L. Fleiss (1981), without correction.
    PooledZ,
    /// The same with continuity correction: n/4 (1 + √(1 + 2 (k+1) / (n k |d|)))². Fleiss (1981);
    /// J. T. Casagrande, M. C. Pike and P. G. Smith (1978).
    PooledZContinuity,
    /// (z_α + z_β)² (p₂q₂ + p₁q₁/k) / d²: the variance is not pooled.
    UnpooledZ,
    /// (1+1/k) (z_α + z_β)² / h², with h = 2 asin √p₂ − 2 asin √p₁. J. Cohen (1988).
    Arcsine,
    /// [z_α √((1+1/k) p₁q₁) + z_β √(p₂q₂ + p₁q₁/k)]² / d²: the stable rate's variance under the null
    /// hypothesis, as Evan Miller's popular calculator has it.
    EvanMiller,
}

impl Formula {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PooledZ,
        Self::PooledZContinuity,
        Self::UnpooledZ,
        Self::Arcsine,
        Self::EvanMiller,
    ];
}

/// Numbers of requests to each version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requests {
    /// To the canary.
    pub canary: u64,
    /// To the stable version.
    pub stable: u64,
}

impl Requests {
    /// To both together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.canary.saturating_add(self.stable)
    }
}

impl TwoProportions {
    /// The number of requests to the canary, as the formula gives it: a real number.
    ///
    /// # Errors
    /// [`StatsError::Domain`] for a field outside of its domain.
    ///
    /// ```
    /// # use shiftsim::stats::planning::two_proportions::{Formula, TwoProportions};
    /// let plan = TwoProportions { stable: 0.01, canary: 0.05, alpha: 0.05, power: 0.8, ratio: 9.0 };
    /// let n = plan.canary_requests(Formula::PooledZ)?;
    /// assert!((n - 114.6356224110229).abs() < 1e-10);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn canary_requests(&self, formula: Formula) -> Result<f64, StatsError> {
        self.check()?;
        let z_level = normal_upper_quantile(self.alpha / 2.0)?;
        let z_power = normal_upper_quantile(1.0 - self.power)?;
        let k = self.ratio;
        let difference = (self.canary - self.stable).abs();
        let variance = |p: f64| p * (1.0 - p);
        let apart = variance(self.canary) + variance(self.stable) / k;
        let from_null = |null_rate: f64| {
            let null = (1.0 + 1.0 / k) * variance(null_rate);
            ((z_level * null.sqrt() + z_power * apart.sqrt()) / difference).powi(2)
        };
        let pooled_rate = (self.canary + k * self.stable) / (1.0 + k);
        Ok(match formula {
            Formula::PooledZ => from_null(pooled_rate),
            Formula::PooledZContinuity => {
                let n = from_null(pooled_rate);
                let correction = 2.0 * (k + 1.0) / (n * k * difference);
                n / 4.0 * (1.0 + (1.0 + correction).sqrt()).powi(2)
            }
            Formula::UnpooledZ => (z_level + z_power).powi(2) * apart / difference.powi(2),
            Formula::Arcsine => {
                let h = 2.0 * (self.canary.sqrt().asin() - self.stable.sqrt().asin());
                (1.0 + 1.0 / k) * ((z_level + z_power) / h).powi(2)
            }
            Formula::EvanMiller => from_null(self.stable),
        })
    }

    /// Whole requests to both versions, rounded up.
    ///
    /// # Errors
    /// As [`TwoProportions::canary_requests`].
    pub fn requests(&self, formula: Formula) -> Result<Requests, StatsError> {
        let canary = self.canary_requests(formula)?.ceil();
        // Nine tenths over one tenth is not quite 9 in floating point.
        let stable = (canary * self.ratio * (1.0 - 1e-12)).ceil();
        Ok(Requests {
            canary: canary as u64,
            stable: stable as u64,
        })
    }

    fn check(&self) -> Result<(), StatsError> {
        for (name, rate) in [("stable", self.stable), ("canary", self.canary)] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(StatsError::domain(name, "an error rate in [0, 1]", rate));
            }
        }
        if self.canary == self.stable {
            let expected = "an error rate other than the stable one";
            return Err(StatsError::domain("canary", expected, self.canary));
        }
        check_open_unit("alpha", self.alpha)?;
        if !(self.power > self.alpha && self.power < 1.0) {
            return Err(StatsError::domain(
                "power",
                "above alpha, below 1",
                self.power,
            ));
        }
        if !(self.ratio > 0.0 && self.ratio.is_finite()) {
            return Err(StatsError::domain(
                "ratio",
                "positive and finite",
                self.ratio,
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAN: TwoProportions = TwoProportions {
        stable: 0.01,
        canary: 0.02,
        alpha: 0.05,
        power: 0.8,
        ratio: 1.0,
    };

    #[test]
    fn five_answers_to_one_question() {
        let answers = Formula::ALL.map(|formula| PLAN.requests(formula).unwrap().canary);
        assert_eq!(answers, [2319, 2515, 2316, 2254, 1767]);
    }

    #[test]
    fn refuses_what_cannot_be_planned() {
        let bad = [
            TwoProportions {
                canary: 0.01,
                ..PLAN
            },
            TwoProportions {
                canary: 1.1,
                ..PLAN
            },
            TwoProportions { alpha: 0.0, ..PLAN },
            TwoProportions {
                power: 0.04,
                ..PLAN
            },
            TwoProportions { power: 1.0, ..PLAN },
            TwoProportions { ratio: 0.0, ..PLAN },
            TwoProportions {
                stable: f64::NAN,
                ..PLAN
            },
        ];
        for plan in bad {
            assert!(plan.canary_requests(Formula::PooledZ).is_err(), "{plan:?}");
        }
    }

    proptest! {
        #[test]
        fn allocations_mirror_each_other(
            stable in 0.001..0.999f64, canary in 0.001..0.999f64, ratio in 0.05..20.0f64,
        ) {
            prop_assume!((stable - canary).abs() > 1e-3);
            let one = TwoProportions { stable, canary, ratio, ..PLAN };
            let other = TwoProportions {
                stable: canary, canary: stable, ratio: 1.0 / ratio, ..PLAN
            };
            for formula in [Formula::PooledZ, Formula::PooledZContinuity, Formula::UnpooledZ, Formula::Arcsine] {
                let n = one.canary_requests(formula).unwrap();
                let m = other.canary_requests(formula).unwrap();
                prop_assert!((m / (n * ratio) - 1.0).abs() < 1e-9, "{formula:?}: {n} {m}");
            }
        }

        #[test]
        fn more_power_needs_more_requests(power in 0.1..0.98f64, more in 0.001..0.01f64) {
            for formula in Formula::ALL {
                let at = |power| TwoProportions { power, ..PLAN }.canary_requests(formula).unwrap();
                prop_assert!(at(power + more) > at(power));
            }
        }
    }
}
