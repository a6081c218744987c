//! Argo Rollouts: steps, and analysis runs (argoproj/argo-rollouts, analysis/analysis.go,
//! `assessMetricStatus`; utils/analysis/factory.go; metric evaluation in utils/evaluate).
//!
//! Where the documentation and the code differ, this is the code: a metric fails with the
//! measurement *after* `failureLimit` failures, and without any condition a measurement is
//! successful.

use std::time::Duration;

use super::{CanaryWeight, MAX_STEPS, Measure, RolloutError, ValueRange};

/// How long Argo waits before it measures again after an error (analysis/analysis.go,
/// `DefaultErrorRetryInterval`).
pub const ERROR_RETRY: Duration = Duration::from_secs(10);

/// A rollout by Argo Rollouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argo {
    steps: Vec<ArgoStep>,
    background: Option<Background>,
}

/// A step of a canary rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgoStep {
    /// The new version gets this weight.
    SetWeight(CanaryWeight),
    /// Nothing happens for that long; without a duration, until somebody promotes.
    Pause(Option<Duration>),
    /// An analysis run that must succeed before the next step.
    Analysis(Analysis),
}

/// An analysis run beside the steps; it ends with them, successful unless it has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// What is measured.
    pub analysis: Analysis,
    /// The step with which it starts, counted from 0.
    pub starting_step: usize,
}

/// The metrics of an analysis run; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    metrics: Vec<ArgoMetric>,
}

/// What a measurement is judged to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judged {
    /// It counts towards `consecutiveSuccessLimit`.
    Successful,
    /// It counts towards `inconclusiveLimit`.
    Inconclusive,
    /// It counts towards `consecutiveErrorLimit`, does not count towards `count`, and is measured
    /// again ten seconds later.
    Error,
    /// It counts towards `failureLimit`.
    Failed,
}

/// What a metric consists of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgoMetricParts {
    /// What it is called.
    pub name: String,
    /// What is measured.
    pub measure: Measure,
    /// How far back its query looks.
    pub window: Duration,
    /// `successCondition`: the values that are successful.
    pub success: Option<ValueRange>,
    /// `failureCondition`: the values that are failed.
    pub failure: Option<ValueRange>,
    /// What an empty result comes to: no series at all, because no request was ever made.
    pub empty: Judged,
    /// What NaN comes to: there are series, and no request in the window.
    pub nan: Judged,
    /// The time between two measurements; absent: one measurement.
    pub interval: Option<Duration>,
    /// How many measurements; absent: one, or with an interval until the rollout ends.
    pub count: Option<u32>,
    /// The time before the first measurement.
    pub initial_delay: Duration,
    /// It fails with one more failed measurement than this (0 if absent); `None` (−1) never fails.
    pub failure_limit: Option<u32>,
    /// It is inconclusive with one more inconclusive measurement than this (0 if absent); `None`
    /// (−1) never is.
    pub inconclusive_limit: Option<u32>,
    /// It errs with one more error in a row than this (4 if absent).
    pub consecutive_error_limit: u32,
    /// It succeeds with so many successes in a row; `None` (0) waits for `count`.
    pub consecutive_success_limit: Option<u32>,
    /// Measured and reported, and without consequences.
    pub dry_run: bool,
}

impl ArgoMetricParts {
    /// One measurement with Argo's defaults: no condition, failureLimit 0, inconclusiveLimit 0,
    /// consecutiveErrorLimit 4; an empty result is an error, and NaN is not in the range.
    #[must_use]
    pub fn named(name: impl Into<String>, measure: Measure, window: Duration) -> Self {
        Self {
            name: name.into(),
            measure,
            window,
            success: None,
            failure: None,
            empty: Judged::Error,
            nan: Judged::Failed,
            interval: None,
            count: None,
            initial_delay: Duration::ZERO,
            failure_limit: Some(0),
            inconclusive_limit: Some(0),
            consecutive_error_limit: 4,
            consecutive_success_limit: None,
            dry_run: false,
        }
    }
}

/// A metric of an analysis run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgoMetric {
    parts: ArgoMetricParts,
}

impl ArgoMetric {
    /// Checks and makes a metric.
    ///
    /// # Errors
    /// [`RolloutError`] if the window, the interval, the count or `consecutiveSuccessLimit` is
    /// there and zero, or if several measurements are asked for without an interval.
    pub fn new(parts: ArgoMetricParts) -> Result<Self, RolloutError> {
        if parts.window.is_zero() {
            return Err(RolloutError::NoTime("window"));
        }
        if parts.interval.is_some_and(|interval| interval.is_zero()) {
            return Err(RolloutError::NoTime("interval"));
        }
        if parts.count == Some(0) {
            return Err(RolloutError::NoCount("count"));
        }
        if parts.interval.is_none() && parts.count.is_some_and(|count| count > 1) {
            return Err(RolloutError::NoTime("interval"));
        }
        if parts.consecutive_success_limit == Some(0) {
            return Err(RolloutError::NoCount("consecutiveSuccessLimit"));
        }
        Ok(Self { parts })
    }

    /// What it consists of.
    #[must_use]
    pub fn parts(&self) -> &ArgoMetricParts {
        &self.parts
    }

