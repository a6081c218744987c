//! A count over all replications.

use super::types::RunsSummary;
use crate::mesh::Counts;

/// Mean, standard error and quantiles of a count; `None` if no run had any.
pub(super) fn runs(counts: Option<&Counts>, replications: u64) -> RunsSummary {
    let counts = counts.cloned().unwrap_or_default().of(replications);
    let runs = replications as f64;
    let mean = counts
        .iter()
        .map(|&(count, times)| count as f64 * times as f64);
    let mean = mean.sum::<f64>() / runs;
    let squares = counts.iter();
    let squares = squares.map(|&(count, times)| (count as f64 - mean).powi(2) * times as f64);
    let variance = squares.sum::<f64>() / (runs - 1.0).max(1.0);
    let quantile = |percent: u64| {
        // The smallest count that so many of the runs do not exceed.
        let least = (replications * percent).div_ceil(100);
        let mut below = 0;
        let reached = counts.iter().find(|(_, times)| {
            below += times;
            below >= least
        });
        reached.map_or(0, |&(count, _)| count)
    };
    let end = |pair: Option<&(u64, u64)>| pair.map_or(0, |&(count, _)| count);
    RunsSummary {
        mean,
        standard_error: (variance / runs).sqrt(),
        quantiles: [5, 50, 95].map(quantile),
        range: [end(counts.first()), end(counts.last())],
        counts,
    }
}
