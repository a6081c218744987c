//! Argo Rollouts' controller: the steps, and the analysis runs beside and between them
//! (argoproj/argo-rollouts, rollout/canary.go, rollout/analysis.go, analysis/analysis.go).

use super::layout::nanos;
use super::observer::{Observer, Value};
use super::record::{Log, Outcome, Reason, TickRecord, TickResult};
use super::{Decision, MANUAL_PAUSE, Next};
use crate::rollout::{
    Analysis, Argo, ArgoMetric, ArgoMetricParts, ArgoStep, CanaryWeight, ERROR_RETRY, Judged, Route,
};

/// How a metric or a run ends, the worse the later (utils/analysis/helpers.go, `Worst`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Successful,
    Running,
    Inconclusive,
    Error,
    Failed,
}

#[derive(Debug)]
pub(super) struct ArgoController<'a> {
    rollout: &'a Argo,
    route: Route,
    /// The step that runs; its place in the list.
    step: usize,
    paused_until: Option<u64>,
    inline: Option<Run<'a>>,
    background: Option<Run<'a>>,
    failed: u32,
}

impl<'a> ArgoController<'a> {
    pub(super) fn new(rollout: &'a Argo) -> Self {
        Self {
            rollout,
            route: Route::users(CanaryWeight::NONE),
            step: 0,
            paused_until: None,
            inline: None,
            background: None,
            failed: 0,
        }
    }

    pub(super) fn tick(&mut self, observer: &Observer, log: Log) -> Next {
        let now = observer.now();
        loop {
            if let Some(background) = self.rollout.background()
                && self.background.is_none()
                && self.step >= background.starting_step
                && self.step < self.rollout.steps().len()
            {
                self.background = Some(Run::start(&background.analysis, now));
            }
            let route = self.route;
            for run in [&mut self.background, &mut self.inline]
                .into_iter()
                .flatten()
            {
                self.failed += run.measure(observer, route, log);
                log.set_failed(self.failed);
                if let Some(decision) = run.decision() {
                    return Next::Done(decision);
                }
            }
            let inline_runs = self.inline.as_ref().is_some_and(|run| !run.has_succeeded());
            let pauses = self.paused_until.is_some_and(|until| until > now);
            if inline_runs || pauses {
                return self.wait();
            }
            if self.inline.take().is_some() || self.paused_until.take().is_some() {
                self.step += 1;
            }
            match self.rollout.steps().get(self.step) {
                None => {
                    return Next::Done(Decision {
                        outcome: Outcome::Promoted,
                        reason: Reason::AllPassed,
                    });
                }
                Some(ArgoStep::SetWeight(weight)) => {
                    self.route = Route::users(*weight);
                    self.step += 1;
                }
                Some(ArgoStep::Pause(span)) => {
                    self.paused_until = Some(now + nanos(span.unwrap_or(MANUAL_PAUSE)));
                }
                Some(ArgoStep::Analysis(analysis)) => {
                    self.inline = Some(Run::start(analysis, now));
                }
            }
        }
    }

    fn wait(&self) -> Next {
        let runs = [&self.background, &self.inline];
        let due = runs.into_iter().flatten().filter_map(Run::next_due);
        Next::Go {
            route: self.route,
            until: due.chain(self.paused_until).min().unwrap_or(u64::MAX),
        }
    }
}

/// An analysis run.
#[derive(Debug)]
struct Run<'a> {
    metrics: Vec<MetricRun<'a>>,
}

impl<'a> Run<'a> {
    fn start(analysis: &'a Analysis, now: u64) -> Self {
        let metrics = analysis.metrics().iter();
        Self {
            metrics: metrics
                .map(|metric| MetricRun::start(metric, now))
                .collect(),
        }
    }

    /// Takes every measurement that is due; the number of failed ones.
    fn measure(&mut self, observer: &Observer, route: Route, log: Log) -> u32 {
        let metrics = self.metrics.iter_mut();
        metrics
            .map(|metric| metric.measure(observer, route, log))
            .sum()
    }

    /// A metric that has ended badly ends the run, and the rollout with it.
    fn decision(&self) -> Option<Decision> {
        let counted = self.metrics.iter().enumerate();
        let worst = counted
            .filter(|(_, metric)| !metric.parts.dry_run)
            .max_by_key(|(_, metric)| metric.phase)?;
        let reason = |words| Reason::Metric {
            name: worst.1.parts.name.clone(),
            ended: words,
        };
        let (outcome, words) = match worst.1.phase {
            Phase::Failed => (
                Outcome::RolledBack {
                    without_data: worst.1.without_data,
                },
                "failed",
            ),
            Phase::Error => (Outcome::RolledBack { without_data: true }, "in error"),
            Phase::Inconclusive => (Outcome::Undecided, "inconclusive"),
            Phase::Running | Phase::Successful => return None,
        };
        Some(Decision {
            outcome,
            reason: reason(words),
        })
    }

    fn has_succeeded(&self) -> bool {
        let mut counted = self.metrics.iter().filter(|metric| !metric.parts.dry_run);
        counted.all(|metric| metric.phase == Phase::Successful)
    }

