//! Istio's mirrors: copies of a share of the requests.
//!
//! Source: istio/api, `networking/v1alpha3/virtual_service.proto`; messages from istio/istio,
//! `pkg/config/validation/validation.go`.

use super::istio_fault::percentage;
use super::istio_target::target;
use super::object::{Keys, decimal, doubt, items, number, object, refuse};
use super::resources::{Meta, Target};
use crate::config::reader::{Fields, Report};
use crate::routing::FractionalPercent;

/// The mirrors of a rule.
pub(super) fn mirrors(
    fields: &Fields,
    meta: &Meta,
    report: &mut Report,
) -> Vec<(Target, FractionalPercent)> {
    const MIRROR: Keys = Keys {
        read: &["destination", "percentage"],
        not_simulated: &[],
    };
    let listed = items(fields, "mirrors", report);
    if let Some(node) = fields.get("mirror") {
        if !listed.is_empty() {
            let message = "HTTP route cannot contain both mirror and mirrors";
            refuse(report, node.span.clone(), message);
        }
        let percentage = mirror_percentage(fields, report);
        let target = target(node, meta, report);
        return target
            .map(|target| (target, percentage))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    for node in listed {
        let Some(mirror) = object(node, "a mirror", &MIRROR, report) else {
            continue;
        };
        let share = match mirror.get("percentage") {
            Some(node) => percentage(node, report).unwrap_or(FractionalPercent::NEVER),
            None => FractionalPercent::ALWAYS,
        };
        match mirror.get("destination") {
            Some(node) => found.extend(target(node, meta, report).map(|target| (target, share))),
            None => refuse(
                report,
                node.span.clone(),
                "destination is required for mirrors",
            ),
        }
    }
    found
}

/// Absent means all requests.
fn mirror_percentage(fields: &Fields, report: &mut Report) -> FractionalPercent {
    if let Some(node) = fields.get("mirrorPercentage") {
        let value = Fields::any(node, "a percentage", report)
            .and_then(|percentage| decimal(&percentage, "value", report));
        if let Some(value) = value.filter(|value| *value > 100.0) {
            let message =
                format!("mirror_percentage must have a max value of 100 (it has {value:.6})");
            refuse(report, node.span.clone(), message);
        }
        if let Some(value) = value.filter(|value| *value < 0.0) {
            let message =
                format!("mirror_percentage must have a min value of 0 (it has {value:.6})");
            refuse(report, node.span.clone(), message);
        }
        return value.map_or(FractionalPercent::NEVER, FractionalPercent::istio);
    }
    for key in ["mirrorPercent", "mirror_percent"] {
        if let Some(node) = fields.get(key) {
            let most = i64::from(u32::MAX);
            let percent = number::<u32>(fields, key, 0, most, report);
            if let Some(percent) = percent.filter(|percent| *percent > 100) {
                let message =
                    format!("mirror_percent must have a max value of 100 (it has {percent})");
                refuse(report, node.span.clone(), message);
                return FractionalPercent::NEVER;
            }
            let message =
                "using deprecated setting \"mirrorPercent\", use \"mirrorPercentage\" instead";
            doubt(report, node.span.clone(), message, "deprecated");
            return percent.map_or(FractionalPercent::NEVER, FractionalPercent::percent);
        }
    }
    FractionalPercent::ALWAYS
}
