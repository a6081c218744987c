//! The smallest worsening of the error rate that given traffic can see.

use super::check_open_unit;
use super::exact_power::{Alternative, Arm, pooled_z_power};
use super::two_proportions::{Formula, TwoProportions};
use crate::stats::StatsError;
use crate::stats::root::bracketed_root;

/// Given traffic: what could be noticed with it?
///
/// ```
/// # use shiftsim::stats::planning::{detectable::Traffic, two_proportions::Formula};
/// // 10,000 requests, a tenth of them to the canary, a stable error rate of 1%
/// let traffic = Traffic { requests: 10_000, canary_weight: 0.1, stable: 0.01 };
/// let rate = traffic.detectable_rate(Formula::PooledZ, 0.05, 0.8)?;
/// assert!((rate.unwrap_or(0.0) - 0.0208).abs() < 1e-4);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    /// Requests to both versions together.
    pub requests: u64,
    /// The canary's share of them, in (0, 1).
    pub canary_weight: f64,
    /// The stable version's error rate, in [0, 1).
    pub stable: f64,
}

impl Traffic {
    /// The smallest canary error rate above the stable one that the formula, solved by bisection
    /// for the rate, says is noticed with probability `power` at two-sided level `alpha`; `None` if
    /// not even the rate 1 is.
    ///
    /// # Errors
    /// [`StatsError::Domain`] outside of the domains of the fields and of [`TwoProportions`].
    pub fn detectable_rate(
        &self,
        formula: Formula,
        alpha: f64,
        power: f64,
    ) -> Result<Option<f64>, StatsError> {
        self.check()?;
        let plan = |canary: f64| TwoProportions {
            stable: self.stable,
            canary,
            alpha,
            power,
            ratio: (1.0 - self.canary_weight) / self.canary_weight,
        };
        let ln_available = (self.requests as f64 * self.canary_weight).ln();
        let shortage = |canary: f64| {
            let needed = plan(canary).canary_requests(formula)?;
            Ok(needed.ln() - ln_available)
        };
        self.smallest_rate(shortage)
    }

    /// The same by the exact power of the pooled z test, with the requests to the canary rounded to
    /// a whole number.
    ///
    /// # Errors
    /// [`StatsError::Domain`] outside of the domains of the fields, or if a version gets no request.
    ///
    /// ```
    /// # use shiftsim::stats::planning::detectable::Traffic;
    /// # use shiftsim::stats::planning::exact_power::Alternative;
    /// let traffic = Traffic { requests: 10_000, canary_weight: 0.1, stable: 0.01 };
    /// let rate = traffic.exactly_detectable_rate(0.05, 0.8, Alternative::TwoSided)?;
    /// assert!((rate.unwrap_or(0.0) - 0.0206).abs() < 5e-4);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn exactly_detectable_rate(
        &self,
        alpha: f64,
        power: f64,
        alternative: Alternative,
    ) -> Result<Option<f64>, StatsError> {
        self.check()?;
        check_open_unit("alpha", alpha)?;
        check_open_unit("power", power)?;
        let requests = (self.requests as f64 * self.canary_weight).round() as u64;
        let stable = Arm {
            requests: self.requests - requests,
            error_rate: self.stable,
        };
        self.smallest_rate(|error_rate| {
            let canary = Arm {
                requests,
                error_rate,
            };
            Ok(power - pooled_z_power(canary, stable, alpha, alternative)?)
        })
    }

    /// The rate above the stable one at which `shortage` falls to zero.
    fn smallest_rate(
        &self,
        shortage: impl Fn(f64) -> Result<f64, StatsError>,
    ) -> Result<Option<f64>, StatsError> {
        let lowest = self.stable + 1e-9 * (1.0 - self.stable);
        if shortage(1.0)? > 0.0 {
            return Ok(None);
        }
        if shortage(lowest)? <= 0.0 {
            return Ok(Some(lowest));
        }
        bracketed_root("a detectable rate", lowest, 1.0, shortage).map(Some)
    }

    fn check(&self) -> Result<(), StatsError> {
        check_open_unit("canary_weight", self.canary_weight)?;
        if !(0.0..1.0).contains(&self.stable) {
            let expected = "an error rate in [0, 1)";
            return Err(StatsError::domain("stable", expected, self.stable));
        }
        if self.requests == 0 {
            return Err(StatsError::domain("requests", "at least 1", self.requests));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn too_little_traffic_sees_nothing() {
        let traffic = Traffic {
            requests: 4,
            canary_weight: 0.5,
            stable: 0.5,
        };
        let by_formula = traffic
            .detectable_rate(Formula::PooledZ, 0.05, 0.8)
            .unwrap();
        let two_sided = Alternative::TwoSided;
        let exactly = traffic
            .exactly_detectable_rate(0.05, 0.8, two_sided)
            .unwrap();
        assert_eq!((by_formula, exactly), (None, None));
        let none = Traffic {
            requests: 0,
            ..traffic
        };
        assert!(none.detectable_rate(Formula::PooledZ, 0.05, 0.8).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_formula_gives_the_traffic_back(
            requests in 2_000u64..1_000_000, canary_weight in 0.05..0.95f64, stable in 0.001..0.3f64,
        ) {
            let traffic = Traffic { requests, canary_weight, stable };
            for formula in Formula::ALL {
                let rate = traffic.detectable_rate(formula, 0.05, 0.8).unwrap().unwrap();
                let ratio = (1.0 - canary_weight) / canary_weight;
                let plan = TwoProportions { stable, canary: rate, alpha: 0.05, power: 0.8, ratio };
                let needed = plan.canary_requests(formula).unwrap();
                prop_assert!((needed / (requests as f64 * canary_weight) - 1.0).abs() < 1e-9);
            }
        }

        #[test]
        fn more_traffic_sees_more(
            requests in 500u64..5_000, canary_weight in 0.1..0.9f64, stable in 0.01..0.3f64,
        ) {
            let at = |requests| {
                let traffic = Traffic { requests, canary_weight, stable };
                traffic.exactly_detectable_rate(0.05, 0.8, Alternative::TwoSided).unwrap().unwrap()
            };
            prop_assert!(at(2 * requests) < at(requests));
        }
    }
}
