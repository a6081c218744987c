//! Istio's RouteRule (`config.istio.io/v1alpha2`), which tutorials of 2017 and 2018 use.
//!
//! Source: istio/api, `routing/v1alpha1/route_rule.proto`; istio/istio 0.7.1,
//! `pilot/pkg/model/validation.go`.

use std::time::Duration;

use super::object::{Keys, doubt, duration, items, labels, number, object, refuse, scalar, text};
use super::resources::{
    Action, HttpRule, Meta, Reference, RouteRule, Target, qualified, source_match,
};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{
    Abort, AbortStatus, Delay, Faults, FractionalPercent, HeaderMatch, Origin, Re2, Redirect,
    RedirectPath, Retries, RouteMatch, StringMatch, UriMatch, UriPattern,
};

/// What a request may take without another word.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Reads the `spec` of a RouteRule.
pub(super) fn route_rule(
    spec: &Node,
    meta: Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<RouteRule> {
    const SPEC: Keys = Keys {
        read: &[
            "destination",
            "precedence",
            "match",
            "route",
            "httpFault",
            "httpReqTimeout",
            "httpReqRetries",
            "redirect",
            "mirror",
        ],
        not_simulated: &[
            (
                "rewrite",
                "the destination sees another path or host; the route is the same",
            ),
            ("l4Fault", "connections are not disturbed"),
            (
                "corsPolicy",
                "browsers may be refused; the route is the same",
            ),
            ("appendHeaders", "headers are added; the route is the same"),
            ("websocketUpgrade", "upgrades are always allowed"),
        ],
    };
    let fields = object(spec, "a RouteRule", &SPEC, report)?;
    let host = destination(
        fields.required("destination", "{name: reviews}", report)?,
        &meta,
        report,
    )?;
    let origin = Origin {
        resource: meta.resource(),
        rule: meta.name.clone(),
        place: Some(line(spec.span.start)),
    };
    let action = match fields.get("redirect") {
        Some(node) => Action::Redirect(redirect(node, report)?),
        None => Action::Forward(targets(&fields, &host, report)),
    };
    let mut rule = HttpRule {
        matches: Vec::new(),
        origin: origin.clone(),
        action,
        faults: faults(&fields, report),
        mirrors: Vec::new(),
        timeout: timeout(&fields, report),
        retries: retries(&fields, report),
        span: spec.span.clone(),
    };
    if let Some(node) = fields.get("match") {
        rule.matches
            .push((origin, condition(node, report)?, node.span.clone()));
    }
    if let Some(node) = fields.get("mirror") {
        let host = destination(node, &meta, report)?;
        let target = target(host, node, &labels_of(node, report), 100);
        rule.mirrors.push((target, FractionalPercent::ALWAYS));
    }
    Some(RouteRule {
        host,
        precedence: number(
            &fields,
            "precedence",
            i64::from(i32::MIN),
            i64::from(i32::MAX),
            report,
        )
        .unwrap_or(0),
        rule,
        meta,
    })
}

fn destination(node: &Node, meta: &Meta, report: &mut Report) -> Option<String> {
    let fields = Fields::any(node, "a destination", report)?;
    let namespace = text(&fields, "namespace", report);
    let namespace = namespace.as_deref().unwrap_or(&meta.namespace);
    match (
        text(&fields, "name", report),
        text(&fields, "service", report),
    ) {
        (Some(name), _) => Some(qualified(&name, namespace)),
        (None, Some(service)) => Some(qualified(&service, namespace)),
        (None, None) => {
            refuse(report, node.span.clone(), "destination name is required");
            None
        }
    }
}

fn labels_of(node: &Node, report: &mut Report) -> Vec<(String, String)> {
    Fields::any(node, "a destination", report)
        .map_or_else(Vec::new, |fields| labels(&fields, "labels", report))
}

/// Versions were told by labels alone; their values name the subset.
fn target(host: String, node: &Node, labels: &[(String, String)], weight: u32) -> Target {
    let values: Vec<&str> = labels.iter().map(|(_, value)| value.as_str()).collect();
    Target {
        host,
        subset: (!values.is_empty()).then(|| values.join("-")),
        port: None,
        weight,
        reference: Reference::Free,
        span: node.span.clone(),
    }
}

fn targets(fields: &Fields, host: &str, report: &mut Report) -> Vec<Target> {
    const ROUTE: Keys = Keys {
        read: &["labels", "weight", "destination"],
        not_simulated: &[],
    };
    let listed = items(fields, "route", report);
    let mut targets = Vec::new();
    for node in listed {
        let Some(route) = object(node, "a route", &ROUTE, report) else {
            continue;
        };
        let labels = labels(&route, "labels", report);
        let weight = number::<u32>(&route, "weight", 0, 100, report).unwrap_or(0);
        targets.push(target(host.to_owned(), node, &labels, weight));
    }
    let sum: u32 = targets.iter().map(|target| target.weight).sum();
    let alone = targets.len() == 1 && sum == 0;
    if !targets.is_empty() && sum != 100 && !alone {
        let message = format!("route weights total {sum} (must total 100)");
        refuse(report, listed[0].span.clone(), message);
    }
    if targets.is_empty() {
        targets.push(Target {
            host: host.to_owned(),
            subset: None,
            port: None,
            weight: 100,
            reference: Reference::Free,
            span: fields.start(),
        });
    }
    targets
}

/// `uri`, `scheme`, `method` and `authority` are written as headers.
fn condition(node: &Node, report: &mut Report) -> Option<RouteMatch> {
    const MATCH: Keys = Keys {
        read: &["source", "request"],
        not_simulated: &[
            ("tcp", "it holds for every connection"),
            ("udp", "not supported"),
        ],
    };
    let fields = object(node, "a match", &MATCH, report)?;
    let mut condition = RouteMatch::default();
    if let Some(source) = fields.get("source") {
        let source = Fields::any(source, "a source", report)?;
        let mut labels = labels(&source, "labels", report);
        // The name of a source is the `app` of its workload by convention.
        labels.extend(text(&source, "name", report).map(|name| ("app".to_owned(), name)));
        condition.source = source_match(Vec::new(), labels, text(&source, "namespace", report));
    }
    let Some(request) = fields.get("request") else {
        return Some(condition);
    };
    let request = Fields::any(request, "a request", report)?;
    let Some(headers) = request.get("headers") else {
        return Some(condition);
    };
    for entry in Fields::any(headers, "headers by name", report)?.entries() {
        let value = string(&entry.value, report)?;
        match entry.key.as_str() {
            "uri" => {
                condition.uri = Some(UriMatch {
                    pattern: match value {
                        StringMatch::Exact(path) => UriPattern::Exact(path),
                        StringMatch::Prefix(path) => UriPattern::Prefix(path),
                        StringMatch::Regex(regex) => UriPattern::Regex(regex),
                        StringMatch::Present => continue,
                    },
                    ignore_case: false,
                });
            }
            "scheme" => condition.scheme = Some(value),
            "method" => condition.method = Some(value),
            "authority" => condition.authority = Some(value),
            name => condition.headers.push(HeaderMatch::new(name, value)),
        }
    }
    Some(condition)
}

fn string(node: &Node, report: &mut Report) -> Option<StringMatch> {
    let fields = Fields::any(node, "a string match", report)?;
    let entry = fields.entries().first()?;
    let value = scalar(&entry.value)?;
    match entry.key.as_str() {
        "exact" => Some(StringMatch::Exact(value.to_owned())),
        "prefix" => Some(StringMatch::Prefix(value.to_owned())),
        "regex" => match Re2::new(value) {
            Ok(regex) => Some(StringMatch::Regex(regex)),
            Err(error) => {
                refuse(report, node.span.clone(), error.to_string());
                None
            }
        },
        _ => {
            report.expected(node, "one of exact, prefix and regex");
            None
        }
    }
}

fn faults(fields: &Fields, report: &mut Report) -> Faults {
    let Some(fault) = fields.get("httpFault") else {
        return Faults::default();
    };
    let Some(fault) = Fields::any(fault, "a fault", report) else {
        return Faults::default();
    };
    let percentage = |fields: &Fields, report: &mut Report| {
        FractionalPercent::percent(number(fields, "percent", 0, 100, report).unwrap_or(100))
    };
    let delay = fault.get("delay").and_then(|node| {
        let delay = Fields::any(node, "a delay", report)?;
        Some(Delay {
            percentage: percentage(&delay, report),
            duration: duration(&delay, "fixedDelay", report)?,
        })
    });
    let abort = fault.get("abort").and_then(|node| {
        let abort = Fields::any(node, "an abort", report)?;
        Some(Abort {
            percentage: percentage(&abort, report),
            status: AbortStatus::Http(number(&abort, "httpStatus", 200, 600, report)?),
        })
    });
    Faults { delay, abort }
}

fn timeout(fields: &Fields, report: &mut Report) -> Option<Duration> {
    let simple = fields.get("httpReqTimeout").and_then(|node| {
        let timeout = Fields::any(node, "a timeout", report)?;
        let simple = Fields::any(timeout.get("simpleTimeout")?, "a timeout", report)?;
        duration(&simple, "timeout", report)
    });
    Some(simple.unwrap_or(TIMEOUT)).filter(|timeout| !timeout.is_zero())
}

fn retries(fields: &Fields, report: &mut Report) -> Retries {
    let Some(node) = fields.get("httpReqRetries") else {
        return Retries::NEVER;
    };
    let simple = Fields::any(node, "retries", report)
        .and_then(|retries| retries.get("simpleRetry").cloned());
    let Some(simple) = simple else {
        doubt(
            report,
            node.span.clone(),
            "only `simpleRetry` is simulated",
            "nothing is tried again",
        );
        return Retries::NEVER;
    };
    let Some(simple) = Fields::any(&simple, "retries", report) else {
        return Retries::NEVER;
    };
    Retries {
        attempts: number(&simple, "attempts", 0, 1000, report).unwrap_or(0),
        retry_on: ["5xx", "connect-failure", "refused-stream"]
            .map(str::to_owned)
            .to_vec(),
        per_try_timeout: duration(&simple, "perTryTimeout", report),
    }
}

fn redirect(node: &Node, report: &mut Report) -> Option<Redirect> {
    let fields = Fields::any(node, "a redirect", report)?;
    Some(Redirect {
        status: 301,
        scheme: None,
        authority: text(&fields, "authority", report),
        port: None,
        path: text(&fields, "uri", report).map(RedirectPath::Full),
    })
}
