//! Istio's DestinationRule: the subsets of a host.
//!
//! Source: istio/api, `networking/v1alpha3/destination_rule.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use std::collections::BTreeMap;

use super::istio_names::is_label;
use super::object::{Keys, items, labels, object, refuse, text};
use super::resources::{DestinationRule, Meta, qualified};
use crate::config::reader::Report;
use crate::config::yaml::Node;

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
