//! Istio's rules for TCP and TLS.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto` (`TCPRoute`, `TLSRoute`); messages
//! from istio/istio, `pkg/config/validation/validation.go`.

use super::istio_match::gateway_names;
use super::istio_target::targets;
use super::object::{Keys, items, labels, number, object, refuse, text, texts};
use super::resources::{ConnectionRule, Meta, source_match};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::routing::{Domain, Origin, Subnet, TcpMatch};

const RULE: Keys = Keys {
    read: &["match", "route", "name"],
    not_simulated: &[],
};

const MATCH: Keys = Keys {
    read: &[
        "sniHosts",
        "destinationSubnets",
        "port",
        "sourceLabels",
        "gateways",
        "sourceNamespace",
    ],
    not_simulated: &[
        ("sourceSubnet", "connections from every address match"),
        ("destinationSubnet", "write `destinationSubnets`"),
    ],
};

/// A rule for TCP.
pub(super) fn tcp_rule(
    node: &Node,
    place: usize,
    meta: &Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<ConnectionRule> {
    rule(
        node,
        &format!("tcp[{place}]"),
        meta,
        line,
        report,
        "TCP route is required",
    )
}

/// A rule for TLS: it needs a match with server names.
pub(super) fn tls_rule(
    node: &Node,
    place: usize,
    meta: &Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
) -> Option<ConnectionRule> {
    let rule = rule(
        node,
        &format!("tls[{place}]"),
        meta,
        line,
        report,
        "TLS route is required",
    )?;
    if rule.matches.is_empty() {
        let message = "TLS route must have at least one match condition";
        refuse(report, rule.span.clone(), message);
    }
    if rule
        .matches
        .iter()
        .any(|(_, condition)| condition.server_names.is_empty())
    {
        let message = "TLS match must have at least one SNI host";
        refuse(report, rule.span.clone(), message);
    }
    Some(rule)
}

fn rule(
    node: &Node,
    name: &str,
    meta: &Meta,
    line: &dyn Fn(usize) -> String,
    report: &mut Report,
    without_route: &str,
) -> Option<ConnectionRule> {
    let fields = object(node, "a rule", &RULE, report)?;
    let origin = Origin {
        resource: meta.resource(),
        rule: name.to_owned(),
        place: Some(line(node.span.start)),
    };
    let mut matches = Vec::new();
    let listed = items(&fields, "match", report);
    for (index, node) in listed.iter().enumerate() {
        let rule = match listed.len() {
            1 => name.to_owned(),
            _ => format!("{name}.match[{index}]"),
        };
        let origin = Origin {
            rule,
            place: Some(line(node.span.start)),
            ..origin.clone()
        };
        matches.push((origin, condition(node, meta, report)?));
    }
    let route = items(&fields, "route", report);
    if route.is_empty() {
        refuse(report, fields.start(), without_route);
        return None;
    }
    Some(ConnectionRule {
        is_tls: name.starts_with("tls"),
        matches,
        origin,
        targets: targets(route, meta, report)?,
        span: node.span.clone(),
    })
}

fn condition(node: &Node, meta: &Meta, report: &mut Report) -> Option<TcpMatch> {
    let fields = object(node, "a match", &MATCH, report)?;
    Some(TcpMatch {
        server_names: server_names(&fields, report),
        destination_subnets: subnets(&fields, report),
        port: number(&fields, "port", 1, 65535, report),
        source: source_match(
            gateway_names(&fields, meta, report),
            labels(&fields, "sourceLabels", report),
            text(&fields, "sourceNamespace", report),
        ),
    })
}

fn server_names(fields: &Fields, report: &mut Report) -> Vec<Domain> {
    let mut names = Vec::new();
    for name in texts(fields, "sniHosts", report) {
        match Domain::parse(&name) {
            Ok(domain) => names.push(domain),
            Err(error) => refuse(report, fields.start(), format!("`{name}`: {error}")),
        }
    }
    names
}

fn subnets(fields: &Fields, report: &mut Report) -> Vec<Subnet> {
    let mut found = Vec::new();
    for text in texts(fields, "destinationSubnets", report) {
        match Subnet::parse(&text) {
            Some(subnet) => found.push(subnet),
            None => refuse(report, fields.start(), format!("`{text}` is not a subnet")),
        }
    }
    found
}
