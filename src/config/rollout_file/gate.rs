//! The settings of a gate, whoever decides by it.

use std::time::Duration;

use super::GateKind;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::config::yaml::{Node, Value};
use crate::rollout::{
    Analysis, Argo, ArgoMetric, ArgoMetricParts, ArgoStep, Background, Buckets, CanaryWeight,
    Controller, Flagger, FlaggerStrategy, Judged, Measure, MetricCheck, Mirror, RolloutError,
    Schedule, ScheduleStep, Staged, StagedRule, ValueRange,
};
use crate::units::Rational;

const MINUTE: Duration = Duration::from_secs(60);
/// How long a weight holds if nothing is said.
const PAUSE: Duration = Duration::from_secs(300);

pub(in crate::config) const FLAGGER_KEYS: [&str; 9] = [
    "interval",
    "threshold",
    "weights",
    "strategy",
    "iterations",
    "mirror",
    "success",
    "p99",
    "window",
];
pub(in crate::config) const STAGED_KEYS: [&str; 11] = [
    "weights",
    "interval",
    "success",
    "p99",
    "window",
    "failures",
    "minimum-requests",
    "patience",
    "test",
    "level",
    "concentration",
];
pub(in crate::config) const ARGO_KEYS: [&str; 11] = [
    "weights",
    "pause",
    "analysis",
    "success",
    "interval",
    "count",
    "window",
    "initial-delay",
    "failure-limit",
    "consecutive-success-limit",
    "no-data",
];
pub(in crate::config) const SCHEDULE_KEYS: [&str; 2] = ["weights", "pause"];

/// Reads the settings of one kind of gate.
pub(super) fn read(kind: GateKind, node: &Node, report: &mut Report) -> Option<Controller> {
    let known: &[&str] = match kind {
        GateKind::Flagger => &FLAGGER_KEYS,
        GateKind::Staged => &STAGED_KEYS,
        GateKind::Argo => &ARGO_KEYS,
        GateKind::Schedule => &SCHEDULE_KEYS,
    };
    let what = format!("`{}`", kind.name());
    let fields = Fields::of(node, &what, known, report)?;
    let before = report.diagnostics.len();
    let mut settings = Settings { fields, report };
    let controller = match kind {
        GateKind::Flagger => settings.flagger(),
        GateKind::Staged => settings.staged(),
        GateKind::Argo => settings.argo(),
        GateKind::Schedule => settings.schedule(),
    }?;
    let start = settings.fields.start();
    match controller {
        Ok(controller) => Some(controller),
        Err(_) if report.diagnostics.len() > before => None,
        Err(error) => {
            report.add(Diagnostic::error(start, error.to_string(), "in this gate"));
            None
        }
    }
}

struct Settings<'a, 'b> {
    fields: Fields<'a>,
    report: &'b mut Report,
}

/// What the domain says of the settings; `None` if some cannot be read.
type Built = Option<Result<Controller, RolloutError>>;

impl Settings<'_, '_> {
    fn flagger(&mut self) -> Built {
        let choices = [("canary", 0_u8), ("blue-green", 1), ("a-b", 2)];
        let strategy = self
            .fields
            .get("strategy")
            .and_then(|node| values::one_of(node, "a strategy", &choices, self.report))
            .unwrap_or(0);
        let mirror = self.weight("mirror").map(|weight| Mirror { weight });
        let strategy = match strategy {
            0 => FlaggerStrategy::Canary {
                weights: self.weights()?,
                mirror,
            },
            1 => FlaggerStrategy::BlueGreen {
                iterations: self.count("iterations", 10),
                mirror,
            },
            _ => FlaggerStrategy::AbTest {
                iterations: self.count("iterations", 10),
            },
        };
        let interval = self.duration("interval", MINUTE);
        let threshold = self.count("threshold", 1);
        // Flagger's metrics look back one minute unless they say otherwise.
        let checks = self.checks(MINUTE, true)?;
        Some(Flagger::new(interval, threshold, strategy, checks).map(Controller::Flagger))
    }

