//! A route with its action, faults and mirrors in Envoy's words.
//!
//! Source: istio/istio, `pilot/pkg/networking/core/route/route.go`, for what Istio makes of a rule.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::matches;
use super::upstreams::{Protocol, Upstreams};
use crate::routing::{
    AbortStatus, Denominator, Faults, Forward, FractionalPercent, Origin, Redirect, RedirectPath,
    Retries, Route, RouteAction, TcpRoute,
};

/// The name of a rule in access logs: without spaces, so that a log's columns stay.
#[must_use]
fn route_name(origin: &Origin) -> String {
    origin.to_string().replace(char::is_whitespace, ".")
}

pub(super) fn route(route: &Route, upstreams: &mut Upstreams) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), route_name(&route.origin).into());
    out.insert("match".into(), matches::conditions(&route.condition));
    match &route.action {
        RouteAction::Forward(forward) if forward.shares().is_some() => {
            out.insert("route".into(), forwarding(route, forward, upstreams));
        }
        RouteAction::Forward(forward) => {
            let answer = json!({"status": forward.missing_status()});
            out.insert("direct_response".into(), answer);
        }
        RouteAction::Redirect(redirect) => {
            out.insert("redirect".into(), self::redirect(redirect));
        }
        RouteAction::DirectResponse(response) => {
            let body = json!({"inline_string": response.body});
            let answer = json!({"status": response.status, "body": body});
            out.insert("direct_response".into(), answer);
        }
    }
    if !route.faults.is_empty() {
        let faults = json!({"envoy.filters.http.fault": faults(&route.faults)});
        out.insert("typed_per_filter_config".into(), faults);
    }
    out.into()
}

fn forwarding(route: &Route, forward: &Forward, upstreams: &mut Upstreams) -> Value {
    let mut out = Map::new();
    let (key, target) = clusters(forward, Protocol::Http, upstreams);
    out.insert(key.into(), target);
    let missing = match forward.missing_status() {
        500 => "INTERNAL_SERVER_ERROR",
        _ => "SERVICE_UNAVAILABLE",
    };
    out.insert("cluster_not_found_response_code".into(), missing.into());
    out.insert(
        "timeout".into(),
        seconds(route.timeout.unwrap_or(Duration::ZERO)),
    );
    if let Some(policy) = retry_policy(&route.retries) {
        out.insert("retry_policy".into(), policy);
    }
    let mirrors = route.mirrors.iter();
    let mirrors: Vec<Value> = mirrors
        .filter(|mirror| mirror.percentage.numerator > 0)
        .map(|mirror| {
            json!({
                "cluster": upstreams.cluster(&mirror.destination, Protocol::Http),
                "runtime_fraction": {"default_value": percent(mirror.percentage)},
                "disable_shadow_host_suffix_append": true,
            })
        })
        .collect();
    if !mirrors.is_empty() {
        out.insert("request_mirror_policies".into(), mirrors.into());
    }
    out.into()
}

/// As Istio writes them: one cluster plainly, several with the weights that are above zero.
fn clusters(
    forward: &Forward,
    protocol: Protocol,
    upstreams: &mut Upstreams,
) -> (&'static str, Value) {
    let weighted: Vec<(String, u32)> = forward
        .destinations()
        .iter()
        .zip(forward.weights())
        .filter(|(_, weight)| **weight > 0)
        .map(|(one, weight)| (upstreams.cluster(&one.destination, protocol), *weight))
        .collect();
    match &*weighted {
        [(name, _)] if forward.destinations().len() == 1 => ("cluster", name.as_str().into()),
        several => {
            let one = |(name, weight): &(String, u32)| json!({"name": name, "weight": weight});
            let clusters: Vec<Value> = several.iter().map(one).collect();
            ("weighted_clusters", json!({"clusters": clusters}))
        }
    }
}

