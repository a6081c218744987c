//! Kubernetes' own kinds: Service and Deployment, as far as routing asks.

use std::collections::BTreeMap;

use super::object::{items, labels, number, text};
use super::resources::{Deployment, Meta, Service, ServicePort, service_host};
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;

/// Reads the `spec` of a Service: its ports and its selector.
pub(super) fn service(spec: &Node, meta: Meta, report: &mut Report) -> Option<Service> {
    let fields = Fields::any(spec, "a Service", report)?;
    Some(Service {
        host: service_host(&meta.name, &meta.namespace),
        ports: service_ports(&fields, "port", report),
        selector: labels(&fields, "selector", report).into_iter().collect(),
        meta,
    })
}

/// Reads the `spec` of a Deployment: the labels of its pods and how many there are.
pub(super) fn deployment(spec: &Node, meta: &Meta, report: &mut Report) -> Option<Deployment> {
    let fields = Fields::any(spec, "a Deployment", report)?;
    let inner = |fields: &Fields<'_>, key: &str, report: &mut Report| {
        let node = fields.get(key)?.clone();
        Some(node).filter(|node| Fields::any(node, key, report).is_some())
    };
    let template = inner(&fields, "template", report);
    let metadata = template.and_then(|node| {
        let template = Fields::any(&node, "a template", report)?;
        inner(&template, "metadata", report)
    });
    let labels = metadata.map_or_else(Vec::new, |node| {
        Fields::any(&node, "metadata", report)
            .map_or_else(Vec::new, |metadata| labels(&metadata, "labels", report))
    });
    Some(Deployment {
        namespace: meta.namespace.clone(),
        labels: labels.into_iter().collect(),
        replicas: number(&fields, "replicas", 0, i64::from(i32::MAX), report).unwrap_or(1),
    })
}

/// The labels of a namespace.
pub(super) fn namespace_labels(root: &Node) -> BTreeMap<String, String> {
    let mut ignored = Report::default();
    let labels = Fields::any(root, "a resource", &mut ignored)
        .and_then(|fields| Fields::any(fields.get("metadata")?, "metadata", &mut ignored))
        .map_or_else(Vec::new, |metadata| {
            labels(&metadata, "labels", &mut ignored)
        });
    labels.into_iter().collect()
}

/// A text of the metadata of a resource.
pub(super) fn metadata_text(root: &Node, key: &str) -> Option<String> {
    let mut ignored = Report::default();
    let fields = Fields::any(root, "a resource", &mut ignored)?;
    let metadata = Fields::any(fields.get("metadata")?, "metadata", &mut ignored)?;
    text(&metadata, key, &mut ignored)
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
