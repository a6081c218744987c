//! Istio's Gateway: the ports that it listens on, and their hosts.
//!
//! Source: istio/api, `networking/v1alpha3/gateway.proto`; messages from istio/istio,
//! `pkg/config/validation/gateway.go`.

use super::object::{Keys, boolean, doubt, items, number, object, refuse, text, texts};
use super::resources::{Admits, Carries, Gateway, Meta, Namespaces, Server, ServerHost};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;

/// Reads the `spec` of Istio's Gateway.
pub(super) fn istio_gateway(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Gateway> {
    const SPEC: Keys = Keys {
        read: &["servers", "selector"],
        not_simulated: &[],
    };
    let fields = object(spec, "a Gateway", &SPEC, report)?;
    let servers = items(&fields, "servers", report).iter();
    if servers.len() == 0 {
        let message = "gateway must have at least one server";
        refuse(report, fields.start(), message);
    }
    let servers = servers.filter_map(|node| server(node, meta, report));
    Some(Gateway {
        servers: servers.collect(),
        full_name: meta.full_name(),
    })
}

fn server(node: &Node, meta: &Meta, report: &mut Report) -> Option<Server> {
    const SERVER: Keys = Keys {
        read: &["port", "hosts", "name", "tls"],
        not_simulated: &[
            ("bind", "every address is listened on"),
            ("defaultEndpoint", "nothing is forwarded there"),
        ],
    };
    let server = object(node, "a server", &SERVER, report)?;
    let Some(port) = server.get("port") else {
        let message = "server config must contain a port";
        refuse(report, node.span.clone(), message);
        return None;
    };
    let hosts = texts(&server, "hosts", report);
    if hosts.is_empty() {
        let message = "server config must contain at least one host";
        refuse(report, node.span.clone(), message);
    }
    let port = Fields::any(port, "a port", report)?;
    Some(Server {
        name: text(&server, "name", report).unwrap_or_default(),
        port: number(&port, "number", 1, 65535, report)?,
        carries: carries(&port, &server, report),
        hosts: hosts.iter().map(|host| server_host(host, meta)).collect(),
        admits: Admits {
            namespaces: Namespaces::All,
            kinds: Vec::new(),
        },
    })
}

fn carries(port: &Fields, server: &Fields, report: &mut Report) -> Carries {
    let protocol = text(port, "protocol", report).unwrap_or_default();
    let tls = server
        .get("tls")
        .and_then(|node| Fields::any(node, "TLS settings", report));
    let passes = tls.as_ref().is_some_and(|tls| {
        let mode = text(tls, "mode", report).unwrap_or_default();
        matches!(mode.as_str(), "PASSTHROUGH" | "AUTO_PASSTHROUGH")
    });
    if let Some(tls) = &tls
        && boolean(tls, "httpsRedirect", report)
        && let Some(node) = tls.get("httpsRedirect")
    {
        let message = "`httpsRedirect` is not simulated";
        let effect = "the gateway redirects each request on this port to https with 301";
        doubt(report, node.span.clone(), message, effect);
    }
    match protocol.to_ascii_uppercase().as_str() {
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" => Carries::Requests,
        "HTTPS" | "TLS" if passes => Carries::Handshakes,
        "HTTPS" => Carries::Requests,
        "TCP" | "TLS" | "MONGO" | "REDIS" | "MYSQL" => Carries::Connections,
        _ => Carries::Unknown,
    }
}

/// `namespace/host` limits whose rules may have it: `.` is the gateway's own namespace, `*` all.
fn server_host(written: &str, meta: &Meta) -> ServerHost {
    match written.split_once('/') {
        Some((".", name)) => ServerHost {
            namespace: Some(meta.namespace.clone()),
            name: name.to_owned(),
        },
        Some((namespace, name)) if namespace != "*" => ServerHost {
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        },
        Some((_, name)) => ServerHost::open(name.to_owned()),
        None => ServerHost::open(written.to_owned()),
    }
}
