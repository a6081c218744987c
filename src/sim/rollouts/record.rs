//! What a rollout did: its outcome, and tick by tick if somebody wants to see it.

use std::cell::RefCell;

use super::argo;
use super::observer::{Counts, Observer, Totals, Value};
use crate::rollout::{ArgoMetricParts, Judged, MetricCheck, Route};

/// How a rollout ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The new version gets all traffic.
    Promoted,
    /// The old version gets all traffic again.
    RolledBack {
        /// Whether at least one of the failed checks had no data.
        without_data: bool,
    },
    /// It stands still until somebody decides.
    Undecided,
}

/// Which rule ended a rollout.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Every step has passed.
    AllPassed,
    /// The schedule is at its end.
    ScheduleEnded,
    /// So many checks have failed.
    FailedChecks {
        /// How many.
        failed: u32,
    },
    /// A metric of an analysis run has ended badly.
    Metric {
        /// Which.
        name: String,
        /// How: `failed`, `in error` or `inconclusive`.
        ended: &'static str,
    },
    /// The shares of the errors contradict the weights.
    ErrorShare {
        /// The evidence: at least one over the level.
        e_value: f64,
    },
    /// Too many ticks in a row without enough requests.
    NotEnoughData,
}

/// What a tick came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TickResult {
    /// Every check passed.
    Passed,
    /// A check did not.
    Failed,
    /// A check had no value.
    NoData,
    /// It decided nothing: too few requests, or an inconclusive result.
    NotEnough,
    /// A sequential test has looked.
    Evidence {
        /// Its e-value.
        e_value: f64,
        /// Whether it has crossed its threshold.
        crossed: bool,
    },
}

/// One tick, or one measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct TickRecord {
    /// Nanoseconds since the rollout began.
    pub at: u64,
    /// Where requests have gone since the last tick.
    pub route: Route,
    /// What it came to.
    pub result: TickResult,
    /// The metric that decided, if one did.
    pub metric: Option<String>,
    /// Its value.
    pub value: Option<Value>,
    /// What the metrics counted over the metric's window.
    pub window: Counts,
    /// Requests so far.
    pub totals: Totals,
    /// Failed checks so far, this one included.
    pub failed_checks: u32,
}

impl TickRecord {
    pub(super) fn new(observer: &Observer, route: Route, result: TickResult) -> Self {
        Self {
            at: observer.now(),
            route,
            result,
            metric: None,
            value: None,
            window: Counts::default(),
            totals: observer.totals(),
            failed_checks: 0,
        }
    }

    /// A tick whose checks all passed.
    pub(super) fn passed(observer: &Observer, route: Route, checks: &[MetricCheck]) -> Self {
        let record = Self::new(observer, route, TickResult::Passed);
        match checks.first() {
            None => record,
            Some(check) => Self {
                metric: Some(check.name.clone()),
                value: Some(observer.measure(&check.measure, check.window())),
                window: observer.counted(check.window()),
                ..record
            },
        }
    }

    /// A tick that a check ended.
    pub(super) fn of_check(
        observer: &Observer,
        route: Route,
        check: &MetricCheck,
        value: Value,
    ) -> Self {
        let result = match value {
            Value::Empty | Value::NotANumber => TickResult::NoData,
            Value::Share { .. } | Value::Milliseconds(_) | Value::Given(_) => TickResult::Failed,
        };
        Self {
            metric: Some(check.name.clone()),
            value: Some(value),
            window: observer.counted(check.window()),
            ..Self::new(observer, route, result)
        }
    }

    /// A measurement of an analysis run.
    pub(super) fn of_measurement(
        observer: &Observer,
        route: Route,
        parts: &ArgoMetricParts,
        value: Value,
        judged: Judged,
    ) -> Self {
        Self {
            metric: Some(parts.name.clone()),
            value: Some(value),
            window: observer.counted(parts.window),
            ..Self::new(observer, route, argo::result_of(judged, value))
        }
    }
}

/// Where ticks are written down, if anywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log<'a>(pub(super) Option<&'a RefCell<Vec<TickRecord>>>);

impl Log<'_> {
    pub(super) fn push(self, record: impl FnOnce() -> TickRecord) {
        if let Some(records) = self.0 {
            records.borrow_mut().push(record());
        }
    }

    /// Writes the counter into the last record.
    pub(super) fn set_failed(self, failed: u32) {
        if let Some(records) = self.0
            && let Some(last) = records.borrow_mut().last_mut()
        {
            last.failed_checks = failed;
        }
    }
}
