//! Intervals for one share at a fixed n.

use super::{Interval, check};
use crate::stats::StatsError;
use crate::stats::special::{
    inverse_regularised_beta, inverse_regularised_beta_upper, normal_upper_quantile,
};

/// Wilson's score interval: (p̂ + z²/2n ± z·√(p̂q̂/n + z²/4n²)) / (1 + z²/n), no continuity
/// correction, exactly 0 at no success and exactly 1 at no failure (Wilson 1927).
///
/// # Errors
/// [`StatsError::Domain`] unless count ≤ n, n ≥ 1 and `confidence` lies in (0, 1).
///
/// ```
/// use shiftsim::stats::intervals::wilson;
/// let interval = wilson(4, 20, 0.95)?;
/// assert!((interval.low - 0.080657662579798041).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn wilson(count: u64, n: u64, confidence: f64) -> Result<Interval, StatsError> {
    check(count, n, confidence)?;
    let z = normal_upper_quantile((1.0 - confidence) / 2.0)?;
    Ok(score(count, n, z * z))
}

/// The score interval for a squared critical value.
pub(super) fn score(count: u64, n: u64, z2: f64) -> Interval {
    let (x, size) = (count as f64, n as f64);
    let y = size - x;
    // In counts rather than shares: x·y/n keeps its precision where a share is tiny.
    let centre = x + z2 / 2.0;
    let reach = (z2 * (x * y / size + z2 / 4.0)).sqrt();
    // Of the two ends, the one near an edge would cancel; the product of the roots gives it.
    let low = if count == 0 {
        0.0
    } else {
        x * x / (size * (centre + reach))
    };
    let upper_miss = if count == n {
        0.0
    } else {
        y * y / (size * (y + z2 / 2.0 + reach))
    };
    Interval {
        low,
        high: 1.0 - upper_miss,
    }
}

/// The Clopper–Pearson interval: beta quantiles, equal tails; covers at least as often as it says
/// (Clopper and Pearson 1934).
///
/// # Errors
/// As [`wilson`]; [`StatsError::Precision`] if a beta quantile cannot be had to full precision.
///
/// ```
/// use shiftsim::stats::intervals::clopper_pearson;
/// let interval = clopper_pearson(0, 15, 0.95)?;
/// assert_eq!(interval.low, 0.0);
/// assert!((interval.high - 0.21801936091053406).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn clopper_pearson(count: u64, n: u64, confidence: f64) -> Result<Interval, StatsError> {
    check(count, n, confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    let (x, y) = (count as f64, (n - count) as f64);
    // At the ends the quantiles have a closed form: 1 − tail^(1/n).
    let edge = || -(tail.ln() / n as f64).exp_m1();
    let low = match count {
        0 => 0.0,
        _ if count == n => 1.0 - edge(),
        _ => inverse_regularised_beta(x, y + 1.0, tail)?,
    };
    let high = match n - count {
        0 => 1.0,
        _ if count == 0 => edge(),
        _ => inverse_regularised_beta_upper(x + 1.0, y, tail)?,
    };
    Ok(Interval { low, high })
}

/// The Jeffreys interval: equal tails of Beta(x + ½, n − x + ½), with the end rule of Brown, Cai
/// and DasGupta (2001): 0 at no success, 1 at no failure.
///
/// # Errors
/// As [`clopper_pearson`].
///
/// ```
/// use shiftsim::stats::intervals::jeffreys;
/// let interval = jeffreys(1, 100, 0.95)?;
/// assert!((interval.low - 0.0010811017090800643).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn jeffreys(count: u64, n: u64, confidence: f64) -> Result<Interval, StatsError> {
    check(count, n, confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    let (a, b) = (count as f64 + 0.5, (n - count) as f64 + 0.5);
    let low = if count == 0 {
        0.0
    } else {
        inverse_regularised_beta(a, b, tail)?
    };
    let high = if count == n {
        1.0
    } else {
        inverse_regularised_beta_upper(a, b, tail)?
    };
    Ok(Interval { low, high })
}

/// The Agresti–Coull interval: the Wald interval about (x + z²/2)/(n + z²), cut to [0, 1]
/// (Agresti and Coull 1998).
///
/// # Errors
/// As [`wilson`].
///
/// ```
/// use shiftsim::stats::intervals::agresti_coull;
/// assert!((agresti_coull(7, 15, 0.95)?.high - 0.69891176361449966).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn agresti_coull(count: u64, n: u64, confidence: f64) -> Result<Interval, StatsError> {
    check(count, n, confidence)?;
    let z = normal_upper_quantile((1.0 - confidence) / 2.0)?;
    let size = n as f64 + z * z;
    let centre = (count as f64 + z * z / 2.0) / size;
    let reach = z * (centre * (1.0 - centre) / size).sqrt();
    Ok(Interval {
        low: (centre - reach).max(0.0),
        high: (centre + reach).min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!(
            (value - expected).abs() < 1e-10,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn published_ends() {
        near(wilson(0, 20, 0.95).unwrap().low, 0.0);
        near(
            wilson(1, 1_000_000, 0.95).unwrap().low,
            1.765_245_767_453_714_7e-7,
        );
        near(
            wilson(100, 1000, 0.99).unwrap().high,
            0.127_134_543_315_964_24,
        );
        near(
            clopper_pearson(7, 15, 0.95).unwrap().low,
            0.212_666_729_519_307_9,
        );
        near(
            clopper_pearson(7, 15, 0.95).unwrap().high,
            0.734_138_652_722_603_4,
        );
        near(
            clopper_pearson(500, 1000, 0.95).unwrap().high,
            0.531_450_827_028_208,
        );
        near(
            clopper_pearson(0, 10_000_000, 0.95).unwrap().high,
            3.688_9e-7,
        );
        near(jeffreys(0, 1, 0.95).unwrap().high, 0.853_253_683_690_424_9);
        near(jeffreys(1, 1, 0.95).unwrap().high, 1.0);
    }

    #[test]
    fn the_interval_of_the_complement_is_mirrored() {
        let methods = [wilson, clopper_pearson, jeffreys, agresti_coull];
        for (count, n) in [(0, 7), (3, 7), (1, 10_000_000), (4_999_999, 10_000_000)] {
            for method in methods {
                let one = method(count, n, 0.95).unwrap();
                let other = method(n - count, n, 0.95).unwrap();
                near(one.low, 1.0 - other.high);
                near(one.high, 1.0 - other.low);
            }
        }
    }
}
