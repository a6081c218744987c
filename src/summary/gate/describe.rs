//! A gate in words.

use std::time::Duration;

use super::{Alternative, Catches, GatedVersion};
use crate::rollout::{
    Argo, ArgoStep, CanaryWeight, Controller, CountedAt, Flagger, FlaggerStrategy, GateTraffic,
    Measure, MetricCheck, Staged, StagedRule, ValueRange,
};
use crate::stats::planning::demonstration::requests_to_demonstrate;
use crate::units::display::{brief_percent, count, short_percent};
use crate::units::{Rational, to_f64};

/// The share of errors above which the gate's own check fails, if it checks a success rate.
pub(super) fn own_limit(controller: &Controller) -> Option<f64> {
    let of_checks = |checks: &[MetricCheck]| {
        checks.iter().find_map(|check| match check.measure {
            Measure::SuccessRate => limit_of(&check.accepted),
            Measure::LatencyQuantile { .. } | Measure::NotSimulated { .. } => None,
        })
    };
    match controller {
        Controller::Flagger(flagger) => of_checks(flagger.checks()),
        Controller::Staged(staged) => match staged.rule() {
            StagedRule::Checks { checks, .. } => of_checks(checks),
            StagedRule::ErrorShare { .. } => None,
        },
        Controller::Schedule(_) => None,
        Controller::Argo(argo) => {
            let inline = argo.steps().iter().filter_map(|step| match step {
                ArgoStep::Analysis(analysis) => Some(analysis),
                ArgoStep::SetWeight(_) | ArgoStep::Pause(_) => None,
            });
            let background = argo.background().map(|background| &background.analysis);
            let metrics = background
                .into_iter()
                .chain(inline)
                .flat_map(|a| a.metrics());
            let failure = |range: &ValueRange| complement(range.upper()?.value);
            metrics
                .map(|metric| metric.parts())
                .filter(|parts| parts.measure == Measure::SuccessRate)
                .find_map(|parts| {
                    let accepted = parts.success.as_ref().and_then(limit_of);
                    accepted.or_else(|| parts.failure.as_ref().and_then(failure))
                })
        }
    }
}

fn limit_of(range: &ValueRange) -> Option<f64> {
    complement(range.lower()?.value)
}

/// One minus a share, if that is above zero.
fn complement(share: Rational) -> Option<f64> {
    let one = Rational::from_integer(1);
    (share < one).then(|| to_f64(one - share))
}

/// The rule in a sentence.
pub(in crate::summary) fn rule(controller: &Controller) -> String {
    match controller {
        Controller::Flagger(flagger) => flagger_rule(flagger),
        Controller::Argo(argo) => argo_rule(argo),
        Controller::Staged(staged) => staged_rule(staged),
        Controller::Schedule(schedule) => format!(
            "{} by the clock, without a gate",
            weights(
                &schedule
                    .steps()
                    .iter()
                    .map(|step| step.weight)
                    .collect::<Vec<_>>()
            )
        ),
    }
}

fn flagger_rule(flagger: &Flagger) -> String {
    let steps = match flagger.strategy() {
        FlaggerStrategy::Canary { weights: steps, .. } => weights(steps),
        FlaggerStrategy::BlueGreen { iterations, .. } => {
            format!("blue/green, {iterations} passing checks and one more with all traffic")
        }
        FlaggerStrategy::AbTest { iterations } => format!("A/B, {iterations} passing checks"),
    };
    format!(
        "{steps}; every {} {}; rolled back after {}, counted over the whole rollout",
        span(flagger.interval()),
        checks(flagger.checks()),
        failed_checks(flagger.threshold())
    )
}

fn staged_rule(staged: &Staged) -> String {
    let steps = weights(staged.weights());
    let every = span(staged.interval());
    match staged.rule() {
        StagedRule::Checks {
            checks: list,
            failures,
            minimum_requests,
            ..
        } => {
            let waits = match minimum_requests {
                0 => String::new(),
                least => format!(", but only with at least {} requests", count(*least)),
            };
            format!(
                "{steps}; every {every} {}{waits}; rolled back after {}",
                checks(list),
                failed_checks(*failures)
            )
        }
        StagedRule::ErrorShare {
            level,
            concentration,
        } => format!(
            "{steps}, a step every {every}; rolled back when the new version's share of all errors \
             contradicts its weight, at level {} whenever one looks (prior {concentration} · weights)",
            short_percent(to_f64(*level))
        ),
    }
}

