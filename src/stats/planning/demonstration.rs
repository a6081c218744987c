//! Demonstration tests: how many requests show that the error rate is below a limit?
//!
//! This is what "success rate at least 99%" means when it is to be known, not hoped: with so few
//! errors in so many requests, an error rate at the limit would be a rare coincidence.

use super::check_open_unit;
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// The smallest n such that at most `errors` errors in n requests show an error rate below `limit`
/// with `confidence`: P(Bin(n, limit) ≤ errors) ≤ 1 − confidence.
///
/// Exact: the probability falls in n, so a bracket is bisected.
///
/// # Errors
/// [`StatsError::Domain`] unless `limit` and `confidence` lie in (0, 1); also if n would be beyond
/// the binomial law's limit.
///
/// ```
/// # use shiftsim::stats::planning::demonstration::requests_to_demonstrate;
/// // "below 1%, with 95% confidence": 299 without an error, 473 with one, 628 with two
/// assert_eq!(requests_to_demonstrate(0.01, 0, 0.95)?, 299);
/// assert_eq!(requests_to_demonstrate(0.01, 1, 0.95)?, 473);
/// assert_eq!(requests_to_demonstrate(0.01, 2, 0.95)?, 628);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn requests_to_demonstrate(
    limit: f64,
    errors: u64,
    confidence: f64,
) -> Result<u64, StatsError> {
    check_open_unit("limit", limit)?;
    check_open_unit("confidence", confidence)?;
    // 1 − 0.95 is not quite 0.05 in floating point.
    let allowed = (1.0 - confidence) * (1.0 + 1e-12);
    let shows = |n: u64| Ok::<_, StatsError>(Binomial::new(n, limit)?.cdf(errors) <= allowed);
    let mut fails = errors;
    let mut reaches = errors.saturating_mul(2).max(1);
    while !shows(reaches)? {
        fails = reaches;
        reaches = reaches.saturating_mul(2);
    }
    while reaches - fails > 1 {
        let middle = fails + (reaches - fails) / 2;
        if shows(middle)? {
            reaches = middle;
        } else {
            fails = middle;
        }
    }
    Ok(reaches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_an_error_it_is_a_logarithm() {
        for (limit, confidence) in [(0.5, 0.5), (0.001, 0.95), (1e-6, 0.99), (1e-9, 0.999)] {
            let exact = ((1.0 - confidence) as f64).ln() / libm::log1p(-limit);
            let n = requests_to_demonstrate(limit, 0, confidence).unwrap();
            assert_eq!(n, (exact * (1.0 - 1e-12)).ceil() as u64, "{limit}");
        }
        assert!(requests_to_demonstrate(0.0, 0, 0.95).is_err());
        assert!(requests_to_demonstrate(0.1, 0, 1.0).is_err());
        assert!(requests_to_demonstrate(1e-13, 0, 0.95).is_err());
    }

    proptest! {
        #[test]
        fn one_fewer_would_not_do(limit in 0.0001..0.9f64, errors in 0u64..50, confidence in 0.1..0.9999f64) {
            let n = requests_to_demonstrate(limit, errors, confidence).unwrap();
            let cdf = |n| Binomial::new(n, limit).unwrap().cdf(errors);
            prop_assert!(cdf(n) <= (1.0 - confidence) * (1.0 + 1e-11));
            prop_assert!(cdf(n - 1) > 1.0 - confidence);
            prop_assert!(n > errors);
        }
    }
}
