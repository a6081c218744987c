//! What one rollout did, and what many of them do.

use serde::Serialize;

use super::figures::{Figure, Labels, RolloutTick, RolloutTimeline, TickMark};
use super::gate::{self, Answer, RetriesSummary};
use crate::rollout::{Controller, Measure, StagedRule, WindowArrivals};
use crate::scenario::RolloutScenario;
use crate::sim::rollouts::{
    Outcome, Reason, RolloutRun, RolloutTally, TickRecord, TickResult, Value,
};
use crate::stats::{StatsError, intervals};
use crate::units::display::{percent, rate, short_percent};
use crate::units::to_f64;

/// What one rollout did, and what many of them do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RolloutSummary {
    /// The version of shiftsim.
    pub shiftsim: &'static str,
    /// The name of the scenario.
    pub scenario: String,
    /// Its headline.
    pub title: String,
    /// A paragraph, if there is one.
    pub description: Option<String>,
    /// The tool whose rule it follows.
    pub tool: String,
    /// The rule, in a sentence.
    pub rule: String,
    /// Users' requests per second, to both versions together.
    pub requests_per_second: f64,
    /// `poisson` or `fixed`.
    pub arrivals: &'static str,
    /// How failed requests are tried again, if they are.
    pub retries: Option<RetriesSummary>,
    /// The new version's true error rate.
    pub canary_error_rate: f64,
    /// The old version's true error rate.
    pub stable_error_rate: f64,
    /// The largest acceptable error rate.
    pub objective: f64,
    /// The seed.
    pub seed: u64,
    /// `promoted`, `rolled back` or `undecided`.
    pub outcome: &'static str,
    /// The rule that decided, in a sentence.
    pub reason: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Users' requests that the new version answered.
    pub requests: u64,
    /// Users' requests that failed on the new version.
    pub errors: u64,
    /// Tick by tick.
    pub ticks: Vec<TickSummary>,
    /// What such rollouts do in general, exactly if it can be told.
    pub expected: Option<Answer>,
    /// Why it cannot be told exactly, if it cannot.
    pub not_exact: Option<&'static str>,
    /// What the replications did, if there are several.
    pub replications: Option<Answer>,
}

/// One tick.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TickSummary {
    /// Seconds since the rollout began.
    pub seconds: f64,
    /// The weight of the new version until then, in percent.
    pub weight: u32,
    /// `passed`, `failed`, `no data`, `undecided`, or `evidence`.
    pub result: &'static str,
    /// The metric that decided.
    pub metric: Option<String>,
    /// Its value in words.
    pub value: String,
    /// Requests in the metric's window.
    pub requests: u64,
    /// Failed requests in the metric's window.
    pub errors: u64,
    /// The share of users' requests that the new version answered since the last tick.
    pub observed_share: Option<f64>,
    /// Failed checks so far.
    pub failed_checks: u32,
}

/// Joins one rollout and, if there are several, the tally of all with what was to be expected.
///
/// # Errors
/// [`StatsError`] if a figure cannot be given to the promised precision.
pub fn summarise(
    scenario: &RolloutScenario,
    run: &RolloutRun,
    tally: Option<&RolloutTally>,
) -> Result<RolloutSummary, StatsError> {
    let traffic = &scenario.traffic;
    let (expected, not_exact) = match gate::exact_answer(&scenario.rollout, traffic)? {
        Ok(answer) => (Some(answer), None),
        Err(reason) => (None, Some(reason)),
    };
    Ok(RolloutSummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name.to_string(),
        title: headline(scenario),
        description: scenario.description.clone(),
        tool: scenario.rollout.controller.tool().to_string(),
        rule: gate::rule(&scenario.rollout.controller),
        requests_per_second: to_f64(traffic.rate.per_second()),
        arrivals: match traffic.arrivals {
            WindowArrivals::Poisson => "poisson",
            WindowArrivals::Constant => "constant",
            WindowArrivals::Fixed => "fixed",
        },
        retries: RetriesSummary::of(traffic),
        canary_error_rate: traffic.canary_error_rate,
        stable_error_rate: traffic.stable_error_rate,
        objective: gate::objective(&scenario.rollout, scenario.objective).error_rate,
        seed: scenario.seed,
        outcome: outcome(run.decision.outcome),
        reason: reason(&run.decision.reason),
        seconds: run.nanos as f64 / 1e9,
        requests: run.totals.canary.all(),
        errors: run.totals.canary.failed,
        ticks: ticks(run),
        expected,
        not_exact,
        replications: tally.map(|tally| gate::simulated_answer(tally, traffic.canary_error_rate)),
    })
}

fn headline(scenario: &RolloutScenario) -> String {
    scenario
        .title
        .clone()
        .unwrap_or_else(|| scenario.name.to_string())
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Promoted => "promoted",
        Outcome::RolledBack { .. } => "rolled back",
        Outcome::Undecided => "undecided",
    }
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::AllPassed => "every step has passed".into(),
        Reason::ScheduleEnded => "the schedule is at its end, and nothing was checked".into(),
        Reason::FailedChecks { failed: 1 } => "1 check has failed".into(),
        Reason::FailedChecks { failed } => format!("{failed} checks have failed in all"),
        Reason::Metric { name, ended } => format!("the metric {name} has ended {ended}"),
        Reason::ErrorShare { e_value } => format!(
            "the new version's share of the errors contradicts its weight (e-value {e_value:.1})"
        ),
        Reason::NotEnoughData => "too many checks in a row without enough requests".into(),
    }
}

