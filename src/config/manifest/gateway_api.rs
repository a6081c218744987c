//! Gateway API: HTTPRoute, GRPCRoute, TCPRoute, TLSRoute.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/{httproute,grpcroute,shared}_types.go` and
//! `apis/v1alpha2`.

use super::api_filter::filter;
use super::api_match::{grpc_match, http_match};
use super::api_retry::time_limits;
use super::object::{Keys, doubt, items, number, object, refuse, scalar, text, texts};
use super::resources::{
    Action, ApiRoute, ConnectionRule, HttpRule, Meta, Parent, Reference, Target, service_host,
};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{Faults, Origin, Retries};

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
    read: &[
        "name",
        "matches",
        "filters",
        "backendRefs",
        "timeouts",
        "retry",
    ],
    not_simulated: &[("sessionPersistence", "every request is split anew")],
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
    time_limits(&fields, &mut rule, report);
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
        is_tls: meta.kind == "TLSRoute",
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

pub(super) fn backend(node: &Node, meta: &Meta, report: &mut Report) -> Option<Target> {
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
    let kind = text(&fields, "kind", report);
    let mut reference = match namespace == meta.namespace {
        true => Reference::Free,
        false => Reference::Across {
            namespace: namespace.clone(),
            name: name.to_owned(),
        },
    };
    let mut say = |message: String, effect: &str| {
        doubt(report, node.span.clone(), message, effect);
    };
    let host = match kind.as_deref() {
        None | Some("Service") => service_host(name, &namespace),
        // Istio: the name of a host, as it is.
        Some("Hostname") => {
            reference = Reference::Free;
            name.to_owned()
        }
        Some(known @ ("InferencePool" | "ServiceImport")) => {
            let effect = "it counts as a service of that name";
            say(
                format!("a backend of kind {known} is not simulated"),
                effect,
            );
            service_host(name, &namespace)
        }
        Some(other) => {
            reference = Reference::Unsupported;
            let effect = "its share is answered with 500";
            say(format!("Istio knows no backend of kind {other}"), effect);
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
        reference,
        span: node.span.clone(),
    })
}
