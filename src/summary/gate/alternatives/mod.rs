//! What would do better with the same steps and the same time between them.

mod plan;

use std::time::Duration;

use super::answer::{Simulation, answer};
use super::{Alternative, Answer, Change, Curve, GatedVersion, Method, Question};
use crate::rollout::{
    Analysis, Argo, ArgoMetric, Controller, CountedAt, Flagger, GateTraffic, Measure, MetricCheck,
    Rollout, Staged, StagedRule, ValueRange,
};
use crate::sim::side_by_side;
use crate::stats::StatsError;
use crate::stats::gates::error_bounds::ErrorBounds;
use crate::stats::sequential::spending::Spending;
use crate::units::{Rational, to_f64};
use plan::Plan;

/// The level at which the tests among the alternatives roll back a version at the objective.
const LEVEL: f64 = 0.05;
/// Thresholds that are tried.
const MOST_FAILURES: u32 = 20;
/// Minimum numbers of requests that are tried.
const MINIMA: [u64; 7] = [20, 50, 100, 200, 300, 500, 1000];
/// How much longer a rollout may take on average than its steps do.
const PATIENCE: f64 = 2.0;

/// Users' requests of a rollout that nothing stops, to both versions together.
pub(super) fn requests_of_all_steps(question: &Question) -> f64 {
    let seconds = Plan::of(&question.rollout.controller).map_or(0.0, |plan| plan.seconds());
    seconds * to_f64(question.traffic.rate.per_second())
}

/// Users' requests a second on the new version at the step with the fewest.
pub(super) fn slowest_step_per_second(question: &Question) -> Option<f64> {
    let plan = Plan::of(&question.rollout.controller)?;
    let slowest = plan.slowest_per_second(&question.traffic);
    (slowest > 0.0).then_some(slowest)
}

/// A rule beside the gate.
enum Rule {
    Gate(Rollout),
    Bounds(ErrorBounds),
}

/// A rule, its name, and what it differs in where that can be set.
struct Named {
    name: String,
    rule: Rule,
    change: Option<Change>,
}

impl Named {
    fn fixed(name: &str, rule: Rule) -> Self {
        Self {
            name: name.to_owned(),
            rule,
            change: None,
        }
    }
}

/// This gate first, then what would do better; this gate alone if it has no steps by which others
/// could go.
pub(super) fn alternatives(
    question: &Question,
    limit: f64,
    versions: &[GatedVersion],
) -> Result<Vec<Alternative>, StatsError> {
    let [_, good, objective, bad, ..] = versions else {
        return Ok(Vec::new());
    };
    let own = Alternative {
        name: "this gate".into(),
        good_promoted: good.answer.promoted,
        objective_promoted: objective.answer.promoted,
        bad_promoted: bad.answer.promoted,
        good_seconds: good.answer.mean_seconds,
        bad_seconds: bad.answer.mean_seconds,
        method: word(good.answer.method),
        change: None,
    };
    let mut alternatives = vec![own];
    for Named { name, rule, change } in rules(question, limit)? {
        let at = |rate: f64| figures(question, &rule, rate);
        let (good, objective, bad) = (
            at(good.answer.error_rate)?,
            at(limit)?,
            at(bad.answer.error_rate)?,
        );
        alternatives.push(Alternative {
            name,
            good_promoted: good.promoted,
            objective_promoted: objective.promoted,
            bad_promoted: bad.promoted,
            good_seconds: good.mean_seconds,
            bad_seconds: bad.mean_seconds,
            method: word(good.method),
            change,
        });
    }
    Ok(alternatives)
}

/// The characteristics of this gate and of the rules beside it.
pub(super) fn curves(
    question: &Question,
    limit: f64,
    rates: &[f64],
) -> Result<Vec<Curve>, StatsError> {
    let own = Named::fixed("this gate", Rule::Gate(question.rollout.clone()));
    std::iter::once(own)
        .chain(rules(question, limit)?)
        .map(|Named { name, rule, .. }| {
            let points = side_by_side(rates, |&rate| figures(question, &rule, rate))?;
            Ok(Curve { name, points })
        })
        .collect()
}

fn word(method: Method) -> &'static str {
    match method {
        Method::Exact => "exact",
        Method::Simulated { .. } => "simulated",
    }
}

