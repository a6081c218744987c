//! A metric of an analysis run: measurements against limits (argoproj/argo-rollouts,
//! analysis/analysis.go, `assessMetricStatus`).
//!
//! After each measurement the limits are looked at in the order of the code: failures,
//! inconclusive results, errors in a row; then successes in a row; then whether `count` is reached.

use std::collections::BTreeMap;

use crate::stats::StatsError;

/// The limits of a metric; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Measurements in all, errors aside; `None`: until the laws end.
    pub count: Option<u32>,
    /// Failed with more failures than this.
    pub failures: Option<u32>,
    /// Inconclusive with more inconclusive results than this.
    pub inconclusive: Option<u32>,
    /// In error with more errors in a row than this.
    pub errors_in_a_row: u32,
    /// Successful with so many successes in a row.
    pub successes_in_a_row: Option<u32>,
}

/// What a measurement comes to. The four sum to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasurementLaw {
    /// P(successful).
    pub successful: f64,
    /// P(failed).
    pub failed: f64,
    /// P(inconclusive).
    pub inconclusive: f64,
    /// P(error).
    pub error: f64,
}

/// How a metric ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Successful.
    Successful,
    /// Inconclusive.
    Inconclusive,
    /// Error.
    Error,
    /// Failed.
    Failed,
}

/// How a metric ends, and when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricLaw {
    /// P(successful by measurement number m), from m = 0 on.
    pub successful: Vec<f64>,
    /// P(inconclusive by measurement number m).
    pub inconclusive: Vec<f64>,
    /// P(in error by measurement number m).
    pub error: Vec<f64>,
    /// P(failed by measurement number m).
    pub failed: Vec<f64>,
    /// P(still running when the laws end).
    pub running: f64,
}

impl MetricLaw {
    /// P(it ends in that phase).
    #[must_use]
    pub fn probability(&self, phase: Phase) -> f64 {
        self.of(phase).iter().sum()
    }

    /// P(it ends in that phase with measurement number m), from m = 0 on.
    #[must_use]
    pub fn of(&self, phase: Phase) -> &[f64] {
        match phase {
            Phase::Successful => &self.successful,
            Phase::Inconclusive => &self.inconclusive,
            Phase::Error => &self.error,
            Phase::Failed => &self.failed,
        }
    }

    fn add(&mut self, phase: Phase, measurement: usize, mass: f64) {
        let law = match phase {
            Phase::Successful => &mut self.successful,
            Phase::Inconclusive => &mut self.inconclusive,
            Phase::Error => &mut self.error,
            Phase::Failed => &mut self.failed,
        };
        if law.len() <= measurement {
            law.resize(measurement + 1, 0.0);
        }
        law[measurement] += mass;
    }
}

/// The counters of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Counters {
    measured: u32,
    failed: u32,
    inconclusive: u32,
    errors_in_a_row: u32,
    successes_in_a_row: u32,
}

impl Counters {
    fn after(mut self, result: Phase) -> Self {
        self.measured += u32::from(result != Phase::Error);
        self.failed += u32::from(result == Phase::Failed);
        self.inconclusive += u32::from(result == Phase::Inconclusive);
        self.errors_in_a_row = match result {
            Phase::Error => self.errors_in_a_row + 1,
            _ => 0,
        };
        self.successes_in_a_row = match result {
            Phase::Successful => self.successes_in_a_row + 1,
            _ => 0,
        };
        self
    }

    /// The phase that these counters mean, if the metric has ended.
    fn phase(self, limits: &Limits) -> Option<Phase> {
        if self.errors_in_a_row > limits.errors_in_a_row {
            return Some(Phase::Error);
        }
        if limits
            .inconclusive
            .is_some_and(|limit| self.inconclusive > limit)
        {
            return Some(Phase::Inconclusive);
        }
        if limits.failures.is_some_and(|limit| self.failed > limit) {
            return Some(Phase::Failed);
        }
        let enough = limits.successes_in_a_row;
        if enough.is_some_and(|enough| self.successes_in_a_row >= enough) {
            return Some(Phase::Successful);
        }
        if limits.count.is_some_and(|count| self.measured >= count) {
            return Some(match (limits.failures, enough) {
                (Some(_), Some(_)) => Phase::Inconclusive,
                (None, Some(_)) => Phase::Failed,
                (_, None) => Phase::Successful,
            });
        }
        None
    }

    /// Counters that no limit looks at are forgotten, so that few states remain.
    fn forget(mut self, limits: &Limits) -> Self {
        if limits.count.is_none() {
            self.measured = 0;
        }
        if limits.failures.is_none() {
            self.failed = 0;
        }
        if limits.inconclusive.is_none() {
            self.inconclusive = 0;
        }
        if limits.successes_in_a_row.is_none() {
            self.successes_in_a_row = 0;
        }
        self
    }
}

