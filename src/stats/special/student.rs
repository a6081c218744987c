//! Student's t distribution, for intervals of means.

use crate::stats::StatsError;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The value t with P(T ≤ t) = `probability` for T with so many degrees of freedom. Relative error
/// below 10^-10 (statrs' `inverse_cdf`).
///
/// # Errors
/// [`StatsError::Domain`] unless 0 < p < 1 and there is a degree of freedom.
pub fn student_t_quantile(probability: f64, degrees_of_freedom: u32) -> Result<f64, StatsError> {
    if !(probability > 0.0 && probability < 1.0) {
        return Err(StatsError::domain(
            "probability",
            "above 0 and below 1",
            probability,
        ));
    }
    let law = StudentsT::new(0.0, 1.0, f64::from(degrees_of_freedom))
        .map_err(|_| StatsError::domain("degrees of freedom", "at least 1", degrees_of_freedom))?;
    Ok(law.inverse_cdf(probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // scipy.stats.t.ppf
        for (p, freedom, expected) in [
            (0.975, 31, 2.039_513_446_396_407_6),
            (0.975, 62, 1.998_971_517_033_376_4),
            (0.995, 9, 3.249_835_541_592_125),
        ] {
            let found = student_t_quantile(p, freedom).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-10, "{found}");
        }
        assert!(student_t_quantile(0.5, 0).is_err());
    }
}