fn figures(question: &Question, rule: &Rule, rate: f64) -> Result<Answer, StatsError> {
    let traffic = alternative_traffic(question).with_canary_error_rate(rate);
    match rule {
        Rule::Gate(rollout) => answer(rollout, &traffic, simulation(question)),
        Rule::Bounds(bounds) => match Plan::of(&question.rollout.controller) {
            Some(plan) => plan.bounded(bounds, &traffic),
            None => answer(&question.rollout, &traffic, simulation(question)),
        },
    }
}

/// The traffic, where nobody asks for users.
fn alternative_traffic(question: &Question) -> GateTraffic {
    GateTraffic {
        users: None,
        ..question.traffic
    }
}

fn simulation(question: &Question) -> Simulation {
    question.simulation()
}

/// The rules beside the gate.
fn rules(question: &Question, limit: f64) -> Result<Vec<Named>, StatsError> {
    let Some(plan) = Plan::of(&question.rollout.controller) else {
        return Ok(Vec::new());
    };
    let mut rules = Vec::new();
    if let Some(found) = other_threshold(question, limit)? {
        rules.push(found);
    }
    if let Some(found) = with_minimum(question, &plan, limit)? {
        rules.push(found);
    }
    let requests = plan.requests(&question.traffic);
    if requests.iter().any(|step| step.mean() > 0.0) && limit < 1.0 {
        let fixed = ErrorBounds::fixed_sample(&requests, limit, LEVEL)?;
        let name = "one test of all requests at the end";
        rules.push(Named::fixed(name, Rule::Bounds(fixed)));
        let spending = Spending::ObrienFlemingTotal;
        let sequential = ErrorBounds::group_sequential(&requests, limit, LEVEL, spending)?;
        let name = "group-sequential test, a look at each step";
        rules.push(Named::fixed(name, Rule::Bounds(sequential)));
    }
    if !matches!(&question.rollout.controller, Controller::Staged(staged) if matches!(staged.rule(), StagedRule::ErrorShare { .. }))
        && plan.has_an_old_version()
        && let Some(staged) = plan.staged(StagedRule::ErrorShare {
            level: Rational::new(1, 20),
            concentration: 10,
        })
    {
        let name = "anytime-valid error-share test";
        rules.push(Named::fixed(name, Rule::Gate(staged)));
    }
    Ok(rules)
}

/// The number of failed checks that tells good from bad best, if it is another one.
fn other_threshold(question: &Question, limit: f64) -> Result<Option<Named>, StatsError> {
    let current = match &question.rollout.controller {
        Controller::Flagger(flagger) => flagger.threshold(),
        Controller::Staged(staged) => match staged.rule() {
            StagedRule::Checks { failures, .. } => *failures,
            StagedRule::ErrorShare { .. } => return Ok(None),
        },
        Controller::Argo(argo) => match limit_of_failures(argo) {
            Some(limit) => limit + 1,
            None => return Ok(None),
        },
        Controller::Schedule(_) => return Ok(None),
    };
    let own = score(question, &question.rollout, limit)?;
    let mut best: Option<(f64, u32, Rollout)> = None;
    // Exact characteristics are cheap, simulated ones are not.
    let exact = matches!(
        super::exactly(&question.rollout, &question.traffic)?,
        super::Exact::Found(_)
    );
    let tried: Vec<u32> = match exact {
        true => (1..=MOST_FAILURES).collect(),
        false => vec![1, 2, 3, 5, 8, 12],
    };
    for failures in tried {
        let Some(rollout) = with_failures(&question.rollout, failures) else {
            continue;
        };
        let score = score(question, &rollout, limit)?;
        if best
            .as_ref()
            .is_none_or(|(so_far, ..)| score > so_far + 1e-9)
        {
            best = Some((score, failures, rollout));
        }
    }
    Ok(best
        .filter(|(score, failures, _)| *failures != current && *score > own + 1e-6)
        .map(|(_, failures, rollout)| {
            let check = match question.rollout.controller {
                Controller::Argo(_) => "measurement",
                _ => "check",
            };
            let name = match failures {
                1 => format!("the same, 1 failed {check} rolls back"),
                more => format!("the same, {more} failed {check}s roll back"),
            };
            Named {
                name,
                rule: Rule::Gate(rollout),
                change: Some(Change::Failures(failures)),
            }
        }))
}

/// P(a good version is promoted) − P(a bad one is).
fn score(question: &Question, rollout: &Rollout, limit: f64) -> Result<f64, StatsError> {
    let at = |rate: f64| {
        let traffic = alternative_traffic(question).with_canary_error_rate(rate);
        answer(rollout, &traffic, simulation(question))
    };
    Ok(at(limit / 2.0)?.promoted - at((2.0 * limit).min(1.0))?.promoted)
}

