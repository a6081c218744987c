//! Gateway API: HTTPRoute, GRPCRoute, TCPRoute, TLSRoute and its Gateway.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/{httproute,grpcroute,shared}_types.go` and
//! `apis/v1alpha2`.

use super::object::{Keys, doubt, duration, items, number, object, refuse, scalar, text, texts};
use super::resources::{
    Action, ApiRoute, ConnectionRule, Gateway, HttpRule, Meta, Parent, Server, Target, service_host,
};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{
    DirectResponse, Faults, FractionalPercent, HeaderMatch, Origin, QueryMatch, Re2, Redirect,
    RedirectPath, Retries, RouteMatch, StringMatch, UriMatch, UriPattern,
};

/// The most backends of a rule.
const MOST_BACKENDS: usize = 16;
/// The largest weight.
const MOST_WEIGHT: i64 = 1_000_000;

/// Reads the `spec` of a route of that kind.
pub(super) fn api_route(
    spec: &Node,
    meta: Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<ApiRoute> {
    const SPEC: Keys = Keys {
        read: &["parentRefs", "hostnames", "rules"],
        not_simulated: &[("useDefaultGateways", "name the gateway in parentRefs")],
    };
    let fields = object(spec, "a route", &SPEC, report)?;
    let mut route = ApiRoute {
        parents: parents(&fields, &meta, report),
        hostnames: texts(&fields, "hostnames", report),
        http: Vec::new(),
        connections: Vec::new(),
        meta,
    };
    let rules = items(&fields, "rules", report);
    for (place, node) in rules.iter().enumerate() {
        let origin = Origin {
            resource: route.meta.resource(),
            rule: format!("rules[{place}]"),
            place: Some(line(node.span.start)),
        };
        match route.meta.kind.as_str() {
            "TCPRoute" | "TLSRoute" => {
                route
                    .connections
                    .extend(connection_rule(node, origin, &route.meta, report));
            }
            _ => route
                .http
                .extend(http_rule(node, origin, &route.meta, line, report)),
        }
    }
    if rules.is_empty() && matches!(route.meta.kind.as_str(), "HTTPRoute") {
        // The API's default: one rule for every path, without a backend.
        let origin = Origin {
            resource: route.meta.resource(),
            rule: "rules[0]".into(),
            place: Some(line(spec.span.start)),
        };
        route
            .http
            .push(plain_rule(origin, Action::Forward(Vec::new()), spec));
    }
    Some(route)
}

fn parents(fields: &Fields, meta: &Meta, report: &mut Report) -> Vec<Parent> {
    const PARENT: Keys = Keys {
        read: &["group", "kind", "namespace", "name", "sectionName", "port"],
        not_simulated: &[],
    };
    let mut parents = Vec::new();
    for node in items(fields, "parentRefs", report) {
        let Some(parent) = object(node, "a parent", &PARENT, report) else {
            continue;
        };
        let name = text(&parent, "name", report).unwrap_or_default();
        let namespace =
            text(&parent, "namespace", report).unwrap_or_else(|| meta.namespace.clone());
        let port = number(&parent, "port", 1, 65535, report);
        match text(&parent, "kind", report).as_deref() {
            None | Some("Gateway") => {
                let section = text(&parent, "sectionName", report);
                parents.push(Parent::Gateway(
                    format!("{namespace}/{name}"),
                    section,
                    port,
                ));
            }
            Some("Service") => parents.push(Parent::Service(service_host(&name, &namespace), port)),
            Some(other) => {
                let message = format!("a parent of kind {other} is not simulated");
                doubt(
                    report,
                    node.span.clone(),
                    message,
                    "the route is not attached to it",
                );
            }
        }
    }
    parents
}

const RULE: Keys = Keys {
    read: &["name", "matches", "filters", "backendRefs", "timeouts"],
    not_simulated: &[
        ("retry", "retries are Istio's default"),
        ("sessionPersistence", "every request is split anew"),
    ],
};

fn plain_rule(origin: Origin, action: Action, node: &Node) -> HttpRule {
    HttpRule {
        matches: Vec::new(),
        origin,
        action,
        faults: Faults::default(),
        mirrors: Vec::new(),
        timeout: None,
        retries: Retries::default(),
        span: node.span.clone(),
    }
}

fn http_rule(
    node: &Node,
    mut origin: Origin,
    meta: &Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<HttpRule> {
    let fields = object(node, "a rule", &RULE, report)?;
    if let Some(name) = text(&fields, "name", report) {
        origin.rule = name;
    }
    let backends = backends(&fields, meta, report);
    let mut rule = plain_rule(origin.clone(), Action::Forward(backends), node);
    let listed = items(&fields, "matches", report);
    for (index, node) in listed.iter().enumerate() {
        let condition = match meta.kind.as_str() {
            "GRPCRoute" => grpc_match(node, report),
            _ => http_match(node, report),
        };
        let name = match listed.len() {
            1 => origin.rule.clone(),
            _ => format!("{}.matches[{index}]", origin.rule),
        };
        let origin = Origin {
            rule: name,
            place: Some(line(node.span.start)),
            ..origin.clone()
        };
        rule.matches.push((origin, condition?, node.span.clone()));
    }
    for node in items(&fields, "filters", report) {
        filter(node, meta, &mut rule, report);
    }
    if let Some(node) = fields.get("timeouts") {
        const TIMEOUTS: Keys = Keys {
            read: &["request"],
            not_simulated: &[("backendRequest", "a try may take as long as the request")],
        };
        if let Some(timeouts) = object(node, "timeouts", &TIMEOUTS, report) {
            let timeout = duration(&timeouts, "request", report);
            rule.timeout = timeout.filter(|timeout| !timeout.is_zero());
        }
    }
    Some(rule)
}

fn connection_rule(
    node: &Node,
    origin: Origin,
    meta: &Meta,
    report: &mut Report,
) -> Option<ConnectionRule> {
    let fields = object(node, "a rule", &RULE, report)?;
    let targets = backends(&fields, meta, report);
    if targets.is_empty() {
        refuse(
            report,
            fields.start(),
            "a rule needs at least one of backendRefs",
        );
    }
    Some(ConnectionRule {
        matches: Vec::new(),
        origin,
        targets,
        span: node.span.clone(),
    })
}

fn backends(fields: &Fields, meta: &Meta, report: &mut Report) -> Vec<Target> {
    let listed = items(fields, "backendRefs", report);
    if listed.len() > MOST_BACKENDS {
        let message = format!("at most {MOST_BACKENDS} backendRefs, not {}", listed.len());
        refuse(report, listed[MOST_BACKENDS].span.clone(), message);
    }
    let backends = listed.iter().filter_map(|node| backend(node, meta, report));
    backends.collect()
}

fn backend(node: &Node, meta: &Meta, report: &mut Report) -> Option<Target> {
    const BACKEND: Keys = Keys {
        read: &["group", "kind", "name", "namespace", "port", "weight"],
        not_simulated: &[(
            "filters",
            "headers or paths are changed for this backend; the route is the same",
        )],
    };
    let fields = object(node, "a backend", &BACKEND, report)?;
    let name = fields.required("name", "reviews-v1", report)?;
    let name = scalar(name)?;
    let namespace = text(&fields, "namespace", report).unwrap_or_else(|| meta.namespace.clone());
    let weight = number::<u32>(&fields, "weight", 0, MOST_WEIGHT, report);
    let host = match text(&fields, "kind", report).as_deref() {
        None | Some("Service") => service_host(name, &namespace),
        // Istio: the name of a host, as it is.
        Some("Hostname") => name.to_owned(),
        Some(other) => {
            let message = format!("a backend of kind {other} is not simulated");
            doubt(
                report,
                node.span.clone(),
                message,
                "it counts as a service of that name",
            );
            service_host(name, &namespace)
        }
    };
    Some(Target {
        host,
        subset: None,
        port: number(&fields, "port", 1, 65535, report),
        weight: if fields.get("weight").is_some() {
            weight?
        } else {
            1
        },
        span: node.span.clone(),
    })
}

fn http_match(node: &Node, report: &mut Report) -> Option<RouteMatch> {
    const MATCH: Keys = Keys {
        read: &["path", "headers", "queryParams", "method"],
        not_simulated: &[],
    };
    const PATH: Keys = Keys {
        read: &["type", "value"],
        not_simulated: &[],
    };
    let fields = object(node, "a match", &MATCH, report)?;
    let uri = match fields.get("path") {
        Some(node) => {
            let path = object(node, "a path", &PATH, report)?;
            let value = text(&path, "value", report).unwrap_or_else(|| "/".into());
            let kind = text(&path, "type", report);
            let is_regex = kind.as_deref() == Some("RegularExpression");
            if !is_regex && !value.starts_with('/') {
                let message = format!("the path `{value}` has to begin with a slash");
                refuse(report, node.span.clone(), message);
            }
            Some(match kind.as_deref() {
                Some("Exact") => UriPattern::Exact(value),
                Some("RegularExpression") => UriPattern::Regex(re2(&value, node, report)?),
                None | Some("PathPrefix") => UriPattern::PathPrefix(value),
                Some(other) => {
                    let message = format!("`{other}` is not a type of path");
                    refuse(report, node.span.clone(), message);
                    return None;
                }
            })
        }
        None => None,
    };
    let mut condition = RouteMatch {
        uri: uri.map(|pattern| UriMatch {
            pattern,
            ignore_case: false,
        }),
        method: text(&fields, "method", report).map(StringMatch::Exact),
        ..RouteMatch::default()
    };
    condition.headers = headers(&fields, report);
    for (name, value) in named(&fields, "queryParams", report) {
        // The first of the same name counts.
        if condition.query.iter().all(|query| query.name != name) {
            condition.query.push(QueryMatch { name, value });
        }
    }
    Some(condition)
}

fn headers(fields: &Fields, report: &mut Report) -> Vec<HeaderMatch> {
    let mut headers: Vec<HeaderMatch> = Vec::new();
    for (name, value) in named(fields, "headers", report) {
        let header = HeaderMatch::new(&name, value);
        if headers.iter().all(|other| other.name() != header.name()) {
            headers.push(header);
        }
    }
    headers
}

/// `[{type, name, value}]`: headers, or query parameters.
fn named(fields: &Fields, key: &str, report: &mut Report) -> Vec<(String, StringMatch)> {
    const NAMED: Keys = Keys {
        read: &["type", "name", "value"],
        not_simulated: &[],
    };
    let mut found = Vec::new();
    for node in items(fields, key, report) {
        let Some(one) = object(node, "a match by name", &NAMED, report) else {
            continue;
        };
        let name = text(&one, "name", report).unwrap_or_default();
        let value = text(&one, "value", report).unwrap_or_default();
        let value = match text(&one, "type", report).as_deref() {
            Some("RegularExpression") => re2(&value, node, report).map(StringMatch::Regex),
            _ => Some(StringMatch::Exact(value)),
        };
        found.extend(value.map(|value| (name, value)));
    }
    found
}

fn re2(pattern: &str, node: &Node, report: &mut Report) -> Option<Re2> {
    match Re2::new(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            refuse(report, node.span.clone(), error.to_string());
            None
        }
    }
}

/// A method of gRPC is a path: `/service/method`.
fn grpc_match(node: &Node, report: &mut Report) -> Option<RouteMatch> {
    const MATCH: Keys = Keys {
        read: &["method", "headers"],
        not_simulated: &[],
    };
    const METHOD: Keys = Keys {
        read: &["type", "service", "method"],
        not_simulated: &[],
    };
    let fields = object(node, "a match", &MATCH, report)?;
    let mut condition = RouteMatch {
        headers: headers(&fields, report),
        ..RouteMatch::default()
    };
    if let Some(node) = fields.get("method") {
        let method = object(node, "a method", &METHOD, report)?;
        let (service, name) = (
            text(&method, "service", report),
            text(&method, "method", report),
        );
        let is_regex = text(&method, "type", report).as_deref() == Some("RegularExpression");
        let pattern = match (service, name, is_regex) {
            (None, None, _) => None,
            (service, name, true) => {
                let any = || "[^/]+".to_owned();
                let path = format!(
                    "/{}/{}",
                    service.unwrap_or_else(any),
                    name.unwrap_or_else(any)
                );
                Some(UriPattern::Regex(re2(&path, node, report)?))
            }
            (Some(service), Some(name), false) => {
                Some(UriPattern::Exact(format!("/{service}/{name}")))
            }
            (Some(service), None, false) => Some(UriPattern::Prefix(format!("/{service}/"))),
            (None, Some(name), false) => {
                let path = format!("/[^/]+/{}", regex::escape(&name));
                Some(UriPattern::Regex(re2(&path, node, report)?))
            }
        };
        condition.uri = pattern.map(|pattern| UriMatch {
            pattern,
            ignore_case: false,
        });
    }
    Some(condition)
}

fn filter(node: &Node, meta: &Meta, rule: &mut HttpRule, report: &mut Report) {
    const FILTER: Keys = Keys {
        read: &[
            "type",
            "requestMirror",
            "requestRedirect",
            "requestHeaderModifier",
            "responseHeaderModifier",
            "urlRewrite",
            "extensionRef",
            "cors",
            "directResponse",
            "externalAuth",
        ],
        not_simulated: &[],
    };
    let Some(fields) = object(node, "a filter", &FILTER, report) else {
        return;
    };
    match text(&fields, "type", report).unwrap_or_default().as_str() {
        "RequestMirror" => {
            let mirror = fields.get("requestMirror");
            rule.mirrors
                .extend(mirror.and_then(|node| mirrored(node, meta, report)));
        }
        "RequestRedirect" => {
            if let Some(node) = fields.get("requestRedirect") {
                rule.action = redirect(node, report).map_or(rule.action.clone(), Action::Redirect);
            }
        }
        "DirectResponse" => {
            if let Some(node) = fields.get("directResponse") {
                let response = direct_response(node, report);
                rule.action = response.map_or(rule.action.clone(), Action::DirectResponse);
            }
        }
        "" => refuse(report, node.span.clone(), "a filter needs a type"),
        other => {
            let message = format!("the filter {other} is not simulated");
            let effect = "what the backend or the client sees is changed; the route is the same";
            doubt(report, node.span.clone(), message, effect);
        }
    }
}

fn mirrored(node: &Node, meta: &Meta, report: &mut Report) -> Option<(Target, FractionalPercent)> {
    const MIRROR: Keys = Keys {
        read: &["backendRef", "percent", "fraction"],
        not_simulated: &[],
    };
    const FRACTION: Keys = Keys {
        read: &["numerator", "denominator"],
        not_simulated: &[],
    };
    let fields = object(node, "a mirror", &MIRROR, report)?;
    let target = backend(
        fields.required("backendRef", "{name: reviews-v2}", report)?,
        meta,
        report,
    )?;
    let share = if fields.get("percent").is_some() {
        FractionalPercent::percent(number(&fields, "percent", 0, 100, report)?)
    } else if let Some(node) = fields.get("fraction") {
        let fraction = object(node, "a fraction", &FRACTION, report)?;
        let most = i64::from(i32::MAX);
        let numerator: u32 = number(&fraction, "numerator", 0, most, report)?;
        let denominator = number::<u32>(&fraction, "denominator", 1, most, report).unwrap_or(100);
        // Istio: a percentage as a double, in millionths.
        FractionalPercent::istio(100.0 * f64::from(numerator) / f64::from(denominator))
    } else {
        FractionalPercent::ALWAYS
    };
    Some((target, share))
}

/// `{statusCode, body: {string}}`, an experimental filter.
fn direct_response(node: &Node, report: &mut Report) -> Option<DirectResponse> {
    const RESPONSE: Keys = Keys {
        read: &["statusCode", "body"],
        not_simulated: &[],
    };
    let fields = object(node, "a direct response", &RESPONSE, report)?;
    fields.required("statusCode", "503", report)?;
    let status = number(&fields, "statusCode", 200, 599, report)?;
    let body = fields.get("body").and_then(|node| {
        let body = Fields::any(node, "a body", report)?;
        text(&body, "string", report)
    });
    Some(DirectResponse {
        status,
        body: body.unwrap_or_default(),
    })
}

fn redirect(node: &Node, report: &mut Report) -> Option<Redirect> {
    const REDIRECT: Keys = Keys {
        read: &["scheme", "hostname", "path", "port", "statusCode"],
        not_simulated: &[],
    };
    let fields = object(node, "a redirect", &REDIRECT, report)?;
    let path = fields.get("path").and_then(|node| {
        let path = Fields::any(node, "a path", report)?;
        let full = text(&path, "replaceFullPath", report).map(RedirectPath::Full);
        let prefix = text(&path, "replacePrefixMatch", report).map(RedirectPath::ReplacePrefix);
        full.or(prefix)
    });
    Some(Redirect {
        status: number(&fields, "statusCode", 301, 308, report).unwrap_or(302),
        scheme: text(&fields, "scheme", report),
        authority: text(&fields, "hostname", report),
        port: number(&fields, "port", 1, 65535, report),
        path,
    })
}

/// Reads the `spec` of Gateway API's Gateway: its listeners.
pub(super) fn api_gateway(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Gateway> {
    let fields = Fields::any(spec, "a Gateway", report)?;
    let mut servers = Vec::new();
    for node in items(&fields, "listeners", report) {
        let Some(listener) = Fields::any(node, "a listener", report) else {
            continue;
        };
        let hostname = text(&listener, "hostname", report);
        let name = text(&listener, "name", report).unwrap_or_default();
        let port = number(&listener, "port", 1, 65535, report);
        servers.extend(port.map(|port| Server {
            name,
            port,
            hosts: vec![hostname.unwrap_or_else(|| "*".into())],
        }));
    }
    Some(Gateway {
        full_name: meta.full_name(),
        servers,
    })
}
