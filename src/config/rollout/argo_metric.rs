//! A metric of an Argo analysis.
//!
//! Defaults and limits are analysis/analysis.go and utils/analysis/factory.go; what a measurement
//! comes to is utils/evaluate/evaluate.go, `EvaluateResult`.

use std::time::Duration;

use regex::Regex;

use super::argo::{Arguments, left_out};
use super::condition::{Condition, Outcome, Stretch};
use super::keys::{self, Keys, scalar};
use super::query::{self, Query};
use super::signal;
use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values::parse_duration;
use crate::config::yaml::Node;
use crate::rollout::{ArgoMetric, ArgoMetricParts, Judged, Measure, ValueRange};
use crate::units::Rational;

const METRIC: Keys = Keys {
    read: &[
        "name",
        "interval",
        "initialDelay",
        "count",
        "successCondition",
        "failureCondition",
        "failureLimit",
        "inconclusiveLimit",
        "consecutiveErrorLimit",
        "consecutiveSuccessLimit",
        "provider",
    ],
    not_simulated: &[],
    ignored: &[],
};

const PROMETHEUS: Keys = Keys {
    read: &["query"],
    not_simulated: &[(
        "rangeQuery",
        "a list of values over time; the last one is taken",
    )],
    ignored: &[
        "address",
        "authentication",
        "insecure",
        "headers",
        "timeout",
        "caCert",
    ],
};

/// Reads a metric; `None` if it cannot be simulated, which is said.
pub(super) fn read(
    node: &Node,
    arguments: &Arguments,
    dry_run: &dyn Fn(&str) -> bool,
    report: &mut Report,
) -> Option<ArgoMetric> {
    let fields = keys::open(node, "a metric", &METRIC, report)?;
    let name_node = fields.required("name", "success-rate", report)?;
    let metric = Metric {
        fields: &fields,
        name: scalar(name_node).unwrap_or_default(),
        name_node,
        arguments,
    };
    let times = metric.times(report);
    let limits = metric.limits(report);
    let Some(query) = metric.query(report) else {
        return metric.not_simulated(times?, limits?, dry_run(metric.name));
    };
    let success = metric.condition("successCondition", report);
    let failure = metric.condition("failureCondition", report);
    if metric.is_set("successCondition") != success.is_some()
        || metric.is_set("failureCondition") != failure.is_some()
    {
        return metric.not_simulated(times?, limits?, dry_run(metric.name));
    }
    if success.is_none() && failure.is_none() {
        report.add(
            Diagnostic::warning(
                name_node.span.clone(),
                format!("`{}` is always successful", metric.name),
                "no condition",
            )
            .help(
                "Argo's documentation calls this inconclusive, its code successful; add a \
                 `successCondition`",
            ),
        );
    }
    let judged = |outcome| judge(success.as_ref(), failure.as_ref(), outcome);
    let without_result = match judged(Outcome::Empty) {
        Judged::Error => Some("an error, and after five in a row an abort"),
        Judged::Failed => Some("a failed measurement"),
        Judged::Inconclusive => Some("an inconclusive measurement"),
        Judged::Successful => None,
    };
    for warning in query.warnings(name_node, without_result) {
        report.add(warning);
    }
    let seen = query.seen();
    let range = |condition: &Option<Condition>, key: &str, report: &mut Report| {
        let condition = condition.as_ref()?;
        let made = condition.stretch().and_then(|Stretch { lower, upper }| {
            seen.range(lower, upper).map_err(|error| error.to_string())
        });
        match made {
            Ok(range) => Some(range),
            Err(reason) => {
                metric.not_understood(key, &reason, report);
                None
            }
        }
    };
    let success_range = range(&success, "successCondition", report);
    let failure_range = range(&failure, "failureCondition", report);
    if success.is_some() != success_range.is_some() || failure.is_some() != failure_range.is_some()
    {
        return metric.not_simulated(times?, limits?, dry_run(metric.name));
    }
    let measure = seen.measure(false).ok()?;
    if let Some(accepted) = &success_range {
        report
            .diagnostics
            .extend(signal::oddity(&measure, accepted, name_node));
    }
    let mut parts = ArgoMetricParts::named(metric.name, measure, seen.window);
    parts.success = success_range;
    parts.failure = failure_range;
    parts.empty = judged(Outcome::Empty);
    parts.nan = judged(Outcome::NotANumber);
    parts.dry_run = dry_run(metric.name);
    set(&mut parts, times?, limits?);
    if let (Some(node), None, Some(2..)) = (fields.get("count"), parts.interval, parts.count) {
        report.add(
            Diagnostic::error(
                node.span.clone(),
                "several measurements need an `interval`",
                "how far apart?",
            )
            .help("add a line such as `interval: 1m` to the metric"),
        );
        return None;
    }
    let made = ArgoMetric::new(parts);
    if let Err(error) = &made {
        let message = format!("`{}` is not valid: {error}", metric.name);
        report.add(Diagnostic::error(
            name_node.span.clone(),
            message,
            "in this metric",
        ));
    }
    made.ok()
}

