//! The metrics of a Flagger analysis, built in or by a `MetricTemplate`.
//!
//! The order of checks and what fails one is pkg/controller/scheduler_metrics.go: all built-in
//! metrics and inline queries first, then all templates.

use std::time::Duration;

use regex::Regex;

use super::exact::{self, Exact};
use super::keys::{self, Keys, not_simulated, scalar};
use super::query;
use super::signal::{self, End, Quantity, Signal, including};
use crate::config::Diagnostic;
use crate::config::kubernetes::Resource;
use crate::config::reader::{Fields, Report};
use crate::config::values::parse_duration;
use crate::config::yaml::Node;
use crate::rollout::{Buckets, MetricCheck};
use crate::units::Rational;

const METRIC: Keys = Keys {
    read: &[
        "name",
        "interval",
        "threshold",
        "thresholdRange",
        "query",
        "templateRef",
    ],
    not_simulated: &[],
    ignored: &["templateVariables"],
};

const RANGE: Keys = Keys {
    read: &["min", "max"],
    not_simulated: &[],
    ignored: &[],
};

/// A `MetricTemplate`.
#[derive(Debug, Clone)]
pub(super) struct MetricTemplate {
    name: String,
    namespace: Option<String>,
    provider: String,
    query: Option<String>,
}

const TEMPLATE: Keys = Keys {
    read: &["apiVersion", "kind", "metadata", "spec"],
    not_simulated: &[],
    ignored: &["status"],
};

const TEMPLATE_SPEC: Keys = Keys {
    read: &["provider", "query"],
    not_simulated: &[],
    ignored: &[],
};

const PROVIDER: Keys = Keys {
    read: &["type"],
    not_simulated: &[],
    ignored: &[
        "address",
        "region",
        "insecureSkipVerify",
        "secretRef",
        "headers",
    ],
};

/// Reads a template.
pub(super) fn template(resource: &Resource, report: &mut Report) -> Option<MetricTemplate> {
    let fields = keys::open(&resource.root, "a MetricTemplate", &TEMPLATE, report)?;
    let spec = fields.required("spec", "{provider: {type: prometheus}, query: …}", report)?;
    let spec = keys::open(spec, "`spec` of a MetricTemplate", &TEMPLATE_SPEC, report)?;
    let provider = spec.get("provider").and_then(|node| {
        let provider = keys::open(node, "a provider", &PROVIDER, report)?;
        provider.get("type").and_then(scalar).map(str::to_owned)
    });
    Some(MetricTemplate {
        name: resource.name.clone(),
        namespace: resource.namespace.clone(),
        provider: provider.unwrap_or_else(|| "prometheus".to_owned()),
        query: spec.get("query").and_then(scalar).map(str::to_owned),
    })
}

/// Reads `metrics`, in the order in which Flagger checks them.
pub(super) fn read(
    node: &Node,
    canary: &Resource,
    templates: &[MetricTemplate],
    report: &mut Report,
) -> Vec<MetricCheck> {
    let mut first = Vec::new();
    let mut then = Vec::new();
    for item in keys::list(node, "a list of metrics", report) {
        let Some(fields) = keys::open(item, "a metric", &METRIC, report) else {
            continue;
        };
        let Some(name) = fields.required("name", "request-success-rate", report) else {
            continue;
        };
        let metric = Metric {
            name: scalar(name).unwrap_or_default(),
            window_text: window_text(&fields),
            fields,
            node: name,
        };
        let built_in = metric.built_in(report);
        let inline = metric.inline(report);
        let by_template = metric.by_template(canary, templates, report);
        if built_in.is_none()
            && metric.fields.get("query").is_none()
            && metric.fields.get("templateRef").is_none()
            && !["request-success-rate", "request-duration"].contains(&metric.name)
        {
            report.add(
                Diagnostic::warning(
                    name.span.clone(),
                    format!("Flagger never checks `{}`", metric.name),
                    "not built in, and without a `templateRef`",
                )
                .help("built in are `request-success-rate` and `request-duration`"),
            );
        }
        first.extend(built_in);
        first.extend(inline);
        then.extend(by_template);
    }
    first.extend(then);
    first
}

fn window_text(fields: &Fields) -> String {
    fields
        .get("interval")
        .and_then(scalar)
        .unwrap_or("1m")
        .to_owned()
}

struct Metric<'a> {
    name: &'a str,
    window_text: String,
    fields: Fields<'a>,
    node: &'a Node,
}

