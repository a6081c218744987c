//! Flagger's `Canary` (flagger.app/v1beta1).
//!
//! Where the documentation and the code differ, this is the code: pkg/apis/flagger/v1beta1/canary.go
//! for defaults and floors, pkg/controller/scheduler.go for the strategy.

use std::time::Duration;

use super::flagger_metric::{self, MetricTemplate};
use super::keys::{self, Keys, scalar};
use super::load_test;
use crate::config::Diagnostic;
use crate::config::kubernetes::Resource;
use crate::config::reader::{Fields, Report};
use crate::config::values::{self, parse_duration};
use crate::config::yaml::{Node, Value};
use crate::rollout::{
    CanaryWeight, Controller, Flagger, FlaggerStrategy, Mirror, Rollout, SHORTEST_INTERVAL,
    Schedule, ScheduleStep,
};

const CANARY: Keys = Keys {
    read: &["apiVersion", "kind", "metadata", "spec"],
    not_simulated: &[],
    ignored: &["status"],
};

const SPEC: Keys = Keys {
    read: &["analysis", "canaryAnalysis", "skipAnalysis"],
    not_simulated: &[("suspend", "a suspended canary never starts")],
    ignored: &[
        "provider",
        "metricsServer",
        "insecureSkipVerify",
        "targetRef",
        "autoscalerRef",
        "ingressRef",
        "routeRef",
        "upstreamRef",
        "service",
        "progressDeadlineSeconds",
        "revertOnDeletion",
    ],
};

const ANALYSIS: Keys = Keys {
    read: &[
        "interval",
        "threshold",
        "maxWeight",
        "stepWeight",
        "stepWeights",
        "iterations",
        "mirror",
        "mirrorWeight",
        "match",
        "metrics",
        "webhooks",
    ],
    not_simulated: &[
        (
            "stepWeightPromotion",
            "nothing is checked any more while the promotion goes on",
        ),
        (
            "sessionAffinity",
            "users who saw the new version keep it: it gets more than its weight",
        ),
    ],
    ignored: &["alerts", "primaryReadyThreshold", "canaryReadyThreshold"],
};

/// The interval if there is none, or none that Go reads (`AnalysisInterval`).
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Reads a canary.
pub(super) fn read(
    resource: &Resource,
    templates: &[MetricTemplate],
    report: &mut Report,
) -> Option<Rollout> {
    let canary = keys::open(&resource.root, "a Canary", &CANARY, report)?;
    let spec = canary.required("spec", "{analysis: …}", report)?;
    let spec = keys::open(spec, "`spec` of a Canary", &SPEC, report)?;
    let skipped = spec
        .get("skipAnalysis")
        .filter(|node| scalar(node) == Some("true"));
    let controller = match skipped {
        Some(node) => {
            report.add(Diagnostic::warning(
                node.span.clone(),
                "this canary is promoted without any check",
                "`skipAnalysis` switches the gate off",
            ));
            Controller::Schedule(all_at_once()?)
        }
        None => Controller::Flagger(analysis(&spec, resource, templates, report)?),
    };
    Some(Rollout {
        name: resource.name.clone(),
        controller,
    })
}

fn all_at_once() -> Option<Schedule> {
    let step = ScheduleStep {
        weight: CanaryWeight::ALL,
        duration: Some(Duration::ZERO),
    };
    Schedule::new(vec![step]).ok()
}

fn analysis(
    spec: &Fields,
    resource: &Resource,
    templates: &[MetricTemplate],
    report: &mut Report,
) -> Option<Flagger> {
    let node = match spec.get("analysis") {
        Some(node) => node,
        None => match spec.get("canaryAnalysis") {
            Some(node) => node,
            None => spec.required(
                "analysis",
                "{interval: 1m, threshold: 5, stepWeight: 10}",
                report,
            )?,
        },
    };
    let analysis = keys::open(node, "an analysis", &ANALYSIS, report)?;
    let interval = interval(&analysis, report);
    let threshold = threshold(&analysis, report);
    let strategy = strategy(&analysis, report);
    if let Some(webhooks) = analysis.get("webhooks") {
        load_test::webhooks(webhooks, report);
    }
    let checks = match analysis.get("metrics") {
        Some(node) => flagger_metric::read(node, resource, templates, report),
        None => Vec::new(),
    };
    if checks.is_empty() {
        report.add(
            Diagnostic::warning(
                analysis.start(),
                "nothing is measured: every tick passes",
                "an analysis without a metric that can be simulated",
            )
            .help("add a metric such as `request-success-rate` with `thresholdRange: {min: 99}`"),
        );
    }
    match Flagger::new(interval, threshold, strategy?, checks) {
        Ok(flagger) => Some(flagger),
        Err(error) => {
            let message = error.to_string();
            report.add(Diagnostic::error(
                analysis.start(),
                message,
                "in this analysis",
            ));
            None
        }
    }
}

