//! Istio's VirtualService, DestinationRule, Gateway and ServiceEntry.
//!
//! Source: istio/api, `networking/v1alpha3/*.proto`; messages from istio/istio,
//! `pkg/config/validation/virtualservice.go`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::istio_connection::{tcp_rule, tls_rule};
use super::istio_http::http_rule;
use super::istio_match::gateway_names;
use super::istio_names::{host_problem, is_label, overlap};
use super::object::{Keys, doubt, items, labels, number, object, refuse, text, texts};
use super::resources::{
    ConnectionRule, DestinationRule, Gateway, HttpRule, Meta, Server, Service, ServicePort,
    VirtualService, qualified,
};
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
    warn_of_unused(&http.iter().map(of_http).collect::<Vec<_>>(), report);
    let tls = items(&fields, "tls", report)
        .iter()
        .enumerate()
        .filter_map(|(place, node)| tls_rule(node, place, &meta, line, report));
    let mut connections: Vec<ConnectionRule> = tls.collect();
    warn_of_unused(
        &connections.iter().map(of_connections).collect::<Vec<_>>(),
        report,
    );
    let tcp = items(&fields, "tcp", report)
        .iter()
        .enumerate()
        .filter_map(|(place, node)| tcp_rule(node, place, &meta, line, report));
    let tcp: Vec<ConnectionRule> = tcp.collect();
    warn_of_unused(&tcp.iter().map(of_connections).collect::<Vec<_>>(), report);
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
fn warn_of_unused<C: PartialEq>(rules: &[Analysed<C>], report: &mut Report) {
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
        let mut used = false;
        for (own, condition, span) in &rule.matches {
            match seen.iter().find(|(other, _)| other == condition) {
                Some((_, other)) => {
                    let message = format!(
                        "virtualService rule {name} match {own} is not used (duplicate/overlapping \
                         match in rule {other})"
                    );
                    doubt(report, (*span).clone(), message, NEVER);
                }
                None => {
                    used = true;
                    seen.push((condition, name));
                }
            }
        }
        if !used {
            let message = unused("all matches used by prior rules");
            doubt(report, rule.span.clone(), message, NEVER);
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

/// Reads the `spec` of a DestinationRule: its subsets.
pub(super) fn destination_rule(
    spec: &Node,
    meta: &Meta,
    report: &mut Report,
) -> Option<DestinationRule> {
    const BALANCING: &str = "it decides among the replicas of a version, not between versions";
    const SPEC: Keys = Keys {
        read: &["host", "subsets"],
        not_simulated: &[
            ("trafficPolicy", BALANCING),
            ("exportTo", "the subsets are seen from every namespace"),
            (
                "workloadSelector",
                "the subsets are seen from every workload",
            ),
        ],
    };
    const SUBSET: Keys = Keys {
        read: &["name", "labels"],
        not_simulated: &[("trafficPolicy", BALANCING)],
    };
    let fields = object(spec, "a DestinationRule", &SPEC, report)?;
    let host = text(&fields, "host", report).unwrap_or_default();
    if host.is_empty() {
        refuse(report, fields.start(), "destination rule host is required");
    }
    let mut subsets: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for node in items(&fields, "subsets", report) {
        let Some(subset) = object(node, "a subset", &SUBSET, report) else {
            continue;
        };
        let name = text(&subset, "name", report).unwrap_or_default();
        if name.is_empty() {
            refuse(report, node.span.clone(), "subset name cannot be empty");
        } else if !is_label(&name) {
            let message = format!("subset name is invalid: {name}");
            refuse(report, node.span.clone(), message);
        }
        if subsets.iter().any(|(other, _)| *other == name) {
            let message = format!("duplicate subset names: {name}");
            refuse(report, node.span.clone(), message);
        }
        let labels = labels(&subset, "labels", report);
        subsets.push((name, labels.into_iter().collect()));
    }
    Some(DestinationRule {
        host: qualified(&host, &meta.namespace),
        subsets,
    })
}

/// Reads the `spec` of Istio's Gateway: the ports that it listens on.
pub(super) fn istio_gateway(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Gateway> {
    const SPEC: Keys = Keys {
        read: &["servers", "selector"],
        not_simulated: &[],
    };
    const SERVER: Keys = Keys {
        read: &["port", "hosts", "name", "tls"],
        not_simulated: &[
            ("bind", "every address is listened on"),
            ("defaultEndpoint", "nothing is forwarded there"),
        ],
    };
    let fields = object(spec, "a Gateway", &SPEC, report)?;
    let mut servers = Vec::new();
    for node in items(&fields, "servers", report) {
        let Some(server) = object(node, "a server", &SERVER, report) else {
            continue;
        };
        let Some(port) = server.get("port") else {
            refuse(
                report,
                node.span.clone(),
                "server config must contain a port",
            );
            continue;
        };
        let number = Fields::any(port, "a port", report)
            .and_then(|port| number::<u16>(&port, "number", 1, 65535, report));
        let hosts = texts(&server, "hosts", report);
        // `namespace/host` limits who may bind to it; here everybody may.
        let hosts = hosts
            .iter()
            .map(|host| host.rsplit('/').next().unwrap_or(host).to_owned());
        servers.extend(number.map(|port| Server {
            name: text(&server, "name", report).unwrap_or_default(),
            port,
            hosts: hosts.collect(),
        }));
    }
    Some(Gateway {
        full_name: meta.full_name(),
        servers,
    })
}

/// Reads the `spec` of a ServiceEntry: a service for each of its hosts.
pub(super) fn service_entry(spec: &Node, meta: &Meta, report: &mut Report) -> Vec<Service> {
    let Some(fields) = Fields::any(spec, "a ServiceEntry", report) else {
        return Vec::new();
    };
    let ports = service_ports(&fields, "number", report);
    let hosts = texts(&fields, "hosts", report).into_iter();
    hosts
        .map(|host| Service {
            meta: meta.clone(),
            host,
            ports: ports.clone(),
            selector: BTreeMap::new(),
        })
        .collect()
}

/// The ports of a Service (`port`) or a ServiceEntry (`number`). The protocol of the first is told by
/// the name or by `appProtocol`, as Istio does; the second names it. What is encrypted is not looked
/// into.
pub(super) fn service_ports(
    fields: &Fields,
    key: &'static str,
    report: &mut Report,
) -> Vec<ServicePort> {
    let mut ports = Vec::new();
    for node in items(fields, "ports", report) {
        let Some(port) = Fields::any(node, "a port", report) else {
            continue;
        };
        let protocol = |key: &str, report: &mut Report| {
            text(&port, key, report).map(|text| text.to_ascii_lowercase())
        };
        let named = match key {
            "number" => protocol("protocol", report),
            _ => protocol("appProtocol", report).or_else(|| protocol("name", report)),
        };
        let is_tcp = ["tcp", "tls", "https", "mongo", "mysql", "redis"]
            .iter()
            .any(|known| {
                named
                    .as_ref()
                    .is_some_and(|name| name == known || name.starts_with(&format!("{known}-")))
            });
        ports.extend(
            number(&port, key, 1, 65535, report).map(|number| ServicePort { number, is_tcp }),
        );
    }
    ports
}