/// The limit on failures of all metrics that have one, if it is the same.
fn limit_of_failures(argo: &Argo) -> Option<u32> {
    let metrics = argo.analyses().flat_map(Analysis::metrics);
    let mut limits = metrics.filter_map(|metric| metric.parts().failure_limit);
    let first = limits.next()?;
    limits.all(|limit| limit == first).then_some(first)
}

fn with_failures(rollout: &Rollout, failures: u32) -> Option<Rollout> {
    let controller = match &rollout.controller {
        Controller::Flagger(flagger) => Controller::Flagger(
            Flagger::new(
                flagger.interval(),
                failures,
                flagger.strategy().clone(),
                flagger.checks().to_vec(),
            )
            .ok()?,
        ),
        Controller::Staged(staged) => {
            let StagedRule::Checks {
                checks,
                minimum_requests,
                patience,
                ..
            } = staged.rule()
            else {
                return None;
            };
            let rule = StagedRule::Checks {
                checks: checks.clone(),
                failures,
                minimum_requests: *minimum_requests,
                patience: *patience,
            };
            let staged = Staged::new(staged.weights().to_vec(), staged.interval(), rule);
            Controller::Staged(staged.ok()?)
        }
        Controller::Argo(argo) => {
            let changed = argo.with_metrics(&|metric| {
                let mut parts = metric.parts().clone();
                parts.failure_limit = parts.failure_limit.map(|_| failures - 1);
                ArgoMetric::new(parts)
            });
            Controller::Argo(changed.ok()?)
        }
        Controller::Schedule(_) => return None,
    };
    Some(Rollout {
        name: rollout.name.clone(),
        controller,
    })
}

/// The same steps, with the minimum of requests and the number of failed checks that tell good from
/// bad best, within twice the time.
fn with_minimum(question: &Question, plan: &Plan, limit: f64) -> Result<Option<Named>, StatsError> {
    if let Controller::Staged(staged) = &question.rollout.controller
        && let StagedRule::Checks {
            minimum_requests: 1..,
            ..
        } = staged.rule()
    {
        return Ok(None);
    }
    if question
        .traffic
        .retries
        .is_some_and(|retries| retries.counted == CountedAt::Server)
    {
        return Ok(None);
    }
    let traffic = GateTraffic {
        scrape_interval: None,
        users: None,
        ..question.traffic
    };
    let exact_success = 1.0 - limit;
    let steps_seconds = plan.seconds();
    let mut best: Option<(f64, Named)> = None;
    for minimum in MINIMA {
        for failures in [1, 2, 3, 5] {
            let Some(check) = success_of(exact_success, plan.interval()) else {
                return Ok(None);
            };
            let rule = StagedRule::Checks {
                checks: vec![check],
                failures,
                minimum_requests: minimum,
                patience: None,
            };
            let Some(rollout) = plan.staged(rule) else {
                return Ok(None);
            };
            let at = |rate: f64| {
                answer(
                    &rollout,
                    &traffic.with_canary_error_rate(rate),
                    simulation(question),
                )
            };
            // A step that has to wait for very long is no alternative, and slow to compute.
            let slowest = plan
                .requests(&traffic)
                .iter()
                .map(|step| step.mean())
                .fold(f64::MAX, f64::min);
            if slowest * 50.0 < minimum as f64 {
                continue;
            }
            let good = at(limit / 2.0)?;
            if good.mean_seconds > PATIENCE * steps_seconds {
                continue;
            }
            let score = good.promoted - at((2.0 * limit).min(1.0))?.promoted;
            if best
                .as_ref()
                .is_none_or(|(so_far, ..)| score > so_far + 1e-9)
            {
                let checks = match failures {
                    1 => "1 failed check".to_owned(),
                    more => format!("{more} failed checks"),
                };
                let name = format!("waits for {minimum} requests, {checks}");
                let change = Change::Minimum {
                    requests: minimum,
                    failures,
                };
                let named = Named {
                    name,
                    rule: Rule::Gate(rollout),
                    change: Some(change),
                };
                best = Some((score, named));
            }
        }
    }
    Ok(best.map(|(_, named)| named))
}

fn success_of(share: f64, window: Duration) -> Option<MetricCheck> {
    let millionths = (share * 1e9).round() as u64;
    let accepted = ValueRange::at_least(Rational::new(millionths, 1_000_000_000));
    MetricCheck::new("success-rate", Measure::SuccessRate, accepted, window).ok()
}
