//! Intervals over independent replications.

use serde::Serialize;

use crate::stats::special::student_t_quantile;
use crate::summary::Interval;
use crate::tally::service::{Outcome, RunFigures};

/// A figure over replications: each run gives one value, the values are independent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReplicatedFigure {
    /// The mean of the runs.
    pub mean: f64,
    /// Student's t interval for the expected value of one run, at the level of the run; absent with
    /// fewer than two runs.
    pub interval: Option<Interval>,
    /// Runs that had a value.
    pub runs: u32,
}

/// The responses of one version to the requests of one phase, over replications.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReplicatedResponses {
    /// The share of requests that were answered (200).
    pub ok: Option<ReplicatedFigure>,
    /// The share that failed (500).
    pub errors: Option<ReplicatedFigure>,
    /// The share that was refused (503).
    pub refused: Option<ReplicatedFigure>,
    /// The share that was not answered in time (504).
    pub timed_out: Option<ReplicatedFigure>,
    /// The mean time in seconds.
    pub mean_seconds: Option<ReplicatedFigure>,
    /// The median time of a run in seconds.
    pub p50_seconds: Option<ReplicatedFigure>,
    /// The 95% quantile of a run in seconds.
    pub p95_seconds: Option<ReplicatedFigure>,
    /// The 99% quantile of a run in seconds.
    pub p99_seconds: Option<ReplicatedFigure>,
}

/// The figures of one version in one phase, over its runs.
pub(super) fn replicated(runs: &[RunFigures], confidence: f64) -> ReplicatedResponses {
    let share = |outcome: Outcome| {
        let values = runs
            .iter()
            .filter_map(|run| Some(run.shares?[outcome as usize]));
        figure(values, confidence).map(|figure| ReplicatedFigure {
            interval: figure.interval.map(|interval| Interval {
                low: interval.low.max(0.0),
                high: interval.high.min(1.0),
            }),
            ..figure
        })
    };
    let quantile = |place: usize| {
        let values = runs.iter().filter_map(|run| run.quantiles[place]);
        figure(values, confidence)
    };
    ReplicatedResponses {
        ok: share(Outcome::Ok),
        errors: share(Outcome::Error),
        refused: share(Outcome::Refused),
        timed_out: share(Outcome::TimedOut),
        mean_seconds: figure(runs.iter().filter_map(|run| run.mean), confidence),
        p50_seconds: quantile(0),
        p95_seconds: quantile(1),
        p99_seconds: quantile(2),
    }
}

/// The mean of independent values, with Student's t interval.
#[expect(clippy::cast_precision_loss, reason = "few runs")]
fn figure(values: impl Iterator<Item = f64>, confidence: f64) -> Option<ReplicatedFigure> {
    let values: Vec<f64> = values.collect();
    let runs = u32::try_from(values.len()).ok().filter(|&runs| runs > 0)?;
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let tail = f64::midpoint(1.0, confidence);
    let interval = student_t_quantile(tail, runs - 1).ok().map(|t| {
        let half = t * (spread / (count - 1.0) / count).sqrt();
        Interval {
            low: mean - half,
            high: mean + half,
        }
    });
    Some(ReplicatedFigure {
        mean,
        interval,
        runs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_student_s() {
        // scipy.stats.t.interval(0.95, 4, loc=3, scale=scipy.stats.sem([1, 2, 3, 4, 5]))
        let found = figure((1..=5).map(f64::from), 0.95).unwrap();
        assert_eq!((found.mean, found.runs), (3.0, 5));
        let interval = found.interval.unwrap();
        assert!((interval.low - 1.036_756_838_522_439).abs() < 1e-9);
        assert!((interval.high - 4.963_243_161_477_561).abs() < 1e-9);
    }

    #[test]
    fn one_run_has_no_interval_and_none_has_no_mean() {
        let one = figure(std::iter::once(7.0), 0.95).unwrap();
        assert_eq!((one.mean, one.interval), (7.0, None));
        assert_eq!(figure(std::iter::empty(), 0.95), None);
    }
}