    fn staged(&mut self) -> Built {
        let weights = self.weights()?;
        let interval = self.duration("interval", MINUTE);
        let choices = [("checks", false), ("error-share", true)];
        let error_share = self
            .fields
            .get("test")
            .and_then(|node| values::one_of(node, "a test", &choices, self.report))
            .unwrap_or(false);
        let rule = if error_share {
            StagedRule::ErrorShare {
                level: self.percent("level").unwrap_or(Rational::new(1, 20)),
                concentration: self.count("concentration", 10),
            }
        } else {
            StagedRule::Checks {
                checks: self.checks(interval, false)?,
                failures: self.count("failures", 1),
                minimum_requests: self.whole("minimum-requests").unwrap_or(0),
                patience: self
                    .whole("patience")
                    .and_then(|ticks| u32::try_from(ticks).ok()),
            }
        };
        Some(Staged::new(weights, interval, rule).map(Controller::Staged))
    }

    fn argo(&mut self) -> Built {
        let weights = self.weights()?;
        let pause = self.duration("pause", PAUSE);
        let choices = [("inline", false), ("background", true)];
        let background = self
            .fields
            .get("analysis")
            .and_then(|node| values::one_of(node, "an analysis", &choices, self.report))
            .unwrap_or(false);
        let window = self.duration("window", MINUTE);
        let success = self
            .fields
            .required("success", "95", self.report)
            .and_then(|node| values::percent(node, self.report))?;
        let mut parts = ArgoMetricParts::named("success-rate", Measure::SuccessRate, window);
        parts.success = Some(ValueRange::at_least(success));
        parts.interval = Some(self.duration("interval", MINUTE));
        parts.count = self.whole32("count").or((!background).then_some(1));
        parts.initial_delay = self.duration("initial-delay", Duration::ZERO);
        parts.failure_limit = Some(self.whole32("failure-limit").unwrap_or(0));
        parts.consecutive_success_limit = self.whole32("consecutive-success-limit");
        let outcomes = [
            ("failed", Judged::Failed),
            ("error", Judged::Error),
            ("inconclusive", Judged::Inconclusive),
            ("successful", Judged::Successful),
        ];
        if let Some(judged) = self
            .fields
            .get("no-data")
            .and_then(|node| values::one_of(node, "an outcome", &outcomes, self.report))
        {
            (parts.empty, parts.nan) = (judged, judged);
        }
        Some(argo_of(parts, &weights, pause, background).map(Controller::Argo))
    }

    fn schedule(&mut self) -> Built {
        let weights = self.weights()?;
        let pause = self.duration("pause", PAUSE);
        let steps = weights.into_iter().map(|weight| ScheduleStep {
            weight,
            duration: Some(pause),
        });
        Some(Schedule::new(steps.collect()).map(Controller::Schedule))
    }

    /// `success`, a percentage, and `p99`, a time; at least one of them.
    fn checks(&mut self, window: Duration, whole_milliseconds: bool) -> Option<Vec<MetricCheck>> {
        let window = self.duration("window", window);
        let mut checks = Vec::new();
        if let Some(success) = self.percent("success") {
            let accepted = ValueRange::at_least(success);
            let name = "request-success-rate";
            checks.push(MetricCheck::new(name, Measure::SuccessRate, accepted, window).ok()?);
        }
        if let Some(node) = self.fields.get("p99") {
            let limit = values::duration(node, self.report)?;
            let millis = Rational::new(u64::try_from(limit.as_micros()).ok()?, 1000);
            let quantile = Rational::new(99, 100);
            let measure = Measure::latency(quantile, Buckets::istio(), whole_milliseconds).ok()?;
            let accepted = ValueRange::at_most(millis);
            checks.push(MetricCheck::new("request-duration", measure, accepted, window).ok()?);
        }
        if checks.is_empty() && self.fields.get("success").is_none() {
            self.fields.required("success", "99", self.report);
            return None;
        }
        Some(checks)
    }

    fn weights(&mut self) -> Option<Vec<CanaryWeight>> {
        let node = self.fields.required("weights", "10..50/10", self.report)?;
        read_weights(node, self.report)
    }