    /// How many measurements it takes at most, errors aside; `None` without an end.
    #[must_use]
    pub fn measurements(&self) -> Option<u32> {
        match (self.parts.count, self.parts.interval) {
            (Some(count), _) => Some(count),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        }
    }
}

impl Analysis {
    /// An analysis run of these metrics.
    ///
    /// # Errors
    /// [`RolloutError::NoMetrics`] without any.
    pub fn new(metrics: Vec<ArgoMetric>) -> Result<Self, RolloutError> {
        if metrics.is_empty() {
            return Err(RolloutError::NoMetrics);
        }
        Ok(Self { metrics })
    }

    /// The metrics; at least one.
    #[must_use]
    pub fn metrics(&self) -> &[ArgoMetric] {
        &self.metrics
    }
}

impl Argo {
    /// A rollout by Argo Rollouts.
    ///
    /// # Errors
    /// [`RolloutError`] without steps or with too many, with an inline analysis that never ends,
    /// or if the background analysis starts at a step that is not there.
    pub fn new(steps: Vec<ArgoStep>, background: Option<Background>) -> Result<Self, RolloutError> {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(RolloutError::Steps(steps.len()));
        }
        for step in &steps {
            if let ArgoStep::Analysis(analysis) = step
                && analysis.metrics.iter().all(|metric| {
                    metric.measurements().is_none()
                        && metric.parts.consecutive_success_limit.is_none()
                })
            {
                return Err(RolloutError::Endless);
            }
        }
        if let Some(background) = &background
            && background.starting_step >= steps.len()
        {
            return Err(RolloutError::StartingStep(background.starting_step));
        }
        Ok(Self { steps, background })
    }

    /// The steps, in order. After the last one the new version gets all traffic.
    #[must_use]
    pub fn steps(&self) -> &[ArgoStep] {
        &self.steps
    }

    /// The analysis beside the steps, if there is one.
    #[must_use]
    pub fn background(&self) -> Option<&Background> {
        self.background.as_ref()
    }

    /// All analyses: the one in the background first, then those between the steps.
    pub fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        let background = self
            .background
            .iter()
            .map(|background| &background.analysis);
        let inline = self.steps.iter().filter_map(|step| match step {
            ArgoStep::Analysis(analysis) => Some(analysis),
            ArgoStep::SetWeight(_) | ArgoStep::Pause(_) => None,
        });
        background.chain(inline)
    }

    /// Whether a metric with consequences is a latency.
    #[must_use]
    pub fn checks_latency(&self) -> bool {
        let mut metrics = self.analyses().flat_map(Analysis::metrics);
        metrics.any(|metric| {
            let parts = metric.parts();
            !parts.dry_run && matches!(parts.measure, Measure::LatencyQuantile { .. })
        })
    }

    /// The same rollout with every metric changed.
    ///
    /// # Errors
    /// What `change` returns, and as [`Argo::new`].
    pub fn with_metrics(
        &self,
        change: &dyn Fn(&ArgoMetric) -> Result<ArgoMetric, RolloutError>,
    ) -> Result<Self, RolloutError> {
        let analysis = |analysis: &Analysis| -> Result<Analysis, RolloutError> {
            let metrics = analysis.metrics().iter().map(change);
            Analysis::new(metrics.collect::<Result<_, _>>()?)
        };
        let steps = self.steps().iter().map(|step| {
            Ok(match step {
                ArgoStep::Analysis(inline) => ArgoStep::Analysis(analysis(inline)?),
                other => other.clone(),
            })
        });
        let background = self.background().map(|background| {
            Ok::<_, RolloutError>(Background {
                analysis: analysis(&background.analysis)?,
                starting_step: background.starting_step,
            })
        });
        Self::new(
            steps.collect::<Result<_, RolloutError>>()?,
            background.transpose()?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(change: impl FnOnce(&mut ArgoMetricParts)) -> Result<ArgoMetric, RolloutError> {
        let mut parts =
            ArgoMetricParts::named("success", Measure::SuccessRate, Duration::from_secs(60));
        change(&mut parts);
        ArgoMetric::new(parts)
    }

    #[test]
    fn a_metric_without_an_interval_is_measured_once() {
        assert_eq!(metric(|_| {}).unwrap().measurements(), Some(1));
        let minute = Some(Duration::from_secs(60));
        let endless = metric(|parts| parts.interval = minute).unwrap();
        assert_eq!(endless.measurements(), None);
        assert!(metric(|parts| parts.count = Some(3)).is_err());
        let inline = ArgoStep::Analysis(Analysis::new(vec![endless]).unwrap());
        assert_eq!(Argo::new(vec![inline], None), Err(RolloutError::Endless));
    }

    #[test]
    fn a_background_analysis_starts_at_a_step() {
        let background = Background {
            analysis: Analysis::new(vec![metric(|_| {}).unwrap()]).unwrap(),
            starting_step: 1,
        };
        let steps = vec![ArgoStep::SetWeight(CanaryWeight::ALL)];
        assert_eq!(
            Argo::new(steps, Some(background)),
            Err(RolloutError::StartingStep(1))
        );
    }
}