fn argo_rule(argo: &Argo) -> String {
    let set: Vec<CanaryWeight> = argo
        .steps()
        .iter()
        .filter_map(|step| match step {
            ArgoStep::SetWeight(weight) => Some(*weight),
            ArgoStep::Pause(_) | ArgoStep::Analysis(_) => None,
        })
        .collect();
    let inline = argo.steps().iter().filter_map(|step| match step {
        ArgoStep::Analysis(analysis) => Some(analysis),
        ArgoStep::SetWeight(_) | ArgoStep::Pause(_) => None,
    });
    let background = argo.background().map(|background| &background.analysis);
    let parts: Vec<String> = background
        .into_iter()
        .chain(inline)
        .flat_map(|analysis| analysis.metrics())
        .map(|metric| {
            let parts = metric.parts();
            let every = parts.interval.map_or_else(
                || "measured once".into(),
                |interval| format!("measured every {}", span(interval)),
            );
            let limit = parts.failure_limit.map_or_else(
                || "never fails".into(),
                |limit| format!("fails with {}", failed_measurements(limit + 1)),
            );
            let what = match (&parts.measure, &parts.success) {
                (Measure::NotSimulated { successful, .. }, _) => given(&parts.name, *successful),
                (measure, Some(success)) => format!(
                    "{} ({})",
                    parts.name,
                    accepted(&parts.name, measure, success, parts.window)
                ),
                (_, None) => parts.name.clone(),
            };
            format!("{what} {every}, {limit}")
        })
        .collect();
    let analyses = match parts.is_empty() {
        true => "without analysis".into(),
        false => parts.join("; "),
    };
    format!("{}; {analyses}", weights(&set))
}

/// Whether a latency is checked.
pub(super) fn checks_latency(controller: &Controller) -> bool {
    let in_checks = |checks: &[MetricCheck]| {
        let mut measures = checks.iter().map(|check| &check.measure);
        measures.any(|measure| matches!(measure, Measure::LatencyQuantile { .. }))
    };
    match controller {
        Controller::Flagger(flagger) => in_checks(flagger.checks()),
        Controller::Staged(staged) => match staged.rule() {
            StagedRule::Checks { checks, .. } => in_checks(checks),
            StagedRule::ErrorShare { .. } => false,
        },
        Controller::Argo(argo) => argo.checks_latency(),
        Controller::Schedule(_) => false,
    }
}

/// Whether a pause waits for somebody.
pub(super) fn pauses_for_somebody(controller: &Controller) -> bool {
    match controller {
        Controller::Argo(argo) => {
            let mut steps = argo.steps().iter();
            steps.any(|step| matches!(step, ArgoStep::Pause(None)))
        }
        Controller::Schedule(schedule) => {
            schedule.steps().iter().any(|step| step.duration.is_none())
        }
        Controller::Flagger(_) | Controller::Staged(_) => false,
    }
}

/// "10% to 50% in 5 steps".
fn weights(weights: &[CanaryWeight]) -> String {
    match weights {
        [] => "no weights".into(),
        [one] => format!("{one} at once"),
        [first, .., last] if weights.len() > 3 => {
            format!("{first} to {last} in {} steps", weights.len())
        }
        _ => {
            let words: Vec<String> = weights.iter().map(ToString::to_string).collect();
            words.join(", ")
        }
    }
}

/// "at least 99% success over 1m".
fn checks(checks: &[MetricCheck]) -> String {
    if checks.is_empty() {
        return "nothing is checked".into();
    }
    let one = |check: &MetricCheck| {
        accepted(&check.name, &check.measure, &check.accepted, check.window())
    };
    checks
        .iter()
        .map(one)
        .collect::<Vec<String>>()
        .join(" and ")
}

/// Which values of a metric are accepted.
fn accepted(name: &str, measure: &Measure, range: &ValueRange, window: Duration) -> String {
    let lower = range.lower().map(|end| to_f64(end.value));
    let upper = range.upper().map(|end| to_f64(end.value));
    let over = span(window);
    match (measure, lower, upper) {
        (Measure::NotSimulated { successful, .. }, ..) => given(name, *successful),
        (Measure::SuccessRate, Some(lower), None) => {
            format!("at least {} success over {over}", short_percent(lower))
        }
        (Measure::LatencyQuantile { quantile, .. }, None, Some(upper)) => format!(
            "p{} at most {upper} ms over {over}",
            to_f64(*quantile) * 100.0
        ),
        _ => format!("{name} within its range over {over}"),
    }
}

/// What is said of something that is not simulated.
fn given(name: &str, successful: Rational) -> String {
    match *successful.numer() == *successful.denom() {
        true => format!("{name} (not simulated: always passes)"),
        false => format!(
            "{name} (given: passes with {})",
            short_percent(to_f64(successful))
        ),
    }
}

fn failed_checks(failures: u32) -> String {
    match failures {
        1 => "1 failed check".into(),
        more => format!("{more} failed checks"),
    }
}