fn interval(analysis: &Fields, report: &mut Report) -> Duration {
    let Some(node) = analysis.get("interval") else {
        report.add(Diagnostic::warning(
            analysis.start(),
            "`interval` is missing",
            "Flagger takes 60s",
        ));
        return DEFAULT_INTERVAL;
    };
    // A number without a unit is not a duration to Go.
    let text = scalar(node).unwrap_or_default();
    let parsed = parse_duration(text).filter(|_| text.ends_with(|c: char| c.is_ascii_alphabetic()));
    match parsed {
        None => {
            report.add(
                Diagnostic::warning(
                    node.span.clone(),
                    format!("{} is not a duration to Flagger", node.kind()),
                    "Flagger takes 60s instead, without a word",
                )
                .help("write a number with a unit, such as 1m or 30s"),
            );
            DEFAULT_INTERVAL
        }
        Some(interval) if interval < SHORTEST_INTERVAL => {
            report.add(Diagnostic::warning(
                node.span.clone(),
                "Flagger never checks more often than every 10 seconds",
                "Flagger takes 10s instead, without a word",
            ));
            SHORTEST_INTERVAL
        }
        Some(interval) => interval,
    }
}

fn threshold(analysis: &Fields, report: &mut Report) -> u32 {
    let warn = |span, message: &str, report: &mut Report| {
        report.add(
            Diagnostic::warning(span, message, "Flagger takes 1 instead")
                .help("with 1 a single failed check ends the rollout; a usual value is 5 or 10"),
        );
        1
    };
    let Some(node) = analysis.get("threshold") else {
        return warn(analysis.start(), "`threshold` is missing", report);
    };
    match integer(node, report) {
        Some(number) if number > 0 => u32::try_from(number).unwrap_or(u32::MAX),
        Some(_) => warn(
            node.span.clone(),
            "a threshold of zero or less is none",
            report,
        ),
        None => 1,
    }
}

/// A whole number, which may have a sign.
fn integer(node: &Node, report: &mut Report) -> Option<i64> {
    let number = match &node.value {
        Value::Plain(text) => text.parse().ok(),
        _ => None,
    };
    if number.is_none() {
        report.expected(node, "a whole number");
    }
    number
}

fn strategy(analysis: &Fields, report: &mut Report) -> Option<FlaggerStrategy> {
    let mut number = |key: &str| -> i64 {
        analysis
            .get(key)
            .and_then(|node| integer(node, report))
            .unwrap_or(0)
    };
    let (iterations, step, most, mirror_weight) = (
        number("iterations"),
        number("stepWeight"),
        number("maxWeight"),
        number("mirrorWeight"),
    );
    let mirrors = analysis
        .get("mirror")
        .and_then(|node| values::boolean(node, report))
        .unwrap_or(false);
    let mirror = mirrors.then(|| Mirror {
        weight: weight(if mirror_weight > 0 {
            mirror_weight
        } else {
            100
        }),
    });
    let matches = analysis
        .get("match")
        .filter(|node| matches!(&node.value, Value::List(items) if !items.is_empty()));
    if iterations > 0 {
        let iterations = u32::try_from(iterations).unwrap_or(u32::MAX);
        return Some(match matches {
            Some(_) => FlaggerStrategy::AbTest { iterations },
            None => FlaggerStrategy::BlueGreen { iterations, mirror },
        });
    }
    if let Some(node) = matches {
        report.add(Diagnostic::warning(
            node.span.clone(),
            "`match` without `iterations` is no A/B test",
            "Flagger shifts weights instead",
        ));
    }
    let weights = match analysis.get("stepWeights") {
        None => Flagger::step_weights(positive(step), positive(if most > 0 { most } else { 100 })),
        Some(node) => listed_weights(node, step, report)?,
    };
    let broken = |key: &str| {
        let number = |node: &Node| integer(node, &mut Report::default());
        analysis.get(key).is_some_and(|node| number(node).is_none())
    };
    if weights.is_empty() && (broken("stepWeight") || broken("iterations")) {
        return None;
    }
    if weights.is_empty() {
        report.add(
            Diagnostic::error(
                analysis.start(),
                "this analysis never moves any traffic",
                "needs `stepWeight`, `stepWeights` or `iterations`",
            )
            .help("add a line such as `stepWeight: 10`, and `maxWeight: 50`"),
        );
        return None;
    }
    Some(FlaggerStrategy::Canary { weights, mirror })
}

fn positive(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// A percentage, cut to what a weight can be.
fn weight(number: i64) -> CanaryWeight {
    CanaryWeight::percent(positive(number).min(100)).unwrap_or(CanaryWeight::ALL)
}

/// `stepWeights`: each greater than the one before; the others are never reached. `stepWeight`
/// beats them, up to the last of them.
fn listed_weights(node: &Node, step: i64, report: &mut Report) -> Option<Vec<CanaryWeight>> {
    let items = keys::list(node, "a list of weights, such as `[1, 5, 20, 50]`", report);
    let numbers: Vec<i64> = items
        .iter()
        .filter_map(|item| integer(item, report))
        .collect();
    if numbers.len() < items.len() {
        return None;
    }
    let most = numbers.last().copied().unwrap_or(0).min(100);
    if step > 0 {
        report.add(Diagnostic::warning(
            node.span.clone(),
            "`stepWeight` beats `stepWeights`",
            "only the last of them counts, as the maximum",
        ));
        return Some(Flagger::step_weights(positive(step), positive(most)));
    }
    let mut weights: Vec<CanaryWeight> = Vec::new();
    for (number, item) in numbers.into_iter().zip(items) {
        let rises = weights.last().is_none_or(|&last| weight(number) > last);
        if number <= 0 || !rises {
            report.add(Diagnostic::warning(
                item.span.clone(),
                format!("the weight {number} is never reached"),
                "weights must rise",
            ));
            continue;
        }
        weights.push(weight(number.min(most)));
    }
    Some(weights)
}