/// How a metric ends whose measurements have these laws, in order. It is still running where the
/// laws end before it does. Exact: a recursion over the counters.
///
/// # Errors
/// [`StatsError::Domain`] if a law is none; [`StatsError::Limit`] if the counters can stand in more than a million ways.
///
/// ```
/// # use shiftsim::stats::gates::measurements::{Limits, MeasurementLaw, Phase, metric};
/// // ten measurements, none of which may fail
/// let limits = Limits {
///     count: Some(10),
///     failures: Some(0),
///     inconclusive: Some(0),
///     errors_in_a_row: 4,
///     successes_in_a_row: None,
/// };
/// let law = MeasurementLaw { successful: 0.99, failed: 0.01, inconclusive: 0.0, error: 0.0 };
/// let ends = metric(&[law; 10], &limits)?;
/// assert!((ends.probability(Phase::Successful) - 0.99f64.powi(10)).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn metric(laws: &[MeasurementLaw], limits: &Limits) -> Result<MetricLaw, StatsError> {
    const MOST_STATES: usize = 1_000_000;
    for law in laws {
        for mass in [law.successful, law.failed, law.inconclusive, law.error] {
            // A sum of masses may be off by its last bits.
            if !(-1e-9..=1.0 + 1e-9).contains(&mass) {
                return Err(StatsError::domain("laws", "probabilities in [0, 1]", mass));
            }
        }
    }
    let mut result = MetricLaw::default();
    let mut states = BTreeMap::from([(Counters::default(), 1.0_f64)]);
    for (place, law) in laws.iter().enumerate() {
        let mut next: BTreeMap<Counters, f64> = BTreeMap::new();
        let outcomes = [
            (Phase::Successful, law.successful),
            (Phase::Failed, law.failed),
            (Phase::Inconclusive, law.inconclusive),
            (Phase::Error, law.error),
        ];
        for (counters, mass) in states {
            for (outcome, probability) in outcomes {
                if probability <= 0.0 {
                    continue;
                }
                let after = counters.after(outcome);
                match after.phase(limits) {
                    Some(phase) => result.add(phase, place + 1, mass * probability),
                    None => {
                        *next.entry(after.forget(limits)).or_default() += mass * probability;
                    }
                }
            }
        }
        if next.len() > MOST_STATES {
            return Err(StatsError::Limit {
                what: "the counters of a metric".into(),
                limit: "a million states".into(),
            });
        }
        states = next;
        if states.is_empty() {
            break;
        }
    }
    result.running = states.values().sum();
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::binomial::Binomial;
    use proptest::prelude::*;

    fn limits(count: u32, failures: Option<u32>) -> Limits {
        Limits {
            count: Some(count),
            failures,
            inconclusive: Some(0),
            errors_in_a_row: 4,
            successes_in_a_row: None,
        }
    }

    fn fails(failed: f64) -> MeasurementLaw {
        MeasurementLaw {
            successful: 1.0 - failed,
            failed,
            inconclusive: 0.0,
            error: 0.0,
        }
    }

    #[test]
    fn it_fails_with_the_measurement_after_the_limit() {
        let law = metric(&[fails(1.0); 10], &limits(10, Some(3))).unwrap();
        assert_eq!(law.failed, [0.0, 0.0, 0.0, 0.0, 1.0]);
        let never = metric(&[fails(1.0); 10], &limits(10, None)).unwrap();
        assert_eq!(never.probability(Phase::Successful), 1.0);
    }

    #[test]
    fn the_fifth_error_in_a_row_ends_it_and_none_counts() {
        let error = MeasurementLaw {
            successful: 0.0,
            failed: 0.0,
            inconclusive: 0.0,
            error: 1.0,
        };
        let law = metric(&[error; 10], &limits(2, Some(0))).unwrap();
        assert_eq!(law.error, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let one = [error, fails(0.0), error, fails(0.0)];
        let law = metric(&one, &limits(2, Some(0))).unwrap();
        assert_eq!(law.successful, [0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn the_end_depends_on_which_limits_there_are() {
        let mut both = limits(3, Some(3));
        both.successes_in_a_row = Some(4);
        let law = metric(&[fails(0.0); 3], &both).unwrap();
        assert_eq!(law.probability(Phase::Inconclusive), 1.0);
        both.failures = None;
        let law = metric(&[fails(0.0); 3], &both).unwrap();
        assert_eq!(law.probability(Phase::Failed), 1.0);
        both.count = None;
        assert_eq!(metric(&[fails(0.0); 3], &both).unwrap().running, 1.0);
    }

    proptest! {
        #[test]
        fn a_failure_limit_alone_is_a_binomial_tail(
            failed in 0.0..1.0f64,
            count in 1u32..40,
            limit in 0u32..10,
        ) {
            let laws = vec![fails(failed); count as usize];
            let law = metric(&laws, &limits(count, Some(limit))).unwrap();
            let expected = Binomial::new(count.into(), failed).unwrap().cdf(limit.into());
            prop_assert!((law.probability(Phase::Successful) - expected).abs() < 1e-12);
        }
    }
}