impl Metric<'_> {
    fn built_in(&self, report: &mut Report) -> Option<MetricCheck> {
        let latency = match self.name {
            "request-success-rate" => false,
            "request-duration" => true,
            _ => return None,
        };
        let (lower, upper) = self.ends(if latency { Old::AtMost } else { Old::AtLeast }, report);
        let window = self.window(report)?;
        let whole = |end: Option<End>| {
            end.map(|end| End {
                value: end.value.trunc(),
                ..end
            })
        };
        if !latency {
            let signal = Signal::success_share(100, window);
            return self.check(&signal, (lower, upper), false, report);
        }
        let signal = Signal {
            quantity: Quantity::Latency {
                quantile: Rational::new(99, 100),
                buckets: Buckets::istio(),
            },
            offset: exact::whole(0),
            slope: exact::whole(1),
            window,
        };
        self.check(&signal, (whole(lower), whole(upper)), true, report)
    }

    /// `query`: an inline query, deprecated upstream.
    fn inline(&self, report: &mut Report) -> Option<MetricCheck> {
        let node = self.fields.get("query")?;
        self.queried(scalar(node)?, node, report)
    }

    fn by_template(
        &self,
        canary: &Resource,
        templates: &[MetricTemplate],
        report: &mut Report,
    ) -> Option<MetricCheck> {
        let reference = self.fields.get("templateRef")?;
        let fields = Fields::any(reference, "a reference to a template", report)?;
        let name = fields.required("name", "my-template", report)?;
        let wanted = scalar(name)?;
        let namespace = fields.get("namespace").and_then(scalar);
        let namespace = namespace.or(canary.namespace.as_deref());
        let same_name = || templates.iter().filter(|one| one.name == wanted);
        let found = same_name()
            .find(|one| one.namespace.as_deref() == namespace)
            .or_else(|| same_name().next());
        let Some(template) = found else {
            report.add(
                not_simulated(
                    name.span.clone(),
                    self.name,
                    "the template is not in these files",
                )
                .help(format!(
                    "give the file with the MetricTemplate `{wanted}` as well; until then \
                         this metric is taken as passing, while Flagger would fail it"
                )),
            );
            return Some(MetricCheck::not_simulated(self.name));
        };
        let Some(query) = &template.query else {
            report.add(not_simulated(
                name.span.clone(),
                self.name,
                "its template has no query",
            ));
            return Some(MetricCheck::not_simulated(self.name));
        };
        if template.provider != "prometheus" {
            let reason = format!(
                "queries for {} are not read; taken as passing",
                template.provider
            );
            report.add(not_simulated(name.span.clone(), self.name, &reason));
            return Some(MetricCheck::not_simulated(self.name));
        }
        let rendered = self.rendered(query);
        self.queried(&rendered, name, report)
    }

    /// A query with its variables filled in.
    fn rendered(&self, query: &str) -> String {
        let Ok(variable) = Regex::new(r"\{\{\s*([\w.]*)\s*\}\}") else {
            return query.to_owned();
        };
        variable
            .replace_all(query, |found: &regex::Captures| match &found[1] {
                "interval" => self.window_text.clone(),
                name => name.replace('.', "_"),
            })
            .into_owned()
    }

    fn queried(&self, query: &str, place: &Node, report: &mut Report) -> Option<MetricCheck> {
        match query::read(query) {
            Ok(query) => {
                for warning in query.warnings(place, Some("a failed check")) {
                    report.add(warning);
                }
                let ends = self.ends(Old::AtMost, report);
                self.check(&query.seen(), ends, false, report)
            }
            Err(reason) => {
                report.add(not_simulated(
                    place.span.clone(),
                    self.name,
                    &format!("{reason}; taken as passing"),
                ));
                Some(MetricCheck::not_simulated(self.name))
            }
        }
    }

    fn check(
        &self,
        signal: &Signal,
        (lower, upper): (Option<End>, Option<End>),
        whole_milliseconds: bool,
        report: &mut Report,
    ) -> Option<MetricCheck> {
        let made = signal.range(lower, upper).and_then(|range| {
            let measure = signal.measure(whole_milliseconds)?;
            MetricCheck::new(self.name, measure, range, signal.window)
        });
        match made {
            Ok(check) => {
                let odd = signal::oddity(&check.measure, &check.accepted, self.node);
                report.diagnostics.extend(odd);
                Some(check)
            }
            Err(error) => {
                report.add(Diagnostic::error(
                    self.node.span.clone(),
                    format!("`{}` can never be checked: {error}", self.name),
                    "of this metric",
                ));
                None
            }
        }
    }

    fn window(&self, report: &mut Report) -> Option<Duration> {
        let parsed = parse_duration(&self.window_text).filter(|window| !window.is_zero());
        if parsed.is_none()
            && let Some(node) = self.fields.get("interval")
        {
            report.expected(node, "a window of time, such as 1m or 30s");
        }
        parsed
    }

    /// The ends of the accepted range, in the metric's own unit.
    fn ends(&self, old: Old, report: &mut Report) -> (Option<End>, Option<End>) {
        if let Some(node) = self.fields.get("thresholdRange") {
            let Some(range) = keys::open(node, "`thresholdRange`", &RANGE, report) else {
                return (None, None);
            };
            let mut end = |key: &str| range.get(key).and_then(|node| number(node, report));
            return (end("min").map(including), end("max").map(including));
        }
        let threshold = self.fields.get("threshold");
        let value = threshold.and_then(|node| number(node, report));
        let limit = Some(including(value.unwrap_or(exact::whole(0))));
        match old {
            Old::AtLeast => (limit, None),
            Old::AtMost => {
                if value.is_none() {
                    report.add(
                        Diagnostic::warning(
                            self.node.span.clone(),
                            format!("`{}` has no `thresholdRange`", self.name),
                            "Flagger takes 0 as its largest value: it nearly always fails",
                        )
                        .help("add a line such as `thresholdRange: {max: 500}`"),
                    );
                }
                (None, limit)
            }
        }
    }
}

/// What `threshold` means where there is no `thresholdRange`.
#[derive(Clone, Copy)]
enum Old {
    /// The least value that passes.
    AtLeast,
    /// The largest value that passes.
    AtMost,
}

fn number(node: &Node, report: &mut Report) -> Option<Exact> {
    let number = scalar(node).and_then(exact::parse);
    if number.is_none() {
        report.expected(node, "a number, such as 99 or 0.5");
    }
    number
}
