//! The asymptotic confidence sequence: an interval for a mean that holds at all times at once.
//!
//! Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, "Time-uniform central
//! limit theory and asymptotic confidence sequences" (arXiv 2103.06476), equations 9 (the width)
//! and 161 (ρ); GrowthBook uses it as its sequential interval (`gbstats`).

use crate::stats::StatsError;

/// The tuning parameter ρ = √((−2 ln α + ln (1 − 2 ln α)) / N*) that makes the interval narrowest
/// near N* = `tuned_for` observations (GrowthBook's default: 5000).
///
/// # Errors
/// [`StatsError::Domain`] unless `alpha` lies in (0, 1) and `tuned_for` is positive and finite.
///
/// ```
/// # use shiftsim::stats::sequential::confidence_sequence::tuning_rho;
/// assert!((tuning_rho(0.05, 5000.0)? - 0.03984006677137368).abs() < 1e-16);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn tuning_rho(alpha: f64, tuned_for: f64) -> Result<f64, StatsError> {
    check_alpha(alpha)?;
    if !(tuned_for > 0.0 && tuned_for.is_finite()) {
        return Err(StatsError::domain(
            "tuned_for",
            "positive and finite",
            tuned_for,
        ));
    }
    let twice = -2.0 * alpha.ln();
    Ok(((twice + libm::log1p(twice)) / tuned_for).sqrt())
}

/// Half the width of the two-sided interval after `n` observations of variance `variance`:
/// σ √(2 (nρ²+1) / (n²ρ²) · ln (√(nρ²+1) / α)).
///
/// # Errors
/// [`StatsError::Domain`] unless `alpha` lies in (0, 1), `variance` is not negative, `n` is at least
/// 1, and `rho` is positive; all finite.
///
/// ```
/// # use shiftsim::stats::sequential::confidence_sequence::{half_width, tuning_rho};
/// let rho = tuning_rho(0.05, 5000.0)?;
/// // a share of 50% after 5000 requests: ±2.1 points at any time, ±1.4 for a single look
/// let width = half_width(0.25, 5000, rho, 0.05)?;
/// assert!((width - 0.0214621685941342).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn half_width(variance: f64, n: u64, rho: f64, alpha: f64) -> Result<f64, StatsError> {
    check_alpha(alpha)?;
    if !(variance >= 0.0 && variance.is_finite()) {
        return Err(StatsError::domain(
            "variance",
            "finite, at least 0",
            variance,
        ));
    }
    if n == 0 {
        return Err(StatsError::domain("n", "at least 1", n));
    }
    if !(rho > 0.0 && rho.is_finite()) {
        return Err(StatsError::domain("rho", "positive and finite", rho));
    }
    let scaled = n as f64 * rho * rho;
    let ln_term = 0.5 * libm::log1p(scaled) - alpha.ln();
    Ok((variance * 2.0 * (scaled + 1.0) / (n as f64 * scaled) * ln_term).sqrt())
}

fn check_alpha(alpha: f64) -> Result<(), StatsError> {
    if alpha > 0.0 && alpha < 1.0 {
        Ok(())
    } else {
        Err(StatsError::domain("alpha", "in (0, 1)", alpha))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowest_where_it_is_tuned() {
        let width = |tuned_for| half_width(0.25, 5000, tuning_rho(0.05, tuned_for).unwrap(), 0.05);
        let best = width(5000.0).unwrap();
        assert!(best < width(3000.0).unwrap() && best < width(8000.0).unwrap());
    }

    #[test]
    fn refuses_what_has_no_width() {
        assert!(half_width(0.25, 0, 0.04, 0.05).is_err());
        assert!(half_width(-1.0, 10, 0.04, 0.05).is_err());
        assert!(tuning_rho(0.0, 10.0).is_err());
        assert!(tuning_rho(0.05, 0.0).is_err());
    }
}
