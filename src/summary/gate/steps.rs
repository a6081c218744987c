//! What the check at each step sees.

use super::counted::{Failing, nanos, requests_of};
use super::exact::{flagger_steps, shares};
use super::{GatedVersion, Question, StepSummary};
use crate::rollout::{CanaryWeight, Controller, Measure, MetricCheck, Route, StagedRule};
use crate::stats::StatsError;
use crate::stats::gates::tick::Requests;

/// A line for each step with a check on the success rate of its own.
pub(super) fn steps(
    question: &Question,
    versions: &[GatedVersion],
) -> Result<Vec<StepSummary>, StatsError> {
    let (routes, checks): (Vec<Route>, &[MetricCheck]) = match &question.rollout.controller {
        Controller::Flagger(flagger) => (flagger_steps(flagger.strategy()), flagger.checks()),
        Controller::Staged(staged) => match staged.rule() {
            StagedRule::Checks {
                checks,
                minimum_requests: 0,
                ..
            } => {
                let routes = staged.weights().iter().copied().map(Route::users);
                (routes.collect(), checks)
            }
            _ => return Ok(Vec::new()),
        },
        Controller::Argo(_) | Controller::Schedule(_) => return Ok(Vec::new()),
    };
    let success = |check: &&MetricCheck| check.measure == Measure::SuccessRate;
    let Some(check) = checks.iter().find(success) else {
        return Ok(Vec::new());
    };
    let window = nanos(check.window());
    let span = match question
        .traffic
        .seen_of_window(check.window(), window.saturating_mul(2))
    {
        Some((from, to)) => to - from,
        None => 0,
    };
    let accepted = shares(&check.accepted);
    routes
        .into_iter()
        .map(|route| {
            let requests = requests_of(route, (0, span), &question.traffic);
            let passes = versions
                .iter()
                .map(|version| {
                    let traffic = question
                        .traffic
                        .with_canary_error_rate(version.answer.error_rate);
                    let law = Failing::at(route, &traffic).check(requests, &accepted)?;
                    Ok(law.map(|law| law.pass))
                })
                .collect::<Result<Vec<Option<f64>>, StatsError>>()?;
            let typical = requests.mean().round() as u64;
            Ok(StepSummary {
                step: name(route),
                requests: requests.mean(),
                errors_allowed: match typical {
                    0 => None,
                    _ => accepted.counts_of(typical).map(|(low, _)| typical - low),
                },
                no_data: match requests {
                    Requests::Fixed(0) => 1.0,
                    _ => requests.none(),
                },
                passes,
            })
        })
        .collect()
}

fn name(route: Route) -> String {
    match (route.users, route.mirrored) {
        (CanaryWeight::NONE, CanaryWeight::NONE) => "no users".into(),
        (CanaryWeight::NONE, mirrored) => format!("{mirrored} copies"),
        (users, _) => users.to_string(),
    }
}