/// A TCP proxy filter.
pub(super) fn tcp_proxy(
    name: &str,
    route: &TcpRoute,
    upstreams: &mut Upstreams,
    access_log: Value,
) -> Value {
    let (key, target) = match route.forward.shares() {
        Some(_) => clusters(&route.forward, Protocol::Tcp, upstreams),
        // Envoy closes connections whose cluster does not exist.
        None => ("cluster", "no destination".into()),
    };
    json!({
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": name,
            key: target,
            "access_log": access_log,
        },
    })
}

fn redirect(redirect: &Redirect) -> Value {
    let mut out = Map::new();
    let code = match redirect.status {
        302 => "FOUND",
        303 => "SEE_OTHER",
        307 => "TEMPORARY_REDIRECT",
        308 => "PERMANENT_REDIRECT",
        _ => "MOVED_PERMANENTLY",
    };
    out.insert("response_code".into(), code.into());
    let fields = [
        ("scheme_redirect", redirect.scheme.clone().map(Value::from)),
        ("host_redirect", redirect.authority.clone().map(Value::from)),
        ("port_redirect", redirect.port.map(Value::from)),
    ];
    out.extend(
        fields
            .into_iter()
            .filter_map(|(key, value)| Some((key.into(), value?))),
    );
    match &redirect.path {
        Some(RedirectPath::Full(path)) => {
            out.insert("path_redirect".into(), path.as_str().into());
        }
        Some(RedirectPath::ReplacePrefix(prefix)) => {
            out.insert("prefix_rewrite".into(), prefix.as_str().into());
        }
        None => {}
    }
    out.into()
}

fn faults(faults: &Faults) -> Value {
    let mut out = Map::new();
    out.insert(
        "@type".into(),
        "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault".into(),
    );
    if let Some(delay) = &faults.delay {
        let delay = json!({
            "fixed_delay": seconds(delay.duration),
            "percentage": percent(delay.percentage),
        });
        out.insert("delay".into(), delay);
    }
    if let Some(abort) = &faults.abort {
        let (key, status) = match abort.status {
            AbortStatus::Http(status) => ("http_status", u32::from(status)),
            AbortStatus::Grpc(status) => ("grpc_status", u32::from(status)),
        };
        let abort = json!({key: status, "percentage": percent(abort.percentage)});
        out.insert("abort".into(), abort);
    }
    out.into()
}

fn percent(percentage: FractionalPercent) -> Value {
    let denominator = match percentage.denominator {
        Denominator::Hundred => "HUNDRED",
        Denominator::TenThousand => "TEN_THOUSAND",
        Denominator::Million => "MILLION",
    };
    json!({"numerator": percentage.numerator, "denominator": denominator})
}

/// Istio's conditions may be status codes, which Envoy takes apart from the words.
fn retry_policy(retries: &Retries) -> Option<Value> {
    if retries.attempts == 0 {
        return None;
    }
    let code = |condition: &String| condition.parse::<u16>().ok();
    let codes: Vec<u16> = retries.retry_on.iter().filter_map(code).collect();
    let words = retries.retry_on.iter();
    let mut words: Vec<&str> = words
        .filter(|condition| code(condition).is_none())
        .map(String::as_str)
        .collect();
    if !codes.is_empty() && !words.contains(&"retriable-status-codes") {
        words.push("retriable-status-codes");
    }
    let mut out = json!({
        "retry_on": words.join(","),
        "num_retries": retries.attempts,
        "retriable_status_codes": codes,
    });
    if let Some(timeout) = retries.per_try_timeout {
        out["per_try_timeout"] = seconds(timeout);
    }
    Some(out)
}

/// Protobuf's JSON form of a duration.
fn seconds(duration: Duration) -> Value {
    let nanos = duration.subsec_nanos();
    let seconds = duration.as_secs();
    if nanos == 0 {
        format!("{seconds}s").into()
    } else {
        format!("{seconds}.{nanos:09}s").into()
    }
}