/// Sets when it is measured, and its limits.
fn set(parts: &mut ArgoMetricParts, times: Times, limits: Limits) {
    parts.interval = times.interval;
    parts.initial_delay = times.initial_delay;
    parts.count = limits.count;
    parts.failure_limit = limits.failures;
    parts.inconclusive_limit = limits.inconclusive;
    parts.consecutive_error_limit = limits.errors_in_a_row;
    parts.consecutive_success_limit = limits.successes_in_a_row;
}

/// What a measurement comes to.
fn judge(success: Option<&Condition>, failure: Option<&Condition>, outcome: Outcome) -> Judged {
    let holds = |condition: Option<&Condition>| match condition {
        None => Ok(None),
        Some(condition) => condition.holds(outcome).map(Some).ok_or(Judged::Error),
    };
    match (holds(success), holds(failure)) {
        (Err(error), _) | (_, Err(error)) => error,
        (Ok(None), Ok(None)) => Judged::Successful,
        (_, Ok(Some(true))) => Judged::Failed,
        (Ok(Some(true)), _) | (Ok(None), Ok(Some(false))) => Judged::Successful,
        (Ok(Some(false)), Ok(None)) => Judged::Failed,
        (Ok(Some(false)), Ok(Some(false))) => Judged::Inconclusive,
    }
}

/// When a metric is measured.
struct Times {
    interval: Option<Duration>,
    initial_delay: Duration,
}

/// How often a metric is measured, and how often it may go wrong; `None` is no limit.
struct Limits {
    count: Option<u32>,
    failures: Option<u32>,
    inconclusive: Option<u32>,
    errors_in_a_row: u32,
    successes_in_a_row: Option<u32>,
}

struct Metric<'a> {
    fields: &'a Fields<'a>,
    name: &'a str,
    name_node: &'a Node,
    arguments: &'a Arguments,
}

