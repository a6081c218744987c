//! The steps that other rules share with a gate, and what a test does that goes through them once.

use std::time::Duration;

use super::super::answer::quantile_95;
use super::super::counted::{Failing, users_of, users_requests};
use super::super::exact::flagger_steps;
use super::super::{Answer, Method};
use crate::rollout::{
    Analysis, Argo, ArgoMetric, ArgoStep, CanaryWeight, Controller, GateTraffic, Rollout, Route,
    Staged, StagedRule,
};
use crate::sim::rollouts::MANUAL_PAUSE;
use crate::stats::StatsError;
use crate::stats::gates::error_bounds::ErrorBounds;
use crate::stats::gates::tick::Requests;

/// The steps of a gate that nothing stops: a weight above zero, and how long it holds.
pub(super) struct Plan(Vec<(CanaryWeight, Duration)>);

impl Plan {
    /// The steps of a controller; `None` if no user ever gets to the new version.
    pub(super) fn of(controller: &Controller) -> Option<Self> {
        let steps: Vec<(CanaryWeight, Duration)> = match controller {
            Controller::Flagger(flagger) => flagger_steps(flagger.strategy())
                .into_iter()
                .map(|route| (route.users, flagger.interval()))
                .collect(),
            Controller::Staged(staged) => {
                let weights = staged.weights().iter().copied();
                weights.map(|weight| (weight, staged.interval())).collect()
            }
            Controller::Argo(argo) => of_argo(argo),
            Controller::Schedule(schedule) => schedule
                .steps()
                .iter()
                .map(|step| (step.weight, step.duration.unwrap_or(MANUAL_PAUSE)))
                .collect(),
        };
        let served = |&(weight, span): &(CanaryWeight, Duration)| {
            weight > CanaryWeight::NONE && !span.is_zero()
        };
        let steps: Vec<_> = steps.into_iter().filter(served).collect();
        (!steps.is_empty()).then_some(Self(steps))
    }

    /// How long all steps take.
    pub(super) fn seconds(&self) -> f64 {
        self.0.iter().map(|(_, span)| span.as_secs_f64()).sum()
    }

    /// The mean time of a step, in whole seconds and at least one.
    pub(super) fn interval(&self) -> Duration {
        let mean = self.seconds() / self.0.len() as f64;
        Duration::from_secs((mean.round() as u64).max(1))
    }

    /// Whether the old version ever answers users besides.
    pub(super) fn has_an_old_version(&self) -> bool {
        self.0.iter().any(|&(weight, _)| weight < CanaryWeight::ALL)
    }

    /// The same weights under a rule of our own form, evenly spaced over the same time.
    pub(super) fn staged(&self, rule: StagedRule) -> Option<Rollout> {
        let weights = self.0.iter().map(|&(weight, _)| weight).collect();
        let staged = Staged::new(weights, self.interval(), rule).ok()?;
        Some(Rollout {
            name: "alternative".into(),
            controller: Controller::Staged(staged),
        })
    }

    /// Users' requests a second in the step with the fewest.
    pub(super) fn slowest_per_second(&self, traffic: &GateTraffic) -> f64 {
        let steps = self.0.iter();
        steps
            .map(|&(weight, span)| {
                users_of(Route::users(weight), span, traffic).mean() / span.as_secs_f64()
            })
            .fold(f64::MAX, f64::min)
    }

    /// Users' requests in each step.
    pub(super) fn requests(&self, traffic: &GateTraffic) -> Vec<Requests> {
        let steps = self.0.iter();
        steps
            .map(|&(weight, span)| users_of(Route::users(weight), span, traffic))
            .collect()
    }

    /// The figures of a test that goes through the steps once and counts errors.
    pub(super) fn bounded(
        &self,
        bounds: &ErrorBounds,
        traffic: &GateTraffic,
    ) -> Result<Answer, StatsError> {
        let users = GateTraffic {
            load_test: None,
            ..*traffic
        };
        // Where every attempt counts, the tests look at each request's first one.
        let all = Failing::at(Route::users(CanaryWeight::ALL), &users);
        let error_rate = all.of_requests().unwrap_or(traffic.canary_error_rate);
        let law = bounds.law(&self.requests(traffic), error_rate)?;
        let (mut seconds, mut alive, mut requests) = (0.0, 1.0, 0.0);
        let mut times = Vec::with_capacity(self.0.len() + 1);
        for (&(weight, span), &stopped) in self.0.iter().zip(&law.rolled_back_after) {
            seconds += span.as_secs_f64();
            requests += alive * users_requests(Route::users(weight), span, traffic);
            alive -= stopped;
            times.push((seconds, stopped));
        }
        times.push((seconds, law.promoted));
        Ok(Answer {
            error_rate: traffic.canary_error_rate,
            promoted: law.promoted,
            rolled_back: law.rolled_back_after.iter().sum(),
            rolled_back_without_data: 0.0,
            undecided: 0.0,
            standard_error: None,
            mean_seconds: times.iter().map(|(seconds, mass)| seconds * mass).sum(),
            seconds_95: quantile_95(times.into_iter()),
            requests,
            errors: requests * traffic.users_error_rate(),
            users_hit: None,
            method: Method::Exact,
        })
    }
}

/// The weights of a rollout that nothing stops. Pauses and analyses take time; what has the same
/// weight is one step.
fn of_argo(argo: &Argo) -> Vec<(CanaryWeight, Duration)> {
    let mut steps: Vec<(CanaryWeight, Duration)> = Vec::new();
    let mut weight = CanaryWeight::NONE;
    for step in argo.steps() {
        let span = match step {
            ArgoStep::SetWeight(next) => {
                weight = *next;
                continue;
            }
            ArgoStep::Pause(span) => span.unwrap_or(MANUAL_PAUSE),
            ArgoStep::Analysis(analysis) => longest(analysis),
        };
        match steps.last_mut() {
            Some((last, so_far)) if *last == weight => *so_far += span,
            _ => steps.push((weight, span)),
        }
    }
    steps
}

/// How long an analysis takes that nothing ends early.
fn longest(analysis: &Analysis) -> Duration {
    let time = |metric: &ArgoMetric| {
        let parts = metric.parts();
        let gaps = metric.measurements().unwrap_or(1).saturating_sub(1);
        let interval = parts.interval.unwrap_or_default();
        parts.initial_delay + interval.saturating_mul(gaps)
    };
    analysis
        .metrics()
        .iter()
        .map(time)
        .max()
        .unwrap_or_default()
}