fn ticks(run: &RolloutRun) -> Vec<TickSummary> {
    let mut before = (0, 0);
    run.ticks
        .iter()
        .map(|tick| {
            let now = (tick.totals.canary.all(), tick.totals.stable.all());
            let (canary, stable) = (now.0 - before.0, now.1 - before.1);
            before = now;
            let all = canary + stable;
            TickSummary {
                seconds: tick.at as f64 / 1e9,
                weight: tick.route.users.as_percent(),
                result: word(tick.result),
                metric: tick.metric.clone(),
                value: value(tick),
                requests: tick.window.all(),
                errors: tick.window.failed,
                observed_share: (all > 0).then(|| canary as f64 / all as f64),
                failed_checks: tick.failed_checks,
            }
        })
        .collect()
}

fn word(result: TickResult) -> &'static str {
    match result {
        TickResult::Passed => "passed",
        TickResult::Failed => "failed",
        TickResult::NoData => "no data",
        TickResult::NotEnough => "undecided",
        TickResult::Evidence { .. } => "evidence",
    }
}

fn value(tick: &TickRecord) -> String {
    if let TickResult::Evidence { e_value, .. } = tick.result {
        return format!("e = {e_value:.2}");
    }
    match tick.value {
        None | Some(Value::Empty) => "no series".into(),
        Some(Value::NotANumber) => "0/0".into(),
        Some(Value::Share { succeeded, all }) => {
            format!("{} ok", percent(succeeded as f64 / all as f64))
        }
        Some(Value::Milliseconds(value)) => format!("{value:.0} ms"),
        Some(Value::Given(true)) => "given".into(),
        Some(Value::Given(false)) => "given: no".into(),
    }
}

/// The timeline of the rollout.
///
/// # Errors
/// [`StatsError`] if an interval cannot be computed.
pub fn figures(
    scenario: &RolloutScenario,
    run: &RolloutRun,
    summary: &RolloutSummary,
) -> Result<Vec<Figure>, StatsError> {
    let mut marks = Vec::with_capacity(run.ticks.len());
    for (record, tick) in run.ticks.iter().zip(&summary.ticks) {
        let error_rate = match tick.requests {
            0 => None,
            requests => {
                let interval = intervals::wilson(tick.errors, requests, 0.95)?;
                let rate = tick.errors as f64 / requests as f64;
                Some((interval.low, rate, interval.high))
            }
        };
        marks.push(RolloutTick {
            seconds: tick.seconds,
            mark: match record.result {
                TickResult::Passed => TickMark::Passed,
                TickResult::Failed => TickMark::Failed,
                TickResult::NoData => TickMark::NoData,
                TickResult::NotEnough => TickMark::Undecided,
                TickResult::Evidence { crossed: true, .. } => TickMark::Failed,
                TickResult::Evidence { .. } => TickMark::Passed,
            },
            observed_share: tick.observed_share,
            error_rate,
            failed_checks: tick.failed_checks,
        });
    }
    let mut weights = Vec::new();
    let mut begin = 0.0;
    for tick in &summary.ticks {
        weights.push((begin, tick.seconds, f64::from(tick.weight) / 100.0));
        begin = tick.seconds;
    }
    if begin < summary.seconds {
        let last = summary.ticks.last().map_or(0, |tick| tick.weight);
        weights.push((begin, summary.seconds, f64::from(last) / 100.0));
    }
    Ok(vec![Figure::Rollout(RolloutTimeline {
        labels: Labels {
            file_stem: "rollout".into(),
            title: format!(
                "{} after {}: {}",
                capital(summary.outcome),
                gate::span(std::time::Duration::from_secs_f64(summary.seconds.round())),
                summary.reason
            ),
            caption: caption(scenario, summary),
            reading: "Above the weights and the share that the new version really got, with the \
                      ticks at which the gate looked; below it the error rate in the metric's \
                      window with its 95% interval, and the failed checks so far."
                .into(),
        },
        end_seconds: summary.seconds,
        weights,
        ticks: marks,
        error_limit: summary.objective,
        failures_limit: failures_limit(&scenario.rollout.controller),
    })])
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn caption(scenario: &RolloutScenario, summary: &RolloutSummary) -> String {
    format!(
        "{} · {}, {} · errors {} on the new version, {} on the old one · {} · seed {}",
        scenario.name,
        rate(summary.requests_per_second),
        summary.arrivals,
        short_percent(summary.canary_error_rate),
        short_percent(summary.stable_error_rate),
        summary.rule,
        summary.seed
    )
}

/// The number of failed checks that ends the rollout.
fn failures_limit(controller: &Controller) -> Option<u32> {
    match controller {
        Controller::Flagger(flagger) => Some(flagger.threshold()),
        Controller::Staged(staged) => match staged.rule() {
            StagedRule::Checks { failures, .. } => Some(*failures),
            StagedRule::ErrorShare { .. } => None,
        },
        Controller::Argo(argo) => argo
            .background()
            .map(|background| &background.analysis)
            .and_then(|analysis| {
                let mut metrics = analysis.metrics().iter().map(|metric| metric.parts());
                let success = metrics.find(|parts| parts.measure == Measure::SuccessRate)?;
                success.failure_limit.map(|limit| limit + 1)
            }),
        Controller::Schedule(_) => None,
    }
}