impl Metric<'_> {
    fn is_set(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| !text.trim().is_empty())
    }

    /// The metric with its times and limits, taken to be always successful.
    fn not_simulated(&self, times: Times, limits: Limits, dry_run: bool) -> Option<ArgoMetric> {
        let measure = Measure::not_simulated(self.name);
        let mut parts = ArgoMetricParts::named(self.name, measure, Duration::from_secs(1));
        parts.success = Some(ValueRange::at_least(Rational::from_integer(0)));
        parts.dry_run = dry_run;
        set(&mut parts, times, limits);
        ArgoMetric::new(parts).ok()
    }

    /// A key's text with its arguments filled in.
    fn text(&self, key: &str) -> Option<String> {
        let text = scalar(self.fields.get(key)?)?;
        Some(filled_in(text, self.arguments))
    }

    fn query(&self, report: &mut Report) -> Option<Query> {
        let provider = self
            .fields
            .required("provider", "{prometheus: …}", report)?;
        let provider = Fields::any(provider, "a provider", report)?;
        let Some(prometheus) = provider.get("prometheus") else {
            let kind = provider
                .entries()
                .first()
                .map_or("nothing", |entry| entry.key.as_str());
            let reason = match kind {
                "job" => "a job's outcome is not known".to_owned(),
                "kayenta" => {
                    "give Kayenta's canary configuration to see what it catches".to_owned()
                }
                kind => format!("queries for `{kind}` are not read"),
            };
            report.add(left_out(self.name_node, self.name, &reason));
            return None;
        };
        let prometheus = keys::open(prometheus, "`prometheus`", &PROMETHEUS, report)?;
        let node = prometheus.required("query", "sum(rate(…)) / sum(rate(…))", report)?;
        let text = filled_in(scalar(node)?, self.arguments);
        match query::read(&text) {
            Ok(query) => Some(query),
            Err(reason) => {
                report.add(left_out(node, self.name, &reason));
                None
            }
        }
    }

    fn condition(&self, key: &str, report: &mut Report) -> Option<Condition> {
        let text = self.text(key).filter(|text| !text.trim().is_empty())?;
        match Condition::read(&text) {
            Ok(condition) => {
                if condition.compares_the_list()
                    && let Some(node) = self.fields.get(key)
                {
                    report.add(
                        Diagnostic::warning(
                            node.span.clone(),
                            "a result of Prometheus is a list, and Argo cannot compare a list",
                            "every measurement is an error, and the fifth aborts the rollout",
                        )
                        .help("write `result[0]`; it is read so here"),
                    );
                }
                Some(condition)
            }
            Err(reason) => {
                self.not_understood(key, &reason, report);
                None
            }
        }
    }

    fn not_understood(&self, key: &str, reason: &str, report: &mut Report) {
        let node = self.fields.get(key).unwrap_or(self.name_node);
        let reason = format!("`{key}` is not understood: {reason}");
        report.add(left_out(node, self.name, &reason));
    }

    fn times(&self, report: &mut Report) -> Option<Times> {
        let mut duration = |key: &str| -> Option<Option<Duration>> {
            let Some(text) = self.text(key).filter(|text| !text.is_empty()) else {
                return Some(None);
            };
            let found = parse_duration(&text);
            if found.is_none()
                && let Some(node) = self.fields.get(key)
            {
                report.expected(node, "a duration, such as 30s, 5m or 1h");
            }
            found.map(Some)
        };
        let (interval, delay) = (duration("interval"), duration("initialDelay"));
        Some(Times {
            interval: interval?,
            initial_delay: delay?.unwrap_or_default(),
        })
    }

    fn limits(&self, report: &mut Report) -> Option<Limits> {
        let mut number = |key: &str, default: i64| -> Option<i64> {
            let Some(text) = self.text(key) else {
                return Some(default);
            };
            let found = text.trim().parse().ok();
            if found.is_none()
                && let Some(node) = self.fields.get(key)
            {
                if text.contains("{{") {
                    report.add(
                        Diagnostic::error(
                            node.span.clone(),
                            format!("`{key}` is an argument without a value"),
                            "needs a number",
                        )
                        .help("give the argument a `value` in the Rollout or in the template"),
                    );
                } else {
                    report.expected(node, "a whole number");
                }
            }
            found
        };
        let limit = |number: i64| u32::try_from(number).ok();
        let above_zero = |number: i64| limit(number).filter(|&number| number > 0);
        let count = number("count", 0);
        let failures = number("failureLimit", 0);
        let inconclusive = number("inconclusiveLimit", 0);
        let errors = number("consecutiveErrorLimit", 4);
        let successes = number("consecutiveSuccessLimit", 0);
        let limits = Limits {
            count: above_zero(count?),
            failures: limit(failures?),
            inconclusive: limit(inconclusive?),
            errors_in_a_row: limit(errors?).unwrap_or(0),
            successes_in_a_row: above_zero(successes?),
        };
        if let (Some(most), Some(node)) = (
            limits.failures.filter(|&most| most > 0),
            self.fields.get("failureLimit"),
        ) {
            report.add(Diagnostic::warning(
                node.span.clone(),
                format!("it takes {} failed measurements to fail", most + 1),
                "Argo's documentation counts to the limit, its code one further",
            ));
        }
        Some(limits)
    }
}

/// A text whose `{{args.name}}` are replaced by their values, as far as they are known.
fn filled_in(text: &str, arguments: &Arguments) -> String {
    let Ok(variable) = Regex::new(r"\{\{\s*(?:inputs\.parameters|args)\.([\w.-]+)\s*\}\}") else {
        return text.to_owned();
    };
    variable
        .replace_all(text, |found: &regex::Captures| {
            arguments
                .get(&found[1])
                .cloned()
                .unwrap_or_else(|| found[0].to_owned())
        })
        .into_owned()
}