    fn weight(&mut self, key: &str) -> Option<CanaryWeight> {
        let percent = values::whole(self.fields.get(key)?, 0, 100, self.report)?;
        CanaryWeight::percent(u32::try_from(percent).ok()?)
    }

    fn duration(&mut self, key: &str, default: Duration) -> Duration {
        self.fields
            .get(key)
            .and_then(|node| values::duration(node, self.report))
            .unwrap_or(default)
    }

    fn percent(&mut self, key: &str) -> Option<Rational> {
        values::percent(self.fields.get(key)?, self.report)
    }

    fn whole(&mut self, key: &str) -> Option<u64> {
        values::whole(self.fields.get(key)?, 0, 1_000_000_000, self.report)
    }

    fn whole32(&mut self, key: &str) -> Option<u32> {
        self.whole(key)
            .and_then(|number| u32::try_from(number).ok())
    }

    fn count(&mut self, key: &str, default: u32) -> u32 {
        self.fields
            .get(key)
            .and_then(|node| values::whole(node, 1, 1000, self.report))
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(default)
    }
}

/// Each weight followed by a pause and, if it is inline, by an analysis.
fn argo_of(
    parts: ArgoMetricParts,
    weights: &[CanaryWeight],
    pause: Duration,
    background: bool,
) -> Result<Argo, RolloutError> {
    let analysis = Analysis::new(vec![ArgoMetric::new(parts)?])?;
    let mut steps = Vec::with_capacity(3 * weights.len());
    for &weight in weights {
        steps.push(ArgoStep::SetWeight(weight));
        steps.push(ArgoStep::Pause(Some(pause)));
        if !background {
            steps.push(ArgoStep::Analysis(analysis.clone()));
        }
    }
    let background = background.then_some(Background {
        analysis,
        starting_step: 1,
    });
    Argo::new(steps, background)
}

/// `10..50/10`, which is 10, 20, … 50; one number; or a list of numbers.
fn read_weights(node: &Node, report: &mut Report) -> Option<Vec<CanaryWeight>> {
    const EXPECTED: &str = "weights in percent, such as 10..50/10 or [5, 10, 25]";
    let percent = |text: &str| -> Option<CanaryWeight> {
        text.trim().parse().ok().and_then(CanaryWeight::percent)
    };
    let stepped = |first: &str, rest: &str| {
        let (last, step) = rest.split_once('/')?;
        series(percent(first)?, percent(last)?, percent(step)?)
    };
    let found: Option<Vec<CanaryWeight>> = match &node.value {
        Value::Plain(text) => match text.split_once("..") {
            Some((first, rest)) => stepped(first, rest),
            None => percent(text).map(|weight| vec![weight]),
        },
        Value::List(items) => items
            .iter()
            .map(|item| match &item.value {
                Value::Plain(text) => percent(text),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    match found {
        None if has_fraction(node) => report.add(
            Diagnostic::error(
                node.span.clone(),
                "weights are whole percentages",
                "there is a fraction",
            )
            .help(
                "the tools know whole percentages alone: round the weights and list them, such as \
                 [10, 13, 15, 18, 20]",
            ),
        ),
        None => report.expected(node, EXPECTED),
        Some(_) => {}
    }
    found
}

/// Whether one of the weights is a number with a fraction.
fn has_fraction(node: &Node) -> bool {
    let fraction = |text: &str| {
        let number = text.trim().parse::<f64>();
        number.is_ok_and(|number| number.fract() != 0.0)
    };
    match &node.value {
        Value::Plain(text) => match text.split_once("..") {
            Some((first, rest)) => std::iter::once(first).chain(rest.split('/')).any(fraction),
            None => fraction(text),
        },
        Value::List(items) => items.iter().any(has_fraction),
        _ => false,
    }
}

fn series(
    first: CanaryWeight,
    last: CanaryWeight,
    step: CanaryWeight,
) -> Option<Vec<CanaryWeight>> {
    let [first, last, step] = [first, last, step].map(CanaryWeight::as_percent);
    if step == 0 || first > last {
        return None;
    }
    (first..=last)
        .step_by(step as usize)
        .map(CanaryWeight::percent)
        .collect()
}
