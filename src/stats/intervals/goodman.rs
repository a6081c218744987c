//! Goodman's intervals for several shares that hold together.

use super::single::score;
use super::{Interval, check};
use crate::stats::StatsError;
use crate::stats::special::chi_square_upper_quantile;

/// Goodman's simultaneous intervals: Wilson's form with the χ²₁ quantile at 1 − α/k for k shares
/// (Goodman 1965).
///
/// # Errors
/// [`StatsError::Domain`] without any observation, or for a confidence outside (0, 1).
///
/// ```
/// use shiftsim::stats::intervals::goodman;
/// let intervals = goodman(&[7, 8], 0.95)?;
/// assert!((intervals[0].low - 0.2250001510769331).abs() < 1e-10);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn goodman(counts: &[u64], confidence: f64) -> Result<Vec<Interval>, StatsError> {
    let n = counts.iter().sum();
    check(0, n, confidence)?;
    let z2 = chi_square_upper_quantile((1.0 - confidence) / counts.len() as f64, 1.0)?;
    Ok(counts.iter().map(|&count| score(count, n, z2)).collect())
}