fn failed_measurements(failures: u32) -> String {
    match failures {
        1 => "1 failed measurement".into(),
        more => format!("{more} failed measurements"),
    }
}

/// A span of time as the tools write it: 1m, 90s, 1h30m.
pub(in crate::summary) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    if !span.subsec_nanos().is_multiple_of(1_000_000_000) {
        return format!("{}s", span.as_secs_f64());
    }
    match seconds {
        0..60 => format!("{seconds}s"),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) && seconds > 3600 => {
            format!("{}h{}m", seconds / 3600, seconds % 3600 / 60)
        }
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// What retries do to the errors of a bad version.
fn retries(limit: f64, traffic: &GateTraffic, bad: f64) -> Option<String> {
    let retries = traffic.retries?;
    let (attempts, users) = (short_percent(bad), brief_percent(retries.failing(bad)));
    Some(match retries.counted {
        CountedAt::Client => format!(
            "Retries hide errors: where {attempts} of attempts fail, users and the gate see {users}. \
             To show {} errors, {} of attempts must fail.",
            short_percent(limit),
            brief_percent(limit.powf(1.0 / f64::from(retries.most() + 1)))
        ),
        CountedAt::Server => format!(
            "The gate counts attempts: where {attempts} of them fail, users see {users} errors, and \
             the new version answers {:.2} attempts for a request.",
            retries.attempts(bad)
        ),
    })
}

/// What to do next.
pub(super) fn advice(
    limit: f64,
    traffic: &GateTraffic,
    versions: &[GatedVersion],
    catches: &Catches,
    alternatives: &[Alternative],
) -> Vec<String> {
    let mut advice = Vec::new();
    let [_, good, _, bad, ..] = versions else {
        return advice;
    };
    advice.push(format!(
        "A version with {} errors, twice what is acceptable, is promoted in {} of rollouts; one with \
         {}, half of it, is rolled back in {}.",
        short_percent(bad.answer.error_rate),
        brief_percent(bad.answer.promoted),
        short_percent(good.answer.error_rate),
        brief_percent(good.answer.rolled_back),
    ));
    advice.push(match (catches.in_80_percent, catches.in_95_percent) {
        (Some(0.0), _) => {
            "It rolls back whatever comes: more traffic or other limits are needed.".to_owned()
        }
        (Some(eighty), Some(ninety_five)) if eighty < limit => format!(
            "It is stricter than the {} that are acceptable: versions with {} errors are rolled back \
             in 80% of rollouts, and with {} in 95%.",
            short_percent(limit),
            brief_percent(eighty),
            brief_percent(ninety_five)
        ),
        (Some(eighty), Some(ninety_five)) => format!(
            "Below {} errors it is blind: only from there on it rolls back 80% of rollouts, and 95% \
             from {}.",
            brief_percent(eighty),
            brief_percent(ninety_five)
        ),
        (Some(eighty), None) => format!(
            "It rolls back 80% of rollouts from {} errors on, and never 95%.",
            brief_percent(eighty)
        ),
        (None, _) if good.answer.promoted == bad.answer.promoted => {
            "As far as it is simulated, errors do not matter to it: good and bad versions are promoted \
             alike.".to_owned()
        }
        (None, _) => "It does not even roll back 80% of versions that always fail.".to_owned(),
    });
    advice.extend(retries(limit, traffic, bad.answer.error_rate));
    if let Some(slower) = &catches.slower {
        let factor = |factor: Option<f64>| {
            factor.map_or_else(
                || "even 100 times as slow is not caught".to_owned(),
                |factor| format!("{factor:.2} times as slow"),
            )
        };
        advice.push(format!(
            "A good version that slows down is rolled back in 80% of rollouts from here on: {}; in \
             95%: {}.",
            factor(slower.in_80_percent),
            factor(slower.in_95_percent)
        ));
    }
    if let Ok(needed) = requests_to_demonstrate(limit, 0, 0.95) {
        advice.push(format!(
            "To show an error rate below {} with 95% confidence takes {} requests without an error.",
            short_percent(limit),
            count(needed)
        ));
    }
    let score = |alternative: &Alternative| alternative.good_promoted - alternative.bad_promoted;
    let best = alternatives
        .iter()
        .skip(1)
        .max_by(|a, b| score(a).total_cmp(&score(b)));
    if let (Some(own), Some(best)) = (alternatives.first(), best)
        && score(best) > score(own) + 0.01
    {
        advice.push(format!(
            "Of the rules beside it, this one tells good from bad best: {} ({} of good and {} of bad \
             versions are promoted).",
            best.name,
            brief_percent(best.good_promoted),
            brief_percent(best.bad_promoted)
        ));
    }
    advice
}
