//! Many tests at once: how often one of them alarms for nothing, and what to do about it.

use crate::stats::StatsError;

/// P(at least one of `tests` independent tests alarms for nothing): 1 − (1−a)^m.
///
/// Full precision also for tiny levels.
///
/// # Errors
/// [`StatsError::Domain`] unless `per_test` lies in [0, 1].
///
/// ```
/// # use shiftsim::stats::planning::multiple_tests::family_false_alarms;
/// // twenty metrics, each at 5%
/// assert!((family_false_alarms(0.05, 20)? - 0.641514077591458).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn family_false_alarms(per_test: f64, tests: u64) -> Result<f64, StatsError> {
    check_unit("per_test", per_test)?;
    if tests == 0 {
        return Ok(0.0);
    }
    Ok(-libm::expm1(tests as f64 * libm::log1p(-per_test)))
}

/// The level a/m at which each of `tests` tests keeps `family` in all, whatever their dependence.
/// Source: C. E. Bonferroni (1936).
///
/// # Errors
/// [`StatsError::Domain`] unless `family` lies in [0, 1] and there is at least one test.
///
/// ```
/// # use shiftsim::stats::planning::multiple_tests::bonferroni_level;
/// assert_eq!(bonferroni_level(0.05, 20)?, 0.0025);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn bonferroni_level(family: f64, tests: u64) -> Result<f64, StatsError> {
    check_unit("family", family)?;
    at_least_one(tests)?;
    Ok(family / tests as f64)
}

/// The level 1 − (1−a)^(1/m) at which each of `tests` independent tests keeps `family` in all.
/// Source: Z. Šidák (1967).
///
/// # Errors
/// As [`bonferroni_level`].
///
/// ```
/// # use shiftsim::stats::planning::multiple_tests::{family_false_alarms, sidak_level};
/// let each = sidak_level(0.05, 20)?;
/// assert!((family_false_alarms(each, 20)? - 0.05).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn sidak_level(family: f64, tests: u64) -> Result<f64, StatsError> {
    check_unit("family", family)?;
    at_least_one(tests)?;
    Ok(-libm::expm1(libm::log1p(-family) / tests as f64))
}

/// p-values adjusted by Holm's step-down method, in the order given: a test is rejected at family
/// level a if its adjusted value is at most a, whatever the dependence. Source: S. Holm (1979).
///
/// # Errors
/// [`StatsError::Domain`] unless every p-value lies in [0, 1].
///
/// ```
/// # use shiftsim::stats::planning::multiple_tests::holm_adjusted;
/// assert_eq!(holm_adjusted(&[0.5, 0.0625, 0.125])?, [0.5, 0.1875, 0.25]);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn holm_adjusted(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    for &p in p_values {
        check_unit("p_values", p)?;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&one, &other| p_values[one].total_cmp(&p_values[other]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max(p_values[index] * left).min(1.0);
        adjusted[index] = largest;
    }
    Ok(adjusted)
}

fn check_unit(name: &'static str, value: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(StatsError::domain(name, "in [0, 1]", value))
    }
}

fn at_least_one(tests: u64) -> Result<(), StatsError> {
    if tests == 0 {
        return Err(StatsError::domain("tests", "at least 1", tests));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges() {
        assert_eq!(family_false_alarms(0.05, 0).unwrap(), 0.0);
        assert_eq!(family_false_alarms(1.0, 3).unwrap(), 1.0);
        assert!((family_false_alarms(1e-18, 10).unwrap() / 1e-17 - 1.0).abs() < 1e-14);
        assert!(bonferroni_level(0.05, 0).is_err());
        assert!(sidak_level(1.5, 2).is_err());
        assert!(holm_adjusted(&[0.1, f64::NAN]).is_err());
        assert!(holm_adjusted(&[]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn holm_lies_between_plain_and_bonferroni(p_values in prop::collection::vec(0.0..=1.0f64, 1..20)) {
            let adjusted = holm_adjusted(&p_values).unwrap();
            for (p, adjusted) in p_values.iter().zip(adjusted) {
                prop_assert!(adjusted >= *p);
                prop_assert!(adjusted <= (p * p_values.len() as f64).min(1.0).max(*p) + 1e-15
                    || p_values.iter().any(|other| other < p));
            }
        }
    }
}