    fn next_due(&self) -> Option<u64> {
        self.metrics.iter().filter_map(|metric| metric.due).min()
    }
}

/// A metric of an analysis run.
#[derive(Debug)]
struct MetricRun<'a> {
    parts: &'a ArgoMetricParts,
    phase: Phase,
    /// When it is measured next.
    due: Option<u64>,
    measured: u32,
    failed: u32,
    inconclusive: u32,
    consecutive_errors: u32,
    consecutive_successes: u32,
    without_data: bool,
}

impl<'a> MetricRun<'a> {
    fn start(metric: &'a ArgoMetric, now: u64) -> Self {
        let parts = metric.parts();
        Self {
            parts,
            phase: Phase::Running,
            due: Some(now + nanos(parts.initial_delay)),
            measured: 0,
            failed: 0,
            inconclusive: 0,
            consecutive_errors: 0,
            consecutive_successes: 0,
            without_data: false,
        }
    }

    /// One measurement if it is due; 1 if it failed.
    fn measure(&mut self, observer: &Observer, route: Route, log: Log) -> u32 {
        let now = observer.now();
        if self.due.is_none_or(|due| due > now) {
            return 0;
        }
        let value = observer.measure(&self.parts.measure, self.parts.window);
        let judged = judge(self.parts, value);
        let no_data = matches!(value, Value::Empty | Value::NotANumber);
        match judged {
            Judged::Successful => {
                self.consecutive_successes += 1;
                self.consecutive_errors = 0;
                self.measured += 1;
            }
            Judged::Failed => {
                self.failed += 1;
                self.measured += 1;
                self.without_data |= no_data;
            }
            Judged::Inconclusive => {
                self.inconclusive += 1;
                self.measured += 1;
            }
            Judged::Error => self.consecutive_errors += 1,
        }
        if judged != Judged::Successful {
            self.consecutive_successes = 0;
        }
        if judged != Judged::Error {
            self.consecutive_errors = 0;
        }
        self.phase = self.assess();
        self.due = (self.phase == Phase::Running).then(|| {
            let pause = match (judged, self.parts.interval) {
                (Judged::Error, _) => ERROR_RETRY,
                // One measurement that has not ended the metric: nothing more will come.
                (_, interval) => interval.unwrap_or(ERROR_RETRY),
            };
            now + nanos(pause)
        });
        log.push(|| TickRecord::of_measurement(observer, route, self.parts, value, judged));
        u32::from(judged == Judged::Failed)
    }

    /// `assessMetricStatus`: of the first three, a later one overrides an earlier one.
    fn assess(&self) -> Phase {
        let parts = self.parts;
        let mut ended = None;
        if parts.failure_limit.is_some_and(|limit| self.failed > limit) {
            ended = Some(Phase::Failed);
        }
        if parts
            .inconclusive_limit
            .is_some_and(|limit| self.inconclusive > limit)
        {
            ended = Some(Phase::Inconclusive);
        }
        if self.consecutive_errors > parts.consecutive_error_limit {
            ended = Some(Phase::Error);
        }
        if let Some(phase) = ended {
            return phase;
        }
        let enough = parts.consecutive_success_limit;
        if enough.is_some_and(|enough| self.consecutive_successes >= enough) {
            return Phase::Successful;
        }
        let count = match (parts.count, parts.interval) {
            (Some(count), _) => Some(count),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        };
        if count.is_some_and(|count| self.measured >= count) {
            return match (parts.failure_limit, enough) {
                (Some(_), Some(_)) => Phase::Inconclusive,
                (None, Some(_)) => Phase::Failed,
                (_, None) => Phase::Successful,
            };
        }
        Phase::Running
    }
}

/// What a value is judged to be (utils/evaluate/evaluate.go, `EvaluateResult`).
fn judge(parts: &ArgoMetricParts, value: Value) -> Judged {
    let lies_in = |range| value.lies_in(range).unwrap_or(false);
    match value {
        Value::Empty => return parts.empty,
        Value::NotANumber => return parts.nan,
        Value::Share { .. } | Value::Milliseconds(_) | Value::Given(_) => {}
    }
    match (&parts.success, &parts.failure) {
        (None, None) => Judged::Successful,
        (Some(success), None) if lies_in(success) => Judged::Successful,
        (Some(_), None) => Judged::Failed,
        (None, Some(failure)) if lies_in(failure) => Judged::Failed,
        (None, Some(_)) => Judged::Successful,
        (Some(_), Some(failure)) if lies_in(failure) => Judged::Failed,
        (Some(success), Some(_)) if lies_in(success) => Judged::Successful,
        (Some(_), Some(_)) => Judged::Inconclusive,
    }
}

/// What a record says of a measurement.
pub(super) fn result_of(judged: Judged, value: Value) -> TickResult {
    let no_data = matches!(value, Value::Empty | Value::NotANumber);
    match judged {
        Judged::Successful => TickResult::Passed,
        Judged::Failed if no_data => TickResult::NoData,
        Judged::Failed => TickResult::Failed,
        Judged::Inconclusive => TickResult::NotEnough,
        Judged::Error => TickResult::NoData,
    }
}
