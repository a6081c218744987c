//! Gateway API's Gateway: its listeners.
//!
//! Source: kubernetes-sigs/gateway-api, `apis/v1/gateway_types.go`.

use super::object::{items, number, text};
use super::resources::{Gateway, Meta, Server};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;

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
