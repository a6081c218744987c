//! What a sample is worth: multinomial probabilities, effective sample sizes, expected ranges.

use super::StatsError;
use super::binomial::Binomial;
use super::special::ln_factorial;

/// ln P(C = counts) of the multinomial law: ln n! − Σ ln c_i! + Σ c_i ln w_i. Minus infinity when a
/// count stands at a share of zero. Absolute error some 10^-15 times ln n!.
///
/// # Errors
/// [`StatsError::Domain`] unless there is one share per count, none negative, and they sum to 1
/// within 10^-9.
///
/// ```
/// use shiftsim::stats::sampling::multinomial_ln_pmf;
/// let p = multinomial_ln_pmf(&[2, 1, 1], &[0.5, 0.25, 0.25])?.exp();
/// assert!((p - 12.0 / 64.0).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn multinomial_ln_pmf(counts: &[u64], shares: &[f64]) -> Result<f64, StatsError> {
    check_shares(counts.len(), shares)?;
    let n = counts.iter().sum();
    let terms = counts
        .iter()
        .zip(shares)
        .map(|(&count, &share)| match count {
            0 => 0.0,
            _ => count as f64 * share.ln() - ln_factorial(count),
        });
    Ok(ln_factorial(n) + terms.sum::<f64>())
}

/// Checks that shares are a probability for each of `cells` cells.
pub(super) fn check_shares(cells: usize, shares: &[f64]) -> Result<(), StatsError> {
    let sum: f64 = shares.iter().sum();
    let valid = shares.iter().all(|share| (0.0..=1.0).contains(share));
    if cells != shares.len() || cells == 0 || !valid || (sum - 1.0).abs() > 1e-9 {
        return Err(StatsError::Domain {
            name: "shares",
            expected: "one share in [0, 1] per count, summing to 1",
            value: format!("{shares:?} for {cells} counts"),
        });
    }
    Ok(())
}

/// Kish's effective sample size (Σm)²/Σm²: what n requests are worth when they come in groups that
/// share one draw, such as users who keep their version, or connections that carry several
/// requests. `groups` holds the requests of each group.
///
/// # Errors
/// [`StatsError::Domain`] without a single request.
///
/// ```
/// use shiftsim::stats::sampling::effective_sample_size;
/// // 1000 requests of 100 sticky users, 10 each
/// assert_eq!(effective_sample_size(&[10; 100])?, 100.0);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn effective_sample_size(groups: &[u64]) -> Result<f64, StatsError> {
    let sum: f64 = groups.iter().map(|&size| size as f64).sum();
    let squares: f64 = groups.iter().map(|&size| (size as f64).powi(2)).sum();
    if squares == 0.0 {
        return Err(StatsError::Domain {
            name: "groups",
            expected: "at least one request in all",
            value: format!("{} groups without any", groups.len()),
        });
    }
    Ok(sum * sum / squares)
}

/// The equal-tailed range of counts [low, high] that holds at least `confidence` of a binomial law:
/// the quantiles at (1 − confidence)/2 on either side, inclusive.
///
/// # Errors
/// [`StatsError::Domain`] unless p lies in [0, 1] and `confidence` in (0, 1).
///
/// ```
/// use shiftsim::stats::sampling::expected_range;
/// assert_eq!(expected_range(20, 0.2, 0.95)?, (1, 8));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn expected_range(n: u64, p: f64, confidence: f64) -> Result<(u64, u64), StatsError> {
    if confidence.is_nan() || confidence <= 0.0 || confidence >= 1.0 {
        return Err(StatsError::Domain {
            name: "confidence",
            expected: "in (0, 1)",
            value: confidence.to_string(),
        });
    }
    let law = Binomial::new(n, p)?;
    let tail = (1.0 - confidence) / 2.0;
    Ok((law.quantile(tail)?, law.quantile(1.0 - tail)?))
}
