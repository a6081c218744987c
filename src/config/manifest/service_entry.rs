//! Istio's ServiceEntry: hosts outside of the cluster.
//!
//! Source: istio/api, `networking/v1alpha3/service_entry.proto`.

use std::collections::BTreeMap;

use super::core::service_ports;
use super::object::texts;
use super::resources::{Meta, Service};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;

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
