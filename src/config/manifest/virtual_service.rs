//! Istio's VirtualService: its hosts, and rules that never match.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/virtualservice.go`.

use std::ops::Range;

use super::istio_connection::{tcp_rule, tls_rule};
use super::istio_http::http_rule;
use super::istio_match::gateway_names;
use super::istio_names::{host_problem, overlap};
use super::object::{Keys, doubt, items, object, refuse, texts};
use super::resources::{ConnectionRule, HttpRule, Meta, VirtualService, qualified};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{MESH, RouteMatch, TcpMatch};

/// Reads the `spec` of a VirtualService.
pub(super) fn virtual_service(
    spec: &Node,
    meta: Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<VirtualService> {
    const SPEC: Keys = Keys {
        read: &["hosts", "gateways", "http", "tcp", "tls"],
        not_simulated: &[("exportTo", "the rules are seen from every namespace")],
    };
    let fields = object(spec, "a VirtualService", &SPEC, report)?;
    let mut gateways = gateway_names(&fields, &meta, report);
    if gateways.is_empty() {
        gateways.push(MESH.to_owned());
    }
    let hosts = hosts(&fields, &meta, &gateways, report);
    if ["http", "tcp", "tls"]
        .iter()
        .all(|key| items(&fields, key, report).is_empty())
    {
        let message = "http, tcp or tls must be provided in virtual service";
        refuse(report, fields.start(), message);
    }
    let http: Vec<HttpRule> = items(&fields, "http", report)
        .iter()
        .enumerate()
        .filter_map(|(place, node)| http_rule(node, place, &meta, line, report))
        .collect();
    let analysed: Vec<_> = http.iter().map(of_http).collect();
    warn_of_unused(&analysed, RouteMatch::covers, report);
    let tls = items(&fields, "tls", report)
        .iter()
        .enumerate()
        .filter_map(|(place, node)| tls_rule(node, place, &meta, line, report));
    let mut connections: Vec<ConnectionRule> = tls.collect();
    let analysed: Vec<_> = connections.iter().map(of_connections).collect();
    warn_of_unused(&analysed, TcpMatch::eq, report);
    let tcp = items(&fields, "tcp", report)
        .iter()
        .enumerate()
        .filter_map(|(place, node)| tcp_rule(node, place, &meta, line, report));
    let tcp: Vec<ConnectionRule> = tcp.collect();
    let analysed: Vec<_> = tcp.iter().map(of_connections).collect();
    warn_of_unused(&analysed, TcpMatch::eq, report);
    connections.extend(tcp);
    Some(VirtualService {
        meta,
        hosts,
        gateways,
        http,
        connections,
    })
}

fn hosts(fields: &Fields, meta: &Meta, gateways: &[String], report: &mut Report) -> Vec<String> {
    let hosts = texts(fields, "hosts", report);
    let Some(listed) = fields.get("hosts").filter(|_| !hosts.is_empty()) else {
        delegate(fields, report);
        return Vec::new();
    };
    let in_mesh = gateways.iter().any(|gateway| gateway == MESH);
    for host in &hosts {
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        let mistake = match host.as_str() {
            "*" if in_mesh => Some(
                "wildcard host * is not allowed for virtual services bound to the mesh gateway"
                    .to_owned(),
            ),
            // At a gateway the names are those of the outer world.
            host if in_mesh && !is_address => host_problem(host),
            _ => None,
        };
        if let Some(mistake) = mistake {
            refuse(report, listed.span.clone(), mistake);
        }
    }
    for (place, host) in hosts.iter().enumerate() {
        for other in hosts[..place].iter().filter(|other| overlap(other, host)) {
            let message = format!("duplicate hosts in virtual service: {other} & {host}");
            refuse(report, listed.span.clone(), message);
        }
    }
    let qualified = hosts.iter().map(|host| qualified(host, &meta.namespace));
    qualified.collect()
}

/// Without hosts it is a part of other VirtualServices, which delegate to it.
fn delegate(fields: &Fields, report: &mut Report) {
    for (key, what) in [
        ("gateways", "gateways"),
        ("tls", "tls route"),
        ("tcp", "tcp route"),
    ] {
        if let Some(node) = fields.get(key) {
            let message = format!("delegate virtual service must have no {what} specified");
            refuse(report, node.span.clone(), message);
        }
    }
    for rule in items(fields, "http", report) {
        let rule = Fields::any(rule, "an HTTP rule", report);
        if let Some(node) = rule.as_ref().and_then(|rule| rule.get("delegate")) {
            let message = "delegate HTTP route cannot contain delegate";
            refuse(report, node.span.clone(), message);
        }
    }
    doubt(
        report,
        fields.start(),
        "a virtual service without hosts is a delegate, which is not simulated",
        "its rules answer nothing",
    );
}

/// A rule as Istio's analysis sees it: its name, its place, and its matches with theirs.
struct Analysed<'a, C> {
    name: &'a str,
    span: &'a Range<usize>,
    matches: Vec<(&'a str, &'a C, &'a Range<usize>)>,
}

/// What Istio's analysis calls rules that can never match.
///
/// `covers` says whether a match leaves nothing for a later one.
fn warn_of_unused<C>(rules: &[Analysed<C>], covers: fn(&C, &C) -> bool, report: &mut Report) {
    const NEVER: &str = "nothing reaches it";
    let mut seen: Vec<(&C, &str)> = Vec::new();
    let mut caught = false;
    for rule in rules {
        let name = rule.name;
        let unused = |reason: &str| format!("virtualService rule {name} not used ({reason})");
        let mut warn = |reason: &str| doubt(report, rule.span.clone(), unused(reason), NEVER);
        match (caught, rule.matches.is_empty()) {
            (true, true) => warn("only the last rule can have no matches"),
            (true, false) => warn("route without matches defined before"),
            (false, _) => {}
        }
        if caught || rule.matches.is_empty() {
            caught = true;
            continue;
        }
        let mut doubts = Vec::new();
        for (own, condition, span) in &rule.matches {
            match seen.iter().find(|(other, _)| covers(other, condition)) {
                Some((_, other)) => {
                    let message = format!(
                        "virtualService rule {name} match {own} is not used (duplicate/overlapping \
                         match in rule {other})"
                    );
                    doubts.push((message, (*span).clone()));
                }
                None => seen.push((condition, name)),
            }
        }
        // Of a rule that is not used at all that much is said, and not of each match too.
        if doubts.len() == rule.matches.len() {
            let message = unused("all matches used by prior rules");
            doubts = vec![(message, rule.span.clone())];
        }
        for (message, span) in doubts {
            doubt(report, span, message, NEVER);
        }
    }
}

fn of_http(rule: &HttpRule) -> Analysed<'_, RouteMatch> {
    let matches = rule.matches.iter();
    Analysed {
        name: &rule.origin.rule,
        span: &rule.span,
        matches: matches
            .map(|(origin, condition, span)| (origin.rule.as_str(), condition, span))
            .collect(),
    }
}

fn of_connections(rule: &ConnectionRule) -> Analysed<'_, TcpMatch> {
    let matches = rule.matches.iter();
    Analysed {
        name: &rule.origin.rule,
        span: &rule.span,
        matches: matches
            .map(|(origin, condition)| (origin.rule.as_str(), condition, &rule.span))
            .collect(),
    }
}
