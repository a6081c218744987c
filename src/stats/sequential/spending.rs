//! How much of the false alarm probability may be spent by each look.

use super::check_alpha;
use crate::stats::StatsError;
use crate::stats::special::{normal_sf, normal_upper_quantile};

/// An alpha-spending function of a two-sided test: the probability of a false alarm that may have
/// been spent by information fraction t. Source: K. K. G. Lan and D. L. DeMets, "Discrete
/// Sequential Boundaries for Clinical Trials" (1983).
///
/// "O'Brien–Fleming-type" is used in two conventions that give different bounds; say which.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spending {
    /// O'Brien–Fleming-type with α/2 spent on each side, in all 2 (2 − 2Φ(z_{1−α/4} / √t)): the
    /// convention of the R packages `ldbounds` and `gsDesign`.
    ObrienFlemingPerSide,
    /// O'Brien–Fleming-type applied to the two-sided total: 2 − 2Φ(z_{1−α/2} / √t).
    ObrienFlemingTotal,
    /// Pocock-type: α ln (1 + (e − 1) t).
    PocockType,
    /// The power family: α t^ρ, with ρ > 0.
    Power {
        /// The exponent ρ.
        exponent: f64,
    },
}

impl Spending {
    /// What may be spent by information fraction `t` of a two-sided test at level `alpha`.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `alpha` lies in (0, 1), `t` in [0, 1], and the exponent is
    /// positive and finite.
    ///
    /// ```
    /// # use shiftsim::stats::sequential::spending::Spending;
    /// let spent = Spending::Power { exponent: 2.0 }.spent(0.05, 0.2)?;
    /// assert!((spent - 0.002).abs() < 1e-17);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn spent(self, alpha: f64, t: f64) -> Result<f64, StatsError> {
        check_alpha(alpha)?;
        if !(0.0..=1.0).contains(&t) {
            return Err(StatsError::domain("t", "in [0, 1]", t));
        }
        match self {
            Self::ObrienFlemingPerSide => {
                Ok(4.0 * normal_sf(normal_upper_quantile(alpha / 4.0)? / t.sqrt()))
            }
            Self::ObrienFlemingTotal => {
                Ok(2.0 * normal_sf(normal_upper_quantile(alpha / 2.0)? / t.sqrt()))
            }
            Self::PocockType => Ok(alpha * libm::log1p((std::f64::consts::E - 1.0) * t)),
            Self::Power { exponent } if exponent > 0.0 && exponent.is_finite() => {
                Ok(alpha * t.powf(exponent))
            }
            Self::Power { exponent } => Err(StatsError::domain(
                "exponent",
                "positive and finite",
                exponent,
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rises_from_nothing_to_alpha(alpha in 0.001..0.5f64, t in 0.0..1.0f64) {
            let functions = [
                Spending::ObrienFlemingPerSide,
                Spending::ObrienFlemingTotal,
                Spending::PocockType,
                Spending::Power { exponent: 3.0 },
            ];
            for spending in functions {
                prop_assert_eq!(spending.spent(alpha, 0.0).unwrap(), 0.0);
                prop_assert!((spending.spent(alpha, 1.0).unwrap() - alpha).abs() < 1e-14);
                let later = spending.spent(alpha, 0.5 * (1.0 + t)).unwrap();
                prop_assert!(spending.spent(alpha, t).unwrap() <= later);
            }
        }
    }
}
